//! Rule 28, and what else a connection can do: drip, hang, lie about lengths, break.

use crate::support::{FEED, Server, answer, check, config, due, endless, failure, raw, read_request, rss};
use std::{net::SocketAddr, time::Duration};
use tokio::io::AsyncWriteExt;
use wirewatch_fetch::{FetchConfig, Fetcher};
use wirewatch_model::{FailureKind, FeedCheck, Outcome};

const SHORT: Duration = Duration::from_millis(60);

/// A fetcher that has little patience with one server.
fn hasty(addr: SocketAddr) -> Fetcher {
    let config = FetchConfig {
        header_timeout: SHORT,
        connect_timeout: SHORT,
        total_timeout: 5 * SHORT,
        ..config(&[("press.example", addr)])
    };
    Fetcher::new(config).expect("a fetcher")
}

/// The check of a feed whose server sends exactly these bytes and closes.
async fn check_bytes(bytes: impl Into<Vec<u8>>) -> FeedCheck {
    let bytes = bytes.into();
    let addr = raw(move |mut stream| {
        let bytes = bytes.clone();
        async move {
            read_request(&mut stream).await;
            let _ = stream.write_all(&bytes).await;
            let _ = stream.shutdown().await;
        }
    })
    .await;
    let fetcher = Fetcher::new(config(&[("press.example", addr)])).expect("a fetcher");
    check(&fetcher, &due(FEED)).await
}

#[tokio::test]
async fn rule_28_silence_before_the_headers_ends_in_time() {
    // The listener accepts by its backlog and nobody answers.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let addr = listener.local_addr().expect("an address");
    let check = check(&hasty(addr), &due(FEED)).await;
    assert_eq!(failure(&check), FailureKind::Timeout);
    assert!(check.next_due.is_some());
}

#[tokio::test]
async fn rule_28_a_connection_that_does_not_come_about_in_time_is_no_slow_server() {
    // What comes to a socket whose queue is full is dropped, as by a network that swallows packets.
    let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
    socket.bind("127.0.0.1:0".parse().expect("an address")).expect("bound");
    let listener = socket.listen(1).expect("listens");
    let addr = listener.local_addr().expect("an address");
    let mut queue = Vec::new();
    while let Ok(stream) = tokio::time::timeout(8 * SHORT, tokio::net::TcpStream::connect(addr)).await {
        queue.push(stream.expect("connected"));
    }
    let check = check(&hasty(addr), &due(FEED)).await;
    assert_eq!(failure(&check), FailureKind::Network);
    drop((listener, queue));
}

#[tokio::test]
async fn rule_28_headers_that_drip_end_in_time() {
    let (addr, _) = endless("HTTP/1.1 200 OK\r\nX-Long: ", b"a".to_vec(), SHORT / 4).await;
    assert_eq!(failure(&check(&hasty(addr), &due(FEED)).await), FailureKind::Timeout);
}

#[tokio::test]
async fn rule_28_a_body_that_hangs_or_drips_ends_in_time() {
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 99999\r\nETag: \"1\"\r\n\r\n<rss version='2.0'><channel>";
    // One byte now and then keeps the idle limit away; the whole takes too long all the same.
    for pause in [SHORT / 4, Duration::from_secs(3600)] {
        let (addr, _) = endless(head, b" ".to_vec(), pause).await;
        let check = check(&hasty(addr), &due(FEED)).await;
        assert_eq!((failure(&check), check.validators.clone()), (FailureKind::Body, None));
        let Outcome::Failed { message, .. } = check.outcome else { panic!("failed") };
        assert!(message.contains("too slowly"), "{message}");
    }
}

#[tokio::test]
async fn rule_28_a_slow_server_does_not_hold_its_host_for_ever() {
    let head = "HTTP/1.1 200 OK\r\n\r\n";
    let (addr, _) = endless(head, b" ".to_vec(), SHORT / 4).await;
    let fetcher = hasty(addr);
    // One after the other, as the gate of the host wants it.
    let feeds = [due(FEED), due("http://press.example/2"), due("http://press.example/3")];
    let [one, two, three] = &feeds;
    let (one, two, three) = tokio::join!(check(&fetcher, one), check(&fetcher, two), check(&fetcher, three));
    assert!([one, two, three].iter().all(|check| !check.outcome.is_success()), "each had its own time");
}

#[tokio::test]
async fn endless_and_many_headers_are_refused() {
    let (addr, sent) =
        endless("HTTP/1.1 200 OK\r\n", b"X-Header: value\r\n".repeat(100), Duration::ZERO).await;
    let check = check(&hasty(addr), &due(FEED)).await;
    assert!(!check.outcome.is_success());
    assert!(sent.load(std::sync::atomic::Ordering::SeqCst) < 16 << 20);
    for headers in ["X: 1\r\n".repeat(10_000), format!("X: {}\r\n", "a".repeat(1_000_000))] {
        let check = check_bytes(format!("HTTP/1.1 200 OK\r\n{headers}\r\n{}", rss(1))).await;
        assert!(!check.outcome.is_success() && check.validators.is_none(), "{:?}", check.outcome);
    }
}

#[tokio::test]
async fn lengths_that_lie_store_nothing_half() {
    let feed = rss(3);
    let length = feed.len();
    // More is promised than comes.
    let check = check_bytes(format!(
        "HTTP/1.1 200 OK\r\nETag: \"1\"\r\nContent-Length: {}\r\n\r\n{feed}",
        length + 9
    ))
    .await;
    assert_eq!((check.entries.len(), check.validators), (3, None));
    // A number that no memory holds: nothing is taken by its word.
    let huge = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{feed}", u64::MAX - 1);
    assert_eq!(check_bytes(huge).await.validators, None);
    for lengths in ["Content-Length: 5\r\nContent-Length: 7", "Content-Length: -1", "Content-Length: abc"] {
        let check = check_bytes(format!("HTTP/1.1 200 OK\r\n{lengths}\r\n\r\n{feed}")).await;
        assert!(!check.outcome.is_success(), "{lengths}: {:?}", check.outcome);
    }
    // What stands behind the end that was named belongs to no answer.
    let check = check_bytes(format!(
        "HTTP/1.1 200 OK\r\nETag: \"1\"\r\nContent-Length: {}\r\n\r\n{feed}",
        length - 60
    ))
    .await;
    assert_eq!((check.entries.len(), check.validators), (2, None));
}

#[tokio::test]
async fn chunks_that_are_wrong_or_missing_are_a_cut_body() {
    let head = "HTTP/1.1 200 OK\r\nETag: \"1\"\r\nTransfer-Encoding: chunked\r\n\r\n";
    let feed = rss(2);
    let size = format!("{:x}", feed.len());
    let sound = check_bytes(format!("{head}{size}\r\n{feed}\r\n0\r\n\r\n")).await;
    assert_eq!((sound.entries.len(), sound.validators.is_some()), (2, true));
    for body in [
        format!("{size}\r\n{feed}\r\n"),
        format!("{size}\r\n{feed}\r\nzz\r\n"),
        format!("ffffffffffffffff\r\n{feed}"),
        "-5\r\nabc".to_owned(),
    ] {
        let check = check_bytes(format!("{head}{body}")).await;
        assert_eq!(check.validators, None, "{body}");
    }
}

#[tokio::test]
async fn a_connection_that_breaks_is_a_failure_with_a_name() {
    for bytes in ["", "HTTP/1.1 200", "\0\0\0\0", "SSH-2.0-OpenSSH\r\n", "<rss/>", "HTTP/0.9 200 OK\r\n\r\n"]
    {
        let check = check_bytes(bytes).await;
        let Outcome::Failed { message, .. } = &check.outcome else { panic!("{bytes:?}: {check:?}") };
        assert!(!message.is_empty());
        assert!(check.next_due.is_some());
    }
}

#[tokio::test]
async fn odd_statuses_are_failures_and_no_panic() {
    for status in ["999", "600", "299", "100", "204", "000", "20", "2000"] {
        let check = check_bytes(format!("HTTP/1.1 {status} x\r\nContent-Length: 0\r\n\r\n")).await;
        assert!(!check.outcome.is_success(), "{status}");
    }
    // What comes before the answer proper is passed over (RFC 9110 §15.2).
    let feed = rss(1);
    let early = format!(
        "HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{feed}",
        feed.len()
    );
    assert_eq!(check_bytes(early).await.outcome, Outcome::Read);
}

#[tokio::test]
async fn a_hostile_host_leaves_the_others_their_turn() {
    let (addr, _) = endless("HTTP/1.1 200 OK\r\n\r\n", b" ".to_vec(), SHORT / 4).await;
    let sound = Server::start(|_| answer(200, &[], rss(1))).await;
    let fetcher = Fetcher::new(FetchConfig {
        total_timeout: Duration::from_secs(3600),
        header_timeout: Duration::from_secs(3600),
        ..config(&[("press.example", addr), ("sound.example", sound.addr)])
    })
    .expect("a fetcher");
    let held = fetcher.clone();
    let slow = tokio::spawn(async move { held.fetch_feed(&due(FEED), crate::support::now()).await });
    let check = check(&fetcher, &due("http://sound.example/rss")).await;
    assert_eq!(check.outcome, Outcome::Read);
    assert!(!slow.is_finished());
    slow.abort();
}

#[tokio::test]
async fn a_failure_says_what_happened_in_words_a_person_can_act_on() {
    let nobody = {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        listener.local_addr().expect("an address")
    };
    let no_tls = raw(async |mut stream| {
        let _ = stream.write_all(b"HTTP/1.1 400 x\r\n\r\n").await;
    })
    .await;
    let no_http = raw(async |mut stream| {
        let _ = stream.write_all(b"SSH-2.0-x\r\n").await;
    })
    .await;
    let hosts = [("press.example", nobody), ("tls.example", no_tls), ("ssh.example", no_http)];
    let fetcher = Fetcher::new(config(&hosts)).expect("a fetcher");
    for (url, words) in [
        (FEED, "no connection to its host (Connection refused"),
        ("http://press.invalid/rss", "its host has no address; is it spelt right?"),
        ("https://tls.example/rss", "no safe connection; its certificate may be over or wrong ("),
        ("http://ssh.example/rss", "the connection broke, or the answer is no HTTP ("),
        ("http://10.0.0.1/rss", "10.0.0.1:80 is not a public address"),
    ] {
        let Outcome::Failed { message, .. } = check(&fetcher, &due(url)).await.outcome else {
            panic!("{url}")
        };
        assert!(message.starts_with(words), "{message}");
        assert!(!message.contains("http://") && !message.contains("error sending"), "{message}");
    }
}
