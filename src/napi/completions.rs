//! Outcomes on their way back: they arrive on any thread, and JavaScript fetches them on its own, a batch at a time.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi::{Env, Result, Status};

use crate::client::counts::{Counted, Counts};
use crate::database::queue::{CompletionQueue, Outcome, Shared, UNASKED};
use crate::database::route::Route;
use crate::database::runtime::HAS_CORES;
use crate::database::waits::Waits;
use crate::js::row_batch::Batch;

/// About as long as it takes to wake the thread that writes to a SQLite file, and to be woken by it in turn: a caller that
/// waits no longer loses nothing by it.
const WAKING: Duration = Duration::from_micros(120);

/// Not callee-handled, since no error ever takes its place; weak, since a waiting adapter must not keep Node alive.
pub type Settle = ThreadsafeFunction<(), (), Batch, Status, false, true>;

/// A call that is counted when its outcome reaches JavaScript.
#[derive(Clone)]
pub struct Pending {
    pub since: Instant,
    pub counts: Arc<Counts>,
    pub call: Counted,
}

/// What is known of calls besides their outcomes, where JavaScript watches them.
pub enum Note {
    /// These calls shared a query.
    Shared(Shared),
    /// What a call has waited for.
    Waited(u32, Waits),
}

#[derive(Default)]
pub struct Outcomes {
    ready: Mutex<Ready>,
    /// Whether something is ready, for a caller that must not take the lock.
    arrived: AtomicBool,
    /// Requests whose outcome JavaScript has not received. Only touched on the environment's thread.
    pending: AtomicUsize,
    /// Those that are counted, by id: JavaScript uses ids anew. Only touched on the environment's thread.
    counted: Mutex<Vec<Option<Pending>>>,
    /// Whether JavaScript reads notes.
    watched: AtomicBool,
    notes: Mutex<Vec<Note>>,
    /// A caller was waited for, and has not gone on yet: one that asks meanwhile is another.
    answered: AtomicBool,
    settle: Mutex<Option<Settle>>,
}

/// Outcomes for JavaScript to fetch.
#[derive(Default)]
struct Ready {
    outcomes: Vec<(u32, Outcome)>,
    /// JavaScript is looking out for them, and need not be woken.
    awaited: bool,
}

impl Pending {
    /// It was answered on the calling thread, here and now.
    pub fn answered(&self, outcome: &Outcome) {
        self.counts.went(Route::CallingThread { share: false }, 1);
        self.counts.ended(self.call, self.since.elapsed(), outcome);
    }
}

impl Outcomes {
    /// What wakes JavaScript from now on.
    pub fn settle_by(&self, settle: Settle) {
        *lock(&self.settle) = Some(settle);
    }

    /// Announces so many outcomes. A pending call keeps the process alive.
    pub fn expect(&self, env: &Env, count: usize) -> Result<()> {
        if self.pending.fetch_add(count, Ordering::Relaxed) == 0 {
            self.keep_alive(env, true)?;
        }
        Ok(())
    }

    /// Announces the outcomes of calls that are counted together when they arrive.
    pub fn expect_counted(&self, env: &Env, ids: impl ExactSizeIterator<Item = u32>, pending: &Pending) -> Result<()> {
        let count = ids.len();
        let mut counted = lock(&self.counted);
        for id in ids.map(|id| id as usize) {
            if id >= counted.len() {
                counted.resize(id + 1, None);
            }
            counted[id] = Some(pending.clone());
        }
        drop(counted);
        self.expect(env, count)
    }

    fn count(&self, batch: &[(u32, Outcome)]) {
        let now = Instant::now();
        let mut counted = lock(&self.counted);
        for (id, outcome) in batch {
            if let Some(Pending { since, counts, call }) = counted.get_mut(*id as usize).and_then(Option::take) {
                counts.ended(call, now.saturating_duration_since(since), outcome);
            }
        }
    }

    /// From now on notes are taken.
    pub fn take_notes(&self) {
        self.watched.store(true, Ordering::Relaxed);
    }

    pub fn is_watched(&self) -> bool {
        self.watched.load(Ordering::Relaxed)
    }

    pub fn note(&self, note: Note) {
        if self.is_watched() {
            lock(&self.notes).push(note);
        }
    }

    /// The notes that have been taken since the last time.
    pub fn notes(&self) -> Vec<Note> {
        std::mem::take(&mut *lock(&self.notes))
    }

    /// Whether there is one caller alone, as far as can be told. On the environment's thread.
    pub fn is_lone(&self) -> bool {
        self.pending.load(Ordering::Relaxed) == 1 && !self.answered.load(Ordering::Relaxed)
    }

    /// The caller that was waited for goes on.
    pub fn go_on(&self) {
        self.answered.store(false, Ordering::Relaxed);
    }

    /// Called on the environment's thread by the threadsafe function.
    pub fn fetch(&self, env: &Env) -> Batch {
        let batch = self.take();
        self.count(&batch);
        let asked = batch.iter().filter(|(id, _)| *id != UNASKED).count();
        let before = self.pending.fetch_sub(asked, Ordering::Relaxed);
        if before == asked {
            // Cannot fail while the environment runs this; and if it did, only the process's exit would be delayed.
            let _ = self.keep_alive(env, false);
        }
        Batch(batch)
    }

    /// A pending call keeps the process alive, an idle adapter does not.
    #[allow(deprecated)] // `refer` and `unref` have no successor that can be undone.
    fn keep_alive(&self, env: &Env, alive: bool) -> Result<()> {
        match &mut *lock(&self.settle) {
            Some(settle) if alive => settle.refer(env),
            Some(settle) => settle.unref(env),
            None => Ok(()),
        }
    }

    /// From now on JavaScript looks out for what arrives, until [`Outcomes::await_briefly`] returns.
    pub fn look_out(&self) {
        lock(&self.ready).awaited = true;
    }

    /// What has arrived, or arrives within the time that it takes to wake threads.
    pub fn await_briefly(&self, env: &Env) -> Option<Batch> {
        let since = Instant::now();
        while *HAS_CORES && since.elapsed() < WAKING && !self.arrived.load(Ordering::Acquire) {
            std::hint::spin_loop();
        }
        let mut ready = lock(&self.ready);
        ready.awaited = false;
        let arrived = !ready.outcomes.is_empty();
        self.answered.store(arrived, Ordering::Relaxed);
        drop(ready);
        arrived.then(|| self.fetch(env))
    }

    fn take(&self) -> Vec<(u32, Outcome)> {
        let mut ready = lock(&self.ready);
        self.arrived.store(false, Ordering::Relaxed);
        std::mem::take(&mut ready.outcomes)
    }
}

impl CompletionQueue for Outcomes {
    fn shared(&self, shared: Shared) {
        self.note(Note::Shared(shared));
    }

    fn is_watched(&self) -> bool {
        Outcomes::is_watched(self)
    }

    /// Leaves outcomes for JavaScript. Only the first of a batch wakes it; the rest are fetched with it.
    fn complete(&self, outcomes: Vec<(u32, Outcome)>) {
        if outcomes.is_empty() {
            return;
        }
        let mut ready = lock(&self.ready);
        let first = ready.outcomes.is_empty() && !ready.awaited;
        if ready.outcomes.is_empty() {
            ready.outcomes = outcomes;
        } else {
            ready.outcomes.extend(outcomes);
        }
        self.arrived.store(true, Ordering::Release);
        drop(ready);
        if first && let Some(settle) = &*lock(&self.settle) {
            // Fails only when the environment is ending, and with it every caller that waits.
            settle.call((), ThreadsafeFunctionCallMode::NonBlocking);
        }
    }
}

/// Nothing panics while holding these locks but out-of-memory, which leaves their contents intact.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
