//! SQLite's writes on the writer thread. It waits for no other writer: a write that would have to goes to the pool, with nothing changed.
//! A commit in rollback mode waits for connections that read, as long as the calls in it may take and no longer.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use rusqlite::{Connection, OpenFlags};

use crate::driver::executor::Executor;
use crate::driver::sqlite::replaced::{is_replaced, look_again, replaced};
use crate::driver::sqlite::{file, open};
use crate::error::{Code, Result};
use crate::statement::statement::Statement;
use crate::value::Value;

/// As many as a connection of the pool keeps.
const STATEMENTS: usize = 256;

/// So many pages in the write-ahead log (64 MB), and they are moved into the file; SQLite's own number is 1,000. Rows of several
/// writes share pages, so that each page is moved less often. When it is quiet, [`Writer::tidy`] moves them earlier.
const LOG: i64 = 16_000;

/// How long a commit that waits for connections that read sleeps before it tries again.
const PAUSE: Duration = Duration::from_millis(1);

/// What work is put in between, so that it takes effect as a whole or not at all.
pub struct Bracket {
    open: &'static str,
    pub close: &'static str,
    undo: &'static [&'static str],
}

/// A transaction of its own.
pub const WHOLE: Bracket = Bracket { open: "BEGIN IMMEDIATE", close: "COMMIT", undo: &["ROLLBACK"] };

/// A part of a transaction.
pub const MEMBER: Bracket = Bracket {
    open: "SAVEPOINT rust_auth",
    close: "RELEASE rust_auth",
    undo: &["ROLLBACK TO rust_auth", "RELEASE rust_auth"],
};

/// A connection that belongs to one thread.
#[derive(Debug)]
pub struct Writer {
    connection: Connection,
    /// So long a commit in rollback mode waits for connections that read.
    patience: Duration,
    /// The file has been deleted or replaced: the connection is of no use any more.
    replaced: bool,
}

impl Writer {
    /// Writes as the pool's connections do, whose busy timeout is `patience`. `None` where the file cannot be written to, or is not there.
    pub fn open(path: &Path, patience: Duration) -> Option<Self> {
        crate::driver::sqlite::prepare();
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags).ok()?;
        connection.busy_timeout(Duration::ZERO).ok()?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        open::plan_once(&connection).ok()?;
        connection.pragma_update(None, "foreign_keys", true).ok()?;
        connection.pragma_update(None, "cache_size", -file::CACHE).ok()?;
        connection.pragma_update(None, "wal_autocheckpoint", LOG).ok()?;
        if open::journal_mode(&connection).ok()? == "wal" {
            connection.pragma_update(None, "synchronous", "NORMAL").ok()?;
        }
        look_again();
        Some(Self { connection, patience, replaced: false })
    }

    /// Makes `work` take effect as a whole, or not at all: then the answer is `None`, for any reason.
    pub fn perform<T>(&mut self, bracket: &Bracket, work: impl AsyncFnOnce(&mut Self) -> Result<T>) -> Option<T> {
        self.batch(bracket.open).ok()?;
        // Nothing here is waited for, so that the work is done when it has been asked about once.
        let asked = || work(self).now_or_never().and_then(Result::ok);
        let done = catch_unwind(AssertUnwindSafe(asked));
        if matches!(done, Ok(Some(_))) && self.batch(bracket.close).is_ok() {
            return if self.is_in_place() { done.unwrap_or_default() } else { None };
        }
        if !bracket.undo.iter().all(|text| self.batch(text).is_ok()) {
            self.rollback();
        }
        // In rollback mode SQLite refuses what is to be written to a file that has been replaced.
        self.is_in_place();
        done.map_or_else(|panic| resume_unwind(panic), |_| None)
    }

    /// Opens a transaction that is going to write, unless another connection's is open.
    pub fn begin(&self) -> Result<()> {
        self.batch(WHOLE.open)
    }

    /// Makes everything take effect, in the file that is there. In rollback mode a commit waits for connections that read, but not
    /// beyond `deadline`; from its first try on, SQLite lets no new ones in.
    pub fn commit(&mut self, deadline: Option<Instant>) -> Result<()> {
        let mut end = None;
        while let Err(error) = self.batch(WHOLE.close) {
            let now = Instant::now();
            let end = *end.get_or_insert_with(|| deadline.into_iter().fold(now + self.patience, Instant::min));
            if error.code != Code::Timeout || now >= end {
                self.replaced |= is_replaced(&self.connection);
                return Err(if self.replaced { replaced() } else { error });
            }
            thread::sleep(PAUSE.min(end - now));
        }
        if self.is_in_place() { Ok(()) } else { Err(replaced()) }
    }

    /// Whether what has been committed is in the file that is there. Within a transaction, its commit asks.
    fn is_in_place(&mut self) -> bool {
        self.replaced |= self.connection.is_autocommit() && is_replaced(&self.connection);
        !self.replaced
    }

    /// Whether the file has been deleted or replaced.
    pub fn is_replaced(&self) -> bool {
        self.replaced
    }

    /// Undoes what the open transaction did, if there is one.
    pub fn rollback(&mut self) {
        // Refused where SQLite has undone everything by itself already.
        let _ = self.batch("ROLLBACK");
        self.is_in_place();
    }

    /// Runs SQL text without parameters or results.
    pub fn batch(&self, text: &str) -> Result<()> {
        file::batch(&self.connection, text)
    }

    /// Whether a transaction is open.
    pub fn is_held(&self) -> bool {
        !self.connection.is_autocommit()
    }

    /// Changes with the tables. `None` if it cannot be read.
    pub fn version(&self) -> Option<i64> {
        file::version(&self.connection)
    }

    /// Moves what is in the write-ahead log into the file and sees to it that it lasts, as far as no connection has to wait.
    pub fn tidy(&self) {
        let _ = self.connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
    }
}

impl Executor for Writer {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn file() -> std::path::PathBuf {
        let path = std::env::temp_dir().join(format!("writer-{}.db", uuid::Uuid::new_v4()));
        let connection = Connection::open(&path).expect("a file");
        connection.execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE t (a text PRIMARY KEY)").expect("a table");
        path
    }

    fn count(path: &Path) -> i64 {
        let connection = Connection::open(path).expect("the file");
        connection.query_row("SELECT count(*) FROM t", [], |row| row.get(0)).expect("a count")
    }

    #[test]
    fn takes_effect_as_a_whole_or_not_at_all() {
        let path = file();
        let mut writer = Writer::open(&path, Duration::from_secs(5)).expect("a writer");
        let insert = |writer: &mut Writer, key: &str| writer.batch(&format!("INSERT INTO t VALUES ('{key}')"));
        let both = writer.perform(&WHOLE, async |writer| insert(writer, "one").and_then(|()| insert(writer, "two")));
        assert_eq!((both, count(&path)), (Some(()), 2));
        let half = writer.perform(&WHOLE, async |writer| insert(writer, "three").and_then(|()| insert(writer, "one")));
        assert_eq!((half, count(&path)), (None, 2));
    }

    #[test]
    fn a_commit_in_rollback_mode_waits_for_readers() {
        let path = file();
        let other = Connection::open(&path).expect("the file");
        other.execute_batch("PRAGMA journal_mode = DELETE; INSERT INTO t VALUES ('one')").expect("a row");
        let mut writer = Writer::open(&path, Duration::from_secs(5)).expect("a writer");
        writer.begin().expect("the lock");
        writer.batch("INSERT INTO t VALUES ('two')").expect("a row");
        other.execute_batch("BEGIN; SELECT * FROM t").expect("a look");
        let reader = thread::spawn(move || {
            thread::sleep(Duration::from_millis(50));
            other.execute_batch("COMMIT").expect("an end");
        });
        writer.commit(None).expect("the reader's end");
        reader.join().expect("a reader");
        assert_eq!(count(&path), 2);
    }

    #[test]
    fn but_no_longer_than_the_busy_timeout_or_a_deadline_says() {
        let path = file();
        let other = Connection::open(&path).expect("the file");
        other.execute_batch("PRAGMA journal_mode = DELETE; INSERT INTO t VALUES ('one')").expect("a row");
        for (patience, deadline) in [(100, None), (5_000, Some(100)), (100, Some(5_000)), (0, None), (5_000, Some(0))] {
            let mut writer = Writer::open(&path, Duration::from_millis(patience)).expect("a writer");
            writer.begin().expect("the lock");
            writer.batch("INSERT INTO t VALUES ('two')").expect("a row");
            other.execute_batch("BEGIN; SELECT * FROM t").expect("a look");
            let began = Instant::now();
            let refused = writer.commit(deadline.map(|ms| began + Duration::from_millis(ms))).expect_err("a reader");
            let (waited, least) = (began.elapsed(), deadline.map_or(patience, |ms| ms.min(patience)));
            assert_eq!(refused.code, Code::Timeout);
            assert!(waited >= Duration::from_millis(least), "{waited:?} of {least} ms");
            assert!(waited < Duration::from_millis(least + 1_000), "{waited:?} of {least} ms");
            other.execute_batch("COMMIT").expect("an end");
            writer.rollback();
            assert_eq!(count(&path), 1);
        }
    }

    #[test]
    fn waits_for_no_other_connection() {
        let path = file();
        let mut writer = Writer::open(&path, Duration::from_secs(5)).expect("a writer");
        let other = Connection::open(&path).expect("the file");
        other.execute_batch("BEGIN IMMEDIATE").expect("the lock");
        let began = std::time::Instant::now();
        assert_eq!(writer.perform(&WHOLE, async |_| Ok(())), None);
        assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
        other.execute_batch("ROLLBACK").expect("the lock given back");
        assert_eq!(writer.perform(&WHOLE, async |_| Ok(())), Some(()));
    }

    /// Or it would be planned anew for each value, after ANALYZE (`.cargo/config.toml`).
    #[test]
    fn statements_are_planned_once() {
        let connection = Connection::open_in_memory().expect("a database");
        let used: bool = connection
            .query_row("SELECT sqlite_compileoption_used('ENABLE_STAT4')", [], |row| row.get(0))
            .expect("an answer");
        assert!(!used);
    }
}
