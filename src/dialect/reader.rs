//! SQLite reads on the calling thread, without a hop to another one and back.
//!
//! In WAL mode a reader waits for nobody: it sees the last commit that was acknowledged before it began, and neither a
//! writer nor a checkpoint can hold it up. A look-up then is a few microseconds of work, less than waking a thread.
//! Whatever is not that simple (no WAL, a lock, a value of an unexpected type, any error) is left to the pool, whose
//! answer counts.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::file;
use crate::sql::Statement;
use crate::value::Value;

/// More statements than there are look-ups.
const STATEMENTS: usize = 32;

/// A read-only connection that belongs to one thread.
#[derive(Debug)]
pub struct Reader(Connection);

/// What a read at once came to.
#[derive(Debug, PartialEq)]
pub enum Answer {
    Rows(Vec<Vec<Value>>),
    /// Not this time: another path has to answer.
    Elsewhere,
    /// Not now and not later either.
    Never,
}

impl Reader {
    /// `None` if the database at `path` cannot be read without ever waiting.
    pub fn open(path: &Path) -> Option<Self> {
        let connection =
            Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)
                .ok()?;
        // Whoever would have to wait goes elsewhere.
        connection.busy_timeout(Duration::ZERO).ok()?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        connection.pragma_update(None, "cache_size", -file::CACHE).ok()?;
        let mode: String = connection.query_row("PRAGMA journal_mode", [], |row| row.get(0)).ok()?;
        (mode == "wal").then_some(Self(connection))
    }

    pub fn rows(&self, statement: &Statement, arguments: &[Value]) -> Answer {
        match file::rows(&self.0, statement, arguments) {
            Ok(Some(rows)) => Answer::Rows(rows),
            Ok(None) => Answer::Elsewhere,
            Err(error) => match error.sqlite_error_code() {
                Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::SchemaChanged) => {
                    Answer::Elsewhere
                }
                _ => Answer::Never,
            },
        }
    }
}
