//! How a connection's thread gets what it has to do: one job at a time, since its connection's caller waits for each.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::thread::Thread;

/// What lies there, and whether anything is still to come. A channel of the standard library has a queue of waiting threads,
/// for whose lock both sides wait.
#[derive(Debug)]
pub struct Desk<J> {
    job: Mutex<Option<J>>,
    over: AtomicBool,
}

/// The caller's side, which gives jobs. When it is dropped, the thread ends.
#[derive(Debug)]
pub struct Door<J> {
    desk: Arc<Desk<J>>,
    thread: Thread,
}

impl<J> Desk<J> {
    pub fn new() -> Arc<Self> {
        Arc::new(Self { job: Mutex::new(None), over: AtomicBool::new(false) })
    }

    /// For the one thread that serves: the next job; `None` when there are no more.
    pub fn next(&self) -> Option<J> {
        loop {
            // Asked before the job: one that was given before the end is done.
            let over = self.over.load(Ordering::Acquire);
            let job = self.job.lock().unwrap_or_else(PoisonError::into_inner).take();
            if job.is_some() || over {
                return job;
            }
            thread::park();
        }
    }

    /// The thread has ended, or is going to: what is given now is never done.
    pub fn leave(&self) {
        self.over.store(true, Ordering::Release);
        self.job.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}

impl<J> Door<J> {
    pub fn new(desk: Arc<Desk<J>>, thread: Thread) -> Self {
        Self { desk, thread }
    }

    /// Whether the thread is there to do it.
    pub fn give(&self, job: J) -> bool {
        let mut place = self.desk.job.lock().unwrap_or_else(PoisonError::into_inner);
        // Within the lock, so that a thread that leaves either sees the job or is seen to have left.
        if self.desk.over.load(Ordering::Acquire) {
            return false;
        }
        *place = Some(job);
        drop(place);
        self.thread.unpark();
        true
    }
}

impl<J> Drop for Door<J> {
    fn drop(&mut self) {
        self.desk.over.store(true, Ordering::Release);
        self.thread.unpark();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_job_is_done_once_and_then_the_thread_ends() {
        let desk = Desk::new();
        let (done, results) = std::sync::mpsc::channel();
        let served = desk.clone();
        let thread = thread::spawn(move || {
            while let Some(job) = served.next() {
                done.send(job).expect("the test receives");
            }
        });
        let door = Door::new(desk.clone(), thread.thread().clone());
        for job in 0..10_000 {
            assert!(door.give(job));
            assert_eq!(results.recv(), Ok(job));
        }
        drop(door);
        thread.join().expect("an end");
        assert_eq!(desk.next(), None);
    }

    #[test]
    fn nothing_is_given_to_a_thread_that_has_left() {
        let desk = Desk::new();
        let door = Door::new(desk.clone(), thread::current());
        desk.leave();
        assert!(!door.give(1));
        assert_eq!(desk.next(), None);
    }
}
