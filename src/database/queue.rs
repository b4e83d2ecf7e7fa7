//! The look-ups that wait for a shared query, and the completion queues that their outcomes go to.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::mpsc::Sender;

use crate::error::{Error, Result};
use crate::value::Records;

/// At most so many look-ups in one query. More would make each wait for all others' rows.
pub const MAX_BATCH: usize = 128;

/// How many keys the statements of a dialect have places for, where one value cannot hold a list of any length.
pub const SIZES: [usize; 6] = [4, 8, 16, 32, 64, MAX_BATCH];

/// So many look-ups that wait fill a batch of their own while another one is under way.
const CROWD: usize = 32;

/// How long look-ups wait for the batch before them before they start one of their own.
pub const PATIENCE: Duration = Duration::from_millis(2);

/// More callers than this cannot wait: something is wrong with the database, and memory is finite.
pub const MAX_WAITING: usize = 100_000;

pub type Outcome = Result<Records>;

/// Takes the outcomes of one JavaScript environment.
pub trait CompletionQueue: Send + Sync {
    fn complete(&self, outcomes: Vec<(u32, Outcome)>);
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

/// The look-ups of one form that wait.
#[derive(Default)]
pub struct Queue(Mutex<State>);

#[derive(Default)]
pub struct State {
    pub waiting: VecDeque<Request>,
    /// Batches under way or about to be.
    pub batches: usize,
    /// Whether one of them has not taken its look-ups out of the queue yet.
    pub accepting: bool,
    /// When the last batch took its look-ups.
    pub flushed: Option<Instant>,
}

impl std::fmt::Debug for Queue {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Queue")
    }
}

impl Queue {
    pub fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Whether a batch starts for the look-ups that wait; if so, it is counted.
    pub fn flushes(&mut self, max_batches: usize) -> bool {
        let flushes = !self.waiting.is_empty()
            && !self.accepting
            && (self.batches == 0
                || self.batches < max_batches
                    && (self.waiting.len() >= CROWD
                        || self.flushed.is_some_and(|flushed| flushed.elapsed() > PATIENCE)));
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
