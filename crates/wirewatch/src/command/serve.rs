//! `wirewatch serve`: the HTTP API alone.

use super::run::listen;
use crate::{
    app::App,
    engine::{runtime, wait_for_signal},
    exit::Exit,
};
use clap::Args;
use std::net::SocketAddr;
use wirewatch_store::Database;

#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    /// Where to listen [default: serve.bind, 127.0.0.1:8642]
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) bind: Option<SocketAddr>,
}

pub(crate) fn run(app: &mut App, _: &ServeArgs) -> anyhow::Result<Exit> {
    let database = Database::open_existing(app.database_path())?;
    let serve = app.config.serve.clone();
    runtime()?.block_on(async {
        let listener = listen(serve.bind).await?;
        tracing::info!("answering on http://{}/v1/items", listener.local_addr()?);
        let twice = async {
            wait_for_signal().await;
            wait_for_signal().await;
        };
        tokio::select! {
            ended = wirewatch_serve::serve(listener, database, serve.hosts, None, wait_for_signal()) => ended?,
            () = twice => {}
        }
        Ok(Exit::Done)
    })
}
