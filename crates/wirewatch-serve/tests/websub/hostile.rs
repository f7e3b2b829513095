//! Whatever is sent to the callback: it is answered, and changes nothing it should not.

use super::{HOUR, support::*};
use std::sync::Arc;

#[tokio::test]
async fn a_push_that_is_not_signed_as_agreed_is_answered_and_ignored() {
    let (mut world, form) = World::subscribed().await;
    let (body, right) = (rss(&[2]), sign(&form, rss(&[2]).as_bytes()));
    let other = sign(&form, rss(&[3]).as_bytes());
    let unsigned =
        ["", "X-Hub-Signature: \r\n", "X-Hub-Signature: sha256=\r\n", "X-Hub-Signature: md5=00\r\n"];
    for headers in unsigned {
        assert_eq!(world.push_with(&path(&form), headers, body.as_bytes()).await, 202, "{headers}");
    }
    for wrong in [other, right.replace("sha256", "sha1"), right[..70].to_owned()] {
        let header = format!("X-Hub-Signature: {wrong}\r\n");
        assert_eq!(world.push_with(&path(&form), &header, body.as_bytes()).await, 202, "{wrong}");
    }
    until(|| world.refused() == 7).await;
    assert_eq!((world.pushed(), world.stats().entries.seen), (0, 1));
    assert!(!world.due().pushed);
    world.stop().await;
}

#[tokio::test]
async fn a_wrong_token_is_refused_before_its_body_is_read() {
    let (mut world, _) = World::subscribed().await;
    let head = format!(
        "POST /websub/{} HTTP/1.1\r\nHost: callback.example\r\nConnection: close\r\nContent-Length: 9999999\r\n\r\n",
        "0".repeat(32)
    );
    assert_eq!(world.send(head.as_bytes()).await.status, 410);
    world.stop().await;
}

#[tokio::test]
async fn inv10_a_body_that_is_too_large_is_not_taken() {
    let (mut world, form) = World::subscribed().await;
    let huge = vec![b' '; 10 * 1024 * 1024 + 1];
    assert_eq!(world.push(&form, &huge).await, 202);
    until(|| world.refused() == 1).await;
    // Without saying how long it is.
    let mut chunked = format!(
        "POST {} HTTP/1.1\r\nHost: callback.example\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n",
        path(&form),
        huge.len()
    )
    .into_bytes();
    chunked.extend(&huge);
    chunked.extend(b"\r\n0\r\n\r\n");
    assert_eq!(world.send(&chunked).await.status, 202);
    until(|| world.refused() == 2).await;
    assert_eq!(world.stats().entries.seen, 1);
    world.stop().await;
}

#[tokio::test]
async fn a_body_that_is_encoded_is_never_unpacked() {
    let (mut world, form) = World::subscribed().await;
    let bomb = [&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3][..], &[0; 1000]].concat();
    let header = format!("Content-Encoding: gzip\r\nX-Hub-Signature: {}\r\n", sign(&form, &bomb));
    assert_eq!(world.push_with(&path(&form), &header, &bomb).await, 202);
    // Nor when nothing says that it is.
    assert_eq!(world.push(&form, &bomb).await, 202);
    until(|| world.refused() == 2).await;
    world.stop().await;
}

#[tokio::test]
async fn what_is_no_feed_is_only_counted() {
    let (mut world, form) = World::subscribed().await;
    for body in ["", "hello", "<html><body>Sign in</body></html>", "{\"error\":\"none\"}", "\0\0\0"] {
        assert_eq!(world.push(&form, body.as_bytes()).await, 202, "{body}");
    }
    until(|| world.refused() == 5).await;
    assert!(!world.due().pushed, "that is no push to be believed for");
    assert_eq!(world.due().failures, 0, "nor a failure of the feed");
    world.stop().await;
}

#[tokio::test]
async fn inv03_a_push_sent_again_announces_nothing_new() {
    let (mut world, form) = World::subscribed().await;
    for _ in 0..3 {
        assert_eq!(world.push(&form, rss(&[1, 2]).as_bytes()).await, 202);
    }
    until(|| world.pushed() == 3).await;
    assert_eq!(world.stats().entries.seen, 2);
    world.stop().await;
}

#[tokio::test]
async fn inv10_a_flood_is_answered_with_come_again_and_loses_nothing_it_took() {
    let (mut world, form) = World::subscribed().await;
    let (world_ref, form_ref) = (&world, &form);
    let mut taken = 0;
    let pushes = (10..60).map(|nth| async move { world_ref.push(form_ref, rss(&[nth]).as_bytes()).await });
    for status in futures(pushes).await {
        assert!(matches!(status, 202 | 503), "{status}");
        taken += u64::from(status == 202);
    }
    assert!(taken > 0);
    until(|| world.pushed() == taken).await;
    assert_eq!(world.stats().entries.seen, 1 + taken);
    world.stop().await;
}

#[tokio::test]
async fn inv10_a_hub_that_pushes_without_end_waits_its_time() {
    let (mut world, form) = World::subscribed().await;
    let (mut taken, mut limited) = (0, false);
    // One after the other; what is only full for the moment comes again.
    while !limited {
        let body = rss(&[2]);
        let request = format!(
            "POST {} HTTP/1.1\r\nHost: callback.example\r\nConnection: close\r\nX-Hub-Signature: {}\r\n\
             Content-Length: {}\r\n\r\n{body}",
            path(&form),
            sign(&form, body.as_bytes()),
            body.len()
        );
        let answer = world.send(request.as_bytes()).await;
        taken += u64::from(answer.status == 202);
        limited = answer.status == 503 && answer.body.contains("too many pushes");
        if limited {
            assert!(answer.head.contains("retry-after: 60"), "{}", answer.head);
        }
        assert!(taken <= 30);
        until(|| world.pushed() == taken).await;
    }
    assert_eq!(taken, 30);
    // What it held may never come again.
    until(|| !world.due().pushed).await;
    world.pass(std::time::Duration::from_secs(720)).await;
    assert_eq!(world.push(&form, rss(&[3]).as_bytes()).await, 202);
    until(|| world.pushed() == taken + 1).await;
    world.stop().await;
}

/// Runs all of them at once.
async fn futures<T>(all: impl Iterator<Item = impl Future<Output = T>>) -> Vec<T> {
    let mut waiting: Vec<_> = all.map(Box::pin).collect();
    let mut done = Vec::new();
    std::future::poll_fn(|context| {
        waiting.retain_mut(|one| match one.as_mut().poll(context) {
            std::task::Poll::Ready(value) => {
                done.push(value);
                false
            }
            std::task::Poll::Pending => true,
        });
        if waiting.is_empty() { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    done
}

#[tokio::test]
async fn inv10_what_there_is_no_room_for_is_missed_and_counts_for_nothing() {
    let mut world = World::new().await;
    let sound = world.stages.read_feed.clone();
    let (go, wait) = std::sync::mpsc::channel::<()>();
    let wait = std::sync::Mutex::new(wait);
    world.stages.read_feed = Arc::new(move |due, answer| {
        if let wirewatch_fetch::FeedResult::Answered { body, .. } = &answer.result
            && body.ends_with(b"<!-- slow -->")
        {
            wait.lock().expect("whole").recv().expect("told");
        }
        sound(due, answer)
    });
    world.start(true);
    let form = world.asked(1).await;
    assert_eq!(world.verify(&form, "subscribe", "").await.status, 200);
    assert_eq!(world.push(&form, rss(&[2]).as_bytes()).await, 202);
    until(|| world.due().pushed).await;
    let slow = format!("{}<!-- slow -->", rss(&[2]));
    assert_eq!(world.push(&form, slow.as_bytes()).await, 202);
    let mut taken = 2;
    while world.push(&form, rss(&[2]).as_bytes()).await == 202 {
        taken += 1;
        assert!(taken < 30, "the queue is bounded");
    }
    until(|| !world.due().pushed).await;
    go.send(()).expect("waited for");
    until(|| world.pushed() == taken).await;
    while world.push(&form, rss(&[2]).as_bytes()).await == 202 {
        taken += 1;
        until(|| world.pushed() == taken).await;
    }
    assert_eq!(taken, 30);
    world.stop().await;
}

#[tokio::test]
async fn a_push_that_cannot_be_taken_has_its_feed_asked_at_its_normal_interval() {
    let huge = vec![b' '; 10 * 1024 * 1024 + 1];
    for (headers, body) in [("Content-Encoding: gzip\r\n", &b"packed"[..]), ("", &huge), ("", b"no feed")] {
        let (mut world, form) = World::subscribed().await;
        assert_eq!(world.push(&form, rss(&[2]).as_bytes()).await, 202);
        until(|| world.due().pushed).await;
        world.press(|press| press.entries.push(2));
        world.pass(2 * HOUR).await;
        let lately = world.clock.now() - 2 * HOUR;
        until(|| world.due().last_checked > Some(lately)).await;
        let checked = world.due().last_checked.expect("checked");
        let next = || world.reader().next_feed_due(world.clock.now()).expect("read").expect("followed");
        assert!(next() >= checked + 6 * HOUR, "{checked} {}", next());
        let headers = format!("{headers}X-Hub-Signature: {}\r\n", sign(&form, body));
        assert_eq!(world.push_with(&path(&form), &headers, body).await, 202);
        until(|| !world.due().pushed).await;
        assert!((checked + HOUR..checked + 2 * HOUR).contains(&next()), "{checked} {}", next());
        world.press(|press| press.entries.push(3));
        world.pass(2 * HOUR).await;
        until(|| world.stats().entries.seen == 3).await;
        world.stop().await;
    }
}

#[tokio::test]
async fn a_body_that_breaks_the_reader_breaks_nothing_else() {
    let mut world = World::new().await;
    let sound = world.stages.read_feed.clone();
    world.stages.read_feed = Arc::new(move |due, answer| {
        if let wirewatch_fetch::FeedResult::Answered { body, .. } = &answer.result {
            assert!(!body.starts_with(b"poison"), "poisonous");
        }
        sound(due, answer)
    });
    world.start(true);
    let form = world.asked(1).await;
    assert_eq!(world.verify(&form, "subscribe", "").await.status, 200);
    assert_eq!(world.push(&form, b"poison").await, 202);
    until(|| world.refused() == 1).await;
    assert_eq!(world.push(&form, rss(&[2]).as_bytes()).await, 202);
    until(|| world.stats().entries.seen == 2).await;
    world.stop().await;
}

#[tokio::test]
async fn the_name_of_the_callback_opens_the_callback_alone() {
    let world = World::new().await;
    for (host, path, status) in [
        ("callback.example", "/v1/items", 403),
        ("callback.example", "/healthz", 403),
        ("callback.example", "/websub/x", 503),
        ("CALLBACK.example:443", "/websub/x?hub.mode=denied&hub.topic=x", 503),
        ("localhost", "/websub/x?hub.mode=denied&hub.topic=x", 503),
        ("api.example", "/healthz", 200),
        ("evil.example", "/websub/x", 403),
        ("evil.example", "/healthz", 403),
    ] {
        let answer = world.get(host, path).await;
        // What is no question is not found, whether a daemon runs or not.
        let expected = if path == "/websub/x" && status == 503 { 404 } else { status };
        assert_eq!(answer.status, expected, "{host} {path}: {}", answer.body);
    }
    let put =
        "PUT /websub/x HTTP/1.1\r\nHost: callback.example\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    assert_eq!(world.send(put.as_bytes()).await.status, 405);
}
