//! What waits for a shared statement: look-ups, and writes; and the completion queues that the outcomes of look-ups go to.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::mpsc::Sender;

use crate::error::{Error, Result};
use crate::value::Records;

/// At most so many look-ups or writes in one statement. More would make each wait for all others' rows.
pub const MAX_BATCH: usize = 128;

/// How many keys the statements of a dialect have places for, where one value cannot hold a list of any length.
pub const SIZES: [usize; 6] = [4, 8, 16, 32, 64, MAX_BATCH];

/// When a batch starts beside others that are under way.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// So many may be under way.
    pub at_once: usize,
    /// So many requests that wait fill a batch of their own.
    pub crowd: usize,
    /// How long requests wait for the batch before them.
    pub patience: Duration,
}

/// So many look-ups that wait fill a batch of their own while another one is under way.
pub const CROWD: usize = 32;

/// How long look-ups wait for the batch before them before they start one of their own.
pub const PATIENCE: Duration = Duration::from_millis(2);

/// More callers than this cannot wait: something is wrong with the database, and memory is finite.
pub const MAX_WAITING: usize = 100_000;

pub type Outcome = Result<Records>;

/// Takes the outcomes of one JavaScript environment.
pub trait CompletionQueue: Send + Sync {
    fn complete(&self, outcomes: Vec<(u32, Outcome)>);

    /// Whether it wants to know which calls shared a statement.
    fn is_watched(&self) -> bool {
        false
    }

    /// Calls shared a statement. Their outcomes follow.
    fn shared(&self, _shared: Shared) {}
}

/// One statement of several calls.
#[derive(Debug, Clone)]
pub struct Shared {
    /// Those of one JavaScript environment.
    pub ids: Vec<u32>,
    /// When the statement was sent, and how long it took to be answered.
    pub sent: Instant,
    pub took: Duration,
    /// How long the statement waited for a connection.
    pub waited: Duration,
}

/// A call whose JavaScript environment may want to know what it shares.
#[derive(Clone)]
pub struct Watched {
    pub id: u32,
    pub completions: Arc<dyn CompletionQueue>,
}

/// In the place of a request's id: no caller asked.
pub const UNASKED: u32 = u32::MAX;

/// One caller's question.
pub struct Request {
    pub key: String,
    pub id: u32,
    pub completions: Arc<dyn CompletionQueue>,
    /// Held for as long as the request is under way.
    pub running: Sender<()>,
    pub since: Instant,
}

/// The requests of one form that wait.
pub struct Queue<R>(Mutex<State<R>>);

/// Those of look-ups, where more than one asks for them.
pub type LookUps = Arc<Queue<Request>>;

pub struct State<R> {
    pub waiting: VecDeque<R>,
    /// Batches under way or about to be.
    pub batches: usize,
    /// Whether one of them has not taken its requests out of the queue yet.
    pub accepting: bool,
    /// When the last batch took its requests.
    pub flushed: Option<Instant>,
}

impl<R> Default for Queue<R> {
    fn default() -> Self {
        Self(Mutex::new(State { waiting: VecDeque::new(), batches: 0, accepting: false, flushed: None }))
    }
}

impl<R> std::fmt::Debug for Queue<R> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Queue")
    }
}

impl<R> Queue<R> {
    pub fn lock(&self) -> MutexGuard<'_, State<R>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<R> State<R> {
    /// Whether a batch starts for the requests that wait; if so, it is counted.
    pub fn flushes(&mut self, pace: Pace) -> bool {
        let flushes = !self.waiting.is_empty()
            && !self.accepting
            && (self.batches == 0
                || self.batches < pace.at_once
                    && (self.waiting.len() >= pace.crowd
                        || self.flushed.is_some_and(|flushed| flushed.elapsed() > pace.patience)));
        if flushes {
            self.batches += 1;
            self.accepting = true;
        }
        flushes
    }
}

pub fn refuse(requests: Vec<Request>, error: &Error) {
    let outcomes = requests.iter().map(|_| Err(error.clone())).collect();
    answer(requests, outcomes);
}

/// Tells the environments that watch which of their calls, each with its id, shared a statement.
pub fn tell_shared<'a>(
    calls: impl Iterator<Item = (u32, &'a Arc<dyn CompletionQueue>)>,
    sent: Instant,
    waited: Duration,
) {
    let took = sent.elapsed();
    let mut told: Vec<(&Arc<dyn CompletionQueue>, Vec<u32>)> = Vec::new();
    for (id, completions) in calls.filter(|(_, completions)| completions.is_watched()) {
        match told.iter_mut().find(|(other, _)| Arc::ptr_eq(other, completions)) {
            Some((_, ids)) => ids.push(id),
            None => told.push((completions, vec![id])),
        }
    }
    for (completions, ids) in told {
        completions.shared(Shared { ids, sent, took, waited });
    }
}

/// Hands out the outcomes: all of one JavaScript environment at once.
pub fn answer(requests: Vec<Request>, outcomes: Vec<Outcome>) {
    let mut current: Option<(Arc<dyn CompletionQueue>, Vec<_>)> = None;
    let mut running = Vec::with_capacity(requests.len());
    for (request, outcome) in requests.into_iter().zip(outcomes) {
        running.push(request.running);
        match &mut current {
            Some((completions, ready)) if Arc::ptr_eq(completions, &request.completions) => {
                ready.push((request.id, outcome))
            }
            _ => {
                if let Some((completions, ready)) = current.replace((request.completions, vec![(request.id, outcome)]))
                {
                    completions.complete(ready);
                }
            }
        }
    }
    if let Some((completions, ready)) = current {
        completions.complete(ready);
    }
}
