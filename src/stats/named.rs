//! Counters that have names.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

#[derive(Debug)]
pub struct Named {
    names: &'static [&'static str],
    counts: Box<[AtomicU64]>,
}

impl Named {
    pub fn new(names: &'static [&'static str]) -> Self {
        Self { names, counts: names.iter().map(|_| AtomicU64::new(0)).collect() }
    }

    /// Adds to the counter at this place among the names.
    pub fn add(&self, place: usize, count: u64) {
        if let Some(counter) = self.counts.get(place) {
            counter.fetch_add(count, Ordering::Relaxed);
        }
    }

    pub fn all(&self) -> BTreeMap<&'static str, u64> {
        self.names.iter().zip(&self.counts).map(|(name, count)| (*name, count.load(Ordering::Relaxed))).collect()
    }
}
