//! The guarded HTTP client that feeds, pages and robots.txt share.

pub(crate) mod body;
pub(crate) mod budget;
pub(crate) mod client;
pub(crate) mod clients;
pub(crate) mod error;
pub(crate) mod gate;
pub(crate) mod guard;
pub(crate) mod headers;
pub(crate) mod link;
pub(crate) mod robots;
pub(crate) mod settings;
pub(crate) mod walls;
