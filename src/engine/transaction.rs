//! Requests that take effect together or not at all, with the caller's own work in between.
//!
//! The connection is taken, and the transaction opened, by the first request that writes: what only reads before that
//! needs neither. A caller who then spends time on something else (hashing a password, say) holds up no other.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::Duration;

use futures_util::FutureExt;
use tokio::sync::{Mutex, OwnedMutexGuard};
use tokio::task::AbortHandle;
use tokio::time::timeout;

use crate::database::conflicts::Absence;
use crate::database::database::Database;
use crate::database::lease::Lease;
use crate::database::runtime::RUNTIME;
use crate::database::writer_thread::{MOMENT, Writing, when_idle};
use crate::driver::work::{Scope, Work};
use crate::engine::call::Call;
use crate::engine::replay::Log;
use crate::engine::request::Request;
use crate::error::{Code, Error, Health, Result};
use crate::value::Records;

#[derive(Debug)]
pub struct Transaction {
    database: Arc<Database>,
    state: Mutex<State>,
    limit: Duration,
    /// Whether something that writes has been asked for.
    writes: AtomicBool,
    /// How many requests there have been that its connection served.
    calls: AtomicU32,
    /// Why all of it may be done again: as the last request, or the end, has failed.
    repeatable: std::sync::Mutex<Option<Repeatable>>,
    /// Its turn among the transactions that may give way.
    turn: std::sync::Mutex<Option<OwnedMutexGuard<()>>>,
    /// What ends it when time is up.
    watch: OnceLock<AbortHandle>,
    itself: Weak<Transaction>,
}

/// How often all that a transaction did may be done again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeatable {
    /// The tables had changed. That has been seen now, and does not come again.
    Once,
    /// The database undid everything in favour of another caller, or refused to begin.
    Always,
}

impl Repeatable {
    /// At most so many times.
    pub const fn times(self) -> u64 {
        match self {
            Repeatable::Once => 1,
            Repeatable::Always => 10,
        }
    }
}

#[derive(Debug)]
enum State {
    /// Nothing has been written yet.
    Unopened,
    Open {
        lease: Lease,
        /// Whether there is a savepoint, from before the last INSERT that PostgreSQL was asked for.
        saved: bool,
        /// On SQLite, what has been done.
        log: Option<Log>,
    },
    /// Undone for the time being, so that others can write, until the next request does it again.
    GivenWay(Log),
    /// Why nothing more can be done.
    Ended(Error),
}

// There is one savepoint at most, which stays until the next INSERT or the end: to release it by itself would be one more way
// to the server and back.
const SAVE: &str = "SAVEPOINT rust_auth";
const SAVE_AGAIN: &str = "RELEASE SAVEPOINT rust_auth; SAVEPOINT rust_auth";
const UNDO: &str = "ROLLBACK TO SAVEPOINT rust_auth";

impl Transaction {
    pub fn new(database: Arc<Database>, limit: Duration) -> Arc<Self> {
        Arc::new_cyclic(|itself| Self {
            database,
            state: Mutex::new(State::Unopened),
            limit,
            writes: AtomicBool::new(false),
            calls: AtomicU32::new(0),
            repeatable: std::sync::Mutex::default(),
            turn: std::sync::Mutex::default(),
            watch: OnceLock::new(),
            itself: itself.clone(),
        })
    }

    /// Told of each request, in the order in which they are made. Whether it needs the transaction's connection.
    pub fn expects(&self, request: &Request) -> bool {
        let writes = !request.method.only_reads();
        self.writes.fetch_or(writes, Ordering::Relaxed) || writes
    }

    pub fn operation_timeout(&self) -> Duration {
        self.database.operation_timeout()
    }

    /// The thread that its connection belongs to, if there is one.
    pub fn writing(&self) -> Option<&Arc<Writing>> {
        self.database.writing()
    }

    pub async fn run(&self, call: &Call) -> Result<Records> {
        let mut absence = Absence::new(self.operation_timeout());
        loop {
            let (begins_anew, outcome) = self.run_once(call).await;
            if !begins_anew || !absence.again().await {
                self.note(outcome.as_ref().err());
                return outcome;
            }
        }
    }

    /// The outcome, and whether the transaction may begin anew with `call`: it would have begun with it, and the connection was lost
    /// before anything was done.
    async fn run_once(&self, call: &Call) -> (bool, Result<Records>) {
        let mut state = self.state.lock().await;
        if matches!(*state, State::Unopened) && call.scope() == Scope::Read {
            drop(state);
            return (false, self.database.run(call).await);
        }
        let opens = matches!(*state, State::Unopened);
        // PostgreSQL refuses everything after an error, but callers may well go on after an INSERT that a unique key refused.
        let aborts = self.database.dialect().is_some_and(|dialect| dialect.syntax().errors_end_transactions);
        let guarded = aborts && call.is_insert();
        // Should this future be dropped half-way, the connection goes with it: its state is unknown.
        let (mut lease, saved, mut log) = match std::mem::replace(&mut *state, State::Ended(interrupted())) {
            State::Unopened => {
                if self.database.gives_way() && self.turn().is_none() {
                    let turn = self.database.transaction_turn().await;
                    *self.turn() = turn;
                }
                match self.database.lease_beginning(Scope::Atomic, if guarded { SAVE } else { "" }).await {
                    Ok(lease) => {
                        if self.watch.get().is_none() {
                            self.watch();
                        }
                        let log = self.database.gives_way().then(Log::default);
                        (lease, guarded, log)
                    }
                    Err(error) => {
                        *state = State::Unopened;
                        return (false, Err(error));
                    }
                }
            }
            State::GivenWay(log) => match self.take_up(log).await {
                Ok((lease, log)) => (lease, false, Some(log)),
                Err((next, error)) => {
                    *state = next;
                    return (false, Err(error));
                }
            },
            State::Open { mut lease, saved, log } => {
                if guarded && let Err(error) = lease.batch(if saved { SAVE_AGAIN } else { SAVE }).await {
                    *state = State::Ended(error.clone());
                    return (false, Err(error));
                }
                (lease, saved || guarded, log)
            }
            State::Ended(error) => {
                *state = State::Ended(error.clone());
                return (false, Err(error));
            }
        };
        if call.takes_locks() {
            lease.unlock_by(self.database.dialect().and_then(|dialect| dialect.syntax().unlock));
        }
        let outcome = lease.run(call).await;
        if let Some(log) = &mut log {
            log.add(call, &outcome);
            self.give_way_when_idle(&lease);
        }
        let mut begins_anew = false;
        *state = match &outcome {
            Err(error) if error.connection == Health::Lost => {
                let _ = lease.finish(Err::<(), _>(error.clone())).await;
                self.database.distrust().await;
                begins_anew = opens && error.undone;
                if begins_anew { State::Unopened } else { State::Ended(error.clone()) }
            }
            Err(error) if error.connection != Health::Sound => State::Ended(error.clone()),
            Err(error) if error.undone || (aborts && !guarded && !error.unsent) => {
                // What the database has undone, or is going to undo in any case, is not to be continued.
                let _ = lease.finish(Err::<(), _>(error.clone())).await;
                State::Ended(error.clone())
            }
            Err(_) if guarded => match lease.recover(UNDO).await {
                Ok(()) => State::Open { lease, saved, log },
                Err(error) => State::Ended(error),
            },
            _ => State::Open { lease, saved, log },
        };
        (begins_anew, outcome)
    }

    /// Remembers whether all may be done again because of what has just failed. A request that succeeds after one that did not
    /// has mended it.
    fn note(&self, failure: Option<&Error>) {
        let repeatable = failure.and_then(|error| match error {
            Error { in_doubt: true, .. } => None,
            Error { undone: true, .. } => Some(Repeatable::Always),
            Error { stale: true, unsent: false, .. } => Some(Repeatable::Once),
            _ => None,
        });
        *self.repeatable.lock().unwrap_or_else(PoisonError::into_inner) = repeatable;
    }

    /// Takes the lock again, and does again what had been done. If that fails, what becomes of the transaction, and why.
    async fn take_up(&self, log: Log) -> Result<(Lease, Log), (State, Error)> {
        let mut lease = match self.database.lease(Scope::Atomic).await {
            Ok(lease) => lease,
            Err(error) => return Err((State::GivenWay(log), error)),
        };
        match log.replay(&mut lease).await {
            Ok(()) => Ok((lease, log)),
            Err(error) => {
                let _ = lease.finish(Err::<(), _>(error.clone())).await;
                Err((State::Ended(error.clone()), error))
            }
        }
    }

    /// Sees to it that the lock is given back if the next request takes longer than a moment.
    fn give_way_when_idle(&self, lease: &Lease) {
        let (transaction, call) = (self.itself.clone(), self.calls.fetch_add(1, Ordering::Relaxed) + 1);
        let give_way = async move {
            if let Some(transaction) = transaction.upgrade() {
                transaction.give_way(call).await;
            }
        };
        if lease.is_here() {
            when_idle(move || {
                // Nothing on this thread is waited for, so that it is done when it has been asked about once.
                give_way.now_or_never();
            });
        } else {
            RUNTIME.spawn(async move {
                tokio::time::sleep(MOMENT).await;
                give_way.await;
            });
        }
    }

    /// Undoes for the time being what has been done, if `call` was the last.
    async fn give_way(&self, call: u32) {
        let mut state = self.state.lock().await;
        if self.calls.load(Ordering::Relaxed) != call {
            return;
        }
        match std::mem::replace(&mut *state, State::Ended(interrupted())) {
            State::Open { lease, log: Some(log), .. } if log.is_repeatable() => {
                let _ = lease.finish(Err::<(), _>(over())).await;
                *state = State::GivenWay(log);
            }
            other => *state = other,
        }
    }

    /// Rolls back when time is up: a caller who never comes back must not hold locks for ever.
    fn watch(&self) {
        let (transaction, limit) = (self.itself.clone(), self.limit);
        let writing = self.writing().cloned();
        let watch = RUNTIME.spawn(async move {
            tokio::time::sleep(limit).await;
            let Some(transaction) = transaction.upgrade() else { return };
            let end = async move {
                transaction.end(Err(too_long(limit))).await.ok();
            };
            match writing {
                Some(writing) => writing.perform(end),
                None => end.await,
            }
        });
        let _ = self.watch.set(watch.abort_handle());
    }

    /// Makes everything take effect.
    pub async fn commit(&self) -> Result<()> {
        let limit = self.operation_timeout();
        // What is given up goes with its connection, which undoes it.
        let wrote = self.writes.load(Ordering::Relaxed);
        let too_slow = || Err(Error { in_doubt: wrote, ..Error::too_slow(limit) });
        let ended = timeout(limit, self.end(Ok(()))).await.unwrap_or_else(|_| too_slow());
        self.note(ended.as_ref().err());
        self.release();
        self.database.placed(ended)
    }

    /// Undoes everything. Whether it may be done again because of how it failed.
    pub async fn rollback(&self) -> Option<Repeatable> {
        let ended = timeout(self.operation_timeout(), self.end(Err(over()))).await;
        self.release();
        let repeatable = *self.repeatable.lock().unwrap_or_else(PoisonError::into_inner);
        repeatable.filter(|_| ended.is_ok())
    }

    /// Once it has ended, or its end has been given up; before, what ends it might be doing so.
    fn release(&self) {
        self.turn().take();
        if let Some(watch) = self.watch.get() {
            watch.abort();
        }
    }

    async fn end(&self, outcome: Result<()>) -> Result<()> {
        let ended = self.end_in_turn(outcome).await;
        self.turn().take();
        ended
    }

    fn turn(&self) -> MutexGuard<'_, Option<OwnedMutexGuard<()>>> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn end_in_turn(&self, outcome: Result<()>) -> Result<()> {
        let mut state = self.state.lock().await;
        let reason = outcome.as_ref().err().cloned().unwrap_or_else(over);
        match std::mem::replace(&mut *state, State::Ended(reason)) {
            State::Unopened => outcome,
            State::Open { lease, .. } => lease.finish(outcome).await,
            State::GivenWay(log) => {
                outcome?;
                let (lease, _) = self.take_up(log).await.map_err(|(_, error)| error)?;
                lease.finish(Ok(())).await
            }
            State::Ended(error) => {
                *state = State::Ended(error.clone());
                Err(error)
            }
        }
    }
}

fn interrupted() -> Error {
    Error::new(Code::Timeout, "the transaction was interrupted and rolled back")
}

fn too_long(limit: Duration) -> Error {
    let message = format!("the transaction took longer than {} ms and was rolled back", limit.as_millis());
    Error::new(Code::Timeout, message)
}

fn over() -> Error {
    Error::new(Code::Closed, "the transaction is over")
}
