//! How a SQLite file is opened, for any purpose.

use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags, Result};

use crate::driver::sqlite::options::{JournalMode, Options};
use crate::driver::sqlite::replaced::look_again;
use crate::driver::sqlite::{busy, prepare};

/// How long a connection is tried for that SQLite refuses without any waiting.
const WAL_PATIENCE: Duration = Duration::from_secs(1);
const WAL_PAUSE: Duration = Duration::from_millis(5);

/// As many forms of statements as an application has.
const STATEMENTS: usize = 256;

/// A connection that waits for its turn as [`busy`] says: not at all, unless that has been told how long.
pub fn open(options: &Options) -> Result<Connection> {
    prepare();
    let mut connection = if options.in_memory {
        Connection::open_in_memory()?
    } else {
        Connection::open_with_flags(&options.path, flags(options))?
    };
    connection.busy_handler(Some(busy::wait))?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    plan_once(&connection)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // Looks into the file, so that what is no database is known here.
    let mut mode = journal_mode(&connection)?;
    if !options.in_memory && !options.read_only {
        if mode != "wal" && wants_log(&connection, options.journal_mode)? {
            turn_on_log(&connection)?;
            mode = journal_mode(&connection)?;
        }
        // In WAL mode a commit is one append, and the file stays sound if the machine fails. In rollback mode that takes SQLite's
        // own setting, FULL.
        if mode == "wal" {
            connection.pragma_update(None, "synchronous", "NORMAL")?;
        }
    }
    options.known.store(true, Ordering::Relaxed);
    if !options.read_only {
        look_again();
    }
    Ok(connection)
}

/// A statement keeps its plan. By itself SQLite makes a new one whenever a value is bound that might have led to another: a limit, or
/// what a column is compared with. A look-up would take three times as long, and find its row by the same index.
pub fn plan_once(connection: &Connection) -> Result<()> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map(drop)
}

fn flags(options: &Options) -> OpenFlags {
    let access = match options {
        Options { read_only: true, .. } => OpenFlags::SQLITE_OPEN_READ_ONLY,
        Options { create: true, known, .. } if !known.load(Ordering::Relaxed) => {
            OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE
        }
        _ => OpenFlags::SQLITE_OPEN_READ_WRITE,
    };
    access | OpenFlags::SQLITE_OPEN_NO_MUTEX
}

pub fn journal_mode(connection: &Connection) -> Result<String> {
    connection.query_row("PRAGMA journal_mode", [], |row| row.get(0))
}

fn wants_log(connection: &Connection, wanted: JournalMode) -> Result<bool> {
    match wanted {
        JournalMode::Wal => Ok(true),
        JournalMode::Keep => Ok(false),
        JournalMode::New => connection.query_row("PRAGMA page_count", [], |row| Ok(row.get::<_, i64>(0)? == 0)),
    }
}

/// Of several that do this at once, SQLite refuses all but one on the spot, with any busy timeout: they could wait for each
/// other.
fn turn_on_log(connection: &Connection) -> Result<()> {
    let deadline = Instant::now() + WAL_PATIENCE;
    loop {
        match connection.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(())) {
            Err(error) if is_busy(&error) && Instant::now() < deadline => thread::sleep(WAL_PAUSE),
            outcome => return outcome,
        }
    }
}

fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}

#[cfg(test)]
mod tests {
    use rusqlite::StatementStatus;

    use super::*;

    #[test]
    fn a_statement_keeps_its_plan() {
        let connection = Connection::open_in_memory().expect("a database");
        connection.execute_batch("CREATE TABLE t (a text PRIMARY KEY, b text)").expect("a table");
        let text = "SELECT b FROM t JOIN (SELECT ?1 AS k) ON a = k WHERE b IS NOT ?2 LIMIT ?3";
        let planned = || {
            let mut statement = connection.prepare(text).expect("a statement");
            for limit in 1..10 {
                let mut rows = statement.query(rusqlite::params![format!("key {limit}"), limit, limit]).expect("rows");
                while rows.next().expect("a row").is_some() {}
            }
            statement.get_status(StatementStatus::RePrepare)
        };
        assert!(planned() > 0, "SQLite makes new plans by itself no more");
        plan_once(&connection).expect("a setting");
        assert_eq!(planned(), 0);
    }
}
