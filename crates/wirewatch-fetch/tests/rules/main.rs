//! The 34 rules of a polite fetcher, each by its number, driven through the real fetcher against real
//! sockets on loopback. What is the pipeline's part of a rule is tested in `wirewatch-pipeline`.

#![allow(clippy::expect_used, reason = "tests")]

mod addresses;
mod bodies;
mod conditional;
mod freshness;
mod hosts;
mod manners;
mod pages;
mod reading;
mod redirects;
mod robots;
mod settings;
#[path = "../support/mod.rs"]
mod support;
mod transport;
mod waiting;
