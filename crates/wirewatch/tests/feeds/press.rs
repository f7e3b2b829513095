//! A press on loopback, for commands that ask for feeds by hand.

use crate::common::{Ran, Session};
use std::{
    io::{Read as _, Write as _},
    net::TcpListener,
    sync::{Arc, Mutex},
};

/// An answer: the status line from its number on, further header lines, the body.
pub(crate) type Answer = (&'static str, &'static str, String);

/// A press behind a proxy on loopback, which is how a test reaches a press at all: no other address of this
/// machine is ever asked. It keeps what it is asked.
pub(crate) struct Press {
    settings: Vec<String>,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Press {
    pub(crate) fn new(answer: fn(&str) -> Answer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let proxy = format!("proxy=http://{}", listener.local_addr().expect("an address"));
        let requests: Arc<Mutex<Vec<String>>> = Arc::default();
        let log = requests.clone();
        std::thread::spawn(move || {
            for mut socket in listener.incoming().map_while(Result::ok) {
                let mut request = Vec::new();
                let mut byte = [0];
                while !request.ends_with(b"\r\n\r\n") && socket.read_exact(&mut byte).is_ok() {
                    request.push(byte[0]);
                }
                let request = String::from_utf8_lossy(&request).into_owned();
                let (status, headers, body) = answer(path(&request));
                log.lock().expect("no panic").push(request);
                let length = body.len();
                let head = format!(
                    "HTTP/1.1 {status}\r\nConnection: close\r\n{headers}Content-Length: {length}\r\n\r\n"
                );
                let _ = socket.write_all(&[head.as_bytes(), body.as_bytes()].concat());
            }
        });
        let settings = ["--set", &proxy, "--set", "host_pause_ms=0"].map(str::to_owned).to_vec();
        Self { settings, requests }
    }

    /// Runs a command of feeds with the settings that lead to the press.
    pub(crate) fn feeds(&self, session: &Session, args: &[&str]) -> Ran {
        let args = ["feeds"].iter().chain(args).map(|text| (*text).to_owned());
        session.run(&args.chain(self.settings.iter().cloned()).collect::<Vec<String>>())
    }

    /// The requests since the last call, whole.
    pub(crate) fn requests(&self) -> Vec<String> {
        std::mem::take(&mut self.requests.lock().expect("no panic"))
    }

    /// The paths asked for since the last call.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.requests().iter().map(|request| path(request).to_owned()).collect()
    }
}

fn path(request: &str) -> &str {
    let address = request.split(' ').nth(1).unwrap_or_default();
    address.split_once(".example").map_or("", |(_, path)| path)
}

pub(crate) const FEED: &str = "Content-Type: application/rss+xml\r\nETag: \"7\"\r\n";
pub(crate) const PAGE: &str = "Content-Type: text/html\r\n";

/// A feed with four entries.
pub(crate) fn feed(title: &str) -> String {
    let item = |nth: u32| {
        format!("<item><title>Talks {nth}</title><link>http://press.example/{title}/{nth}</link></item>")
    };
    let items: String = (1..=4).map(item).collect();
    format!(
        "<rss version='2.0'><channel><title>{title}</title><language>uk</language>{items}</channel></rss>"
    )
}

/// A page with two feeds, one with the comments on it as well, and the feeds themselves.
pub(crate) fn site(path: &str) -> Answer {
    const EMPTY: &str = "<rss version='2.0'><channel><title>Empty</title></channel></rss>";
    let link = |path: &str| format!("<link rel=alternate type='application/rss+xml' href='{path}'>");
    match path {
        "/" => ("200 OK", PAGE, link("/rss") + &link("/world.rss")),
        "/blog" => ("200 OK", PAGE, link("/comments/feed") + &link("/rss")),
        "/rss" => ("200 OK", FEED, feed("Press")),
        "/world.rss" => ("200 OK", FEED, feed("World")),
        "/comments/feed" => ("200 OK", FEED, feed("Comments")),
        "/empty.rss" => ("200 OK", FEED, EMPTY.to_owned()),
        _ => ("404 Not Found", "", String::new()),
    }
}
