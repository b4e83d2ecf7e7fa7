//! A SQLite file, used on the calling thread: statements performed there and then, by a connection of its own.
//!
//! Whatever is not plain (a value of an unexpected type, any error) is left to the pool, whose answer counts.

use rusqlite::types::{Null, ValueRef};
use rusqlite::{CachedStatement, Connection};

use crate::schema::codec::Wire;
use crate::sql::{Output, Statement};
use crate::value::Value;

/// As much of the file as a connection keeps in memory, in KiB: the pages that every look-up goes through, of a table of some
/// hundred thousand rows.
pub const CACHE: i64 = 16_000;

/// All rows of a statement; `None` if one of them is not plain. To take all of them is what makes a statement that writes
/// take effect.
///
/// Its transaction ends before this returns, with the statement's reset, unless another one has been begun around it: none is
/// left open, which would show the next look-up an old state.
pub fn rows(
    connection: &Connection,
    statement: &Statement,
    arguments: &[Value],
) -> rusqlite::Result<Option<Vec<Vec<Value>>>> {
    let mut prepared = prepare(connection, statement, arguments)?;
    let mut found = prepared.raw_query();
    let (mut rows, mut all_plain) = (Vec::new(), true);
    while let Some(row) = found.next()? {
        let mut values = Vec::with_capacity(statement.columns.len());
        for (index, column) in statement.columns.iter().enumerate() {
            match plain(row.get_ref(index)?, column) {
                Some(value) => values.push(value),
                None => all_plain = false,
            }
        }
        rows.push(values);
    }
    Ok(all_plain.then_some(rows))
}

/// How many rows a statement changed.
pub fn affected(connection: &Connection, statement: &Statement, arguments: &[Value]) -> rusqlite::Result<u64> {
    prepare(connection, statement, arguments)?.raw_execute().map(|count| count as u64)
}

fn prepare<'c>(
    connection: &'c Connection,
    statement: &Statement,
    arguments: &[Value],
) -> rusqlite::Result<CachedStatement<'c>> {
    let mut prepared = connection.prepare_cached(&statement.text)?;
    for (place, argument) in (1..).zip(statement.arguments.iter()) {
        match &arguments[*argument] {
            Value::Null => prepared.raw_bind_parameter(place, Null)?,
            Value::Text(text) => prepared.raw_bind_parameter(place, text.as_str())?,
            Value::Int(int) => prepared.raw_bind_parameter(place, int)?,
            Value::Float(float) => prepared.raw_bind_parameter(place, float)?,
            Value::Bool(bool) => prepared.raw_bind_parameter(place, bool)?,
            Value::Time(time) => prepared.raw_bind_parameter(place, time.timestamp_millis())?,
        }
    }
    Ok(prepared)
}

/// A value whose storage class is the column's own, so that no conversion of SQLite's comes in.
fn plain(value: ValueRef<'_>, column: &Output) -> Option<Value> {
    let text = |text| std::str::from_utf8(text).ok().map(|text| Value::Text(text.to_owned()));
    let value = match (column.codec.wire, value) {
        (_, ValueRef::Null) => Value::Null,
        (Wire::Text | Wire::Time | Wire::Any, ValueRef::Text(bytes)) => text(bytes)?,
        (Wire::Int | Wire::Time | Wire::Any, ValueRef::Integer(int)) => Value::Int(int),
        (Wire::Bool, ValueRef::Integer(int)) => Value::Bool(int != 0),
        (Wire::Float | Wire::Time | Wire::Any, ValueRef::Real(real)) => Value::Float(real),
        _ => return None,
    };
    column.codec.revive(column.kind, value)
}
