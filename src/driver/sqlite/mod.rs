//! SQLite's driver: what its errors mean, and the connections that there are.

mod busy;
mod desk;
mod file;
#[cfg(unix)]
pub mod locks;
mod open;
pub mod options;
pub mod pooled;
pub mod reader;
mod replaced;
pub mod writer;

use std::path::Path;

use crate::dialect::UNWRITABLE;
use crate::error::{Code, Error, Health};

/// What an error of SQLite's means, by its extended number.
pub fn explain(extended: i32, message: &str) -> Error {
    if extended == rusqlite::ffi::SQLITE_READONLY_DBMOVED {
        return replaced::replaced().about("errno", extended.to_string()).because(message.to_owned());
    }
    let (code, what, health) = match (extended & 0xff, extended) {
        (_, 1555 | 2067 | 2579) => (Code::Unique, "a row with the same key exists already", Health::Sound),
        (_, 787) => (Code::ForeignKey, "the row refers to one that does not exist", Health::Sound),
        // "cannot store TEXT value in INTEGER column user.age", of a STRICT table; a number of a row that is none; what is longer than SQLite takes.
        (18 | 20, _) | (_, 3091) => (Code::InvalidValue, "a value does not fit its column", Health::Sound),
        (_, 1299) => (Code::NotNull, "a column that must not be null was given no value", Health::Sound),
        (1, _)
            if message.contains("no such table")
                || message.contains("no such column")
                || message.contains("has no column named") =>
        {
            (Code::Schema, "a table or column is not as this adapter expects it", Health::Sound)
        }
        (1, _) if message.starts_with("cannot modify ") => (Code::ReadOnly, UNWRITABLE, Health::Sound),
        (5 | 6, _) => {
            (Code::Timeout, "another connection, maybe of this process, holds the database's lock", Health::Sound)
        }
        (8, _) => (Code::ReadOnly, "the database only allows reading", Health::Sound),
        (14 | 26, _) => (Code::Connect, "the database file could not be opened", Health::Broken),
        (10 | 11 | 13, _) => (Code::Database, "the database file could not be written or read", Health::Broken),
        _ => (Code::Database, "the database reported an error", Health::Sound),
    };
    let mut explained = Error::new(code, what).on(health).about("errno", extended.to_string());
    // A table or column that is not there, a key column of another type than it had, or one that the database makes now.
    explained.stale = code == Code::Schema || extended == 20 || message.contains("generated column");
    explained = subject(explained, extended, message);
    // SQLite's own messages name tables and columns; those of a trigger may say anything.
    if extended == 1811 { explained } else { explained.because(message.to_owned()) }
}

/// With the names in the message: "UNIQUE constraint failed: user.email", or, of an index over expressions, "… failed: index
/// 'name'".
fn subject(mut error: Error, extended: i32, message: &str) -> Error {
    if extended == 3091 {
        let place = message.rsplit_once(" column ").and_then(|(_, place)| place.rsplit_once('.'));
        error.columns = Some(place.map(|(_, column)| column.to_owned()).into_iter().collect());
        return match place {
            Some((table, _)) => error.about("table", table),
            None => error,
        };
    }
    let Some((_, names)) = message.split_once("constraint failed: ").filter(|_| extended != 1811) else {
        error.columns = (matches!(extended, 787 | 1811) || error.code == Code::InvalidValue).then(Vec::new);
        return error;
    };
    let list: Option<Vec<(&str, &str)>> = names.split(", ").map(|name| name.rsplit_once('.')).collect();
    match list {
        Some(list) if extended != 275 && !list.is_empty() => {
            error.columns = Some(list.iter().map(|(_, column)| (*column).to_owned()).collect());
            error.about("table", list[0].0)
        }
        _ => {
            error.columns = Some(Vec::new());
            let name = names.strip_prefix("index ").unwrap_or(names).trim_matches('\'');
            // A check without a name is shown itself.
            let is_name = name.chars().all(|each| each.is_alphanumeric() || each == '_');
            if is_name { error.about("constraint", name) } else { error }
        }
    }
}

/// Whether another part of this process has the file open, which our locks would have to heed and could not.
pub fn is_beside(path: &Path) -> bool {
    #[cfg(unix)]
    return locks::is_beside(path);
    // A lock is a handle's there.
    #[cfg(not(unix))]
    return {
        let _ = path;
        false
    };
}

/// The release of SQLite that is in the binary.
pub fn version() -> &'static str {
    rusqlite::version()
}

/// Before a file is opened, wherever that is done.
pub fn prepare() {
    #[cfg(unix)]
    locks::install();
}

#[cfg(test)]
mod tests {
    use chrono::{Days, NaiveDate, Utc};

    use super::*;

    /// A newer one comes with rusqlite: see Cargo.toml.
    #[test]
    fn the_release_is_not_two_years_old() {
        let stamp = std::str::from_utf8(rusqlite::ffi::SQLITE_SOURCE_ID.to_bytes()).expect("a text");
        let released = NaiveDate::parse_from_str(&stamp[..10], "%Y-%m-%d").expect(stamp);
        let old = released.checked_add_days(Days::new(730)).expect("a date");
        assert!(Utc::now().date_naive() < old, "SQLite {} is of {released}", version());
    }

    /// At the first use of a statement SQLite says it in other words than when a prepared one is used again.
    #[test]
    fn a_statement_on_what_is_not_there_means_that_the_tables_changed() {
        let connection = rusqlite::Connection::open_in_memory().expect("a database");
        connection.execute_batch("CREATE TABLE t (a)").expect("a table");
        for text in [
            "SELECT missing FROM t",
            "SELECT a FROM missing",
            "INSERT INTO t (missing) VALUES (1)",
            "UPDATE t SET missing = 1",
            "DELETE FROM t WHERE missing = 1",
            "DELETE FROM missing",
        ] {
            let error = file::failed(connection.prepare(text).expect_err(text));
            assert_eq!((error.code, error.stale), (Code::Schema, true), "{text}: {error:?}");
        }
    }

    /// What a look-up would have to pay for: see `.cargo/config.toml`.
    #[test]
    fn it_is_compiled_as_we_want_it() {
        let connection = rusqlite::Connection::open_in_memory().expect("a database");
        let used = |option: &str| {
            let row = |row: &rusqlite::Row<'_>| row.get::<_, bool>(0);
            connection.query_row("SELECT sqlite_compileoption_used(?)", [option], row).expect("an answer")
        };
        for option in ["ENABLE_STAT4", "ENABLE_API_ARMOR", "ENABLE_MEMORY_MANAGEMENT"] {
            assert!(!used(option), "{option}");
        }
        assert!(used("DEFAULT_MEMSTATUS=0"));
        assert!(used("STMTJRNL_SPILL=-1"));
    }
}
