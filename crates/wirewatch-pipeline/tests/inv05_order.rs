//! Invariant 5: nothing refers to what is not stored.

mod common;

use common::{
    Bench, HTML, address,
    content::{Item, page, text},
    server::Answer,
};
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
    mpsc,
};
use std::time::Duration;

#[tokio::test]
async fn inv05_a_copy_whose_original_is_rejected_is_judged_again() {
    let mut bench = Bench::new(&["a.example", "b.example"]).await;
    bench.config.tag_workers = 2;
    let (original, copy) = (Item::new("a.example", "one"), Item::new("b.example", "two"));
    bench.set_feed("a.example", std::slice::from_ref(&original), "1");
    bench.set_feed("b.example", std::slice::from_ref(&copy), "1");
    for item in [&original, &copy] {
        bench.server.set(&address(item), Answer::ok(HTML, page("Talks go on", &text(1), None)));
    }
    // Whichever is judged first waits in the tagger until the other, judged as its copy, is there too;
    // then it fails.
    let tag = Arc::clone(&bench.stages.tag);
    let (arrived, second) = mpsc::channel::<()>();
    let second = std::sync::Mutex::new(second);
    let calls = AtomicUsize::new(0);
    bench.stages.tag = Arc::new(move |input| match calls.fetch_add(1, Ordering::SeqCst) {
        0 => {
            let second = second.lock().expect("one waiter");
            second.recv_timeout(Duration::from_secs(20)).expect("the copy arrives");
            panic!("the original fails");
        }
        1 => {
            arrived.send(()).expect("the first waits");
            tag(input)
        }
        _ => tag(input),
    });
    bench.once().await;
    bench.assert_conserved(2);
    assert_eq!(bench.number("SELECT count(*) FROM entry WHERE state = 'rejected'"), 1);
    assert_eq!(bench.number("SELECT count(*) FROM article"), 1);
    assert_eq!(bench.number("SELECT count(*) FROM article WHERE copy_of IS NOT NULL"), 0);
}

#[tokio::test]
async fn inv05_taggers_in_parallel_do_not_change_the_order_of_storing() {
    let mut bench = Bench::new(&["a.example", "b.example", "c.example", "d.example"]).await;
    bench.config.tag_workers = 4;
    for (host, name) in bench.hosts.clone().iter().zip(["1", "2", "3", "4"]) {
        let items: Vec<Item> = (0..8).map(|n| Item::new(host, &format!("{name}-{n}"))).collect();
        bench.set_feed(host, &items, "1");
        for (n, item) in items.iter().enumerate() {
            // Each text stands at all four hosts.
            bench.set_page(item, n as u64);
        }
    }
    let tag = Arc::clone(&bench.stages.tag);
    let calls = AtomicUsize::new(0);
    bench.stages.tag = Arc::new(move |input| {
        // Every third article takes long.
        if calls.fetch_add(1, Ordering::SeqCst).is_multiple_of(3) {
            std::thread::sleep(Duration::from_millis(20));
        }
        tag(input)
    });
    bench.once().await;
    bench.assert_conserved(32);
    assert_eq!(bench.number("SELECT count(*) FROM article WHERE copy_of IS NULL"), 8);
    assert_eq!(bench.number("SELECT count(*) FROM article WHERE copy_of >= id"), 0);
    assert_eq!(
        bench
            .number("SELECT count(*) FROM article c JOIN article o ON o.id = c.copy_of WHERE o.seq >= c.seq"),
        0
    );
}

#[tokio::test]
async fn inv05_a_stand_in_whose_page_turns_out_to_be_a_copy_is_marked_as_one() {
    let bench = Bench::new(&["a.example", "b.example"]).await;
    let (original, copy) = (Item::new("a.example", "one"), Item::new("b.example", "two"));
    bench.set_feed("a.example", std::slice::from_ref(&original), "1");
    bench.set_feed("b.example", std::slice::from_ref(&copy), "1");
    bench.set_page(&original, 1);
    bench.server.set(&address(&copy), Answer::status(403));
    bench.once().await;
    assert_eq!(bench.number("SELECT count(*) FROM article WHERE copy_of IS NOT NULL"), 0);
    bench.server.set(&address(&copy), Answer::ok(HTML, page(&copy.title, &text(1), None)));
    bench.clock.advance(Duration::from_secs(12 * 3600));
    bench.once().await;
    assert_eq!(bench.texts("SELECT url FROM items WHERE copy_of IS NOT NULL"), [copy.link.expect("a link")]);
    assert_eq!(bench.number("SELECT count(DISTINCT story) FROM article"), 1);
}
