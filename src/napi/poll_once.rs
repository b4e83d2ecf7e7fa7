//! The first step of what is to be waited for is taken on the thread that asks.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use crate::database::runtime::RUNTIME;

type Flight = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Takes a query as far as the socket, or a statement as far as SQLite's thread, on the calling thread, which spares the
/// way through another one before the database can begin. The runtime goes on with it when there is something to go on
/// with: to be told of it now would only wake a thread that has to wait.
pub fn depart(flight: impl Future<Output = ()> + Send + 'static) {
    let _context = RUNTIME.enter();
    let mut flight: Flight = Box::pin(flight);
    let waiting = Arc::new(Waiting(Mutex::new(State::Departing)));
    let waker = Waker::from(waiting.clone());
    // Should it panic, it has answered its passengers on the way out.
    let polled = catch_unwind(AssertUnwindSafe(|| flight.as_mut().poll(&mut Context::from_waker(&waker))));
    if let Ok(Poll::Pending) = polled {
        waiting.park(flight);
    }
}

/// What waits, until it is woken for the first time; from then on it is a task of the runtime's.
///
/// It holds the flight, and what the flight waits for holds it, until the first wake undoes that circle. Of that, an operation's
/// time-out makes sure; `close` is woken by the last operation that ends.
struct Waiting(Mutex<State>);

enum State {
    /// On its first step.
    Departing,
    /// Woken while it was still on its first step.
    Called,
    Parked(Flight),
    /// The runtime has it, or it has arrived.
    Gone,
}

impl Waiting {
    fn park(&self, flight: Flight) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let State::Called = *state {
            *state = State::Gone;
            RUNTIME.spawn(flight);
        } else {
            *state = State::Parked(flight);
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
            State::Departing | State::Called => *state = State::Called,
            State::Parked(flight) => {
                drop(state);
                RUNTIME.spawn(flight);
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

    /// Whether `flight` arrives, once.
    fn arrives(flight: impl Future<Output = ()> + Send + 'static) -> bool {
        RUNTIME.start().expect("threads");
        let (sender, receiver) = mpsc::channel();
        depart(async move {
            flight.await;
            sender.send(()).expect("somebody who waits");
        });
        let arrived = receiver.recv_timeout(Duration::from_secs(10)).is_ok();
        arrived && receiver.recv_timeout(Duration::from_millis(20)) == Err(mpsc::RecvTimeoutError::Disconnected)
    }

    #[test]
    fn whatever_it_waits_for_it_arrives_once() {
        assert!(arrives(std::future::ready(())), "nothing");
        assert!(arrives(async { tokio::time::sleep(Duration::from_millis(5)).await }), "a timer");
        let mut called = false;
        assert!(
            arrives(std::future::poll_fn(move |context| {
                context.waker().wake_by_ref();
                context.waker().wake_by_ref();
                if std::mem::replace(&mut called, true) { Poll::Ready(()) } else { Poll::Pending }
            })),
            "a call while it departs"
        );
        let (sender, receiver) = tokio::sync::oneshot::channel();
        let other = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(5));
            sender.send(()).expect("a flight");
        });
        assert!(arrives(async { receiver.await.expect("a word") }), "another thread");
        other.join().expect("the other thread");
    }
}
