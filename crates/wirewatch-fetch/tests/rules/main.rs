//! The 34 rules of a polite fetcher, each by its number, driven through the real fetcher against real
//! sockets on loopback. What is the pipeline's part of a rule is tested in `wirewatch-pipeline`.

#![allow(clippy::expect_used, reason = "tests")]

mod settings;
#[path = "../support/mod.rs"]
mod support;
