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
    /// So many requests that wait fill a batch of their own. `None`: one batch is under way at a time, but for those that take long.
    pub crowd: Option<usize>,
    /// How long requests wait for the batch before them, and for a request that went ahead alone: more often than a batch, that waits
    /// for something of its own.
    pub patience: Duration,
    pub patience_alone: Duration,
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
#[derive(Clone)]
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
    under_way: Vec<UnderWay>,
    /// Whether one of them has not taken its requests out of the queue yet.
    pub accepting: bool,
    /// The number of the next one.
    next: u64,
}

/// A batch, or a request that went ahead alone.
#[derive(Debug)]
struct UnderWay {
    number: u64,
    /// When it started or, later, took its requests.
    since: Instant,
    /// Whether it starts another one for those that wait, if it takes long.
    watches: bool,
}

impl<R> Default for Queue<R> {
    fn default() -> Self {
        Self(Mutex::new(State { waiting: VecDeque::new(), under_way: Vec::new(), accepting: false, next: 0 }))
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

impl UnderWay {
    fn is_long(&self, pace: Pace) -> bool {
        self.since.elapsed() > if self.watches { pace.patience } else { pace.patience_alone }
    }
}

impl<R> State<R> {
    /// Whether a batch starts for the requests that wait; if so, its number.
    pub fn flushes(&mut self, pace: Pace) -> Option<u64> {
        let crowded = pace.crowd.is_some_and(|crowd| self.waiting.len() >= crowd);
        let starts = !self.waiting.is_empty() && !self.accepting && self.has_room(pace, crowded);
        starts.then(|| {
            self.accepting = true;
            self.begin(true)
        })
    }

    /// Whether a request goes ahead at once, alone; if so, its number.
    pub fn lets_ahead(&mut self, pace: Pace) -> Option<u64> {
        let goes = self.waiting.is_empty() && !self.accepting && self.has_room(pace, false);
        goes.then(|| self.begin(false))
    }

    /// Whether a batch may start beside those that are under way: where there is a crowd, or each of them takes long. What waits for
    /// them may have nothing to do with what keeps them.
    fn has_room(&self, pace: Pace, crowded: bool) -> bool {
        self.under_way.is_empty()
            || self.under_way.len() < pace.at_once && (crowded || self.under_way.iter().all(|each| each.is_long(pace)))
    }

    fn begin(&mut self, watches: bool) -> u64 {
        let number = self.next;
        self.next += 1;
        self.under_way.push(UnderWay { number, since: Instant::now(), watches });
        number
    }

    /// A batch has taken its requests out of the queue.
    pub fn taken(&mut self, number: u64, watches: bool) {
        self.accepting = false;
        if let Some(batch) = self.under_way.iter_mut().find(|each| each.number == number) {
            (batch.since, batch.watches) = (Instant::now(), watches);
        }
    }

    /// The statement of a batch has returned. Whether it goes on with the requests that wait; otherwise it has ended.
    pub fn goes_on(&mut self, number: u64, pace: Pace) -> bool {
        let serves = |each: &UnderWay| each.number != number && each.watches && !each.is_long(pace);
        let leaves = pace.crowd.is_none() && self.under_way.iter().any(serves);
        if self.waiting.is_empty() || self.accepting || leaves {
            self.end(number);
            return false;
        }
        self.accepting = true;
        true
    }

    pub fn end(&mut self, number: u64) {
        self.under_way.retain(|each| each.number != number);
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

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(9);
    const PATIENT: Pace = Pace { at_once: 3, crowd: None, patience: PATIENCE, patience_alone: PATIENCE };
    const HASTY: Pace = Pace { patience: Duration::ZERO, patience_alone: Duration::ZERO, ..PATIENT };

    fn state(waiting: usize) -> State<()> {
        let mut state = State { waiting: VecDeque::new(), under_way: Vec::new(), accepting: false, next: 0 };
        state.waiting.extend(std::iter::repeat_n((), waiting));
        state
    }

    #[test]
    fn the_first_goes_ahead_and_the_others_wait_for_it() {
        let mut state = state(0);
        let first = state.lets_ahead(PATIENT).unwrap();
        assert_eq!(state.lets_ahead(PATIENT), None);
        state.waiting.push_back(());
        assert_eq!(state.flushes(PATIENT), None);
        assert!(state.goes_on(first, PATIENT));
        assert!(state.accepting);
    }

    #[test]
    fn what_takes_long_does_not_hold_up_others() {
        let mut state = state(0);
        let kept = state.lets_ahead(HASTY).unwrap();
        let stranger = state.lets_ahead(HASTY).unwrap();
        assert!(!state.goes_on(stranger, HASTY));
        // The one that has ended is not asked for: it was young.
        assert!(state.lets_ahead(HASTY).is_some());
        assert!(state.lets_ahead(HASTY).is_some());
        assert_eq!(state.lets_ahead(HASTY), None, "there is no room for more");
        state.end(kept);
        assert!(state.lets_ahead(HASTY).is_some());
    }

    #[test]
    fn one_that_took_long_leaves_the_rest_to_the_one_that_is_under_way() {
        let mut state = state(1);
        let late = state.flushes(PATIENT).unwrap();
        state.taken(late, true);
        let next = state.flushes(HASTY).unwrap();
        state.taken(next, true);
        assert!(!state.goes_on(late, PATIENT), "another batch serves those that wait");
        assert!(state.goes_on(next, PATIENT));
        state.taken(next, false);
        let late = state.flushes(HASTY).unwrap();
        state.taken(late, true);
        assert!(state.goes_on(late, PATIENT), "one that is alone does not serve the others");
    }

    #[test]
    fn a_crowd_does_not_wait() {
        let crowded = Pace { crowd: Some(2), ..PATIENT };
        let mut state = state(2);
        let first = state.flushes(crowded).unwrap();
        assert_eq!(state.flushes(crowded), None, "it takes those that wait");
        state.taken(first, true);
        let second = state.flushes(crowded).unwrap();
        state.taken(second, true);
        assert!(state.goes_on(first, crowded), "batches of look-ups serve side by side");
    }
}
