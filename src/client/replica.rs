//! One replica: its connections, and until when it is known to be fresh.
//!
//! Invariant: what it was found to have holds for the connections that were open by then. Its server may have been restarted before
//! a later one was opened, and come back with less: it is asked again on that one.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use crate::client::reached::{Question, unusable};
use crate::database::database::Database;
use crate::database::queue::LookUps;
use crate::driver::executor::Executor;
use crate::driver::work::{Scope, Work};
use crate::engine::compiled::Compiled;
use crate::error::Result;

/// A replica that fails is asked again after this, then after twice as long, and so on.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

#[derive(Debug)]
pub struct Replica {
    pub database: Arc<Database>,
    /// The look-ups of each form that wait for a query here.
    queues: Mutex<Vec<(Weak<Compiled>, LookUps)>>,
    state: Mutex<State>,
}

/// What a replica was found to have.
#[derive(Debug)]
pub struct Confirmed {
    /// All that was committed before then.
    pub since: Instant,
    /// This process's writes up to this number.
    pub number: u64,
    /// When it was asked for that, and how.
    pub asked: Instant,
    pub question: Question,
}

#[derive(Debug, Default)]
struct State {
    /// What it was found to have the last time. That stays true however stale it gets.
    confirmed: Option<Arc<Confirmed>>,
    /// Whether it has failed since.
    failed: bool,
    /// How often in a row it has failed.
    failures: u32,
    /// Until then it is left alone.
    rests: Option<Instant>,
    /// When a look-up last wanted a replica.
    wanted: Option<Instant>,
    watched: bool,
    /// Whether the failure at hand has been told.
    told: bool,
}

impl Replica {
    pub fn new(database: Arc<Database>) -> Self {
        Self { database, queues: Mutex::default(), state: Mutex::default() }
    }

    /// The number up to which it has this process's writes, if it is no staler than `staleness`.
    pub fn knows(&self, staleness: Duration) -> Option<u64> {
        let state = self.state();
        let confirmed = state.confirmed.as_ref().filter(|_| !state.failed)?;
        (confirmed.since.elapsed() <= staleness).then_some(confirmed.number)
    }

    pub fn confirm(&self, confirmed: Confirmed) {
        let mut state = self.state();
        if state.rests.is_none_or(|until| until <= Instant::now()) {
            (state.confirmed, state.failed) = (Some(Arc::new(confirmed)), false);
        }
    }

    /// The number up to which the server of this connection has this process's writes.
    async fn known_by(&self, executor: &mut impl Executor) -> Result<u64> {
        let confirmed = self.state().confirmed.clone();
        let Some(confirmed) = confirmed else { return Err(unusable("it has not been asked yet")) };
        let is_younger = executor.opened().is_some_and(|opened| opened >= confirmed.asked);
        if is_younger && !confirmed.question.on(executor).await? {
            return Err(unusable("it has less than it had: it was restarted"));
        }
        Ok(confirmed.number)
    }

    /// It has failed, and is left alone for a while, which is returned.
    pub fn leave(&self) -> Duration {
        let mut state = self.state();
        let now = Instant::now();
        state.failed = true;
        // All calls under way fail together.
        if let Some(until) = state.rests.filter(|until| *until > now) {
            return until - now;
        }
        let pause = (FIRST_PAUSE * (1 << state.failures.min(10))).min(LONGEST_PAUSE);
        state.failures += 1;
        state.rests = Some(now + pause);
        pause
    }

    /// It has answered.
    pub fn serves(&self) {
        let mut state = self.state();
        (state.failures, state.told) = (0, false);
    }

    /// Whether its failure is to be told: once, until it serves again.
    pub fn tells(&self) -> bool {
        !std::mem::replace(&mut self.state().told, true)
    }

    /// A look-up wants a replica. Whether nothing watches this one yet.
    pub fn want(&self) -> bool {
        let mut state = self.state();
        state.wanted = Some(Instant::now());
        !std::mem::replace(&mut state.watched, true)
    }

    /// Whether no look-up has wanted it for so long: then it is not watched any more.
    pub fn is_idle(&self, patience: Duration) -> bool {
        let mut state = self.state();
        let idle = state.wanted.is_none_or(|wanted| wanted.elapsed() > patience);
        state.watched &= !idle;
        idle
    }

    /// Nothing watches it any more.
    pub fn unwatch(&self) {
        self.state().watched = false;
    }

    /// Where look-ups of one form wait.
    pub fn queue(&self, compiled: &Arc<Compiled>) -> LookUps {
        let mut queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, queue)) = queues.iter().find(|(known, _)| known.as_ptr() == Arc::as_ptr(compiled)) {
            return queue.clone();
        }
        queues.retain(|(known, _)| known.strong_count() > 0);
        let queue = LookUps::default();
        queues.push((Arc::downgrade(compiled), queue.clone()));
        queue
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Work at a replica. With its output comes the number up to which the replica had this process's writes before.
pub struct At<'a, W> {
    pub replica: &'a Replica,
    pub work: W,
}

impl<W: Work> Work for At<'_, W> {
    type Output = (u64, W::Output);

    fn scope(&self) -> Scope {
        self.work.scope()
    }

    async fn on(&self, executor: &mut impl Executor) -> Result<Self::Output> {
        let known = self.replica.known_by(executor).await?;
        Ok((known, self.work.on(executor).await?))
    }
}
