//! The store from outside: what goes in through the writer, what comes out through readers.

#![allow(clippy::expect_used, reason = "a helper that fails should fail its test")]

mod articles;
mod attempts;
mod clock;
mod completion;
mod conservation;
mod crash;
mod hosts;
mod identity;
mod inbox;
mod items;
mod opening;
mod schedule;
mod schema;
mod secrets;
mod support;
mod websub;
mod work;
mod writer;
