//! Statements performed on a SQLite file there and then, by any of our connections and on its thread.

use rusqlite::types::{Null, ValueRef};
use rusqlite::{CachedStatement, Connection};

use crate::driver::sqlite::explain;
use crate::error::{Error, Result};
use crate::statement::statement::Statement;
use crate::types::wire::Wire;
use crate::value::Value;

/// As much of the file as a connection keeps in memory, in KiB: the pages that every look-up goes through, of a table of some
/// hundred thousand rows.
pub const CACHE: i64 = 16_000;

/// All rows of a statement, each checked to be one that was asked for. To take all of them is what makes a statement that
/// writes take effect.
///
/// Its transaction ends before this returns, with the statement's reset, unless another one has been begun around it: none is
/// left open, which would show the next look-up an old state.
pub fn rows(connection: &Connection, statement: &Statement, arguments: &[Value]) -> Result<Vec<Vec<Value>>> {
    let rows = take(connection, statement, prepare(connection, statement, arguments)?)?;
    rows.iter().try_for_each(|row| statement.verify(row, arguments)).map(|()| rows)
}

/// All rows of a statement that looks for any of `keys`. Which row belongs to which key is for the caller to see.
pub fn rows_of_keys(
    connection: &Connection,
    statement: &Statement,
    keys: &[impl AsRef<str>],
) -> Result<Vec<Vec<Value>>> {
    take(connection, statement, prepare_for_keys(connection, statement, keys)?)
}

/// How many rows a statement changed.
pub fn affected(connection: &Connection, statement: &Statement, arguments: &[Value]) -> Result<u64> {
    changed(connection, prepare(connection, statement, arguments)?)
}

/// How many rows a statement changed that has places for `keys`.
pub fn affected_by_keys(connection: &Connection, statement: &Statement, keys: &[impl AsRef<str>]) -> Result<u64> {
    changed(connection, prepare_for_keys(connection, statement, keys)?)
}

/// Runs text without parameters or results.
pub fn batch(connection: &Connection, text: &str) -> Result<()> {
    connection.prepare_cached(text).and_then(|mut prepared| prepared.raw_execute()).map(drop).map_err(failed)
}

/// The rows of a query without parameters, every value as text.
pub fn texts(connection: &Connection, text: &str) -> Result<Vec<Vec<Option<String>>>> {
    let mut prepared = connection.prepare(text).map_err(failed)?;
    let width = prepared.column_count();
    let rows = prepared.query_map([], |row| {
        let texts = (0..width).map(|index| match row.get_ref(index)? {
            ValueRef::Null => Ok(None),
            ValueRef::Text(bytes) => Ok(Some(String::from_utf8_lossy(bytes).into_owned())),
            value => Ok(cast(connection, "TEXT", value)),
        });
        texts.collect()
    });
    rows.and_then(Iterator::collect).map_err(failed)
}

fn take(connection: &Connection, statement: &Statement, mut prepared: CachedStatement<'_>) -> Result<Vec<Vec<Value>>> {
    let mut found = prepared.raw_query();
    let mut rows = Vec::new();
    // An unreadable value must not keep a write from being complete.
    let mut unreadable = None;
    while let Some(row) = found.next().map_err(failed)? {
        let mut values = Vec::with_capacity(statement.columns.len());
        for (index, column) in statement.columns.iter().enumerate() {
            let stored = row.get_ref(index).ok().and_then(|value| read(connection, value, column.codec.wire));
            values.push(column.revive(stored).unwrap_or_else(|error| {
                if !statement.lenient {
                    unreadable.get_or_insert(error);
                }
                Value::Null
            }));
        }
        rows.push(values);
    }
    unreadable.map_or(Ok(rows), Err)
}

fn changed(connection: &Connection, mut prepared: CachedStatement<'_>) -> Result<u64> {
    let before = connection.total_changes();
    Ok(match prepared.raw_execute().map_err(failed)? {
        // Of a view, SQLite counts what its triggers do, and only there.
        0 => connection.total_changes().wrapping_sub(before),
        count => count as u64,
    })
}

/// A number that changes whenever a connection changes the tables.
pub fn version(connection: &Connection) -> Option<i64> {
    connection.prepare_cached("PRAGMA schema_version").ok()?.query_row([], |row| row.get(0)).ok()
}

fn prepare<'c>(connection: &'c Connection, statement: &Statement, arguments: &[Value]) -> Result<CachedStatement<'c>> {
    let mut prepared = connection.prepare_cached(&statement.text).map_err(failed)?;
    for (place, argument) in (1..).zip(statement.arguments.iter()) {
        let bound = match &arguments[*argument] {
            // No caller gives what could not be read.
            Value::Null | Value::Unreadable(_) => prepared.raw_bind_parameter(place, Null),
            Value::Text(text) => prepared.raw_bind_parameter(place, text.as_str()),
            Value::Int(int) => prepared.raw_bind_parameter(place, int),
            // SQLite's integers have no room for it.
            Value::Unsigned(int) => prepared.raw_bind_parameter(place, int.to_string()),
            Value::Float(float) => prepared.raw_bind_parameter(place, float),
            Value::Bool(bool) => prepared.raw_bind_parameter(place, bool),
            // Only for a column declared to hold it natively, which SQLite does not have: its codecs write numbers or text.
            Value::Time(time) => prepared.raw_bind_parameter(place, time.timestamp_millis()),
        };
        bound.map_err(failed)?;
    }
    Ok(prepared)
}

/// With the last key in all places that are left.
fn prepare_for_keys<'c>(
    connection: &'c Connection,
    statement: &Statement,
    keys: &[impl AsRef<str>],
) -> Result<CachedStatement<'c>> {
    let mut prepared = connection.prepare_cached(&statement.text).map_err(failed)?;
    let last = keys.last().into_iter().cycle();
    for (place, key) in (1..=statement.arguments.len()).zip(keys.iter().chain(last)) {
        prepared.raw_bind_parameter(place, key.as_ref()).map_err(failed)?;
    }
    Ok(prepared)
}

/// What an error of rusqlite's means. One that SQLite finds in a statement's text, with its place there, is a variant of its own.
pub fn failed(error: rusqlite::Error) -> Error {
    let (number, message) = match error {
        // rusqlite adds the path, which is the caller's secret.
        rusqlite::Error::SqliteFailure(error, _) if error.extended_code & 0xff == 14 => {
            (error.extended_code, Some("unable to open database file".to_owned()))
        }
        rusqlite::Error::SqliteFailure(error, message) => (error.extended_code, message),
        rusqlite::Error::SqlInputError { error, msg, .. } => (error.extended_code, Some(msg)),
        _ => (0, None),
    };
    explain(number, message.as_deref().unwrap_or("no more is known"))
}

/// A stored value that is to be read as `wire` says; `None` if it cannot be.
fn read(connection: &Connection, value: ValueRef<'_>, wire: Wire) -> Option<Value> {
    let text = |bytes| std::str::from_utf8(bytes).ok().map(|text| Value::Text(text.to_owned()));
    Some(match (wire, value) {
        (_, ValueRef::Null) => Value::Null,
        (Wire::Text | Wire::Time | Wire::Any, ValueRef::Text(bytes)) => text(bytes)?,
        (Wire::Int | Wire::Unsigned | Wire::Time | Wire::Any, ValueRef::Integer(int)) => Value::Int(int),
        (Wire::Bool, ValueRef::Integer(int)) => Value::Bool(int != 0),
        (Wire::Float | Wire::Time | Wire::Any, ValueRef::Real(real)) => Value::Float(real),
        // A value of another class than the column's: SQLite itself knows what becomes of it, as it does for the pool.
        (Wire::Text | Wire::Time | Wire::Any, value) => Value::Text(cast(connection, "TEXT", value)?),
        (Wire::Int | Wire::Unsigned, value) => Value::Int(cast(connection, "INTEGER", value)?),
        (Wire::Float, value) => Value::Float(cast(connection, "REAL", value)?),
        (Wire::Bool, value) => Value::Bool(cast::<i64>(connection, "INTEGER", value)? != 0),
    })
}

fn cast<T: rusqlite::types::FromSql>(connection: &Connection, class: &str, value: ValueRef<'_>) -> Option<T> {
    let mut prepared = connection.prepare_cached(&format!("SELECT CAST(? AS {class})")).ok()?;
    prepared.query_row([rusqlite::types::ToSqlOutput::Borrowed(value)], |row| row.get(0)).ok()
}
