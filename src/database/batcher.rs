//! Look-ups by one key that share queries.
//!
//! A look-up that finds no batch under way starts one at once, by itself. Any other joins the queue, which is flushed as
//! one batch: when the batch before it returns, when many look-ups wait, or when they have waited a moment.
//!
//! Invariants:
//! - A look-up joins a batch only before the query is sent, so that a look-up which starts after a write was acknowledged sees it.
//! - Each look-up is answered exactly once, by the batch that took it; nothing is kept for later ones.
//! - The key in a returned row decides who gets it. A row that no look-up in the batch asked for reaches none.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::time::{sleep, timeout};

use crate::database::database::Database;
use crate::database::queue::{MAX_BATCH, MAX_WAITING, Outcome, PATIENCE, Queue, Request, answer, refuse};
use crate::database::runtime::RUNTIME;
use crate::driver::work::{Scope, Work};
use crate::error::{Code, Error, Health, Result, caught};

/// A look-up that several callers make, each by a key of its own.
pub trait Question: Clone + Send + Sync + 'static {
    /// Where its look-ups wait.
    fn queue(&self) -> &Queue;

    /// The query for all of `requests`, whose outcomes come in their order.
    fn query<'a>(&'a self, requests: &'a [Request]) -> impl Work<Output = Vec<Outcome>> + Send + 'a;

    /// Answers one look-up by itself.
    fn alone(&self, key: String) -> impl Future<Output = Outcome> + Send + 'static;

    /// Hands out what the query has answered.
    fn settle(&self, requests: Vec<Request>, outcomes: Vec<Outcome>) {
        answer(requests, outcomes);
    }

    /// Has look-ups whose query has failed answered by another server. Returns those that no other one answers.
    fn hand_over(&self, requests: Vec<Request>, _error: &Error) -> Vec<Request> {
        requests
    }
}

/// Puts `requests` into the queue. `Some` if a batch has to start for them, which the caller then polls.
pub fn join<Q: Question>(
    database: &Arc<Database>,
    question: Q,
    mut requests: Vec<Request>,
) -> Option<impl Future<Output = ()> + Send + use<Q>> {
    let mut state = question.queue().lock();
    let room = MAX_WAITING.saturating_sub(state.waiting.len()).min(requests.len());
    let excess = requests.split_off(room);
    state.waiting.extend(requests);
    let flushes = state.flushes(database.lookups_at_once());
    drop(state);
    if !excess.is_empty() {
        let error = format!("{MAX_WAITING} look-ups wait for the database already");
        let error = database.place.named(Error::new(Code::Timeout, error));
        refuse(question.hand_over(excess, &error), &error);
    }
    flushes.then(|| Batch::new(database, question).run())
}

/// One shared query, and another one after it for as long as look-ups wait.
struct Batch<Q: Question> {
    database: Arc<Database>,
    question: Q,
    requests: Vec<Request>,
    /// Whether it has not taken its look-ups out of the queue yet.
    accepting: bool,
    done: bool,
}

impl<Q: Question> Batch<Q> {
    /// `State::flushes` has said so, and counted it.
    fn new(database: &Arc<Database>, question: Q) -> Self {
        Self { database: database.clone(), question, requests: Vec::new(), accepting: true, done: false }
    }

    async fn run(mut self) {
        loop {
            let outcome = self.execute().await;
            let requests = std::mem::take(&mut self.requests);
            match outcome {
                Ok(outcomes) => self.question.settle(requests, outcomes),
                Err(error) => self.fail(requests, &error),
            }
            if !self.continues() {
                return;
            }
        }
    }

    /// An error of one look-up, or of a table that has changed, must not be all callers' error: each look-up is made by itself.
    fn fail(&self, requests: Vec<Request>, error: &Error) {
        let requests = self.question.hand_over(requests, error);
        if !error.stale && error.connection != Health::Sound || error.code == Code::Timeout {
            return refuse(requests, &self.database.place.named(error.clone()));
        }
        for Request { key, id, completions, running, .. } in requests {
            let alone = self.question.alone(key);
            RUNTIME.spawn(async move {
                completions.complete(vec![(id, caught(alone).await)]);
                drop(running);
            });
        }
    }

    /// After the query has returned: whether this batch goes on with the look-ups that joined the queue meanwhile.
    fn continues(&mut self) -> bool {
        let mut state = self.question.queue().lock();
        if state.waiting.is_empty() || state.accepting {
            state.batches -= 1;
            self.done = true;
            return false;
        }
        state.accepting = true;
        drop(state);
        self.accepting = true;
        true
    }

    /// Leases a connection, takes the look-ups and sends the query. The outcome is that of all `requests`.
    async fn execute(&mut self) -> Result<Vec<Outcome>> {
        let (database, question) = (self.database.clone(), self.question.clone());
        let limit = database.operation_timeout();
        let mut absence = database.absence(limit.saturating_sub(self.waited()));
        loop {
            let patience = limit.min(database.acquire_timeout());
            let left = limit.saturating_sub(self.waited());
            let lease = timeout(left, database.lease_within(left, Scope::Read, "")).await;
            let lease = lease.unwrap_or_else(|_| Err(Error::too_slow(limit)));
            // The last moment to join. If no connection was free, that is the error of the look-ups that have waited so long.
            if self.requests.is_empty() {
                self.take(match &lease {
                    Err(error) if error.code == Code::Timeout => patience,
                    _ => Duration::ZERO,
                });
            }
            let mut lease = lease?;
            lease.try_names(&database);
            let reused = lease.reused();
            let waited = self.waited();
            let query = question.query(&self.requests);
            let asking = self.watched(lease.run(&query));
            let outcome = match timeout(limit.saturating_sub(waited), asking).await {
                Ok(outcome) => lease.finish(outcome).await,
                Err(_) => Err(Error::too_slow(limit)),
            };
            match outcome {
                Err(error) if error.connection == Health::Lost => {
                    database.distrust().await;
                    // As for any read: that says nothing about the database.
                    if !absence.excuses(&error, reused) || !absence.again().await {
                        return Err(error);
                    }
                }
                outcome => return outcome,
            }
        }
    }

    /// How long the first of its look-ups has waited.
    fn waited(&self) -> Duration {
        let since = match self.requests.first() {
            Some(request) => Some(request.since),
            None => self.question.queue().lock().waiting.front().map(|request| request.since),
        };
        since.map_or(Duration::ZERO, |since| since.elapsed())
    }

    /// Takes the look-ups out of the queue that have waited for at least `waited`.
    fn take(&mut self, waited: Duration) {
        self.accepting = false;
        let mut state = self.question.queue().lock();
        let count = state.waiting.iter().take(MAX_BATCH).take_while(|each| each.since.elapsed() >= waited).count();
        self.requests.extend(state.waiting.drain(..count));
        state.accepting = false;
        state.flushed = Some(Instant::now());
        // For look-ups that this batch had no room for.
        let follow = state.flushes(self.database.lookups_at_once());
        drop(state);
        if follow {
            self.follow();
        }
    }

    /// Waits for the answer. If it takes long, another batch starts for the look-ups that wait behind it.
    async fn watched<T>(&self, asking: impl Future<Output = T>) -> T {
        let mut asking = std::pin::pin!(asking);
        tokio::select! {
            biased;
            answer = &mut asking => return answer,
            () = sleep(PATIENCE) => {}
        }
        if self.question.queue().lock().flushes(self.database.lookups_at_once()) {
            self.follow();
        }
        asking.await
    }

    /// Starts another batch.
    fn follow(&self) {
        RUNTIME.spawn(Batch::new(&self.database, self.question.clone()).run());
    }
}

impl<Q: Question> Drop for Batch<Q> {
    /// A batch that ends early, because of a defect that panicked, still answers its callers and makes room.
    fn drop(&mut self) {
        if self.done {
            return;
        }
        let error = Error::new(Code::Internal, "a defect in rust-auth-adapter; please report it");
        refuse(std::mem::take(&mut self.requests), &error);
        let mut state = self.question.queue().lock();
        state.batches -= 1;
        let mut waiting = Vec::new();
        if self.accepting {
            state.accepting = false;
            waiting.extend(state.waiting.drain(..));
        }
        let follow = state.flushes(self.database.lookups_at_once());
        drop(state);
        refuse(waiting, &error);
        if follow {
            self.follow();
        }
    }
}
