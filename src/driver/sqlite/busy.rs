//! How a connection of the pool waits for a lock that another connection has: for as long as the caller does, and no longer.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// How long the thread sleeps before it looks again, the last one over and over.
const PAUSES: [u64; 6] = [1, 2, 5, 10, 15, 25];

/// What waiting on this thread is limited by.
struct Patience {
    limit: Duration,
    /// Set when the caller has given up.
    abandoned: Arc<AtomicBool>,
    /// When the wait under way began.
    since: Instant,
}

thread_local! {
    static PATIENCE: RefCell<Option<Patience>> = const { RefCell::new(None) };
}

/// From now on, each wait on this thread takes so long at most, and ends when its caller has given up.
pub fn be_patient(limit: Duration, abandoned: Arc<AtomicBool>) {
    PATIENCE.set(Some(Patience { limit, abandoned, since: Instant::now() }));
}

/// Whether SQLite is to try again, after it has been refused so many times.
pub fn wait(times: i32) -> bool {
    PATIENCE.with_borrow_mut(|patience| {
        let Some(Patience { limit, abandoned, since }) = patience else { return false };
        if times == 0 {
            *since = Instant::now();
        }
        let left = limit.saturating_sub(since.elapsed());
        if abandoned.load(Ordering::Relaxed) || left.is_zero() {
            return false;
        }
        let place = usize::try_from(times).unwrap_or(usize::MAX).min(PAUSES.len() - 1);
        thread::sleep(left.min(Duration::from_millis(PAUSES[place])));
        // A caller who gave up meanwhile has been told that nothing came of it.
        !abandoned.load(Ordering::Relaxed)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_ends_in_time_or_with_its_caller() {
        assert!(!wait(0), "a thread that was told nothing waits for nothing");
        let abandoned = Arc::new(AtomicBool::new(false));
        be_patient(Duration::from_millis(60), abandoned.clone());
        for _ in 0..2 {
            let since = Instant::now();
            let times = (0..).take_while(|times| wait(*times)).count();
            let waited = since.elapsed();
            assert!(times > 3 && waited >= Duration::from_millis(60), "{times} times, {waited:?}");
            assert!(waited < Duration::from_millis(500), "{waited:?}");
        }
        abandoned.store(true, Ordering::Relaxed);
        assert!(!wait(0));
    }
}
