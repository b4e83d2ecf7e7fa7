//! Durations one by one, for a reader that makes distributions of its own.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Most that are kept. A reader that comes too late misses what came after them.
const MOST: usize = 1 << 14;

/// Durations of several kinds, by number. None is kept before a reader has asked.
#[derive(Debug, Default)]
pub struct Samples {
    wanted: AtomicBool,
    kept: Mutex<Vec<(u8, Duration)>>,
}

impl Samples {
    pub fn add(&self, kind: u8, took: Duration) {
        if !self.wanted.load(Ordering::Relaxed) {
            return;
        }
        let mut kept = self.lock();
        if kept.len() < MOST {
            kept.push((kind, took));
        }
    }

    /// Those since the last time. From the first time on they are kept.
    pub fn take(&self) -> Vec<(u8, Duration)> {
        self.wanted.store(true, Ordering::Relaxed);
        std::mem::take(&mut *self.lock())
    }

    fn lock(&self) -> MutexGuard<'_, Vec<(u8, Duration)>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_taken_once_and_none_before_a_reader_has_asked() {
        let samples = Samples::default();
        let took = Duration::from_millis;
        samples.add(0, took(1));
        assert_eq!(samples.take(), []);
        samples.add(0, took(2));
        samples.add(1, took(3));
        assert_eq!(samples.take(), [(0, took(2)), (1, took(3))]);
        (0..=MOST as u64).for_each(|each| samples.add(2, took(each)));
        assert_eq!(samples.take().len(), MOST);
        assert_eq!(samples.take(), []);
    }
}
