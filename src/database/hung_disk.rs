//! Calls that the thread which writes has to answer, and does not, because the disk does not answer it.
//!
//! Such a thread cannot look at the clock, so that others do: a caller whose time is up is told so, once, and what has not been
//! begun by then never is. What has been begun is not made to take effect either, unless its commit has been.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use crate::database::queue::{CompletionQueue, Outcome};
use crate::database::runtime::RUNTIME;
use crate::driver::place::Place;
use crate::error::{Error, Result, caught};

/// The thread's own clock goes first.
const GRACE: Duration = Duration::from_millis(50);

/// When a call's time is up.
#[derive(Debug, Clone, Copy)]
pub struct Deadline {
    pub at: Instant,
    limit: Duration,
}

impl Deadline {
    /// An error, once it is over.
    pub fn in_time(self) -> Result<()> {
        if Instant::now() < self.at { Ok(()) } else { Err(Error::too_slow(self.limit)) }
    }
}

tokio::task_local! {
    static DEADLINE: Deadline;
}

/// Of the call that the thread which writes is performing. `None` elsewhere, where clocks are looked at.
pub fn deadline() -> Option<Deadline> {
    DEADLINE.try_get().ok()
}

/// An error if the time of the call is up that is being performed: its caller has been told so, or will be.
pub fn in_time() -> Result<()> {
    deadline().map_or(Ok(()), Deadline::in_time)
}

/// A call that is to be answered once, by the thread or by the clock.
pub struct Awaited<A> {
    since: Instant,
    limit: Duration,
    id: u32,
    completions: Arc<dyn CompletionQueue>,
    place: Arc<Place>,
    /// Whether it may take effect although its caller is told that it was too slow.
    writes: bool,
    begun: AtomicBool,
    answered: AtomicBool,
    /// What a client that is being closed waits for.
    admission: Mutex<Option<A>>,
}

impl<A> Awaited<A> {
    /// Begun now, to be answered within `limit`.
    pub fn new(
        id: u32,
        completions: Arc<dyn CompletionQueue>,
        admission: A,
        writes: bool,
        (limit, place): (Duration, Arc<Place>),
    ) -> Arc<Self> {
        let (begun, answered) = (AtomicBool::new(false), AtomicBool::new(false));
        let (since, admission) = (Instant::now(), Mutex::new(Some(admission)));
        Arc::new(Self { since, limit, id, completions, place, writes, begun, answered, admission })
    }

    /// Does `work` and answers, unless the caller has been told already that it was too slow.
    pub async fn perform(&self, work: impl Future<Output = Outcome>) {
        self.begun.store(true, Ordering::Relaxed);
        if !self.is_answered() {
            let deadline = Deadline { at: self.since + self.limit, limit: self.limit };
            self.answer(DEADLINE.scope(deadline, caught(work)).await);
        }
    }

    /// Answers, unless that has been done.
    fn answer(&self, outcome: Outcome) {
        if !self.answered.swap(true, Ordering::Relaxed) {
            self.completions.complete(vec![(self.id, outcome)]);
            // Only now: `close` must not overtake the answer.
            self.admission.lock().unwrap_or_else(PoisonError::into_inner).take();
        }
    }

    fn is_answered(&self) -> bool {
        self.answered.load(Ordering::Relaxed)
    }
}

trait Due: Send + Sync {
    fn since(&self) -> Option<Instant>;
    fn is_late(&self, limit: Duration);
}

impl<A: Send> Due for Awaited<A> {
    fn since(&self) -> Option<Instant> {
        (!self.is_answered()).then_some(self.since)
    }

    fn is_late(&self, limit: Duration) {
        // The thread may be within its commit, which the disk may still complete.
        let in_doubt = self.writes && self.begun.load(Ordering::Relaxed);
        self.answer(Err(self.place.named(Error { in_doubt, ..Error::too_slow(limit) })));
    }
}

/// The calls of one thread, the oldest first.
#[derive(Default)]
pub struct Clock(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    calls: VecDeque<Arc<dyn Due>>,
    /// Whether a task looks for late calls.
    watched: bool,
}

impl std::fmt::Debug for Clock {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Clock")
    }
}

impl Clock {
    /// Sees to it that `call` is answered within `limit`, which is the same for all.
    pub fn watch<A: Send + 'static>(self: &Arc<Self>, call: Arc<Awaited<A>>, limit: Duration) {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.forget_answered();
        waiting.calls.push_back(call);
        if !std::mem::replace(&mut waiting.watched, true) {
            RUNTIME.spawn(look(Arc::downgrade(self), limit));
        }
    }

    /// When the next call is late, after those that are have been answered; `None` if there is none.
    fn next(&self, limit: Duration) -> Option<Instant> {
        loop {
            let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            waiting.forget_answered();
            let Some(since) = waiting.calls.front().and_then(|call| call.since()) else {
                // Answered this very moment, or none.
                waiting.watched = !waiting.calls.is_empty();
                return waiting.watched.then(|| Instant::now() + limit);
            };
            let due = since + limit + GRACE;
            if due > Instant::now() {
                return Some(due);
            }
            let late = waiting.calls.pop_front();
            drop(waiting);
            if let Some(call) = late {
                call.is_late(limit);
            }
        }
    }
}

impl Waiting {
    fn forget_answered(&mut self) {
        while self.calls.front().is_some_and(|call| call.since().is_none()) {
            self.calls.pop_front();
        }
    }
}

async fn look(clock: Weak<Clock>, limit: Duration) {
    while let Some(due) = clock.upgrade().and_then(|clock| clock.next(limit)) {
        tokio::time::sleep_until(due.into()).await;
    }
}
