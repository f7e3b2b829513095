use super::*;
use crate::feeds::BUILT_IN;
use wirewatch_tag::Tagger;

fn list(text: &str) -> Vec<FeedSpec> {
    read(text).expect("valid list")
}

fn read(text: &str) -> Result<Vec<FeedSpec>, ConfigError> {
    parse(Path::new("f.toml"), text, &TopicNames::new(&|| Ok(Tagger::builtin())))
}

#[track_caller]
fn check_problem(text: &str, want: &str) {
    check_problems(text, &[want]);
}

#[track_caller]
fn check_problems(text: &str, want: &[&str]) {
    let error = read(text).expect_err("a mistake");
    let problems: Vec<String> = error.0.iter().map(Problem::to_string).collect();
    assert_eq!(problems, want);
}

#[test]
fn the_compiled_in_list_is_valid_and_mostly_followed() {
    let feeds = list(BUILT_IN);
    let off = feeds.iter().filter(|feed| feed.off.is_some()).count();
    assert!(feeds.len() > 100 && off * 5 < feeds.len(), "{} feeds, {off} off", feeds.len());
    assert!(feeds.iter().all(|feed| feed.publisher.language.is_some()));
}

#[test]
fn a_feed_takes_its_publisher_from_the_table() {
    let feeds = list(concat!(
        "[publishers]\n\"wire.example\" = { name = \"Wire\", kind = \"state-controlled\", country = \"CH\" }\n",
        "[[feed]]\nurl = \"https://feeds.other.example/rss\"\npublisher = \"wire.example\"\nhost_pause_ms = 0\n",
        "[[feed]]\nurl = \"https://news.paper.example/rss\"\noff = \"dead\"\n",
    ));
    assert_eq!(feeds[0].publisher.name, "Wire");
    assert_eq!(feeds[0].publisher.kind, PublisherKind::StateControlled);
    assert_eq!(feeds[0].settings.host_pause_ms, Some(0));
    assert_eq!(feeds[1].publisher.domain, "paper.example");
    assert_eq!(feeds[1].off.as_deref(), Some("dead"));
}

#[test]
fn a_feed_has_settings_of_its_own() {
    let feeds = list(concat!(
        "[[feed]]\nurl = \"https://a.example/rss\"\nfolder = \" World / Europe/\"\nuser_agent = \"desk/1.0\"\n",
        "headers = { Authorization = \"Bearer ${DESK_TOKEN}\" }\nproxy = \"socks5h://127.0.0.1:9050\"\n",
        "http1_only = true\nlanguage = \"pt-BR\"\ntopics = [\"sanctions\", \"energy\"]\n",
        "interval_floor_secs = 1_800\nfetch_pages = false\n",
    ));
    let FeedSpec { folder, settings, .. } = &feeds[0];
    assert_eq!(folder.as_deref(), Some("World/Europe"));
    assert_eq!(settings.user_agent.as_deref(), Some("desk/1.0"));
    assert_eq!(settings.headers["Authorization"], "Bearer ${DESK_TOKEN}");
    assert_eq!(settings.proxy.as_deref(), Some("socks5h://127.0.0.1:9050"));
    assert_eq!((settings.http1_only, settings.fetch_pages), (Some(true), Some(false)));
    assert_eq!(settings.language.as_deref(), Some("pt-BR"));
    assert_eq!(settings.topics, ["sanctions", "energy"]);
    assert_eq!(settings.interval_floor_secs, Some(1800));
}

#[test]
fn mistakes_in_settings_name_their_line() {
    let feed = |line: &str| format!("[[feed]]\nurl = \"https://a.example/\"\n{line}\n");
    for (line, want) in [
        ("topics = [\n  \"sanction\"]", "f.toml:4: unknown topic sanction: did you mean sanctions?"),
        ("topics = \"sanctions\"", "f.toml:3: topics are a list of slugs"),
        ("headers = \"X: y\"", "f.toml:3: headers are written { Name = \"value\" }"),
        ("headers = { X = 1 }", "f.toml:3: headers.X must be a string"),
        ("proxy = \"proxy.example:3128\"", "f.toml:3: proxy"),
        ("language = \"ukrainian\"", "f.toml:3: 'ukrainian' is no language code"),
        ("http1_only = \"yes\"", "f.toml:3: http1_only must be true or false"),
        ("http_1_only = true", "f.toml:3: unknown key http_1_only: did you mean http1_only?"),
    ] {
        let error = read(&feed(line)).expect_err(line);
        let problems: Vec<String> = error.0.iter().map(Problem::to_string).collect();
        assert!(problems.len() == 1 && problems[0].starts_with(want), "{problems:?}");
    }
}

#[test]
fn mistakes_name_their_line() {
    check_problem(
        "[[feed]]\nurl = \"https://a.example/\"\ntitel = \"x\"\n",
        "f.toml:3: unknown key titel: did you mean title?",
    );
    check_problem("[[feed]]\ntitle = \"x\"\n", "f.toml:1: a feed needs url = \"…\"");
    check_problem(
        "\n[[feed]]\nurl = \"ftp://a.example/\"\n",
        "f.toml:3: 'ftp://a.example/' is no http or https address",
    );
    check_problem(
        "[[feed]]\nurl = \"https://a.example/\"\nhost_pause_ms = -1\n",
        "f.toml:3: host_pause_ms must be a whole number from 0",
    );
    check_problem(
        "[[feed]]\nurl = \"https://a.example/\"\n[[feed]]\nurl = \"https://a.example/\"\n",
        "f.toml:4: https://a.example/ stands in the list twice",
    );
    check_problem(
        "[publishers]\n\"news.a.example\" = { name = \"A\" }\n",
        "f.toml:2: publisher news.a.example must be named by its registrable domain, a.example",
    );
    check_problem(
        "[publishers]\n\"a.example\" = { kind = \"newspapers\" }\n",
        "f.toml:2: unknown kind newspapers: did you mean newspaper?",
    );
}

#[test]
fn addresses_that_are_never_followed_are_mistakes_and_no_password_is_told() {
    let at = |url: &str| format!("\n[[feed]]\nurl = \"{url}\"\n");
    check_problem(
        &at("https://u:secret@a.example/rss"),
        "f.toml:3: an address with a user name or password is not followed",
    );
    check_problem(&at("ftp://u:secret@a.example/"), "f.toml:3: '…@a.example/' is no http or https address");
    for url in ["http://10.1.1.1/", "http://localhost/rss", "https://[::1]/"] {
        let error = read(&at(url)).expect_err(url).to_string();
        assert!(error.contains("f.toml:3: ") && error.contains("public internet"), "{error}");
    }
}

#[test]
fn one_feed_under_two_spellings_stands_in_the_list_twice() {
    for second in ["http://A.example/", "http://a.example:80/", "http://a.example/#x", "http://a.example"] {
        check_problem(
            &format!("[[feed]]\nurl = \"http://a.example/\"\n[[feed]]\nurl = \"{second}\"\n"),
            &format!("f.toml:4: {second} stands in the list twice"),
        );
    }
    assert_eq!(list("[[feed]]\nurl = \"http://A.example\"\n")[0].url, "http://A.example", "as it is spelt");
}

#[test]
fn what_is_said_of_a_publisher_has_the_form_that_flags_have() {
    for (row, want) in [
        ("\"a.example\" = { country = \"Ukraine\" }", "f.toml:2: 'Ukraine' is no country code"),
        ("\"a.example\" = { language = \"ukrainian\" }", "f.toml:2: 'ukrainian' is no language code"),
        ("\"a b\" = { name = \"A\" }", "f.toml:2: publisher 'a b' is no domain"),
    ] {
        let error = read(&format!("[publishers]\n{row}\n")).expect_err(row);
        assert!(error.0.len() == 1 && error.0[0].to_string().starts_with(want), "{error}");
    }
    let feeds = list(concat!(
        "[publishers]\n\"a.example\" = { country = \"ua\", language = \"UK\" }\n",
        "[[feed]]\nurl = \"http://a.example/\"\n",
    ));
    assert_eq!(feeds[0].publisher.country.as_deref(), Some("UA"));
    assert_eq!(feeds[0].publisher.language.as_deref(), Some("uk"));
}

#[test]
fn keys_are_known_again_in_another_case_and_else_told() {
    check_problems(
        "[[feed]]\nurl = \"https://a.example/\"\nfoldr = \"x\"\nTITLE = \"x\"\n",
        &[
            "f.toml:3: unknown key foldr: did you mean folder?",
            "f.toml:4: unknown key TITLE: did you mean title?",
        ],
    );
    let error = read("[[feed]]\nURL = \"https://a.example/\"\n").expect_err("no url").to_string();
    assert!(error.contains("unknown key URL: did you mean url?"), "{error}");
    let error = read("[publishers]\n\"a.example\" = { zzz = 1 }\n").expect_err("no key").to_string();
    assert!(error.contains("unknown key zzz: known are name, country, language, kind"), "{error}");
}

#[test]
fn mistakes_come_in_the_order_of_their_lines() {
    let text = "[[feed]]\nurl = \"x\"\n[publishers]\n\"a b\" = {}\n[other]\n";
    let error = read(text).expect_err("three mistakes");
    let lines: Vec<String> = error.0.iter().map(|problem| problem.origin.to_string()).collect();
    assert_eq!(lines, ["f.toml:2", "f.toml:4", "f.toml:5"]);
}

#[test]
fn names_in_a_list_steer_no_terminal() {
    let feeds = list(concat!(
        "[publishers]\n\"a.example\" = { name = \"A\\u001b[2J\" }\n",
        "[[feed]]\nurl = \"http://a.example/\"\ntitle = \"\\u202eB\\u0000\"\nfolder = \"W\\u0007/E\"\n",
    ));
    assert_eq!(feeds[0].publisher.name, "A[2J");
    assert_eq!((feeds[0].title.as_deref(), feeds[0].folder.as_deref()), (Some("B"), Some("W/E")));
}
