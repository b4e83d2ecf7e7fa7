//! Connections that are about to come back to the pool, by themselves, after what no call waits for.
//!
//! A call that finds no idle connection waits for such a one instead of opening another.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::sync::futures::Notified;
use tokio::time::timeout;

/// A call waits no longer: on a network that is slower, or that has failed, another connection is opened.
const PATIENCE: Duration = Duration::from_millis(100);

#[derive(Debug, Default)]
pub struct Coming {
    coming: AtomicUsize,
    waiting: AtomicUsize,
    returned: Notify,
    /// How many calls have a connection opened, and take one that comes back instead.
    opening: AtomicUsize,
    /// How many are opened that no call waits for any more.
    begun: Arc<AtomicUsize>,
    /// How many calls wait for one of these.
    claimed: AtomicUsize,
    back: Notify,
}

impl Coming {
    /// A connection comes back when what this returns is dropped.
    pub fn announce(self: &Arc<Self>) -> Announced {
        self.coming.fetch_add(1, Ordering::AcqRel);
        Announced(self.clone())
    }

    /// Whether any is coming.
    pub fn is_any(&self) -> bool {
        self.coming.load(Ordering::Acquire) > 0
    }

    /// Whether a call waits for one.
    pub fn is_awaited(&self) -> bool {
        self.waiting.load(Ordering::Acquire) > 0
    }

    /// A call has given a connection back.
    pub fn came_back(&self) {
        if self.opening.load(Ordering::Acquire) > 0 {
            self.back.notify_one();
        }
    }

    /// A call has a connection opened, for as long as what this returns lives.
    pub fn opens(&self) -> impl Drop + '_ {
        Counted::new(&self.opening)
    }

    /// One that was opened for no call is there, or has failed.
    pub fn opening_ended(&self) {
        self.back.notify_waiters();
        // One that is about to wait.
        self.came_back();
    }

    /// Waits until a call has given one back. For calls that have one opened.
    pub fn back(&self) -> Notified<'_> {
        self.back.notified()
    }

    /// One is opened that no call waits for, for as long as what this returns lives.
    pub fn begin(&self) -> Begun {
        self.begun.fetch_add(1, Ordering::AcqRel);
        Begun(self.begun.clone())
    }

    /// A call waits for one that is opened for none, unless others wait for all of them.
    pub fn claim(&self) -> Option<impl Drop + '_> {
        let claim = Counted::new(&self.claimed);
        (claim.before < self.begun.load(Ordering::Acquire)).then_some(claim)
    }

    /// Whether one is opened that no call waits for.
    pub fn is_opening(&self) -> bool {
        self.begun.load(Ordering::Acquire) > 0
    }

    /// Waits for one that comes back, unless others wait for all of them.
    pub async fn wait(&self) {
        let returned = self.returned.notified();
        let waiting = Counted::new(&self.waiting);
        if waiting.before < self.coming.load(Ordering::Acquire) {
            let _ = timeout(PATIENCE, returned).await;
        }
    }
}

/// See [`Coming::announce`].
#[derive(Debug)]
pub struct Announced(Arc<Coming>);

impl Drop for Announced {
    fn drop(&mut self) {
        self.0.coming.fetch_sub(1, Ordering::AcqRel);
        if self.0.is_awaited() {
            self.0.returned.notify_one();
        }
    }
}

/// See [`Coming::begin`].
pub struct Begun(Arc<AtomicUsize>);

impl Drop for Begun {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

/// One more, for as long as it lives.
struct Counted<'a> {
    count: &'a AtomicUsize,
    before: usize,
}

impl<'a> Counted<'a> {
    fn new(count: &'a AtomicUsize) -> Self {
        Self { before: count.fetch_add(1, Ordering::AcqRel), count }
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.count.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::runtime::RUNTIME;
    use std::time::Instant;

    #[test]
    fn a_call_waits_for_a_connection_of_its_own() {
        RUNTIME.block_on(async {
            let coming = Arc::new(Coming::default());
            let begun = Instant::now();
            coming.wait().await;
            assert!(begun.elapsed() < PATIENCE, "none is coming");
            let announced = coming.announce();
            let first = tokio::spawn({
                let coming = coming.clone();
                async move { coming.wait().await }
            });
            while !coming.is_awaited() {
                tokio::task::yield_now().await;
            }
            coming.wait().await;
            assert!(begun.elapsed() < PATIENCE, "the one that is coming is another call's");
            drop(announced);
            first.await.expect("no panic");
            assert!(!coming.is_any() && !coming.is_awaited());
        });
    }
}
