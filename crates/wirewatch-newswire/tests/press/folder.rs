//! A folder of stored pages served as a press.

use crate::client::get;
use std::io::Write;
use std::path::Path;
use wirewatch_newswire::{FolderError, Press, PressError, PressOptions, RunningPress};

fn store(dir: &Path, id: &str, body: &[u8]) {
    std::fs::create_dir_all(dir.join("pages")).expect("a folder");
    let file = std::fs::File::create(dir.join("pages").join(format!("{id}.html.gz"))).expect("a file");
    let mut encoder = flate2::write::GzEncoder::new(file, flate2::Compression::fast());
    encoder.write_all(body).expect("writes");
    encoder.finish().expect("ends");
}

/// Four pages: two of one host, one with the same address as another, one without address.
fn folder() -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a folder");
    let gold = serde_json::json!({
        "p1": { "url": "https://www.paper.test/a?id=1", "articleBody": "not served" },
        "p2": { "url": "https://www.paper.test/b/" },
        "p3": { "url": "http://paper.test/b" },
        "p4": { "url": "" },
    });
    std::fs::write(dir.path().join("gold.json"), gold.to_string()).expect("writes");
    for id in ["p2", "p3", "p4"] {
        store(dir.path(), id, format!("<html>{id}").as_bytes());
    }
    // Not UTF-8: the bytes must come back as they were stored.
    store(dir.path(), "p1", b"<html>p1 caf\xe9");
    dir
}

async fn serve(dir: &Path) -> (Press, RunningPress) {
    let press = Press::from_pages(dir).expect("a folder of pages");
    let running = press.start(PressOptions::default()).await.expect("a free port");
    (press, running)
}

#[tokio::test]
async fn every_page_is_announced_by_its_host_and_served() {
    let dir = folder();
    let (press, running) = serve(dir.path()).await;
    let announced = press.announced();
    assert_eq!(announced.len(), 4);
    for entry in &announced {
        let link = entry.link.as_deref().expect("every page has an address");
        let feed = get(running.addr, &entry.feed, &[]).await.text();
        assert!(feed.contains(&format!("<link>{link}</link>")), "{link}");
        let page = get(running.addr, link, &[]).await;
        assert_eq!((page.status, page.field("content-type")), (200, Some("text/html")), "{link}");
        assert!(page.body.starts_with(format!("<html>{}", entry.id).as_bytes()), "{link}");
    }
    assert_eq!(running.feeds.len(), 3, "www.paper.test, paper.test and a host of its own");
    assert_eq!(running.resolve.len(), 3);
    assert!(running.feeds.iter().all(|feed| !feed.publisher.domain.is_empty()));
    assert!(press.truth().is_none());
}

#[tokio::test]
async fn bytes_come_as_they_were_stored() {
    let dir = folder();
    let (_, running) = serve(dir.path()).await;
    let address = "http://www.paper.test/a?id=1";
    let plain = get(running.addr, address, &[]).await;
    assert_eq!(plain.body, b"<html>p1 caf\xe9");
    let packed = get(running.addr, address, &[("Accept-Encoding", "gzip")]).await;
    let stored = std::fs::read(dir.path().join("pages/p1.html.gz")).expect("there");
    assert_eq!(packed.body, stored);
    let etag = plain.field("etag").expect("a tag");
    assert_eq!(get(running.addr, address, &[("If-None-Match", etag)]).await.status, 304);
}

#[tokio::test]
async fn a_page_whose_file_is_gone_is_an_error_of_the_server() {
    let dir = folder();
    std::fs::remove_file(dir.path().join("pages/p2.html.gz")).expect("was there");
    let (_, running) = serve(dir.path()).await;
    assert_eq!(get(running.addr, "http://www.paper.test/b/", &[]).await.status, 500);
    assert_eq!(get(running.addr, "http://www.paper.test/c", &[]).await.status, 404);
}

#[tokio::test]
async fn a_folder_of_folders_is_one_press() {
    let dir = tempfile::tempdir().expect("a folder");
    for source in ["one", "two"] {
        let source = dir.path().join(source);
        store(&source, "p", b"<html>");
        std::fs::write(source.join("gold.json"), "{\"p\":{\"url\":\"https://paper.test/x\"}}")
            .expect("writes");
    }
    let (press, running) = serve(dir.path()).await;
    let ids: Vec<String> = press.announced().into_iter().map(|entry| entry.id).collect();
    assert_eq!(ids, ["one/p", "two/p"]);
    for entry in press.announced() {
        assert_eq!(get(running.addr, entry.link.as_deref().expect("a link"), &[]).await.status, 200);
    }
}

#[test]
fn folders_without_pages_are_refused() {
    let dir = tempfile::tempdir().expect("a folder");
    assert!(matches!(Press::from_pages(dir.path()), Err(PressError::Folder(FolderError::NoPages { .. }))));
    assert!(matches!(
        Press::from_pages(dir.path().join("nowhere")),
        Err(PressError::Folder(FolderError::Read { .. }))
    ));
    std::fs::write(dir.path().join("gold.json"), "[]").expect("writes");
    assert!(matches!(Press::from_pages(dir.path()), Err(PressError::Folder(FolderError::Json { .. }))));
}
