//! A connection of the pool's to a SQLite file: one that waits, on a thread of its own, so that no other does.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use rusqlite::{Connection, InterruptHandle};
use tokio::sync::oneshot;

use crate::driver::executor::Executor;
use crate::driver::sqlite::desk::{Desk, Door};
use crate::driver::sqlite::options::Options;
use crate::driver::sqlite::replaced::{Sight, is_replaced, replaced};
use crate::driver::sqlite::{busy, file, open};
use crate::error::{Code, Error, Health, Result};
use crate::statement::statement::Statement;
use crate::value::Value;

type Job = Box<dyn FnOnce(&mut Served) + Send>;

/// The connection, on its thread.
struct Served {
    connection: Connection,
    /// When it was last seen that the file is still there.
    seen: Sight,
}

/// Invariant: what its caller does not wait for any more is interrupted, and not begun if it has not begun. The connection is then
/// not to be used again.
pub struct Pooled {
    jobs: Door<Job>,
    interrupt: Arc<InterruptHandle>,
    /// Whether a caller has given up.
    abandoned: Arc<AtomicBool>,
    /// Resolves when the thread has closed the connection.
    closed: oneshot::Receiver<()>,
}

impl std::fmt::Debug for Pooled {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Pooled")
    }
}

impl Pooled {
    pub async fn open(options: &Options) -> Result<Self> {
        let (opened, outcome) = oneshot::channel();
        let desk = Desk::new();
        let served = desk.clone();
        let (closing, closed) = oneshot::channel();
        let abandoned = Arc::new(AtomicBool::new(false));
        let (options, waited_for) = (options.clone(), Abandon::unless_done(&abandoned, None));
        let given_up = abandoned.clone();
        let thread = thread::Builder::new()
            .name("rust-auth-adapter-sqlite".to_owned())
            .spawn(move || {
                busy::be_patient(options.busy_timeout, given_up.clone());
                match open::open(&options).map_err(file::failed) {
                    Ok(connection) => {
                        if opened.send(Ok(Arc::new(connection.get_interrupt_handle()))).is_ok() {
                            serve(connection, &served, &given_up);
                        }
                    }
                    Err(error) => drop(opened.send(Err(error))),
                }
                served.leave();
                let _ = closing.send(());
            })
            .map_err(|error| {
                Error::new(Code::Connect, "the system gives no threads to wait for the database")
                    .because(error.to_string())
            })?;
        let jobs = Door::new(desk, thread.thread().clone());
        let outcome = outcome.await;
        waited_for.done();
        let interrupt = outcome.unwrap_or_else(|_| Err(ended()))?;
        Ok(Self { jobs, interrupt, abandoned, closed })
    }

    /// Runs SQL text, of several statements perhaps, without parameters or results.
    pub async fn batch(&mut self, text: &str) -> Result<()> {
        let text = text.to_owned();
        self.perform(move |connection| connection.execute_batch(&text).map_err(file::failed)).await
    }

    /// The rows of a query without parameters, every value as text.
    pub async fn texts(&mut self, text: &str) -> Result<Vec<Vec<Option<String>>>> {
        let text = text.to_owned();
        self.perform(move |connection| file::texts(connection, &text)).await
    }

    pub async fn ping(&mut self) -> Result<()> {
        self.batch("SELECT 1").await
    }

    /// Returns when the file has been closed.
    pub async fn close(self) {
        drop(self.jobs);
        let _ = self.closed.await;
    }

    async fn perform<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(&Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (answer, outcome) = oneshot::channel();
        let job = move |served: &mut Served| {
            let done = catch_unwind(AssertUnwindSafe(|| served.in_place(work)));
            let _ = answer.send(done.unwrap_or_else(|panic| Err(Error::panicked(&*panic).on(Health::Broken))));
        };
        let waited_for = Abandon::unless_done(&self.abandoned, Some(&self.interrupt));
        if !self.jobs.give(Box::new(job)) {
            return Err(ended());
        }
        let outcome = outcome.await;
        waited_for.done();
        outcome.unwrap_or_else(|_| Err(ended()))
    }
}

impl Executor for Pooled {
    async fn rows(&mut self, statement: &Statement, arguments: &[Value]) -> Result<Vec<Vec<Value>>> {
        let (statement, arguments) = (statement.clone(), arguments.to_vec());
        self.perform(move |connection| file::rows(connection, &statement, &arguments)).await
    }

    async fn affected(&mut self, statement: &Statement, arguments: &[Value]) -> Result<u64> {
        let (statement, arguments) = (statement.clone(), arguments.to_vec());
        self.perform(move |connection| file::affected(connection, &statement, &arguments)).await
    }

    async fn rows_of_keys(&mut self, statement: &Statement, keys: &[&str]) -> Result<Vec<Vec<Value>>> {
        let (statement, keys) = (statement.clone(), owned(keys));
        self.perform(move |connection| file::rows_of_keys(connection, &statement, &keys)).await
    }

    async fn affected_by_keys(&mut self, statement: &Statement, keys: &[&str]) -> Result<u64> {
        let (statement, keys) = (statement.clone(), owned(keys));
        self.perform(move |connection| file::affected_by_keys(connection, &statement, &keys)).await
    }
}

/// Lets the thread know that its caller does not wait any more, unless it has answered.
struct Abandon<'a> {
    abandoned: &'a AtomicBool,
    interrupt: Option<&'a InterruptHandle>,
}

impl<'a> Abandon<'a> {
    fn unless_done(abandoned: &'a AtomicBool, interrupt: Option<&'a Arc<InterruptHandle>>) -> Self {
        Self { abandoned, interrupt: interrupt.map(|interrupt| &**interrupt) }
    }

    fn done(self) {
        std::mem::forget(self);
    }
}

impl Drop for Abandon<'_> {
    fn drop(&mut self) {
        self.abandoned.store(true, Ordering::Relaxed);
        if let Some(interrupt) = self.interrupt {
            interrupt.interrupt();
        }
    }
}

impl Served {
    /// Does `work` on the file that is there: not on one that has been deleted or replaced meanwhile. Of what only reads, that is
    /// not asked each time.
    fn in_place<T>(&mut self, work: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        if self.seen.is_old() {
            self.see()?;
        }
        let (open, before) = (!self.connection.is_autocommit(), self.connection.total_changes());
        let done = match work(&self.connection) {
            // Of a file that is not there any more, its journal may be gone too.
            Err(error) if error.connection == Health::Broken => return self.see().and(Err(error)),
            done => done?,
        };
        let wrote = open || self.connection.total_changes() != before;
        // Within a transaction, the request that ends it asks.
        if wrote && self.connection.is_autocommit() {
            self.see()?;
        }
        Ok(done)
    }

    fn see(&mut self) -> Result<()> {
        self.seen = Sight::now();
        if is_replaced(&self.connection) { Err(replaced()) } else { Ok(()) }
    }
}

fn serve(connection: Connection, jobs: &Desk<Job>, abandoned: &AtomicBool) {
    let mut served = Served { connection, seen: Sight::now() };
    while let Some(job) = jobs.next() {
        if abandoned.load(Ordering::Relaxed) {
            return;
        }
        job(&mut served);
    }
}

fn owned(keys: &[&str]) -> Vec<String> {
    keys.iter().map(|key| (*key).to_owned()).collect()
}

fn ended() -> Error {
    Error::new(Code::Connect, "the database connection's thread ended").on(Health::Lost)
}
