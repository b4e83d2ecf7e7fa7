//! The crossing between JavaScript and Rust.
//!
//! JavaScript owns the promises. A call is one synchronous step that queues a request; outcomes return through one
//! threadsafe function per environment, a whole batch at a time, as one flat array of primitives.

pub mod batch;
pub mod crossing;
mod departure;
pub mod handle;
pub mod options;
mod outcomes;
mod readers;
pub mod record;
mod together;

/// A description that does not follow the grammar of [`crate::record::request`].
pub fn malformed(error: serde_json::Error) -> napi::Error {
    napi::Error::new(napi::Status::InvalidArg, error.to_string())
}
