//! Which users have been made a moment ago, so that nothing can be theirs yet.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::value::Value;

/// A sign-up links its account within this.
const MOMENT: Duration = Duration::from_secs(10);

const MOST: usize = 256;

#[derive(Debug, Default)]
pub struct Fresh(Mutex<VecDeque<(Value, Instant)>>);

impl Fresh {
    /// A user with this id has been made, without a password.
    pub fn add(&self, id: Value) {
        let mut known = self.known();
        if known.len() == MOST {
            known.pop_front();
        }
        known.push_back((id, Instant::now()));
    }

    pub fn knows(&self, id: &Value) -> bool {
        self.known().iter().any(|(each, since)| each == id && since.elapsed() < MOMENT)
    }

    /// The user has got a password.
    pub fn forget(&self, id: &Value) {
        self.known().retain(|(each, _)| each != id);
    }

    fn known(&self) -> MutexGuard<'_, VecDeque<(Value, Instant)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
