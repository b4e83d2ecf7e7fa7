//! The bridge between JavaScript and Rust.
//!
//! JavaScript owns the promises. A call is one synchronous step that queues a request; outcomes return through one
//! threadsafe function per environment, a whole batch at a time, as one flat array of primitives.

pub mod arguments;
pub mod bridge;
mod completions;
pub mod handle;
mod lookups;
pub mod options;
mod poll_once;
mod readers;
pub mod row_batch;

/// A description that does not follow the grammar of [`crate::engine::request`] and [`crate::engine::schema`].
pub fn malformed(error: serde_json::Error) -> napi::Error {
    napi::Error::new(napi::Status::InvalidArg, error.to_string())
}

/// A number that no description was given.
pub fn unknown(what: &str) -> napi::Error {
    napi::Error::new(napi::Status::InvalidArg, format!("unknown {what}"))
}
