//! The pipeline: workers joined by bounded channels, schedules, jobs and shutdown.
//!
//! ```text
//! subscriber · hubs ─► push reader ─────────────────────────────────┐
//! scheduler ─► feed fetchers ─► feed readers ─► inbox ──────────────┤
//!                                                                   ▼
//! dispatcher ─► page fetchers ─► cleaners ─► dedup ─► taggers ─► storer ─► writer
//!     ▲ pulls owed entries on a read-only connection
//! ```
//!
//! Every arrow is a bounded channel and no channel leads back: the writer answers by oneshot, the
//! dispatcher *pulls* owed entries, and what the dedup worker must learn of its articles it picks up
//! itself. Fetchers are tokio tasks; feed readers, cleaners, dedup and taggers are threads of their
//! own, because a parsed page is not `Send` and parsing must not sit on the network threads. All of
//! them are owned by one `JoinSet`: a worker that dies takes the run down with it, loudly.
//!
//! Only scheduler, subscriber and dispatcher hear the stop signal ([`Stop`]); every later worker ends when
//! its queue closes, so what is in flight is stored. Nothing here is kept when the process dies: what is
//! owed stands in the inbox.
//!
//! [`run()`] is the whole of it. `run --once` and backfills are the same run with a source that ends
//! ([`Source`]).

mod attempt;
mod clock;
mod config;
mod counters;
mod error;
mod host_memory;
mod identity;
mod inflight;
mod journal;
mod message;
mod owner;
mod reply;
mod run;
mod shared;
mod source;
mod stages;
mod stop;
mod websub;
mod worker;
mod workers;

pub use clock::Clock;
pub use config::PipelineConfig;
pub use counters::{Counters, Counts};
pub use error::PipelineError;
pub use owner::{JobEnd, JobHost, run_as_owner, see_through, take_ownership};
pub use run::{FeedFailure, Report, Setup, Source, run};
pub use stages::Stages;
pub use stop::Stop;
pub use websub::{Admission, Delivery, Intent, Refusal, WebSub};
