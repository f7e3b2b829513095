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
    eprintln!("serving {} feeds on {}; try one with", running.feeds.len(), running.addr);
    if let Some((host, path)) =
        running.feeds.first().and_then(|feed| feed.url.strip_prefix("http://")?.split_once('/'))
    {
        eprintln!("  curl -H 'Host: {host}' http://{}/{path}", running.addr);
    }
    // Without a signal handler there is nothing to wait for: the press stops at once.
    let _ = tokio::signal::ctrl_c().await;
    running.shutdown().await;
    Ok(())
}
