//! The press over HTTP and its content against what is promised of it.
#![allow(clippy::expect_used, reason = "helpers of tests")]

mod client;
mod editions;
mod faults;
mod folder;
mod server;
mod truth;
