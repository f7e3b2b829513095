//! A simulated press on loopback: outlets with feeds and pages, their edits, copies and faults.
//!
//! ```text
//! press/*.toml ─► content (articles, copies, bulletins, edits) ─► timeline ─┐
//!                                                                           ├─► server ─► feeds, pages
//! a folder of real pages ─► folder (one host and one feed for each) ────────┘      └────► request log
//! ```
//!
//! [`Press::builtin`] reads the articles compiled into the crate, all of our own writing, and derives
//! exact, syndicated and truncated copies and the daily bulletins from them. [`Press::start`] serves
//! them on `127.0.0.1`: the `Host` header says which outlet is asked, so that every outlet is a host of
//! its own with the same addresses in every run. What is visible is a prefix of one timeline of
//! publications and edits, moved by edition or by time ([`Pace`]). [`Press::truth`] says what a reader
//! of the feeds should have found.
//!
//! [`Press::from_pages`] serves a folder of stored pages the same way, byte for byte, without a truth.
//!
//! A client that sends the validators of a *later* state than the one on show is answered 304: an
//! outlet never takes a reader back in time, so that a second run over the same database finds nothing
//! new although the press itself begins with its first edition again.
//!
//! Nothing here is sent over a network other than loopback, and no answer depends on the wall clock.

mod bulletin;
mod conditional;
mod content;
mod faults;
mod feeds;
mod folder;
mod layout;
mod log;
mod newswire;
mod press;
mod raw;
mod server;
mod site;
mod text;
mod truth;

pub use content::ContentError;
pub use faults::{Fault, FaultOptions};
pub use folder::FolderError;
pub use log::{HostCounts, PathCounts, RequestLog};
pub use press::{Announced, Pace, Press, PressError, PressOptions, RunningPress};
pub use truth::{EntryKind, PageState, Truth, TruthEntry};
