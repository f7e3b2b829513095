//! A plain HTTP/1.1 client for one request: no pool, no redirects, no decoding.

use std::collections::HashMap;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// An answer as it came over the wire.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) fields: HashMap<String, String>,
    pub(crate) body: Vec<u8>,
    /// Whether the body ended where its framing said.
    pub(crate) whole: bool,
}

impl Answer {
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.fields.get(name).map(String::as_str)
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).expect("utf-8")
    }
}

/// GETs an address (`http://host/path`) from the press at `addr`.
pub(crate) async fn get(addr: SocketAddr, address: &str, fields: &[(&str, &str)]) -> Answer {
    request(addr, "GET", address, fields).await
}

pub(crate) async fn request(
    addr: SocketAddr,
    method: &str,
    address: &str,
    fields: &[(&str, &str)],
) -> Answer {
    let rest = address.strip_prefix("http://").expect("an http address");
    let (host, path) = rest.split_at(rest.find('/').expect("a path"));
    let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n");
    for (name, value) in fields {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    let mut stream = TcpStream::connect(addr).await.expect("connects");
    stream.write_all(head.as_bytes()).await.expect("writes");
    let mut bytes = Vec::new();
    // A connection that the press cuts on purpose may end with an error; what came is what counts.
    let _ = stream.read_to_end(&mut bytes).await;
    parse(&bytes)
}

fn parse(bytes: &[u8]) -> Answer {
    let split = bytes.windows(4).position(|four| four == b"\r\n\r\n").expect("a head");
    let head = std::str::from_utf8(&bytes[..split]).expect("ascii head");
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).expect("a status line");
    let fields: HashMap<String, String> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let raw = &bytes[split + 4..];
    let (body, whole) = if fields.get("transfer-encoding").is_some_and(|coding| coding == "chunked") {
        unchunk(raw)
    } else {
        let length = fields.get("content-length").and_then(|length| length.parse::<usize>().ok());
        (raw.to_vec(), length.is_none_or(|length| length == raw.len()))
    };
    Answer { status: status.parse().expect("a number"), fields, body, whole }
}

fn unchunk(mut raw: &[u8]) -> (Vec<u8>, bool) {
    let mut body = Vec::new();
    loop {
        let Some(end) = raw.windows(2).position(|two| two == b"\r\n") else { return (body, false) };
        let size = usize::from_str_radix(std::str::from_utf8(&raw[..end]).expect("hex"), 16).expect("hex");
        raw = &raw[end + 2..];
        if size == 0 {
            return (body, true);
        }
        if raw.len() < size + 2 {
            body.extend_from_slice(raw);
            return (body, false);
        }
        body.extend_from_slice(&raw[..size]);
        raw = &raw[size + 2..];
    }
}
