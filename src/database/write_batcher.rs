//! Writes of one form that share statements, and so commits.
//!
//! A write that finds none of its form under way goes ahead alone, as if there were no others. Those that come meanwhile wait for it,
//! and then travel together.
//!
//! Invariants:
//! - A write joins a batch only before the statement is sent, and is answered after its commit.
//! - Two writes with the same key are never in one batch: one of them waits for the next. Where all that wait have the same key, they go
//!   one after the other.
//! - One statement is under way at a time. One that takes long, since a row is locked elsewhere or the server is slow, does not count.
//! - What the statement passes over (no such row, or one that is locked elsewhere) is done alone, by its own caller's call. So is
//!   each write of a statement that has failed and done nothing.
//! - Where it is not known whether the statement took effect, each caller hears that, and settles it as if it had been alone.
//! - A caller whose time is up leaves; the others do not hear of it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use crate::database::batch::{Batch, crowded, follow, watched};
use crate::database::database::Database;
use crate::database::queue::{MAX_WAITING, Outcome, Pace, tell_shared};
use crate::database::runtime::RUNTIME;
use crate::database::sending::{Answer, Sending, Sent, Waiting, Write};
use crate::database::waits::{self, counted};
use crate::error::{Code, Error, Health, Result};
use crate::value::Value;

/// How long writes wait for the ones before them before they start a statement of their own: those may be held up. A statement that
/// several share waits for no row.
const PATIENCE: Duration = Duration::from_millis(100);
const PATIENCE_ALONE: Duration = Duration::from_millis(20);

/// When statements start beside others.
pub fn pace(database: &Database) -> Pace {
    Pace { at_once: database.lookups_at_once(), crowd: None, patience: PATIENCE, patience_alone: PATIENCE_ALONE }
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
    let waited = !matches!(place, Place::Ahead(_));
    let answer = match place {
        Place::Ahead(number) => Ok(Answer::Ahead(Batch::ahead(database, write.clone(), number))),
        // Where the write before goes alone, nothing else watches it.
        Place::First(answered) => watched(database, write, PATIENCE_ALONE, answered).await,
        Place::Behind(answered) => answered.await,
        Place::None => return Together::Shared(Err(crowded(database))),
    };
    match answer {
        Ok(Answer::Ahead(batch)) => {
            waits::for_writer(since.elapsed());
            // Writes of the same key may wait behind one that has waited itself, and none of them watches it.
            let outcome = if waited { watched(database, write, PATIENCE_ALONE, alone).await } else { alone.await };
            go_on(batch);
            Together::Alone(outcome)
        }
        Ok(Answer::Done(outcome, waits)) => {
            waits::add(waits);
            Together::Shared(outcome)
        }
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
    /// None of its form is under way, but for those that take long.
    Ahead(u64),
    /// Behind one that is, before all others.
    First(oneshot::Receiver<Answer<W>>),
    Behind(oneshot::Receiver<Answer<W>>),
    /// There is no room for it.
    None,
}

fn join<W: Write>(database: &Arc<Database>, write: &W, values: &[Value]) -> Place<W> {
    let pace = pace(database);
    let mut state = write.queue().lock();
    if let Some(number) = state.lets_ahead(pace) {
        return Place::Ahead(number);
    }
    if state.waiting.len() >= MAX_WAITING {
        return Place::None;
    }
    let is_first = state.waiting.is_empty();
    let (answer, answered) = oneshot::channel();
    let (key, values) = (write.key(values), values.to_vec());
    state.waiting.push_back(Waiting { key, values, since: Instant::now(), watched: waits::watched(), answer });
    let number = state.flushes(pace);
    drop(state);
    follow(database, write, number);
    if is_first { Place::First(answered) } else { Place::Behind(answered) }
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
        if let Some(write) = batch.take_lone(|one, other| one.key == other.key) {
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
        let sending = Sending::new(&batch);
        let (outcome, waits) = counted(sending.in_time()).await;
        let sent = sending.into_sent();
        if let Some(sent) = &sent {
            tell(sent, waits.connection);
        }
        answer(&batch, sent, outcome, waits.connection);
        if !batch.continues() {
            return;
        }
    }
}

/// `connection`: how long it has waited for a connection.
fn answer<W: Write>(
    batch: &Batch<W>,
    sent: Option<Sent<W>>,
    outcome: Result<Vec<Option<Outcome>>>,
    connection: Duration,
) {
    match (sent, outcome) {
        (Some(Sent { writes, at }), Ok(outcomes)) => {
            for (write, outcome) in writes.into_iter().zip(outcomes) {
                let waits = write.waits(at, connection);
                let _ = write.answer.send(outcome.map_or(Answer::Alone, |outcome| Answer::Done(outcome, waits)));
            }
        }
        // An error of one, or of a table that has changed, must not be all callers' error.
        (Some(Sent { writes, .. }), Err(error))
            if !error.in_doubt && (error.stale || error.connection == Health::Sound) =>
        {
            for write in writes {
                let _ = write.answer.send(Answer::Alone);
            }
        }
        (Some(Sent { writes, at }), Err(error)) => {
            for write in writes {
                let waits = write.waits(at, connection);
                let _ = write.answer.send(Answer::Done(Err(error.clone()), waits));
            }
        }
        (None, Ok(_)) => {}
        // If no connection was free, that is the error of the writes that have waited so long.
        (None, Err(error)) if error.code == Code::Timeout => {
            let waited = batch.database.acquire_timeout();
            for write in batch.take(waited, |_| true) {
                let waits = write.waits(Instant::now(), connection);
                let _ = write.answer.send(Answer::Done(Err(error.clone()), waits));
            }
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
fn tell<W: Write>(sent: &Sent<W>, connection: Duration) {
    if sent.writes.len() > 1 {
        // The id of a caller that has gone may be another call's by now.
        let waiting = sent.writes.iter().filter(|write| !write.has_gone());
        let watched = waiting.filter_map(|write| write.watched.as_ref());
        tell_shared(watched.map(|call| (call.id, &call.completions)), sent.at, connection);
    }
}
