//! Looking after the list of feeds, through the real program.

#![allow(clippy::expect_used, reason = "a helper of tests: a failure is a failed test")]

mod by_hand;
mod check;
#[path = "../common/mod.rs"]
mod common;
mod discover;
mod health;
mod list;
mod press;
mod support;
