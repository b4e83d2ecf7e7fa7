//! The first step of what is to be waited for is taken on the thread that asks.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use crate::runtime::RUNTIME;

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
/// It holds the flight, and what the flight waits for holds it: the first wake, which each operation's time-out makes sure
/// of, undoes that circle.
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
