//! How a SQLite file is opened, for any purpose.

use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::{Connection, ErrorCode, OpenFlags, Result};

use super::options::{JournalMode, Options};
use super::{busy, prepare};

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
    Ok(connection)
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
