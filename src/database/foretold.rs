//! Which statements connections are to prepare while no call needs them.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use crate::driver::session::Session;
use crate::statement::preparation::Preparation;

/// More than an application of our kind has. Each takes room on the server, in each connection.
const MOST: usize = 128;

#[derive(Debug, Default)]
pub struct Foretold {
    statements: Mutex<Vec<Preparation>>,
    count: AtomicUsize,
    /// Whether a task waits for a quiet moment.
    pub(super) scheduled: AtomicBool,
    /// When a call last gave back a connection for which there was something to do.
    pub(super) last: Mutex<Option<Instant>>,
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Foretold {
    /// Statements that calls are going to need.
    pub fn expect(&self, statements: Vec<Preparation>) {
        let mut known = lock(&self.statements);
        for statement in statements {
            if known.len() < MOST && !known.iter().any(|each| each.text == statement.text) {
                known.push(statement);
            }
        }
        self.count.store(known.len(), Ordering::Release);
    }

    /// Whether there is something to do for a connection that has prepared so many of the statements.
    pub fn has_work(&self, session: Session, prepared: usize) -> bool {
        match session {
            Session::Shared | Session::Lent => false,
            Session::Own | Session::Mapped => prepared < self.count.load(Ordering::Acquire),
        }
    }

    pub(super) fn statement(&self, number: usize) -> Option<Preparation> {
        lock(&self.statements).get(number).cloned()
    }
}
