//! How often in a row the database did not take a form of statement that another one can stand in for.

use std::sync::atomic::{AtomicU32, Ordering};

/// After so many in a row the form is given up: an older release, another engine, or rows that are not for it.
const MOST: u32 = 2;

#[derive(Debug, Default)]
pub struct Refusals(AtomicU32);

impl Refusals {
    pub fn are_too_many(&self) -> bool {
        self.0.load(Ordering::Relaxed) >= MOST
    }

    pub fn one_more(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    pub fn none(&self) {
        self.0.store(0, Ordering::Relaxed);
    }
}
