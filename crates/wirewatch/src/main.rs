//! wip
mod config;
mod feeds;
fn main() {}
