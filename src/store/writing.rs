//! The thread that writes to a SQLite file.
//!
//! A write takes SQLite some ten microseconds, less than it takes to wake those who pass it on and back again: the caller's
//! thread hands it to this one, and this one answers. After each write it stays awake for a moment, since a sign-in is
//! several in a row. What is not done at once (a lock, an error) is left to the pool.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, TryRecvError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::auth::adapter::{self, Records};
use crate::auth::operation::Operation;
use crate::auth::plan::Plan;
use crate::dialect::writer::Writer;
use crate::value::Fields;

/// How long the thread looks out for the next write before it sleeps: longer than JavaScript takes to make use of an answer.
const WAKEFULNESS: Duration = Duration::from_micros(50);

/// When nobody has written for so long, there is time to tidy.
const QUIET: Duration = Duration::from_secs(1);

/// The thread and its file go when nobody has written for so long.
const IDLENESS: Duration = Duration::from_secs(30);

/// What is done with the outcome of a write: `None` if it still has to be performed.
pub type End = Box<dyn FnOnce(Fields, Option<Records>) + Send>;

/// A write on its way. Whatever becomes of the thread, it ends.
pub struct Write {
    plan: Arc<Plan>,
    operation: &'static Operation,
    fields: Fields,
    end: Option<End>,
}

impl Write {
    pub fn new(plan: Arc<Plan>, operation: &'static Operation, fields: Fields, end: End) -> Self {
        Self { plan, operation, fields, end: Some(end) }
    }

    fn finish(&mut self, outcome: Option<Records>) {
        if let Some(end) = self.end.take() {
            end(std::mem::take(&mut self.fields), outcome);
        }
    }
}

impl Drop for Write {
    fn drop(&mut self) {
        self.finish(None);
    }
}

/// Held by whoever writes: SQLite lets one in at a time.
pub type Turn = Arc<tokio::sync::Mutex<()>>;

#[derive(Debug, Default)]
pub struct Writing {
    thread: Mutex<Option<(mpsc::Sender<Write>, JoinHandle<()>)>>,
    awake: Arc<AtomicBool>,
    /// No thread is to be started any more: the store is closed, or its file cannot be written to like this.
    over: Arc<AtomicBool>,
}

impl Writing {
    /// Passes on `write`. Whether the thread is awake, so that the answer is worth waiting for.
    pub fn pass(&self, path: &Path, turn: &Turn, mut write: Write) -> bool {
        let awake = self.awake.load(Ordering::Acquire);
        let mut thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((writes, _)) = &*thread {
            match writes.send(write) {
                Ok(()) => return awake,
                // It has just gone to sleep for good.
                Err(returned) => write = returned.0,
            }
        }
        if self.over.load(Ordering::Relaxed) {
            return false;
        }
        let (sender, writes) = mpsc::channel();
        let (path, turn, awake, over) = (path.to_owned(), turn.clone(), self.awake.clone(), self.over.clone());
        let started = thread::Builder::new().name("rust-auth-adapter-writer".to_owned()).spawn(move || {
            match Writer::open(&path) {
                Some(writer) => serve(writer, &turn, &writes, &awake),
                None => over.store(true, Ordering::Relaxed),
            }
        });
        // Without a thread, `write` ends as everything that cannot be done here.
        if let Ok(handle) = started {
            let _ = sender.send(write);
            *thread = Some((sender, handle));
        }
        false
    }

    /// Lets the thread go, and its file with it. Returns when both have gone.
    pub async fn close(&self) {
        self.over.store(true, Ordering::Relaxed);
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some((writes, handle)) = thread {
            drop(writes);
            let _ = tokio::task::spawn_blocking(|| handle.join()).await;
        }
    }
}

fn serve(mut writer: Writer, turn: &Turn, writes: &Receiver<Write>, awake: &AtomicBool) {
    while let Some(mut write) = next(&writer, writes, awake) {
        // While one of the pool's connections writes, others queue there, first come first served.
        let outcome = turn.try_lock().ok().and_then(|turn| {
            let records = adapter::write(&write.plan, &mut writer, write.operation, &write.fields);
            drop(turn);
            records
        });
        awake.store(true, Ordering::Release);
        write.finish(outcome);
    }
}

fn next(writer: &Writer, writes: &Receiver<Write>, awake: &AtomicBool) -> Option<Write> {
    let since = Instant::now();
    while awake.load(Ordering::Relaxed) {
        match writes.try_recv() {
            Ok(write) => return Some(write),
            Err(TryRecvError::Disconnected) => return None,
            Err(TryRecvError::Empty) if since.elapsed() < WAKEFULNESS => std::hint::spin_loop(),
            Err(TryRecvError::Empty) => awake.store(false, Ordering::Release),
        }
    }
    match writes.recv_timeout(QUIET) {
        Err(RecvTimeoutError::Timeout) => {
            writer.tidy();
            writes.recv_timeout(IDLENESS).ok()
        }
        outcome => outcome.ok(),
    }
}
