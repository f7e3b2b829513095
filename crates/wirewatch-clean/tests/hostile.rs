//! Pages made to make a cleaner slow, large or dead. Each runs on a stack of 2 MiB, as on a worker
//! thread; that the test ends is the point: without the guards these pages take minutes or abort the
//! process.

#![allow(clippy::expect_used, reason = "a test that cannot be set up has failed")]

use wirewatch_clean::{PageInput, clean};
use wirewatch_model::HostMemory;

/// Cleans on a small stack and gives the text.
fn clean_on_small_stack(page: String) -> String {
    let worker = std::thread::Builder::new().stack_size(2 * 1024 * 1024).spawn(move || {
        let now = "2022-01-11T00:00:00Z".parse().expect("valid");
        let url = Some("https://news.example/talks");
        clean(&PageInput { url, content_type: None, body: page.as_bytes() }, &HostMemory::default(), now)
            .article
            .text
    });
    worker.expect("a thread").join().expect("no panic")
}

const STORY: &str = "<p>Delegates met again in Geneva on Monday, and after nine hours of talks they left without a word.</p>\
    <p>A second round is planned for Wednesday in Brussels, the hosts said in a short statement to reporters.</p>";

/// The story stands between two copies of what is hostile.
#[track_caller]
fn check_survives(before: &str, after: &str) {
    let page = format!("<html><body><article>{STORY}{before}{STORY}{after}</article></body></html>");
    let text = clean_on_small_stack(page);
    assert!(text.contains("Delegates met again"), "the text before the attack is kept: {:.80}", text);
}

#[test]
fn forty_thousand_nested_blocks() {
    check_survives(&"<div>".repeat(40_000), &"</div>".repeat(40_000));
}

#[test]
fn nested_blocks_of_many_names_with_wrong_ends() {
    check_survives(&"<div><section><ul><li>".repeat(5_000), &"</section></aside>".repeat(5_000));
}

#[test]
fn formatting_elements_that_are_never_closed() {
    let open: String = (0..10_000).map(|i| format!("<font color=c{i}><b id=i{i}>")).collect();
    check_survives(&open, &"</p><p>x".repeat(10_000));
}

#[test]
fn links_and_spans_that_are_never_closed() {
    let open: String = (0..5_000).map(|i| format!("<a href=/{i}><span class=c{i}>")).collect();
    check_survives(&open, &"</p><p>x".repeat(5_000));
}

#[test]
fn misnested_elements() {
    check_survives(&"<a href=/x><div></a><p></div></p>".repeat(3_000), "");
}

#[test]
fn nested_tables() {
    check_survives(&"<table><tr><td>".repeat(3_000), &"</table>".repeat(3_000));
}

#[test]
fn options_and_groups() {
    check_survives(&"<select><option><optgroup>".repeat(20_000), "");
}

#[test]
fn a_hundred_thousand_attributes() {
    let attributes: String = (0..100_000).map(|i| format!(" a{i}=v class=c{i}")).collect();
    check_survives(&format!("<div{attributes}>"), "</div>");
}

#[test]
fn many_classes_on_one_element() {
    let classes: String = (0..50_000).map(|i| format!("related{i} ")).collect();
    check_survives(&format!("<div class=\"{classes}\">x</div>"), "");
}

#[test]
fn more_nodes_than_any_page_has() {
    check_survives(&"<p>x<br>".repeat(150_000), "");
}

#[test]
fn entities_and_comparison_signs() {
    check_survives(&format!("<p>{}", "&amp;&lt;".repeat(50_000)), &"<".repeat(100_000));
}

#[test]
fn marks_that_are_never_closed() {
    check_survives(&"<!--<script><style><svg><title><textarea>".repeat(3_000), "");
    check_survives(&"<a href='".repeat(3_000), "");
}

#[test]
fn templates_frames_and_plain_text() {
    check_survives(&"<template><frameset><plaintext><xmp><math><object>".repeat(3_000), "");
}

#[test]
fn linked_data_that_nests_and_repeats() {
    let nested = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let many = "{\"@type\":\"NewsArticle\",\"headline\":\"x\",\"author\":{\"@id\":\"#a\"}},".repeat(20_000);
    for json in [nested, format!("[{many}null]")] {
        check_survives(&format!("<script type=\"application/ld+json\">{json}</script>"), "");
    }
}

#[test]
fn one_word_without_end() {
    check_survives(&format!("<p>{}</p>", "x".repeat(2_000_000)), "");
}
