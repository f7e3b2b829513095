//! A press on loopback, and a database whose feeds are in many states.

use crate::common::{Ran, Session};
use std::{
    io::{Read as _, Write as _},
    net::TcpListener,
};

/// A press behind a proxy on loopback, which is how a test reaches a press at all: no other address of this
/// machine is ever asked. Gives the settings that lead there.
pub(crate) fn press(answer: fn(&str) -> Option<(&'static str, String)>) -> [String; 4] {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let proxy = format!("proxy=http://{}", listener.local_addr().expect("an address"));
    std::thread::spawn(move || {
        for mut socket in listener.incoming().map_while(Result::ok) {
            let mut request = Vec::new();
            let mut byte = [0];
            while !request.ends_with(b"\r\n\r\n") && socket.read_exact(&mut byte).is_ok() {
                request.push(byte[0]);
            }
            let request = String::from_utf8_lossy(&request);
            let address = request.split(' ').nth(1).unwrap_or_default();
            let path = address.split_once(".example").map_or("", |(_, path)| path);
            let (status, kind, body) = match answer(path) {
                Some((kind, body)) => ("200 OK", kind, body),
                None => ("404 Not Found", "text/plain", String::new()),
            };
            let head = format!(
                "HTTP/1.1 {status}\r\nConnection: close\r\nETag: \"7\"\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n",
                body.len()
            );
            let _ = socket.write_all(&[head.as_bytes(), body.as_bytes()].concat());
        }
    });
    ["--set".to_owned(), proxy, "--set".to_owned(), "host_pause_ms=0".to_owned()]
}

const FEED: &str = "application/rss+xml";

fn feed(title: &str) -> String {
    let item = |nth: u32| {
        format!("<item><title>Talks {nth}</title><link>http://press.example/{title}/{nth}</link></item>")
    };
    let items: String = (1..=4).map(item).collect();
    format!(
        "<rss version='2.0'><channel><title>{title}</title><language>uk</language>{items}</channel></rss>"
    )
}

/// A page with two feeds, one with the comments on it as well, and the feeds themselves.
pub(crate) fn site(path: &str) -> Option<(&'static str, String)> {
    let link = |path: &str| format!("<link rel=alternate type='application/rss+xml' href='{path}'>");
    match path {
        "/" => Some(("text/html", format!("{}{}", link("/rss"), link("/world.rss")))),
        "/blog" => Some(("text/html", format!("{}{}", link("/comments/feed"), link("/rss")))),
        "/rss" => Some((FEED, feed("Press"))),
        "/world.rss" => Some((FEED, feed("World"))),
        "/comments/feed" => Some((FEED, feed("Comments"))),
        "/empty.rss" => {
            Some((FEED, "<rss version='2.0'><channel><title>Empty</title></channel></rss>".to_owned()))
        }
        _ => None,
    }
}

/// Runs a command of feeds with the settings that lead to a press.
pub(crate) fn feeds(session: &Session, args: &[&str], settings: &[String]) -> Ran {
    let args = ["feeds"].iter().chain(args).map(|text| (*text).to_owned()).chain(settings.iter().cloned());
    session.run(&args.collect::<Vec<String>>())
}

/// Addresses inside a carrier's network: a list takes them, and the guard of the fetcher never asks them.
const LIST: &str = "\
[publishers]
\"gone.example\" = { name = \"Gone Daily\" }
\"walled.example\" = { name = \"Walled Post\" }
\"still.example\" = { name = \"Still Waters\" }
[[feed]]
url = \"http://100.64.0.1:9/gone\"
publisher = \"gone.example\"
[[feed]]
url = \"http://100.64.0.1:9/walled\"
publisher = \"walled.example\"
title = \"World\"
[[feed]]
url = \"http://100.64.0.1:9/still\"
publisher = \"still.example\"
[[feed]]
url = \"http://100.64.0.1:9/well\"
[[feed]]
url = \"http://100.64.0.1:9/off\"
off = \"not wanted\"
";

/// A database whose feeds were checked and came to these states since.
pub(crate) fn looked_after() -> Session {
    let session = Session::new();
    session.write("config/wirewatch/feeds.toml", LIST);
    session.run(&["run", "--once"]).expect(3);
    let database = database(&session);
    database
        .execute_batch(
            "UPDATE feed SET health = 'failing', failures = 9, failure = 'status', http_status = 404,
                    message = 'status 404 not found' WHERE url LIKE '%/gone';
             UPDATE feed SET health = 'blocked', failure = 'blocked', message = 'Cloudflare', http_status = 403
              WHERE url LIKE '%/walled';
             UPDATE feed SET health = 'stale', newest_entry = 0, recent = '[300000000,200000000,100000000]'
              WHERE url LIKE '%/still';
             UPDATE feed SET health = 'ok' WHERE url LIKE '%/well'",
        )
        .expect("changed");
    session
}

/// The database of a session that has run, to change what a test needs.
pub(crate) fn database(session: &Session) -> rusqlite::Connection {
    rusqlite::Connection::open(session.path("data/wirewatch/wirewatch.db")).expect("opens")
}
