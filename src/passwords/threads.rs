//! The threads that hash: as many as there are cores but one, so that look-ups have a core to be answered on.

use std::collections::VecDeque;
use std::panic::AssertUnwindSafe;
use std::sync::{Condvar, LazyLock, Mutex, MutexGuard, PoisonError};
use std::thread;

use tokio::sync::oneshot;

use crate::error::{Code, Error, Result};

/// What a thread does: it answers its caller by itself.
type Job = Box<dyn FnOnce() + Send>;

#[derive(Default)]
struct State {
    waiting: VecDeque<Job>,
    /// How many threads there are.
    threads: usize,
    /// How many of them have nothing to do.
    idle: usize,
}

struct Threads {
    state: Mutex<State>,
    work: Condvar,
    most: usize,
}

static THREADS: LazyLock<Threads> = LazyLock::new(|| Threads {
    state: Mutex::default(),
    work: Condvar::new(),
    most: thread::available_parallelism().map_or(1, |cores| cores.get().saturating_sub(1).max(1)),
});

/// How many threads hash at most.
#[cfg(test)]
pub fn most() -> usize {
    THREADS.most
}

/// Runs `work` on one of the threads, each in its turn. If more than `queue` wait already, it is refused. What its caller
/// does not wait for any more is not begun.
pub async fn run<T: Send + 'static>(queue: usize, work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    let (answer, answered) = oneshot::channel();
    let job = Box::new(move || {
        if !answer.is_closed() {
            let outcome = std::panic::catch_unwind(AssertUnwindSafe(work));
            let _ = answer.send(outcome.unwrap_or_else(|panic| Err(Error::panicked(&*panic))));
        }
    });
    THREADS.enter(queue, job)?;
    answered.await.unwrap_or_else(|_| Err(Error::new(Code::Closed, "the process is ending")))
}

impl Threads {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn enter(&'static self, queue: usize, job: Job) -> Result<()> {
        let mut state = self.state();
        // Those that are about to be taken by an idle thread wait for nothing.
        if state.waiting.len() >= queue + state.idle + (self.most - state.threads) {
            return Err(busy(queue));
        }
        if state.waiting.len() >= state.idle && state.threads < self.most {
            match thread::Builder::new().name("rust-auth-hash".into()).spawn(move || self.serve()) {
                Ok(_) => state.threads += 1,
                Err(_) if state.threads > 0 => {}
                Err(error) => {
                    let message = "the system gives no thread to hash passwords";
                    return Err(Error::new(Code::Busy, message).because(error.to_string()));
                }
            }
        }
        state.waiting.push_back(job);
        drop(state);
        self.work.notify_one();
        Ok(())
    }

    fn serve(&self) {
        let mut state = self.state();
        loop {
            if let Some(job) = state.waiting.pop_front() {
                drop(state);
                job();
                state = self.state();
            } else {
                state.idle += 1;
                state = self.work.wait(state).unwrap_or_else(PoisonError::into_inner);
                state.idle -= 1;
            }
        }
    }
}

fn busy(queue: usize) -> Error {
    Error::new(
        Code::Busy,
        format!("{queue} passwords wait to be hashed already; the option passwords.queue sets how many may"),
    )
}
