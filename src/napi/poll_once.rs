//! A task is polled once on the calling thread before the runtime gets it.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use crate::database::runtime::{LARGEST_TASK, RUNTIME};

type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Polls `task` once on the calling thread: a query gets as far as the socket, or a statement as far as SQLite's thread, which spares the
/// way through another thread before the database can begin. The runtime gets the task when its waker is called for the first time: to
/// hand it over now would only wake a thread that has to wait.
pub fn poll_once<F: Future<Output = ()> + Send + 'static>(task: F) {
    const { assert!(size_of::<F>() <= LARGEST_TASK, "each call would copy it: its work belongs into a box") }
    let _context = RUNTIME.enter();
    let mut task: Task = Box::pin(task);
    let waiting = Arc::new(Waiting(Mutex::new(State::Polling)));
    let waker = Waker::from(waiting.clone());
    // A task that panics has answered its callers on the way out.
    let polled = catch_unwind(AssertUnwindSafe(|| task.as_mut().poll(&mut Context::from_waker(&waker))));
    if let Ok(Poll::Pending) = polled {
        waiting.park(task);
    }
}

/// A task that waits for its first wake; from then on it is a task of the runtime's.
///
/// It holds the task, and what the task waits for holds it, until the first wake undoes that circle. An operation's time-out makes sure
/// of that wake; `close` is woken by the last operation that ends.
struct Waiting(Mutex<State>);

enum State {
    /// The calling thread polls the task.
    Polling,
    /// Woken while the calling thread still polled the task.
    Woken,
    Parked(Task),
    /// The runtime has the task, or it has completed.
    Gone,
}

impl Waiting {
    fn park(&self, task: Task) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let State::Woken = *state {
            *state = State::Gone;
            RUNTIME.spawn(task);
        } else {
            *state = State::Parked(task);
        }
    }
}

impl Wake for Waiting {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let before = std::mem::replace(&mut *state, State::Gone);
        match before {
            State::Polling | State::Woken => *state = State::Woken,
            State::Parked(task) => {
                drop(state);
                RUNTIME.spawn(task);
            }
            State::Gone => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Duration;

    use super::*;

    /// Whether `task` completes, once.
    fn completes(task: impl Future<Output = ()> + Send + 'static) -> bool {
        RUNTIME.start().expect("threads");
        let (sender, receiver) = mpsc::channel();
        poll_once(async move {
            task.await;
            sender.send(()).expect("the test waits");
        });
        let completed = receiver.recv_timeout(Duration::from_secs(10)).is_ok();
        completed && receiver.recv_timeout(Duration::from_millis(20)) == Err(mpsc::RecvTimeoutError::Disconnected)
    }

    #[test]
    fn it_completes_once() {
        assert!(completes(std::future::ready(())), "nothing");
        assert!(completes(async { tokio::time::sleep(Duration::from_millis(5)).await }), "a timer");
        let mut called = false;
        assert!(
            completes(std::future::poll_fn(move |context| {
                context.waker().wake_by_ref();
                context.waker().wake_by_ref();
                if std::mem::replace(&mut called, true) { Poll::Ready(()) } else { Poll::Pending }
            })),
            "a wake while it is polled"
        );
        let (sender, receiver) = tokio::sync::oneshot::channel();
        let other = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(5));
            sender.send(()).expect("a task that waits");
        });
        assert!(completes(async { receiver.await.expect("a word") }), "another thread");
        other.join().expect("the other thread");
    }
}
