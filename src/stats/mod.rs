//! What is counted while calls go on. Nothing here knows what a call or a connection is.

pub mod batches;
pub mod calls;
pub mod connections;
pub mod distribution;
pub mod named;
pub mod samples;
