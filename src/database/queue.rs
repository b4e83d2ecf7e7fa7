//! Those who wait for a query that answers several look-ups, and where the answers go.

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

/// So many that wait fill a query of their own while another one is under way.
const CROWD: usize = 32;

/// How long those who wait trust that the query before them returns soon.
pub const PATIENCE: Duration = Duration::from_millis(2);

/// More callers than this cannot wait: something is wrong with the database, and memory is finite.
pub const MAX_WAITING: usize = 100_000;

pub type Outcome = Result<Records>;

/// Where outcomes go: the far side of the crossing.
pub trait Inbox: Send + Sync {
    fn arrive(&self, outcomes: Vec<(u32, Outcome)>);
}

/// In the place of a request's id: no caller asked.
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

/// Everybody who asks the same of the same store.
#[derive(Default)]
pub struct Queue(Mutex<State>);

#[derive(Default)]
pub struct State {
    pub waiting: VecDeque<Request>,
    /// Queries under way or about to be.
    pub flights: usize,
    /// Whether one of them is still to be joined.
    pub boarding: bool,
    pub departed: Option<Instant>,
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
    /// Whether those who wait should leave now; if so, a query boards.
    pub fn leaves(&mut self, max_flights: usize) -> bool {
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

pub fn refuse(requests: Vec<Request>, error: &Error) {
    let outcomes = requests.iter().map(|_| Err(error.clone())).collect();
    answer(requests, outcomes);
}

/// Hands out the outcomes: all of one JavaScript environment at once.
pub fn answer(requests: Vec<Request>, outcomes: Vec<Outcome>) {
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
