//! Look-ups by one key that share queries.
//!
//! A look-up that finds no other under way leaves at once and alone. Any other joins those that wait, and they
//! leave together: when a query before them returns, when they have become many, or when they have waited a moment.
//!
//! Invariants:
//! - A query is joined only before it is sent, so that a look-up which starts after a write was acknowledged sees it.
//! - Each look-up is answered exactly once, by the query it travelled in; nothing is kept for later ones.
//! - The key in a returned row decides who gets it. A row that no look-up in the batch asked for reaches none.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::time::{sleep, timeout};

use crate::database::database::Database;
use crate::database::queue::{MAX_BATCH, MAX_WAITING, Outcome, PATIENCE, Queue, Request, answer, refuse};
use crate::database::runtime::RUNTIME;
use crate::driver::work::{Scope, Work};
use crate::error::{Code, Error, Health, Result, caught};

/// What callers ask, each by a key of its own.
pub trait Question: Clone + Send + Sync + 'static {
    /// Where the look-ups wait that ask it.
    fn queue(&self) -> &Queue;

    /// The query for all of `requests`, whose outcomes come in their order.
    fn query<'a>(&'a self, requests: &'a [Request]) -> impl Work<Output = Vec<Outcome>> + Send + 'a;

    /// Answers one look-up by itself.
    fn alone(&self, key: String) -> impl Future<Output = Outcome> + Send + 'static;
}

/// Lets `requests` wait. `Some` if a query has to leave for them, which the caller then sees to.
pub fn join<Q: Question>(
    database: &Arc<Database>,
    question: Q,
    mut requests: Vec<Request>,
) -> Option<impl Future<Output = ()> + Send + use<Q>> {
    let mut state = question.queue().lock();
    let room = MAX_WAITING.saturating_sub(state.waiting.len()).min(requests.len());
    let excess = requests.split_off(room);
    state.waiting.extend(requests);
    let leave = state.leaves(database.lookups_at_once());
    drop(state);
    if !excess.is_empty() {
        let error = format!("{MAX_WAITING} look-ups wait for the database already");
        refuse(excess, &Error::new(Code::Timeout, error));
    }
    leave.then(|| Flight::new(database, question).run())
}

/// One query under way, and another one after it for as long as look-ups wait.
struct Flight<Q: Question> {
    database: Arc<Database>,
    question: Q,
    boarded: Vec<Request>,
    /// Whether it may still be joined.
    boarding: bool,
    done: bool,
}

impl<Q: Question> Flight<Q> {
    /// For `State::leaves` has said so, and counted it.
    fn new(database: &Arc<Database>, question: Q) -> Self {
        Self { database: database.clone(), question, boarded: Vec::new(), boarding: true, done: false }
    }

    async fn run(mut self) {
        loop {
            let outcome = self.carry().await;
            let boarded = std::mem::take(&mut self.boarded);
            match outcome {
                Ok(outcomes) => answer(boarded, outcomes),
                Err(error) => self.fail(boarded, &error),
            }
            if !self.again() {
                return;
            }
        }
    }

    /// What concerns one look-up, or a table that has changed, must not concern all: each asks by itself.
    fn fail(&self, requests: Vec<Request>, error: &Error) {
        if error.connection != Health::Sound || error.code == Code::Timeout {
            return refuse(requests, error);
        }
        for Request { key, id, inbox, running, .. } in requests {
            let alone = self.question.alone(key);
            RUNTIME.spawn(async move {
                inbox.arrive(vec![(id, caught(alone).await)]);
                drop(running);
            });
        }
    }

    /// After landing: whether this flight leaves once more, for those who came meanwhile.
    fn again(&mut self) -> bool {
        let mut state = self.question.queue().lock();
        if state.waiting.is_empty() || state.boarding {
            state.flights -= 1;
            self.done = true;
            return false;
        }
        state.boarding = true;
        drop(state);
        self.boarding = true;
        true
    }

    /// Asks for the rows of those who board. In the end everybody in `boarded` is owed the outcome.
    async fn carry(&mut self) -> Result<Vec<Outcome>> {
        let (database, question) = (self.database.clone(), self.question.clone());
        let mut retried = false;
        loop {
            let lease = database.lease(Scope::Read).await;
            // The last moment to join. That no connection was free for so long is true only for who waited so long.
            if self.boarded.is_empty() {
                self.board(match &lease {
                    Err(error) if error.code == Code::Timeout => database.acquire_timeout(),
                    _ => Duration::ZERO,
                });
            }
            let mut lease = lease?;
            let reused = lease.reused();
            let limit = database.operation_timeout();
            let waited = self.boarded.first().map_or(Duration::ZERO, |request| request.since.elapsed());
            let query = question.query(&self.boarded);
            let asking = self.watched(lease.run(&query));
            let outcome = match timeout(limit.saturating_sub(waited), asking).await {
                Ok(outcome) => lease.finish(outcome).await,
                Err(_) => Err(Error::too_slow(limit)),
            };
            match outcome {
                Err(error) if error.connection == Health::Lost => {
                    database.distrust().await;
                    // As for any read: a connection that died in the pool says nothing about the database.
                    if !reused || std::mem::replace(&mut retried, true) {
                        return Err(error);
                    }
                }
                outcome => return outcome,
            }
        }
    }

    /// Takes on those who have waited for at least `waited`.
    fn board(&mut self, waited: Duration) {
        self.boarding = false;
        let mut state = self.question.queue().lock();
        let count = state.waiting.iter().take(MAX_BATCH).take_while(|each| each.since.elapsed() >= waited).count();
        self.boarded.extend(state.waiting.drain(..count));
        state.boarding = false;
        state.departed = Some(Instant::now());
        // For look-ups that found no seat.
        let follow = state.leaves(self.database.lookups_at_once());
        drop(state);
        if follow {
            self.follow();
        }
    }

    /// Waits for the answer, but lets those who wait behind it wait only for a moment.
    async fn watched<T>(&self, asking: impl Future<Output = T>) -> T {
        let mut asking = std::pin::pin!(asking);
        tokio::select! {
            biased;
            answer = &mut asking => return answer,
            () = sleep(PATIENCE) => {}
        }
        if self.question.queue().lock().leaves(self.database.lookups_at_once()) {
            self.follow();
        }
        asking.await
    }

    /// Starts another flight.
    fn follow(&self) {
        RUNTIME.spawn(Flight::new(&self.database, self.question.clone()).run());
    }
}

impl<Q: Question> Drop for Flight<Q> {
    /// A flight that ends early, because of a defect that panicked, still answers its passengers and makes room.
    fn drop(&mut self) {
        if self.done {
            return;
        }
        let error = Error::new(Code::Internal, "a defect in rust-auth-adapter; please report it");
        refuse(std::mem::take(&mut self.boarded), &error);
        let mut state = self.question.queue().lock();
        state.flights -= 1;
        let mut waiting = Vec::new();
        if self.boarding {
            state.boarding = false;
            waiting.extend(state.waiting.drain(..));
        }
        let follow = state.leaves(self.database.lookups_at_once());
        drop(state);
        refuse(waiting, &error);
        if follow {
            self.follow();
        }
    }
}
