//! The workers, one file a stage, in the order data passes through them.

pub(crate) mod clean;
pub(crate) mod dedup;
mod draft;
pub(crate) mod feed;
pub(crate) mod inbox;
pub(crate) mod page;
mod pending;
pub(crate) mod store;
pub(crate) mod tag;
mod unreached;
mod windows;

use std::{any::Any, panic::AssertUnwindSafe};

/// Runs one call of a stage and turns a panic into its message: one poisonous item must not take the
/// worker with it. The stages are plain functions of their input, so nothing half-changed survives.
pub(crate) fn guarded<T>(stage: impl FnOnce() -> T) -> Result<T, String> {
    std::panic::catch_unwind(AssertUnwindSafe(stage)).map_err(|panic| message(&*panic))
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no message".to_owned());
    format!("panicked: {text}")
}
