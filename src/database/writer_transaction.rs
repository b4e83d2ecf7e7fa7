//! The writing thread's connection while a transaction is open on it: between the calls of a caller who has not ended it yet.

use std::sync::Arc;

use futures_util::FutureExt;
use tokio::sync::OwnedMutexGuard;

use crate::database::hung_disk;
use crate::database::writer_local::here;
use crate::database::writer_thread::Writing;
use crate::driver::sqlite::writer::{WHOLE, Writer};
use crate::driver::work::Work;
use crate::error::{Code, Error, Health, Result};

/// Invariant: as long as it is there, it has the writers' turn, so that no other write uses the thread's connection. Dropped
/// without having been released, it undoes what was done.
#[derive(Debug)]
pub struct Held {
    writing: Arc<Writing>,
    turn: Option<OwnedMutexGuard<()>>,
}

impl Held {
    pub fn new(writing: Arc<Writing>, turn: OwnedMutexGuard<()>) -> Self {
        Self { writing, turn: Some(turn) }
    }

    pub fn run<W: Work>(&mut self, work: &W) -> Result<W::Output> {
        // Nothing on this thread is waited for, so that the work is done when it has been asked about once.
        self.with(|writer| work.on(writer).now_or_never().unwrap_or_else(|| Err(gone())))
    }

    pub fn batch(&mut self, text: &str) -> Result<()> {
        if text != WHOLE.close {
            return self.with(|writer| writer.batch(text));
        }
        hung_disk::in_time()?;
        self.with(|writer| writer.commit(hung_disk::deadline().map(|deadline| deadline.at)))
    }

    /// Gives the connection back, without a transaction.
    pub fn release(mut self, health: Health) {
        if health == Health::Sound {
            self.turn = None;
        }
    }

    fn with<T>(&mut self, work: impl FnOnce(&mut Writer) -> Result<T>) -> Result<T> {
        here(work).unwrap_or_else(|| Err(gone()))
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Some(turn) = self.turn.take() {
            self.writing.perform(async move {
                here(|writer| writer.rollback());
                drop(turn);
            });
        }
    }
}

/// The database has been closed meanwhile, and the thread, which undid it, has ended.
fn gone() -> Error {
    Error::new(Code::Closed, "the transaction was undone: the adapter has been closed").on(Health::Lost)
}
