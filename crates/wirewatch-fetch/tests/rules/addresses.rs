//! Rule 30: no request to an address that is not public, by whatever way it is named.

use crate::support::{FEED, Server, answer, check, config, due, failure, fetcher, now, page_of, raw, rss};
use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};
use wirewatch_fetch::{FetchConfig, Fetcher, Lookup};
use wirewatch_model::{FailureKind, Outcome};

/// Spellings of addresses of this machine and its networks, with a port.
fn spellings(port: u16) -> Vec<String> {
    let hosts = [
        "127.0.0.1",
        "127.0.0.2",
        "127.1",
        "127.0.1",
        "127.0.0.1.",
        "2130706433",
        "0x7f000001",
        "0x7F.0x0.0x0.0x1",
        "0177.0.0.1",
        "017700000001",
        "127.0x0.0.01",
        "0",
        "0.0.0.0",
        "[::1]",
        "[0:0:0:0:0:0:0:1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[64:ff9b::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[2001:0:7f00:1::]",
        "[fe80::1]",
        "[fc00::1]",
        "localhost",
        "LOCALHOST",
        "localhost.",
        "%6c%6fcalhost",
        "127%2e0%2e0%2e1",
        "１２７.0.0.1",
        "127。0。0。1",
        "①②⑦.0.0.1",
        "10.0.0.1",
        "192.168.0.1",
        "172.16.0.1",
        "169.254.169.254",
        "100.64.0.1",
    ];
    hosts.iter().map(|host| format!("http://{host}:{port}/")).collect()
}

#[tokio::test]
async fn rule_30_no_feed_at_an_address_that_is_not_public() {
    let secret = Server::start(|_| answer(200, &[], rss(1))).await;
    let fetcher = Fetcher::new(FetchConfig::default()).expect("a fetcher");
    for url in spellings(secret.addr.port()) {
        let check = check(&fetcher, &due(&url)).await;
        assert_eq!(failure(&check), FailureKind::Address, "{url}: {:?}", check.outcome);
    }
    assert!(secret.requests().is_empty());
}

#[tokio::test]
async fn rule_30_no_feed_at_an_address_that_is_not_http() {
    let fetcher = Fetcher::new(FetchConfig::default()).expect("a fetcher");
    for url in [
        "file:///etc/passwd",
        "ftp://a.example/",
        "data:text/xml,<rss/>",
        "gopher://a.example",
        "",
        "/rss",
        "http:",
        "http://user:pw@a.example/",
        "http://a.example:99999/",
    ] {
        assert_eq!(failure(&check(&fetcher, &due(url)).await), FailureKind::Address, "{url}");
    }
}

#[tokio::test]
async fn rule_30_no_page_at_an_address_that_is_not_public() {
    let secret = Server::start(|_| answer(200, &[], "<p>a</p>")).await;
    let fetcher = Fetcher::new(FetchConfig::default()).expect("a fetcher");
    for url in spellings(secret.addr.port()) {
        let failure = fetcher.fetch_page(&page_of(&url), now()).await.result.map(drop).expect_err("refused");
        assert!(failure.lasting, "{url}: {failure:?}");
    }
    assert!(secret.requests().is_empty());
}

#[tokio::test]
async fn rule_30_no_redirect_leads_to_an_address_that_is_not_public() {
    let secret = Server::start(|_| answer(200, &[], "secret")).await;
    let port = secret.addr.port();
    let more = [
        format!("http://press.example:{port}/"),
        format!("//127.0.0.1:{port}/"),
        "http://169.254.169.254/latest/meta-data/".to_owned(),
        format!("http:\\\\127.0.0.1:{port}\\"),
        format!("http://a.example@127.0.0.1:{port}/"),
    ];
    for target in spellings(port).into_iter().chain(more) {
        // One character a byte, as the server sends it.
        let location: String = format!("Location: {target}").bytes().map(char::from).collect();
        let server = Server::start(move |_| answer(302, &[&location], "")).await;
        let check = check(&fetcher(&server), &due(FEED)).await;
        assert!(
            matches!(failure(&check), FailureKind::Redirect | FailureKind::Address),
            "{target}: {:?}",
            check.outcome
        );
    }
    assert!(secret.requests().is_empty());
}

/// A fetcher whose look-up gives these sockets, one list a call, and how often it was asked.
fn looking_up(allowed: &Server, answers: Vec<Vec<SocketAddr>>) -> (Fetcher, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    let lookup = Lookup::by(move |_| {
        let nth = count.fetch_add(1, Ordering::SeqCst);
        Ok(answers[nth.min(answers.len() - 1)].clone())
    });
    let config = FetchConfig { allow_sockets: vec![allowed.addr], lookup, ..config(&[]) };
    (Fetcher::new(config).expect("a fetcher"), asked)
}

#[tokio::test]
async fn rule_30_the_address_that_was_checked_is_the_one_that_is_dialled() {
    // The allowed socket stands for a public address, the other for one of the inner network.
    let public = Server::start(|_| answer(200, &[], rss(1))).await;
    let inner = Server::start(|_| answer(200, &[], rss(1))).await;
    let (fetcher, asked) = looking_up(&public, vec![vec![public.addr], vec![inner.addr]]);
    assert_eq!(check(&fetcher, &due("http://rebind.example/rss")).await.outcome, Outcome::Read);
    assert_eq!(asked.load(Ordering::SeqCst), 1, "checked and dialled by one answer");
    let second = check(&fetcher, &due("http://rebind.example/rss")).await;
    assert_eq!(failure(&second), FailureKind::Address, "the second answer is checked anew");
    assert_eq!((public.requests().len(), inner.requests().len()), (1, 0));
}

#[tokio::test]
async fn rule_30_a_redirect_to_the_same_name_is_looked_up_and_checked_anew() {
    let public = Server::start(|_| answer(302, &["Location: /2"], "")).await;
    let inner = Server::start(|_| answer(200, &[], rss(1))).await;
    let (fetcher, _) = looking_up(&public, vec![vec![public.addr], vec![inner.addr]]);
    let check = check(&fetcher, &due("http://rebind.example/rss")).await;
    assert_eq!(failure(&check), FailureKind::Address, "{:?}", check.outcome);
    assert!(inner.requests().is_empty());
}

#[tokio::test]
async fn rule_30_of_a_name_with_public_and_other_addresses_only_the_public_are_dialled() {
    let public = Server::start(|_| answer(200, &[], rss(1))).await;
    let inner = Server::start(|_| answer(200, &[], rss(1))).await;
    for addresses in [vec![inner.addr, public.addr], vec![public.addr, inner.addr]] {
        let (fetcher, _) = looking_up(&public, vec![addresses]);
        assert_eq!(check(&fetcher, &due("http://both.example/rss")).await.outcome, Outcome::Read);
    }
    assert_eq!((public.requests().len(), inner.requests().len()), (2, 0));
}

/// Run in a process of its own by the test below.
#[tokio::test]
#[ignore = "needs http_proxy in the environment"]
async fn with_a_proxy_in_the_environment() {
    let server = Server::start(|_| answer(200, &[], rss(1))).await;
    assert_eq!(check(&fetcher(&server), &due(FEED)).await.outcome, Outcome::Read);
}

#[tokio::test]
async fn rule_30_a_proxy_in_the_environment_is_not_used() {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    let addr = raw(move |_| {
        count.fetch_add(1, Ordering::SeqCst);
        async {}
    })
    .await;
    let proxy = format!("http://{addr}");
    let mut command = std::process::Command::new(std::env::current_exe().expect("this test"));
    command.args(["--exact", "addresses::with_a_proxy_in_the_environment", "--ignored"]);
    for name in ["http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy", "ALL_PROXY"] {
        command.env(name, &proxy);
    }
    let output = tokio::task::spawn_blocking(move || command.output()).await.expect("no panic");
    let output = output.expect("it runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
    assert_eq!(asked.load(Ordering::SeqCst), 0);
}
