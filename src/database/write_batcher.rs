//! Writes of one form that share statements, and so commits.
//!
//! A write that finds none of its form under way goes ahead alone, as if there were no others. Those that come meanwhile wait for it,
//! and then travel together.
//!
//! Invariants:
//! - A write joins a batch only before the statement is sent, and is answered after its commit.
//! - Two writes with the same key are never in one batch: one of them waits for the next.
//! - What the statement passes over (no such row, or one that is locked elsewhere) is done alone, by its own caller's call. So is
//!   each write of a statement that has failed and done nothing.
//! - Where it is not known whether the statement took effect, each caller hears that, and settles it as if it had been alone.
//! - A caller whose time is up leaves; the others do not hear of it.

use std::collections::HashSet;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};

use crate::database::batch::{Batch, Shared, crowded};
use crate::database::database::Database;
use crate::database::queue::{MAX_WAITING, Outcome, Pace, Watched, tell_shared};
use crate::database::runtime::RUNTIME;
use crate::database::waits;
use crate::driver::executor::Executor;
use crate::driver::work::{Scope, Work};
use crate::error::{Code, Error, Health, Result};
use crate::value::Value;

/// How long writes wait for the ones before them before they start a statement of their own: those may be held up.
const PATIENCE: Duration = Duration::from_millis(100);

/// One caller's write.
pub struct Waiting<W: Shared> {
    /// What tells its row from others'.
    pub key: String,
    pub values: Vec<Value>,
    pub since: Instant,
    /// The call, if its environment watches.
    watched: Option<Watched>,
    answer: oneshot::Sender<Answer<W>>,
}

impl<W: Shared> Waiting<W> {
    pub fn refuse(self, error: &Error) {
        // A caller that has gone does not hear it.
        let _ = self.answer.send(Answer::Done(Err(error.clone())));
    }
}

enum Answer<W: Shared> {
    Done(Outcome),
    /// It has not been done.
    Alone,
    /// None of its form is under way any more: it goes ahead.
    Ahead(Batch<W>),
}

/// A write that several callers make, each of a row of its own.
pub trait Write: Shared<Request = Waiting<Self>> {
    /// Does all of `writes` with one statement. `None` of what that passed over.
    fn perform(
        &self,
        writes: &[Waiting<Self>],
        executor: &mut impl Executor,
    ) -> impl Future<Output = Result<Vec<Option<Outcome>>>> + Send;

    /// What tells the row of a write with these arguments from others'.
    fn key(&self, values: &[Value]) -> String;

    /// Whether a caller can do it again although it may have taken effect.
    fn is_settled(&self) -> bool;
}

/// When statements start beside others.
pub fn pace(database: &Database) -> Pace {
    Pace { at_once: database.lookups_at_once(), crowd: usize::MAX, patience: PATIENCE }
}

/// What has done a write.
pub enum Together {
    Alone(Outcome),
    Shared(Outcome),
}

/// Does a write together with others that wait, or else by `alone`.
pub async fn together<W: Write>(
    database: &Arc<Database>,
    write: &W,
    values: &[Value],
    alone: impl Future<Output = Outcome>,
) -> Together {
    let (place, since) = (join(database, write, values), Instant::now());
    let answer = match place {
        Place::Ahead => Ok(Answer::Ahead(Batch::ahead(database, write.clone()))),
        Place::First(answered) => patient(database, write, answered).await,
        Place::Behind(answered) => answered.await,
        Place::None => return Together::Shared(Err(crowded(database))),
    };
    match answer {
        Ok(Answer::Ahead(batch)) => {
            waits::for_writer(since.elapsed());
            let outcome = alone.await;
            go_on(batch);
            Together::Alone(outcome)
        }
        Ok(Answer::Done(outcome)) => Together::Shared(outcome),
        Ok(Answer::Alone) => {
            waits::for_writer(since.elapsed());
            Together::Alone(alone.await)
        }
        Err(_) => {
            let defect = Error::new(Code::Internal, "a defect in rust-auth-adapter; please report it");
            Together::Shared(Err(Error { in_doubt: true, ..defect }))
        }
    }
}

/// Where a write stands.
enum Place<W: Write> {
    /// None of its form is under way.
    Ahead,
    /// Behind one that is, before all others.
    First(oneshot::Receiver<Answer<W>>),
    Behind(oneshot::Receiver<Answer<W>>),
    /// There is no room for it.
    None,
}

fn join<W: Write>(database: &Arc<Database>, write: &W, values: &[Value]) -> Place<W> {
    let mut state = write.queue().lock();
    if state.batches == 0 && state.waiting.is_empty() {
        state.batches = 1;
        state.flushed = Some(Instant::now());
        return Place::Ahead;
    }
    if state.waiting.len() >= MAX_WAITING {
        return Place::None;
    }
    let is_first = state.waiting.is_empty();
    let (answer, answered) = oneshot::channel();
    let (key, values) = (write.key(values), values.to_vec());
    state.waiting.push_back(Waiting { key, values, since: Instant::now(), watched: waits::watched(), answer });
    let flushes = state.flushes(pace(database));
    drop(state);
    if flushes {
        RUNTIME.spawn(run(Batch::new(database, write.clone())));
    }
    if is_first { Place::First(answered) } else { Place::Behind(answered) }
}

/// Waits for the answer. If the write before takes long, those that wait behind it start a statement of their own.
async fn patient<W: Write>(
    database: &Arc<Database>,
    write: &W,
    mut answered: oneshot::Receiver<Answer<W>>,
) -> Result<Answer<W>, oneshot::error::RecvError> {
    tokio::select! {
        biased;
        answer = &mut answered => return answer,
        () = sleep(PATIENCE) => {}
    }
    if write.queue().lock().flushes(pace(database)) {
        RUNTIME.spawn(run(Batch::new(database, write.clone())));
    }
    answered.await
}

/// After the write that went ahead: those that have waited for it follow.
fn go_on<W: Write>(mut batch: Batch<W>) {
    if batch.continues() {
        RUNTIME.spawn(run(batch));
    }
}

/// Sends statements for as long as writes wait.
pub async fn run<W: Write>(mut batch: Batch<W>) {
    loop {
        if let Some(write) = batch.take_lone() {
            match write.answer.send(Answer::Ahead(batch)) {
                Ok(()) => return,
                // Its caller has gone.
                Err(Answer::Ahead(back)) => batch = back,
                Err(_) => return,
            }
            if !batch.continues() {
                return;
            }
            continue;
        }
        let (sending, since) = (Sending { batch: &batch, sent: OnceLock::new() }, Instant::now());
        let limit = batch.database.operation_timeout();
        let outcome = timeout(limit, batch.watched(batch.database.run(&sending))).await;
        let in_doubt = sending.sent.get().is_some();
        let outcome = outcome.unwrap_or_else(|_| Err(Error { in_doubt, ..Error::too_slow(limit) }));
        let sent = sending.sent.into_inner().map(|Sent { writes, at }| {
            tell(&writes, at, at.saturating_duration_since(since));
            writes
        });
        answer(&batch, sent, outcome);
        if !batch.continues() {
            return;
        }
    }
}

fn answer<W: Write>(batch: &Batch<W>, sent: Option<Vec<Waiting<W>>>, outcome: Result<Vec<Option<Outcome>>>) {
    match (sent, outcome) {
        (Some(writes), Ok(outcomes)) => {
            for (write, outcome) in writes.into_iter().zip(outcomes) {
                let _ = write.answer.send(outcome.map_or(Answer::Alone, Answer::Done));
            }
        }
        // An error of one, or of a table that has changed, must not be all callers' error.
        (Some(writes), Err(error)) if !error.in_doubt && (error.stale || error.connection == Health::Sound) => {
            for write in writes {
                let _ = write.answer.send(Answer::Alone);
            }
        }
        (Some(writes), Err(error)) => writes.into_iter().for_each(|write| write.refuse(&error)),
        (None, Ok(_)) => {}
        // If no connection was free, that is the error of the writes that have waited so long.
        (None, Err(error)) if error.code == Code::Timeout => {
            let waited = batch.database.acquire_timeout();
            batch.take(waited, |_| true).into_iter().for_each(|write| write.refuse(&error));
        }
        // None was to be had. Each of the writes has its own time for that.
        (None, Err(_)) => {
            for write in batch.take(Duration::ZERO, |_| true) {
                let _ = write.answer.send(Answer::Alone);
            }
        }
    }
}

/// Tells the environments that watch which of their writes shared a statement, if there was one.
fn tell<W: Write>(writes: &[Waiting<W>], sent: Instant, waited: Duration) {
    if writes.len() > 1 {
        // The id of a caller that has gone may be another call's by now.
        let waiting = writes.iter().filter(|write| !write.answer.is_closed());
        let watched = waiting.filter_map(|write| write.watched.as_ref());
        tell_shared(watched.map(|call| (call.id, &call.completions)), sent, waited);
    }
}

/// The statement of one batch, which takes its writes when it is sent.
struct Sending<'a, W: Write> {
    batch: &'a Batch<W>,
    sent: OnceLock<Sent<W>>,
}

/// The writes of a statement, and when it was first sent.
struct Sent<W: Write> {
    writes: Vec<Waiting<W>>,
    at: Instant,
}

impl<W: Write> Sending<'_, W> {
    /// Those whose callers still wait, in the order of their keys, so that two statements that lock rows do so in one order.
    fn take(&self) -> Vec<Waiting<W>> {
        let mut keys = HashSet::new();
        let mut taken =
            self.batch.take(Duration::ZERO, |write| write.answer.is_closed() || keys.insert(write.key.clone()));
        taken.retain(|write| !write.answer.is_closed());
        taken.sort_unstable_by(|one, other| one.key.cmp(&other.key));
        taken
    }
}

impl<W: Write> Work for Sending<'_, W> {
    type Output = Vec<Option<Outcome>>;

    fn scope(&self) -> Scope {
        Scope::Write
    }

    fn is_settled(&self) -> bool {
        self.batch.shared.is_settled()
    }

    fn is_one(&self) -> bool {
        false
    }

    async fn on(&self, executor: &mut impl Executor) -> Result<Self::Output> {
        let is_again = self.sent.get().is_some();
        let Sent { writes, .. } = self.sent.get_or_init(|| Sent { writes: self.take(), at: Instant::now() });
        if is_again && writes.iter().any(|write| write.answer.is_closed()) {
            // What a caller has given up is not done for it. The others go on alone.
            return Err(Error::new(Code::Timeout, "the caller of a write has gone"));
        }
        if writes.len() < 2 {
            Ok(writes.iter().map(|_| None).collect())
        } else {
            self.batch.database.batches.writes.record(writes.len() as u64, 1);
            self.batch.shared.perform(writes, executor).await
        }
    }
}
