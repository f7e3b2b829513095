//! A publisher on loopback whose every answer a test sets, byte for byte.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    sync::Semaphore,
};

/// What the server answers for one address.
#[derive(Clone, Default)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// Promise this many bytes more than are sent, then close: a cut body.
    pub missing_bytes: usize,
    /// Wait for a permit before answering.
    pub gate: Option<Arc<Semaphore>>,
}

impl Answer {
    pub fn ok(content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status: 200,
            headers: vec![("content-type".into(), content_type.into())],
            body: body.into(),
            ..Self::default()
        }
    }

    pub fn status(status: u16) -> Self {
        Self { status, ..Self::default() }
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }
}

/// One request as it came.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: String,
    pub host: String,
    pub path: String,
    pub headers: HashMap<String, String>,
}

#[derive(Default)]
struct State {
    answers: HashMap<String, Answer>,
    log: Vec<Request>,
}

/// The running server; ends with the test's runtime.
#[derive(Clone)]
pub struct Server {
    pub socket: SocketAddr,
    state: Arc<Mutex<State>>,
}

impl Server {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let socket = listener.local_addr().expect("bound");
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&shared)));
            }
        });
        Self { socket, state }
    }

    /// Sets what `http://HOST/PATH` answers (`address` without the scheme).
    pub fn set(&self, address: &str, answer: Answer) {
        self.lock().answers.insert(address.to_owned(), answer);
    }

    /// Requests for an address so far.
    pub fn requests(&self, address: &str) -> Vec<Request> {
        let state = self.lock();
        state
            .log
            .iter()
            .filter(|request| format!("{}{}", request.host, request.path) == address)
            .cloned()
            .collect()
    }

    /// All requests so far.
    pub fn all_requests(&self) -> Vec<Request> {
        self.lock().log.clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn serve(stream: TcpStream, state: Arc<Mutex<State>>) {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    while let Some(request) = read_request(&mut lines).await {
        let answer = {
            let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
            let key = format!("{}{}", request.host, request.path);
            let answer = state.answers.get(&key).cloned().unwrap_or_else(|| Answer::status(404));
            state.log.push(request.clone());
            answer
        };
        if let Some(gate) = &answer.gate {
            // The gate lives as long as the test.
            gate.acquire().await.expect("gate open").forget();
        }
        if write.write_all(&bytes(&request, &answer)).await.is_err() || answer.missing_bytes > 0 {
            return;
        }
    }
}

async fn read_request<R: tokio::io::AsyncBufRead + Unpin>(
    lines: &mut tokio::io::Lines<R>,
) -> Option<Request> {
    let first = lines.next_line().await.ok()??;
    let (method, path) = (first.split(' ').next()?.to_owned(), first.split(' ').nth(1)?.to_owned());
    let mut headers = HashMap::new();
    loop {
        let line = lines.next_line().await.ok()??;
        if line.is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':') {
            headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
        }
    }
    let host = headers.get("host").cloned().unwrap_or_default();
    Some(Request { method, host, path, headers })
}

/// A matching validator gets a 304, as a sound server would answer.
fn bytes(request: &Request, answer: &Answer) -> Vec<u8> {
    let header =
        |name: &str| answer.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, v)| v);
    let unchanged = answer.status == 200
        && header("etag").is_some_and(|etag| request.headers.get("if-none-match") == Some(etag));
    let (status, body): (u16, &[u8]) = if unchanged { (304, b"") } else { (answer.status, &answer.body) };
    let mut out = format!("HTTP/1.1 {status} X\r\n");
    for (name, value) in &answer.headers {
        out.push_str(&format!("{name}: {value}\r\n"));
    }
    if !unchanged {
        out.push_str(&format!("content-length: {}\r\n", body.len() + answer.missing_bytes));
    }
    out.push_str("\r\n");
    let mut out = out.into_bytes();
    out.extend_from_slice(body);
    out
}
