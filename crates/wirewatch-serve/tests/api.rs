//! The API over a real socket and a real database.

#![allow(clippy::expect_used, reason = "helpers of tests: a failure is a failed test")]

use serde_json::{Value, json};
use std::future::pending;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};
use wirewatch_store::Database;

/// A running API over a new database.
struct Api {
    addr: std::net::SocketAddr,
    _folder: tempfile::TempDir,
}

struct Answer {
    status: u16,
    body: Value,
}

impl Api {
    async fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let database = Database::open(folder.path().join("w.db")).expect("a database");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a socket");
        let addr = listener.local_addr().expect("an address");
        tokio::spawn(wirewatch_serve::serve(
            listener,
            database,
            vec!["press.internal".to_owned()],
            None,
            pending(),
        ));
        Self { addr, _folder: folder }
    }

    /// Sends bytes and reads the answer to its end.
    async fn send(&self, request: &str) -> Answer {
        let mut socket = TcpStream::connect(self.addr).await.expect("connected");
        socket.write_all(request.as_bytes()).await.expect("sent");
        let mut bytes = Vec::new();
        socket.read_to_end(&mut bytes).await.expect("answered");
        let text = String::from_utf8(bytes).expect("UTF-8");
        let status = text.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        let body = text.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        Answer { status, body: serde_json::from_str(body).unwrap_or(Value::Null) }
    }

    async fn get(&self, path: &str) -> Answer {
        self.send(&format!("GET {path} HTTP/1.1\r\nHost: localhost:8642\r\nConnection: close\r\n\r\n")).await
    }
}

#[tokio::test]
async fn answers_from_an_empty_database() {
    let api = Api::start().await;
    let answer = api.get("/healthz").await;
    assert_eq!((answer.status, answer.body), (200, json!({"status": "ok", "seq": 0})));
    let answer = api.get("/v1/items?after=7&limit=3").await;
    assert_eq!((answer.status, answer.body), (200, json!({"items": [], "next": 7})));
}

#[tokio::test]
async fn mistakes_are_named() {
    let api = Api::start().await;
    for (path, status, word) in [
        ("/v1/items?limit=201", 400, "limit"),
        ("/v1/items?after=x", 400, "after"),
        ("/v1/items?page=2", 400, "page"),
        ("/v1/articles", 404, "/v1/items"),
    ] {
        let answer = api.get(path).await;
        assert_eq!(answer.status, status, "{path}");
        assert!(
            answer.body["error"].as_str().is_some_and(|reason| reason.contains(word)),
            "{path}: {}",
            answer.body
        );
    }
    let answer = api
        .send("POST /v1/items HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        .await;
    assert_eq!(answer.status, 405);
}

#[tokio::test]
async fn other_host_names_are_refused() {
    let api = Api::start().await;
    for (host, status) in [
        ("Host: press.internal\r\n", 200),
        ("Host: [::1]:8642\r\n", 200),
        ("Host: evil.example\r\n", 403),
        ("Host: localhost.evil.example\r\n", 403),
        ("", 403),
        ("Host: localhost\r\nHost: evil.example\r\n", 403),
    ] {
        let answer = api.send(&format!("GET /healthz HTTP/1.1\r\n{host}Connection: close\r\n\r\n")).await;
        assert_eq!(answer.status, status, "{host:?}: {}", answer.body);
    }
    let in_line = "GET http://evil.example/healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    assert_eq!(api.send(in_line).await.status, 403);
}
