//! One shared statement, and another one after it for as long as requests wait: what look-ups and writes have in common.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tokio::time::sleep;

use crate::database::database::Database;
use crate::database::queue::{MAX_BATCH, MAX_WAITING, Pace, Queue};
use crate::database::runtime::RUNTIME;
use crate::error::{Code, Error};

/// Requests of one form, of which those that wait at the same time share a statement.
pub trait Shared: Clone + Send + Sync + 'static {
    type Request: Send + 'static;

    /// Where its requests wait.
    fn queue(&self) -> &Queue<Self::Request>;

    fn pace(&self, database: &Database) -> Pace;

    /// Since when a request has waited.
    fn since(request: &Self::Request) -> Instant;

    /// Answers requests with an error.
    fn refuse(requests: Vec<Self::Request>, error: &Error);

    /// Sends statements for as long as requests wait.
    fn run(batch: Batch<Self>) -> impl Future<Output = ()> + Send + 'static;
}

/// A batch that is under way: `State::flushes` has said that it starts, or `State::lets_ahead` that a request goes ahead alone.
pub struct Batch<S: Shared> {
    pub database: Arc<Database>,
    pub shared: S,
    /// Its own among those of the queue.
    number: u64,
    /// Whether it has not taken its requests out of the queue yet.
    accepting: AtomicBool,
    done: bool,
}

impl<S: Shared> Batch<S> {
    pub fn new(database: &Arc<Database>, shared: S, number: u64) -> Self {
        Self { database: database.clone(), shared, number, accepting: AtomicBool::new(true), done: false }
    }

    /// Of a request that went ahead alone: those that come wait for it.
    pub fn ahead(database: &Arc<Database>, shared: S, number: u64) -> Self {
        Self { database: database.clone(), shared, number, accepting: AtomicBool::new(false), done: false }
    }

    /// After the statement has returned: whether this batch goes on with the requests that joined the queue meanwhile.
    pub fn continues(&mut self) -> bool {
        let goes_on = self.shared.queue().lock().goes_on(self.number, self.shared.pace(&self.database));
        self.done = !goes_on;
        self.accepting.store(goes_on, Ordering::Relaxed);
        goes_on
    }

    /// Takes the first of the requests that wait, if there are no others, or if all those that a batch would take are the `same`: it
    /// goes ahead alone.
    pub fn take_lone(&self, same: impl Fn(&S::Request, &S::Request) -> bool) -> Option<S::Request> {
        let mut state = self.shared.queue().lock();
        let mut first = state.waiting.iter().take(MAX_BATCH);
        let is_lone = first.next().is_some_and(|one| first.all(|other| same(one, other)));
        let request = if is_lone { state.waiting.pop_front() } else { None };
        if request.is_some() {
            state.taken(self.number, false);
            self.accepting.store(false, Ordering::Relaxed);
        }
        request
    }

    /// Since when the first request in the queue has waited.
    pub fn first_since(&self) -> Option<Instant> {
        self.shared.queue().lock().waiting.front().map(S::since)
    }

    /// Takes the requests out of the queue that have waited for at least `waited`: the last moment to join. Those that do not `fit`
    /// beside the ones that were taken wait for another batch.
    pub fn take(&self, waited: Duration, mut fits: impl FnMut(&S::Request) -> bool) -> Vec<S::Request> {
        self.accepting.store(false, Ordering::Relaxed);
        let mut state = self.shared.queue().lock();
        let count = state.waiting.iter().take(MAX_BATCH).take_while(|each| S::since(each).elapsed() >= waited).count();
        let mut taken = Vec::with_capacity(count);
        let mut left = Vec::new();
        for request in state.waiting.drain(..count) {
            if fits(&request) { taken.push(request) } else { left.push(request) }
        }
        for request in left.into_iter().rev() {
            state.waiting.push_front(request);
        }
        state.taken(self.number, true);
        // For requests that this batch had no room for.
        let follower = state.flushes(self.shared.pace(&self.database));
        drop(state);
        self.follow(follower);
        taken
    }

    /// Waits for the answer, as [`watched`] does.
    pub async fn watched<T>(&self, asking: impl Future<Output = T>) -> T {
        watched(&self.database, &self.shared, self.shared.pace(&self.database).patience, asking).await
    }

    fn follow(&self, number: Option<u64>) {
        follow(&self.database, &self.shared, number);
    }
}

/// How often it is seen to the requests behind a batch that takes longer than their patience.
const LOOKS: Duration = Duration::from_millis(50);

/// Waits for the answer. If it takes long, another batch starts for the requests that wait, as soon as that is due: when their `patience` is
/// over for the first time, this one may not have been sent yet, or another one may just have been.
pub async fn watched<S: Shared, T>(
    database: &Arc<Database>,
    shared: &S,
    patience: Duration,
    asking: impl Future<Output = T>,
) -> T {
    let mut asking = std::pin::pin!(asking);
    let pace = shared.pace(database);
    let mut moment = patience;
    loop {
        tokio::select! {
            biased;
            answer = &mut asking => return answer,
            () = sleep(moment) => {}
        }
        moment = patience.max(LOOKS);
        let follower = shared.queue().lock().flushes(pace);
        follow(database, shared, follower);
    }
}

/// Starts the batch that has this number.
pub fn follow<S: Shared>(database: &Arc<Database>, shared: &S, number: Option<u64>) {
    if let Some(number) = number {
        RUNTIME.spawn(S::run(Batch::new(database, shared.clone(), number)));
    }
}

impl<S: Shared> Drop for Batch<S> {
    /// A batch that ends early, because of a defect that panicked, still answers its callers and makes room.
    fn drop(&mut self) {
        if self.done {
            return;
        }
        let mut state = self.shared.queue().lock();
        state.end(self.number);
        let mut waiting = Vec::new();
        if self.accepting.load(Ordering::Relaxed) {
            state.accepting = false;
            waiting.extend(state.waiting.drain(..));
        }
        let follower = state.flushes(self.shared.pace(&self.database));
        drop(state);
        S::refuse(waiting, &Error::new(Code::Internal, "a defect in rust-auth-adapter; please report it"));
        self.follow(follower);
    }
}

/// The error of requests that there is no room for.
pub fn crowded(database: &Database) -> Error {
    database.place.named(Error::new(Code::Timeout, format!("{MAX_WAITING} calls wait for the database already")))
}
