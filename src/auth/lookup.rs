//! Look-ups by one key that share queries.
//!
//! A look-up that finds nobody else under way leaves at once and alone. One that does joins those who wait, and they
//! leave together: when a query before them returns, when they have become many, or when they have waited a moment.
//!
//! Invariants:
//! - A query is joined only before it is sent, so that a look-up which starts after a write was acknowledged sees it.
//! - Each look-up is answered exactly once, by the query it travelled in; nothing is kept for later ones.
//! - The key in a returned row decides who gets it. A row that nobody in the batch asked for reaches nobody.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::mpsc::Sender;
use tokio::time::{sleep, timeout};

use super::adapter::Records;
use super::operation::Operation;
use super::query::Query;
use crate::error::{Code, Error, Health, Result};
use crate::runtime::RUNTIME;
use crate::store::{Scope, Store, too_slow};

/// At most so many look-ups in one query. More would make each wait for all others' rows.
pub const MAX_BATCH: usize = 128;

/// So many that wait fill a query of their own while another one is under way.
const CROWD: usize = 32;

/// How long those who wait trust that the query before them returns soon.
const PATIENCE: Duration = Duration::from_millis(2);

/// More callers than this cannot wait: something is wrong with the database, and memory is finite.
const MAX_WAITING: usize = 100_000;

pub type Outcome = Result<Records>;

/// Where outcomes go: the far side of the crossing.
pub trait Inbox: Send + Sync {
    fn arrive(&self, outcomes: Vec<(u32, Outcome)>);
}

/// In the place of a request's id: nobody asked.
pub const UNASKED: u32 = u32::MAX;

/// One caller's question.
pub struct Request {
    pub key: String,
    pub id: u32,
    pub inbox: Arc<dyn Inbox>,
    /// Held for as long as the request is under way.
    pub running: Sender<()>,
    pub since: Instant,
}

/// Everybody who asks the same operation of the same store.
#[derive(Default)]
pub struct Queue(Mutex<State>);

#[derive(Default)]
struct State {
    waiting: VecDeque<Request>,
    /// Queries under way or about to be.
    flights: usize,
    /// Whether one of them is still to be joined.
    boarding: bool,
    departed: Option<Instant>,
}

impl std::fmt::Debug for Queue {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Queue")
    }
}

impl Queue {
    /// Lets `requests` wait. `Some` if a query has to leave for them, which the caller then sees to.
    pub fn join(
        store: &Arc<Store>,
        operation: &'static Operation,
        mut requests: Vec<Request>,
    ) -> Option<impl Future<Output = ()> + Send + use<>> {
        let queue = store.queue(operation)?;
        let mut state = queue.lock();
        let room = MAX_WAITING.saturating_sub(state.waiting.len()).min(requests.len());
        let excess = requests.split_off(room);
        state.waiting.extend(requests);
        let leave = state.leaves(store.lookups_at_once());
        drop(state);
        if !excess.is_empty() {
            let error = format!("{MAX_WAITING} look-ups wait for the database already");
            refuse(excess, &Error::new(Code::Timeout, error));
        }
        leave.then(|| Flight::new(store, operation).run())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Whether those who wait should leave now; if so, a query boards.
    fn leaves(&mut self, max_flights: usize) -> bool {
        let leaves = !self.waiting.is_empty()
            && !self.boarding
            && (self.flights == 0
                || self.flights < max_flights
                    && (self.waiting.len() >= CROWD
                        || self.departed.is_some_and(|departed| departed.elapsed() > PATIENCE)));
        if leaves {
            self.flights += 1;
            self.boarding = true;
        }
        leaves
    }
}

/// One query under way, and another one after it for as long as somebody waits.
struct Flight {
    store: Arc<Store>,
    operation: &'static Operation,
    boarded: Vec<Request>,
    /// Whether it may still be joined.
    boarding: bool,
    done: bool,
}

impl Flight {
    /// For `State::leaves` has said so, and counted it.
    fn new(store: &Arc<Store>, operation: &'static Operation) -> Self {
        Self { store: store.clone(), operation, boarded: Vec::new(), boarding: true, done: false }
    }

    async fn run(mut self) {
        loop {
            let outcome = self.carry().await;
            let boarded = std::mem::take(&mut self.boarded);
            match outcome {
                Ok(outcomes) => answer(boarded, outcomes),
                Err(error) => refuse(boarded, &error),
            }
            if !self.again() {
                return;
            }
        }
    }

    /// After landing: whether this flight leaves once more, for those who came meanwhile.
    fn again(&mut self) -> bool {
        let Some(queue) = self.store.queue(self.operation) else { return false };
        let mut state = queue.lock();
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
        let store = self.store.clone();
        let plan = store.plan().await;
        let mut retried = false;
        loop {
            let lease = match &plan {
                Ok(plan) => store.lease(Scope::Read, &plan.begin, None).await.map(|lease| (plan, lease)),
                Err(error) => Err(error.clone()),
            };
            // The last moment to join. That no connection was free for so long is true only for who waited so long.
            if self.boarded.is_empty() {
                self.board(match &lease {
                    Err(error) if error.code == Code::Timeout => store.acquire_timeout(),
                    _ => Duration::ZERO,
                });
            }
            let (plan, mut lease) = lease?;
            let reused = lease.reused();
            let limit = store.operation_timeout();
            let waited = self.boarded.first().map_or(Duration::ZERO, |request| request.since.elapsed());
            let query = Query { plan, operation: self.operation, requests: &self.boarded };
            let asking = self.watched(lease.run(&query));
            let outcome = match timeout(limit.saturating_sub(waited), asking).await {
                Ok(outcome) => lease.finish(outcome).await,
                Err(_) => Err(too_slow(limit)),
            };
            match outcome {
                Err(error) if error.connection == Health::Lost => {
                    store.distrust().await;
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
        let Some(queue) = self.store.queue(self.operation) else { return };
        let mut state = queue.lock();
        let count = state.waiting.iter().take(MAX_BATCH).take_while(|each| each.since.elapsed() >= waited).count();
        self.boarded.extend(state.waiting.drain(..count));
        state.boarding = false;
        state.departed = Some(Instant::now());
        // Whoever found no seat.
        let follow = state.leaves(self.store.lookups_at_once());
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
        if let Some(queue) = self.store.queue(self.operation)
            && queue.lock().leaves(self.store.lookups_at_once())
        {
            self.follow();
        }
        asking.await
    }

    /// Starts another flight.
    fn follow(&self) {
        RUNTIME.spawn(Flight::new(&self.store, self.operation).run());
    }
}

impl Drop for Flight {
    /// A flight that ends early, because of a defect that panicked, still answers its passengers and makes room.
    fn drop(&mut self) {
        if self.done {
            return;
        }
        let error = Error::new(Code::Internal, "a defect in rust-auth-adapter; please report it");
        refuse(std::mem::take(&mut self.boarded), &error);
        if let Some(queue) = self.store.queue(self.operation) {
            let mut state = queue.lock();
            state.flights -= 1;
            let mut waiting = Vec::new();
            if self.boarding {
                state.boarding = false;
                waiting.extend(state.waiting.drain(..));
            }
            let follow = state.leaves(self.store.lookups_at_once());
            drop(state);
            refuse(waiting, &error);
            if follow {
                self.follow();
            }
        }
    }
}

fn refuse(requests: Vec<Request>, error: &Error) {
    let outcomes = requests.iter().map(|_| Err(error.clone())).collect();
    answer(requests, outcomes);
}

/// Hands out the outcomes: all of one JavaScript environment at once.
fn answer(requests: Vec<Request>, outcomes: Vec<Outcome>) {
    let mut current: Option<(Arc<dyn Inbox>, Vec<_>)> = None;
    let mut running = Vec::with_capacity(requests.len());
    for (request, outcome) in requests.into_iter().zip(outcomes) {
        running.push(request.running);
        match &mut current {
            Some((inbox, ready)) if Arc::ptr_eq(inbox, &request.inbox) => ready.push((request.id, outcome)),
            _ => {
                if let Some((inbox, ready)) = current.replace((request.inbox, vec![(request.id, outcome)])) {
                    inbox.arrive(ready);
                }
            }
        }
    }
    if let Some((inbox, ready)) = current {
        inbox.arrive(ready);
    }
}
