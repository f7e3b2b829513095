//! The HTTP API of wirewatch: read-only, on loopback, over its own connections to the database.
//!
//! ```text
//! request ─► is the Host ours? ─► parameters ─► a reader, off the network threads ─► JSON
//! ```
//!
//! - `GET /healthz`: `{"status":"ok","seq":…}` while the database can be read, 503 otherwise.
//! - `GET /v1/items?after=SEQ&limit=N`: `{"items":[Item…],"next":SEQ}`, articles whose latest change came
//!   after `after`, oldest change first. Asking again with `after=next` until `items` is empty misses
//!   nothing: `seq` is the commit order.
//! - `GET` and `POST /websub/TOKEN`, with a [`Callback`]: where WebSub hubs verify and push.
//!
//! A mistake is answered with its status and `{"error":"reason"}`.
//!
//! A web page in the user's browser can send requests to loopback under a host name of its own (DNS
//! rebinding) and would be let in by the address alone. So every request must name `localhost`, a
//! loopback address, or a name the user configured. The public name of the callback counts for
//! `/websub/` alone.

mod answer;
mod host;
mod items;
mod readers;
mod websub;

use crate::{answer::ApiError, host::Hosts, readers::Readers};
use axum::{
    Json, Router,
    extract::{Request, State},
    middleware::{self, Next},
    response::Response,
    routing::get,
};
use serde::Serialize;
use std::{future::Future, sync::Arc};
use tokio::net::TcpListener;
pub use websub::Callback;
use wirewatch_model::Seq;
use wirewatch_store::Database;

/// The API could not go on.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The socket broke.
    #[error("the socket of the HTTP API cannot be used")]
    Socket(#[from] std::io::Error),
}

/// Answers on `listener` until `shutdown` ends, then lets running answers finish.
///
/// `hosts` are names, besides those of loopback, under which the API may be asked; `callback` is where
/// hubs reach us, when they may.
///
/// # Errors
/// When the socket cannot be used any more. A database that cannot be read is an answer (503), no end.
pub async fn serve(
    listener: TcpListener,
    database: Database,
    hosts: Vec<String>,
    callback: Option<Callback>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), ServeError> {
    axum::serve(listener, router(database, hosts, callback)).with_graceful_shutdown(shutdown).await?;
    Ok(())
}

fn router(database: Database, hosts: Vec<String>, callback: Option<Callback>) -> Router {
    let websub = callback.map(|callback| websub::routes(callback, &hosts));
    let hosts = Arc::new(Hosts::new(hosts));
    let api = Router::new()
        .route("/healthz", get(healthz))
        .route("/v1/items", get(items::items))
        .fallback(async || ApiError::not_found("no such resource: there are /healthz and /v1/items"))
        .method_not_allowed_fallback(async || ApiError::method_not_allowed("the API is read-only: use GET"))
        .layer(middleware::from_fn_with_state(hosts, refuse_other_hosts))
        .with_state(Readers::new(database));
    // Each router keeps its own hosts.
    api.merge(websub.unwrap_or_default())
}

async fn refuse_other_hosts(
    State(hosts): State<Arc<Hosts>>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    hosts.check(&request)?;
    Ok(next.run(request).await)
}

/// The answer of `/healthz`.
#[derive(Serialize)]
struct Health {
    status: &'static str,
    seq: Seq,
}

async fn healthz(State(readers): State<Readers>) -> Result<Json<Health>, ApiError> {
    let seq = readers.ask(|reader| reader.last_seq()).await?;
    Ok(Json(Health { status: "ok", seq }))
}
