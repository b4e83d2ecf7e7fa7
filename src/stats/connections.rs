//! What has become of the connections of one pool, and how long calls waited for one.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde::Serialize;

use crate::stats::distribution::{Distribution, Milliseconds};
use crate::stats::samples::Samples;

#[derive(Debug, Default)]
pub struct Connections {
    pub opened: Counter,
    /// Could not be opened.
    pub refused: Counter,
    /// Given up: lost, in an unknown state, or without a sign of life.
    pub broken: Counter,
    /// None was free in time.
    pub timed_out: Counter,
    /// How long each call waited, for one to be free or to be opened.
    pub waited: Distribution,
    /// What took how long, by [`Took`].
    pub samples: Samples,
}

/// What takes time.
#[derive(Debug, Clone, Copy)]
pub enum Took {
    /// To be lent a connection.
    Waiting,
    /// To open one.
    Opening,
    /// From the loan of a connection to its return or loss.
    Use,
}

impl Connections {
    pub fn took(&self, what: Took, duration: Duration) {
        self.samples.add(what as u8, duration);
    }
}

#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    pub fn add(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// The same, as JavaScript reads it, with what the pool holds now.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Pooled {
    pub max: usize,
    pub open: usize,
    pub idle: usize,
    pub waiting: usize,
    pub opened: u64,
    pub failed: u64,
    pub broken: u64,
    pub timed_out: u64,
    pub waited: Waited,
}

#[derive(Debug, Serialize)]
pub struct Waited {
    pub count: u64,
    #[serde(flatten)]
    pub times: Milliseconds,
}
