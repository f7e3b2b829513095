//! The runtime, and what ends it.

use anyhow::Context as _;
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};
use wirewatch_pipeline::Stop;

/// The threads of the network; CPU work has its own.
pub(crate) fn runtime() -> anyhow::Result<Runtime> {
    Builder::new_multi_thread()
        .enable_all()
        .thread_keep_alive(Duration::from_secs(5))
        .build()
        .context("the network threads cannot be started")
}

/// Passes Ctrl-C and SIGTERM on: the first asks for an orderly end, the second to leave at once.
pub(crate) async fn end_on_signals(stop: Stop) {
    loop {
        wait_for_signal().await;
        if stop.is_signalled() {
            tracing::warn!("leaving at once; what is not stored is still owed");
        } else {
            tracing::info!("finishing what is in flight; a second signal leaves at once");
        }
        stop.signal();
    }
}

#[cfg(unix)]
/// Waits for Ctrl-C or SIGTERM.
pub(crate) async fn wait_for_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut interrupt), Ok(mut terminate)) =
        (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        tracing::error!("signals cannot be received");
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}

#[cfg(not(unix))]
/// Waits for Ctrl-C or SIGTERM.
pub(crate) async fn wait_for_signal() {
    if tokio::signal::ctrl_c().await.is_err() {
        tracing::error!("signals cannot be received");
        std::future::pending().await
    }
}
