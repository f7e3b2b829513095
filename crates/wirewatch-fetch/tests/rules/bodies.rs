//! Rules 23 and 29: packed bodies, and bodies that are too large, cut or mislabelled.

use crate::support::{
    FEED, Server, answer, check, check_answer, config, due, endless, failure, gzip, pack, rss,
};
use async_compression::tokio::bufread as packed;
use std::{sync::atomic::Ordering, time::Duration};
use wirewatch_fetch::{FetchConfig, Fetcher};
use wirewatch_model::{FailureKind, FeedCheck, Outcome};

const MIB: usize = 1 << 20;

/// The check of a feed whose body may have one MiB.
async fn check_capped(bytes: Vec<u8>) -> FeedCheck {
    let server = Server::start(move |_| bytes.clone()).await;
    let config = FetchConfig { feed_body_limit: MIB, ..config(&[("press.example", server.addr)]) };
    check(&Fetcher::new(config).expect("a fetcher"), &due(FEED)).await
}

#[tokio::test]
async fn rule_23_packed_answers_are_asked_for() {
    let server = Server::start(|_| answer(200, &[], rss(1))).await;
    check(&crate::support::fetcher(&server), &due(FEED)).await;
    assert_eq!(server.requests()[0].header("accept-encoding"), Some("gzip, br, zstd, deflate"));
}

#[tokio::test]
async fn rule_23_every_encoding_is_undone_whatever_its_label() {
    let plain = rss(3);
    let zipped = gzip(plain.as_bytes()).await;
    let twice = gzip(&zipped).await;
    let zlib = pack(packed::ZlibEncoder::new(plain.as_bytes())).await;
    let brotli = pack(packed::BrotliEncoder::new(plain.as_bytes())).await;
    let zstd = pack(packed::ZstdEncoder::new(plain.as_bytes())).await;
    let brotli_in_gzip = gzip(&brotli).await;
    let gzip_in_brotli = pack(packed::BrotliEncoder::new(zipped.as_slice())).await;
    let raw_deflate = zlib[2..zlib.len() - 4].to_vec();
    for (label, body) in [
        ("identity", plain.clone().into_bytes()),
        ("gzip", zipped.clone()),
        ("x-gzip", zipped.clone()),
        ("GZip", zipped.clone()),
        ("", zipped.clone()),
        ("br", zipped.clone()),
        ("deflate", zlib),
        ("deflate", raw_deflate),
        ("br", brotli),
        ("zstd", zstd.clone()),
        ("gzip", zstd),
        // Announced and not packed.
        ("gzip", plain.clone().into_bytes()),
        ("br", plain.clone().into_bytes()),
        ("deflate", plain.clone().into_bytes()),
        ("zstd", plain.clone().into_bytes()),
        ("utf-8", plain.clone().into_bytes()),
        // A file that is packed by itself, sent packed.
        ("gzip", twice.clone()),
        ("", twice.clone()),
        ("br", gzip_in_brotli.clone()),
        // Announced twice, and packed once or twice.
        ("gzip, gzip", zipped.clone()),
        ("gzip, gzip", twice),
        ("br, gzip", brotli_in_gzip),
        ("gzip, br", gzip_in_brotli),
        ("identity, gzip", zipped),
    ] {
        let check = check_answer(answer(200, &[&format!("Content-Encoding: {label}")], body)).await;
        assert_eq!((&check.outcome, check.entries.len()), (&Outcome::Read, 3), "{label}");
        assert_eq!(check.body_bytes, plain.len() as u64, "{label}");
        assert!(check.validators.is_some(), "{label} {:?}", check.repairs);
    }
}

#[tokio::test]
async fn rule_23_two_headers_are_one_label() {
    let twice = gzip(&gzip(rss(2).as_bytes()).await).await;
    let headers = ["Content-Encoding: gzip", "Content-Encoding: gzip"];
    assert_eq!(check_answer(answer(200, &headers, twice)).await.entries.len(), 2);
}

#[tokio::test]
async fn rule_23_an_encoding_that_is_not_known_is_refused() {
    let check = check_answer(answer(200, &["Content-Encoding: snappy"], [0xff, 6, 0, 0, 1, 2])).await;
    assert_eq!(failure(&check), FailureKind::Body);
}

#[tokio::test]
async fn rule_23_a_packing_that_breaks_off_is_a_cut_body() {
    let zipped = gzip(rss(500).as_bytes()).await;
    for end in [zipped.len() / 2, zipped.len() - 4] {
        let headers = ["Content-Encoding: gzip", "ETag: \"1\""];
        let check = check_answer(answer(200, &headers, &zipped[..end])).await;
        assert_eq!(check.validators, None, "{:?}", check.outcome);
        assert!(check.entries.len() < 500 || end > zipped.len() / 2, "half of it cannot hold all");
    }
    let mut flipped = zipped.clone();
    flipped[zipped.len() / 2] ^= 0x55;
    assert_eq!(check_answer(answer(200, &["ETag: \"1\""], flipped)).await.validators, None);
}

#[tokio::test]
async fn a_cut_while_a_second_packing_is_looked_for_is_a_cut() {
    // A whole member that holds nothing; the connection ends where the next one should begin.
    let headers = ["Content-Encoding: gzip, gzip", "Content-Length: 9999"];
    let check = check_answer(answer(200, &headers, gzip(&[]).await)).await;
    assert_eq!(failure(&check), FailureKind::Body, "{:?}", check.outcome);
}

#[tokio::test]
async fn rule_29_a_bomb_of_any_kind_is_unpacked_no_further_than_the_cap() {
    let bomb = format!("{}{}", rss(2).replace("</channel></rss>", ""), " ".repeat(8 * MIB));
    let zlib = pack(packed::ZlibEncoder::new(bomb.as_bytes())).await;
    let zipped = gzip(bomb.as_bytes()).await;
    let raw_deflate = zlib[2..zlib.len() - 4].to_vec();
    for (label, body) in [
        ("gzip", zipped.clone()),
        ("gzip, gzip", gzip(&zipped).await),
        ("deflate", zlib),
        ("deflate", raw_deflate),
        (
            "br",
            pack(packed::BrotliEncoder::with_quality(bomb.as_bytes(), async_compression::Level::Fastest))
                .await,
        ),
        ("zstd", pack(packed::ZstdEncoder::new(bomb.as_bytes())).await),
    ] {
        assert!(body.len() < MIB, "{label} is a bomb");
        let headers = ["ETag: \"1\"", &format!("Content-Encoding: {label}")];
        let check = check_capped(answer(200, &headers, body)).await;
        assert_eq!((check.body_bytes, check.entries.len()), (MIB as u64, 2), "{label}");
        assert!(check.validators.is_none(), "{label}: validators never run ahead");
    }
}

#[tokio::test]
async fn rule_29_a_body_of_exactly_the_cap_is_whole() {
    let feed = rss(2);
    for (padding, whole) in [(MIB - feed.len(), true), (MIB - feed.len() + 1, false)] {
        let check =
            check_capped(answer(200, &["ETag: \"1\""], format!("{feed}{}", " ".repeat(padding)))).await;
        assert_eq!((check.entries.len(), check.validators.is_some()), (2, whole));
    }
}

#[tokio::test]
async fn rule_29_an_endless_body_is_not_read_past_the_cap() {
    let item = "<item><guid>1</guid><title>Talks</title></item>\n".repeat(1000).into_bytes();
    for head in [
        "HTTP/1.1 200 x\r\nContent-Type: text/xml\r\n\r\n<rss version='2.0'><channel>",
        "HTTP/1.1 200 x\r\nContent-Length: 99999999999999\r\n\r\n<rss version='2.0'><channel>",
        "HTTP/1.1 404 x\r\n\r\n",
    ] {
        let (addr, sent) = endless(head, item.clone(), Duration::ZERO).await;
        let config = FetchConfig { feed_body_limit: MIB, ..config(&[("press.example", addr)]) };
        let check = check(&Fetcher::new(config).expect("a fetcher"), &due(FEED)).await;
        assert!(check.body_bytes <= MIB as u64);
        assert_eq!(check.validators, None);
        // What the buffers of two sockets hold comes on top of what was read.
        assert!(sent.load(Ordering::SeqCst) < MIB + 16 * MIB, "{head}: {sent:?}");
    }
}

#[tokio::test]
async fn inv02_a_cut_body_saves_its_entries_and_not_its_validators() {
    let whole = rss(3);
    let cut = &whole[..whole.len() - 60];
    let bytes = answer(200, &["ETag: \"1\"", &format!("Content-Length: {}", whole.len())], cut);
    let check = check_answer(bytes).await;
    assert_eq!((&check.outcome, check.entries.len()), (&Outcome::Read, 2));
    assert_eq!(check.validators, None);
}
