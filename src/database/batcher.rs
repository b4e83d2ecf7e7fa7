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
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::time::timeout;

use crate::database::batch::{Batch, Shared, crowded};
use crate::database::database::Database;
use crate::database::queue::{CROWD, MAX_WAITING, Outcome, PATIENCE, Pace, Request, answer, refuse, tell_shared};
use crate::database::runtime::RUNTIME;
use crate::driver::work::{Scope, Work};
use crate::error::{Code, Error, Health, Result, caught};

/// A look-up that several callers make, each by a key of its own.
pub trait Question: Shared<Request = Request> {
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

/// When queries start beside others.
pub fn pace(database: &Database) -> Pace {
    Pace { at_once: database.lookups_at_once(), crowd: Some(CROWD), patience: PATIENCE, patience_alone: PATIENCE }
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
    let number = state.flushes(pace(database));
    drop(state);
    if !excess.is_empty() {
        let error = crowded(database);
        refuse(question.hand_over(excess, &error), &error);
    }
    number.map(|number| run(Batch::new(database, question, number)))
}

/// Asks for as long as look-ups wait.
pub async fn run<Q: Question>(mut batch: Batch<Q>) {
    loop {
        let mut asked = Asked(Vec::new(), AtomicUsize::new(0));
        let outcome = asked.execute(&batch).await;
        let requests = std::mem::take(&mut asked.0);
        match outcome {
            Ok(outcomes) => batch.shared.settle(requests, outcomes),
            Err(error) => fail(&batch, requests, &error),
        }
        if !batch.continues() {
            return;
        }
    }
}

/// An error of one look-up, or of a table that has changed, must not be all callers' error: each look-up is made by itself.
fn fail<Q: Question>(batch: &Batch<Q>, requests: Vec<Request>, error: &Error) {
    let requests = batch.shared.hand_over(requests, error);
    if !error.stale && error.connection != Health::Sound || error.code == Code::Timeout {
        return refuse(requests, &batch.database.place.named(error.clone()));
    }
    for Request { key, id, completions, running, .. } in requests {
        let alone = batch.shared.alone(key);
        RUNTIME.spawn(async move {
            completions.complete(vec![(id, caught(alone).await)]);
            drop(running);
        });
    }
}

/// The look-ups that a query was taken for, and how many of them, the first ones, have been told that their time is up.
struct Asked(Vec<Request>, AtomicUsize);

impl Asked {
    /// Leases a connection, takes the look-ups and sends the query. The outcome is that of all of them.
    async fn execute<Q: Question>(&mut self, batch: &Batch<Q>) -> Result<Vec<Outcome>> {
        let Batch { database, shared: question, .. } = batch;
        let limit = database.operation_timeout();
        let mut absence = database.absence(limit.saturating_sub(self.waited(batch)));
        loop {
            let since = Instant::now();
            let patience = limit.min(database.acquire_timeout());
            let left = limit.saturating_sub(self.waited(batch));
            let lease = timeout(left, database.lease_within(left, Scope::Read, "")).await;
            let lease = lease.unwrap_or_else(|_| Err(Error::too_slow(limit)));
            // The last moment to join. If no connection was free, that is the error of the look-ups that have waited so long.
            let is_again = !self.0.is_empty();
            if !is_again {
                let waited = match &lease {
                    Err(error) if error.code == Code::Timeout => patience,
                    _ => Duration::ZERO,
                };
                self.0 = batch.take(waited, |_| true);
                // One that another server has handed over has waited for longer than those that came before it.
                self.0.sort_by_key(|request| request.since);
            }
            let mut lease = lease?;
            if !is_again {
                database.batches.lookups.record(self.0.len() as u64, 1);
            }
            lease.try_names(database);
            let reused = lease.reused();
            let sent = Instant::now();
            let query = question.query(&self.0);
            let asking = batch.watched(async {
                let outcome = lease.run(&query).await;
                lease.finish(outcome).await
            });
            let (late, outcome) = self.in_time(batch, limit, asking).await;
            // The ids of those that were told before may be other calls' by now.
            let calls = self.0[late..].iter().map(|request| (request.id, &request.completions));
            tell_shared(calls, sent, sent.saturating_duration_since(since));
            drop(query);
            self.0.drain(..late);
            self.1.store(0, Ordering::Relaxed);
            match outcome.map(|mut outcomes| outcomes.split_off(late)) {
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

    /// Waits for the outcome, for as long as one of the callers may: a caller whose time is up is told so, and the others do not hear of
    /// it. The outcome is that of the other callers, after so many.
    async fn in_time<Q: Question>(
        &self,
        batch: &Batch<Q>,
        limit: Duration,
        asking: impl Future<Output = Result<Vec<Outcome>>>,
    ) -> (usize, Result<Vec<Outcome>>) {
        let mut asking = std::pin::pin!(asking);
        let error = batch.database.place.named(Error::too_slow(limit));
        for (late, request) in self.0.iter().enumerate() {
            if let Ok(outcome) = timeout(limit.saturating_sub(request.since.elapsed()), &mut asking).await {
                return (late, outcome);
            }
            self.1.store(late + 1, Ordering::Relaxed);
            refuse(batch.shared.hand_over(vec![request.clone()], &error), &error);
        }
        (self.0.len(), Err(Error::too_slow(limit)))
    }

    /// How long the first of its look-ups has waited.
    fn waited<Q: Question>(&self, batch: &Batch<Q>) -> Duration {
        let since = self.0.first().map(|request| request.since).or_else(|| batch.first_since());
        since.map_or(Duration::ZERO, |since: Instant| since.elapsed())
    }
}

impl Drop for Asked {
    /// A defect that panicked still answers its callers.
    fn drop(&mut self) {
        let error = Error::new(Code::Internal, "a defect in rust-auth-adapter; please report it");
        refuse(self.0.split_off(self.1.load(Ordering::Relaxed).min(self.0.len())), &error);
    }
}
