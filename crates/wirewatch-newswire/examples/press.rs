//! Serves the built-in press, or a folder of pages, until Ctrl-C: `press [PORT] [DIR]`.

use wirewatch_newswire::{FaultOptions, Pace, Press, PressError, PressOptions};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), PressError> {
    let mut arguments = std::env::args().skip(1);
    let port = arguments.next().and_then(|port| port.parse().ok()).unwrap_or(0);
    let press = match arguments.next() {
        Some(dir) => Press::from_pages(dir)?,
        None => Press::builtin()?,
    };
    let options = PressOptions { pace: Pace::Whole, port, faults: Some(FaultOptions::default()) };
    let running = press.start(options).await?;
    eprintln!("serving {} feeds on {}; for instance:", running.feeds.len(), running.addr);
    if let Some(feed) = running.feeds.first() {
        let host = feed.url.trim_start_matches("http://").split('/').next().unwrap_or_default();
        eprintln!(
            "  curl --resolve {host}:{port}:127.0.0.1 …, or curl -H 'Host: {host}' http://{}/",
            running.addr,
            port = running.addr.port()
        );
    }
    // Without a signal handler there is nothing to wait for: the press stops at once.
    let _ = tokio::signal::ctrl_c().await;
    running.shutdown().await;
    Ok(())
}
