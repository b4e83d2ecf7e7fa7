//! The thread that writes to a SQLite file.
//!
//! A write takes SQLite some ten microseconds, less than it takes to wake the threads that pass it on and back again. A request
//! that writes is therefore performed on this thread as a whole, which has a connection of its own, and answers by itself. After
//! each step it stays awake for a moment, since a sign-in is several in a row. What its connection cannot do at once (a lock,
//! an error) the pool does; the thread then only waits for that, as it waits for other writes under way.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError};
use std::sync::{Arc, Mutex, PoisonError, Weak, mpsc};
use std::thread;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use async_task::Runnable;
use tokio::time::timeout;

use crate::database::hung_disk::Clock;
use crate::database::runtime::{HAS_CORES, LARGEST_TASK, RUNTIME};
use crate::database::writer_local::{here, is_here};
use crate::database::{group_commit, writer_local};
use crate::driver::place::Place;
use crate::driver::sqlite::writer::Writer;

/// How long the thread looks out for what is next before it sleeps: longer than JavaScript takes to make use of an answer.
const WAKEFULNESS: Duration = Duration::from_micros(50);

/// A transaction whose owner does not come back within this time lets others write meanwhile.
pub const MOMENT: Duration = Duration::from_millis(2);

/// When no request has written for so long, there is time to tidy.
const QUIET: Duration = Duration::from_secs(1);

/// The thread and its connection go when no request has written for so long.
const IDLENESS: Duration = Duration::from_secs(30);

/// So long `close` waits for the thread, whose last checkpoint may take a moment.
const GOODBYE: Duration = Duration::from_secs(5);

thread_local! {
    /// What is to be done when the owner of the open transaction takes longer than a moment.
    static IDLE: RefCell<Option<Box<dyn FnOnce()>>> = const { RefCell::new(None) };
}

/// On the thread that writes: what is to be done if nothing comes for a moment while a transaction is open.
pub fn when_idle(work: impl FnOnce() + 'static) {
    IDLE.set(Some(Box::new(work)));
}

#[derive(Debug)]
pub struct Writing {
    path: PathBuf,
    /// How long to wait for another connection's lock, where that cannot be left to the pool.
    busy_timeout: Duration,
    thread: Mutex<Option<(mpsc::Sender<Runnable>, JoinHandle<()>)>>,
    /// How many wait for the thread.
    waiting: Arc<AtomicUsize>,
    /// For the calls that it does not answer in time.
    pub clock: Arc<Clock>,
    /// For what these callers are told.
    pub place: Arc<Place>,
    /// No thread is to be started any more: the database is closed, or its file cannot be written to like this.
    over: AtomicBool,
}

impl Writing {
    pub fn new(path: PathBuf, busy_timeout: Duration, place: Arc<Place>) -> Arc<Self> {
        Arc::new(Self {
            path,
            busy_timeout,
            thread: Mutex::default(),
            waiting: Arc::default(),
            clock: Arc::default(),
            place,
            over: AtomicBool::new(false),
        })
    }

    /// Whether others wait for the thread.
    pub fn is_crowded(&self) -> bool {
        self.waiting.load(Ordering::Relaxed) > 0
    }

    /// Performs `work` on the thread.
    pub fn perform<F: Future<Output = ()> + Send + 'static>(self: &Arc<Self>, work: F) {
        const { assert!(size_of::<F>() <= LARGEST_TASK, "each call would copy it: its work belongs into a box") }
        let writing = self.clone();
        let (runnable, task) = async_task::spawn(work, move |runnable| writing.schedule(runnable));
        task.detach();
        runnable.schedule();
    }

    fn schedule(self: &Arc<Self>, mut runnable: Runnable) {
        if !self.over.load(Ordering::Relaxed) {
            // Locked while sending: a thread that ends looks once more whether there is something, under the same lock.
            let mut thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
            // Counted before it can be received.
            self.waiting.fetch_add(1, Ordering::Relaxed);
            if let Some((runnables, _)) = &*thread {
                match runnables.send(runnable) {
                    Ok(()) => return,
                    Err(returned) => runnable = returned.0,
                }
            }
            let (sender, receiver) = mpsc::channel();
            let runnables = Runnables { receiver, waiting: self.waiting.clone() };
            let writing = Arc::downgrade(self);
            let started = thread::Builder::new()
                .name("rust-auth-adapter-writer".to_owned())
                .spawn(move || serve(&writing, &runnables));
            if let Ok(handle) = started {
                let sent = sender.send(runnable);
                *thread = Some((sender, handle));
                match sent {
                    Ok(()) => return,
                    Err(returned) => runnable = returned.0,
                }
            }
            self.waiting.fetch_sub(1, Ordering::Relaxed);
        }
        RUNTIME.spawn(async move { runnable.run() });
    }

    /// Lets the thread go, and its connection with it. Returns when both have gone, unless the disk does not answer.
    pub async fn close(&self) {
        self.over.store(true, Ordering::Relaxed);
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some((runnables, handle)) = thread {
            drop(runnables);
            let _ = timeout(GOODBYE, tokio::task::spawn_blocking(|| handle.join())).await;
        }
    }
}

/// What the thread is to run, in order.
struct Runnables {
    receiver: Receiver<Runnable>,
    waiting: Arc<AtomicUsize>,
}

impl Runnables {
    fn try_next(&self) -> Result<Runnable, TryRecvError> {
        self.receiver.try_recv().inspect(|_| self.received())
    }

    fn next_within(&self, patience: Duration) -> Result<Runnable, RecvTimeoutError> {
        self.receiver.recv_timeout(patience).inspect(|_| self.received())
    }

    fn received(&self) {
        self.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

fn serve(writing: &Weak<Writing>, runnables: &Runnables) {
    let Some((path, patience)) = writing.upgrade().map(|writing| (writing.path.clone(), writing.busy_timeout)) else {
        return;
    };
    let writer = Writer::open(&path, patience);
    // Where there is no file, one may come.
    if writer.is_none()
        && path.exists()
        && let Some(writing) = writing.upgrade()
    {
        writing.over.store(true, Ordering::Relaxed);
    }
    writer_local::set(writer);
    // For the timers of what is performed here.
    let _context = RUNTIME.enter();
    while let Some(runnable) = next(writing, runnables) {
        // What panics has answered on the way out.
        let _ = catch_unwind(AssertUnwindSafe(|| runnable.run()));
        group_commit::end_if_full();
        if here(|writer| writer.is_replaced()) == Some(true) {
            // The group was for the old file, and has failed.
            writer_local::set(Writer::open(&path, patience));
            if !is_here() {
                leave(writing, runnables);
                break;
            }
        }
    }
    group_commit::end();
    // Before the thread is seen to have ended.
    writer_local::set(None);
}

/// The thread ends although others may send to it: what they have sent goes to the next one, and so does what they send from now on.
fn leave(writing: &Weak<Writing>, runnables: &Runnables) {
    let Some(writing) = writing.upgrade() else { return };
    let left = {
        let mut thread = writing.thread.lock().unwrap_or_else(PoisonError::into_inner);
        thread.take();
        std::iter::from_fn(|| runnables.try_next().ok()).collect::<Vec<_>>()
    };
    left.into_iter().for_each(|runnable| writing.schedule(runnable));
}

fn next(writing: &Weak<Writing>, runnables: &Runnables) -> Option<Runnable> {
    let since = Instant::now();
    loop {
        match runnables.try_next() {
            Ok(runnable) => return Some(runnable),
            Err(TryRecvError::Disconnected) => return None,
            // Its members are among the next.
            Err(TryRecvError::Empty) if group_commit::is_open() => group_commit::end(),
            Err(TryRecvError::Empty) if *HAS_CORES && since.elapsed() < WAKEFULNESS => std::hint::spin_loop(),
            Err(TryRecvError::Empty) => break,
        }
    }
    sleep(writing, runnables)
}

fn sleep(writing: &Weak<Writing>, runnables: &Runnables) -> Option<Runnable> {
    let is_held = || here(|writer| writer.is_held()) == Some(true);
    let (mut patience, mut tidied) = (if is_held() { MOMENT } else { QUIET }, false);
    loop {
        match runnables.next_within(patience) {
            Ok(runnable) => return Some(runnable),
            Err(RecvTimeoutError::Disconnected) => return None,
            Err(RecvTimeoutError::Timeout) if patience == MOMENT => {
                if let Some(give_way) = IDLE.take() {
                    give_way();
                }
                patience = QUIET;
            }
            Err(RecvTimeoutError::Timeout) if !std::mem::replace(&mut tidied, true) => {
                here(|writer| writer.tidy());
                patience = IDLENESS;
            }
            // The open transaction's owner will come back, or be timed out here.
            Err(RecvTimeoutError::Timeout) if is_held() => {}
            Err(RecvTimeoutError::Timeout) => {
                let writing = writing.upgrade()?;
                let mut thread = writing.thread.lock().unwrap_or_else(PoisonError::into_inner);
                let last = runnables.try_next().ok();
                if last.is_none() {
                    thread.take();
                }
                return last;
            }
        }
    }
}
