//! SQLite reads on the calling thread, without a hop to another one and back.
//!
//! In WAL mode a reader never waits: it sees the last commit that was acknowledged before it began, and neither a
//! writer nor a checkpoint can hold it up. A look-up then is a few microseconds of work, less than waking a thread. In rollback
//! mode it takes a few more, and one that meets a commit would have to wait.
//! What is not that simple (a lock, an error, many rows to look through) is left to the pool, whose answer counts.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use futures_util::FutureExt;
use rusqlite::{Connection, OpenFlags};

use crate::driver::executor::Executor;
use crate::driver::sqlite::replaced::{Sight, is_replaced};
use crate::driver::sqlite::{file, open};
use crate::error::Result;
use crate::statement::statement::Statement;
use crate::value::Value;

/// As many forms of look-ups as an application has.
const STATEMENTS: usize = 128;

/// So many of SQLite's steps are taken at a time, some 50 microseconds' worth,
const STRIDE: i32 = 2_000;

/// and so often before the thread has something better to do.
const STRIDES: u32 = 20;

/// How often a look-up that was too long for the calling thread is left to others before it is tried there again: rows come
/// and go.
const LONG: u32 = 1_000;

/// Whether one form of look-ups is too long for the calling thread, as far as has been learnt.
#[derive(Debug, Default)]
pub struct Long(AtomicU32);

impl Long {
    /// Whether the calling thread should not try it, this time.
    pub fn is_long(&self) -> bool {
        // Most are not, which is seen without writing.
        self.0.load(Ordering::Relaxed) > 0
            && self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |times| times.checked_sub(1)).is_ok()
    }

    pub fn took_long(&self) {
        self.0.store(LONG, Ordering::Relaxed);
    }
}

/// A read-only connection that belongs to one thread.
#[derive(Debug)]
pub struct Reader {
    path: PathBuf,
    connection: Connection,
    /// When it was last seen that the file is still there.
    seen: Sight,
    /// How many strides the look-up under way may still make.
    strides: Arc<AtomicU32>,
}

impl Reader {
    /// `None` if the database at `path` cannot be read here and now.
    pub fn open(path: &Path) -> Option<Self> {
        crate::driver::sqlite::prepare();
        let seen = Sight::now();
        let mut connection =
            Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)
                .ok()?;
        // A look-up that would have to wait goes to the pool.
        connection.busy_timeout(Duration::ZERO).ok()?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        open::plan_once(&connection).ok()?;
        connection.pragma_update(None, "cache_size", -file::CACHE).ok()?;
        // Looks into the file, so that what cannot be read is known here.
        open::journal_mode(&connection).ok()?;
        let strides = Arc::new(AtomicU32::new(STRIDES));
        let left = strides.clone();
        let is_enough = move || left.fetch_sub(1, Ordering::Relaxed) <= 1;
        connection.progress_handler(STRIDE, Some(is_enough)).ok()?;
        Some(Self { path: path.to_owned(), connection, seen, strides })
    }

    /// What `work` comes to; `None` if it does not succeed here and now, for any reason.
    pub fn look<T>(&mut self, work: impl AsyncFnOnce(&mut Self) -> Result<T>) -> Option<T> {
        if self.seen.is_old() {
            self.see()?;
        }
        self.strides.store(STRIDES, Ordering::Relaxed);
        // Nothing here is waited for, so that the work is done when it has been asked about once.
        work(self).now_or_never().and_then(Result::ok)
    }

    /// Changes with the tables. `None` if it cannot be read here and now.
    pub fn version(&self) -> Option<i64> {
        file::version(&self.connection)
    }

    /// Makes sure of the file, and opens the one in its place where it has been replaced. `None` if there is none.
    #[cold]
    fn see(&mut self) -> Option<()> {
        let seen = Sight::now();
        if is_replaced(&self.connection) {
            *self = Self::open(&self.path)?;
        } else {
            self.seen = seen;
        }
        Some(())
    }

    /// Whether the last look-up was too long for this thread.
    pub fn is_exhausted(&self) -> bool {
        self.strides.load(Ordering::Relaxed) == 0
    }
}

impl Executor for Reader {
    async fn rows(&mut self, statement: &Statement, arguments: &[Value]) -> Result<Vec<Vec<Value>>> {
        file::rows(&self.connection, statement, arguments)
    }

    async fn affected(&mut self, statement: &Statement, arguments: &[Value]) -> Result<u64> {
        file::affected(&self.connection, statement, arguments)
    }

    async fn rows_of_keys(&mut self, statement: &Statement, keys: &[&str]) -> Result<Vec<Vec<Value>>> {
        file::rows_of_keys(&self.connection, statement, keys)
    }

    async fn affected_by_keys(&mut self, statement: &Statement, keys: &[&str]) -> Result<u64> {
        file::affected_by_keys(&self.connection, statement, keys)
    }
}
