//! Jobs, readers and what other processes write.

use super::support::*;
use wirewatch_model::*;
use wirewatch_store::*;

#[test]
fn a_job_lives_from_the_command_to_its_end() {
    let world = World::new();
    let mut command = world.database.short_writer().expect("short writer");
    let arguments = serde_json::json!({ "file": "urls.txt" });
    let created =
        ShortWrite::CreateJob { kind: "backfill-urls".into(), arguments: arguments.clone(), at: at(0) };
    let Written::Job(id) = command.write(&created).expect("created") else { panic!("no job") };
    let update = |update| ShortWrite::UpdateJob { job: id, update, at: at(1) };
    world.write(update(JobUpdate::Claim));
    let progress =
        JobUpdate::Progress { counts: vec![("done".into(), 7)], checkpoint: Some("line 7".into()) };
    world.write(update(progress));
    let later = JobUpdate::Progress { counts: vec![("done".into(), 9)], checkpoint: None };
    world.write(update(later));
    command.write(&update(JobUpdate::RequestCancel)).expect("asked");
    let job = world.reader().job(id).expect("read").expect("there");
    assert_eq!((job.state, job.cancel_requested, &job.arguments), (JobState::Running, true, &arguments));
    assert_eq!((job.counts["done"], job.checkpoint.as_deref()), (9, Some("line 7")));
    assert_eq!(world.reader().open_jobs().expect("read").len(), 1);
    world.write(update(JobUpdate::Cancelled));
    assert!(world.reader().open_jobs().expect("read").is_empty());
    let again = world.refuse(update(JobUpdate::Done));
    assert_eq!(again, WriteError::NotFound { what: format!("open job {id}") });
    assert_eq!(world.reader().jobs(5).expect("read")[0].state, JobState::Cancelled);
    world.close();
}

#[test]
fn a_reader_moves_forward_only_and_never_past_the_last_change() {
    let world = World::new();
    let ids = world.announced(&["a", "b"]);
    world.done(article(ids[0], 1, "One."));
    world.done(article(ids[1], 2, "Two."));
    let ensure = |from| ShortWrite::EnsureReader { name: "desk".into(), from: Seq(from), at: at(0) };
    world.write(ensure(0));
    world.write(ensure(2));
    let row = || world.reader().reader_row("desk").expect("read").expect("there");
    assert_eq!((row().acked, row().behind), (Seq(0), 2), "made once");
    let ack = |seq| ShortWrite::AckReader { name: "desk".into(), seq: Seq(seq), at: at(1) };
    world.write(ack(1));
    assert_eq!((row().acked, row().behind), (Seq(1), 1));
    world.write(ack(0));
    assert_eq!(row().acked, Seq(1));
    world.write(ack(1_000));
    assert_eq!((row().acked, row().behind), (Seq(2), 0));
    let unknown = ShortWrite::AckReader { name: "nobody".into(), seq: Seq(1), at: at(1) };
    assert_eq!(world.refuse(unknown), WriteError::NotFound { what: "reader 'nobody'".into() });
    world.close();
}

#[test]
fn facts_about_the_database_are_kept() {
    let world = World::new();
    let put = |value: Option<&str>| Write::Meta { key: "rules".into(), value: value.map(str::to_owned) };
    world.write(put(Some("1")));
    world.write(put(Some("2")));
    assert_eq!(world.reader().meta("rules").expect("read").as_deref(), Some("2"));
    world.write(put(None));
    assert_eq!(world.reader().meta("rules").expect("read"), None);
    world.close();
}

#[test]
fn topics_are_counted_by_their_titles() {
    let world = World::new();
    let topics = vec![("nato".to_owned(), "NATO".to_owned()), ("energy".to_owned(), "Energy".to_owned())];
    world.write(Write::SyncTopics { topics });
    let ids = world.announced(&["a", "b"]);
    let tagged = |entry, id| {
        let mut tagged = article(entry, id, "Text.");
        tagged.tags.topics = vec![topic("nato", 0.5)];
        tagged
    };
    world.done(tagged(ids[0], 1));
    world.done(with_verdict(tagged(ids[1], 2), Verdict::ExactCopy { of: ArticleId(1) }));
    let counts = world.reader().topic_counts().expect("read");
    assert_eq!((counts[0].title.as_deref(), counts[0].articles, counts[0].originals), (Some("NATO"), 2, 1));
    assert_eq!((counts[1].name.as_str(), counts[1].articles), ("energy", 0));
    world.close();
}

#[test]
fn inv07_two_processes_write_in_turn_and_lose_nothing() {
    let world = World::new();
    let feed = world.feed("https://news.example/rss");
    std::thread::scope(|scope| {
        scope.spawn(|| {
            // Another process: its own connections, its own short transactions.
            let other = Database::open_existing(world.database.path()).expect("open");
            let mut command = other.short_writer().expect("short writer");
            for number in 0..50 {
                let name = format!("reader-{number}");
                let write = ShortWrite::EnsureReader { name, from: Seq(0), at: at(0) };
                command.write(&write).expect("waits for its turn");
            }
        });
        for number in 0..50 {
            world.check(feed, vec![entry(&format!("k{number}"))], at(number));
        }
    });
    assert_eq!(world.reader().readers().expect("read").len(), 50);
    assert_eq!(world.owed(at(99)).len(), 3, "all of one host: a turn of it");
    assert_eq!(world.sql("SELECT count(*) FROM entry"), "50");
    world.close();
}
