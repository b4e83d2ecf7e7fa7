//! SQLite's values and errors.

mod file;
#[cfg(unix)]
pub mod locks;
pub mod reader;
pub mod writer;

use sqlx::error::{BoxDynError, DatabaseError};
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{Arguments, Row, Sqlite, TypeInfo, ValueRef};

use super::connection::Codec;
use crate::error::{Code, Error, Health, Result};
use crate::schema::codec::Wire;
use crate::value::Value;

impl Codec for Sqlite {
    fn bind(arguments: &mut SqliteArguments<'_>, value: &Value) -> Result<(), BoxDynError> {
        match value {
            Value::Null => arguments.add(None::<String>),
            Value::Text(text) => arguments.add(text.clone()),
            Value::Int(int) => arguments.add(*int),
            Value::Float(float) => arguments.add(*float),
            Value::Bool(bool) => arguments.add(*bool),
            // Only for a column declared to hold it natively, which SQLite does not have: its codecs write numbers or text.
            Value::Time(time) => arguments.add(time.timestamp_millis()),
        }
    }

    fn bind_keys(arguments: &mut SqliteArguments<'_>, keys: &[&str], places: usize) -> Result<(), BoxDynError> {
        let last = keys.last().into_iter().cycle();
        keys.iter().chain(last).take(places).try_for_each(|key| arguments.add((*key).to_owned()))
    }

    fn decode(row: &SqliteRow, index: usize, wire: Wire) -> Result<Value, sqlx::Error> {
        Ok(match wire {
            Wire::Text => row.try_get_unchecked::<Option<String>, _>(index)?.map(Value::Text),
            Wire::Int => row.try_get_unchecked::<Option<i64>, _>(index)?.map(Value::Int),
            Wire::Float => row.try_get_unchecked::<Option<f64>, _>(index)?.map(Value::Float),
            Wire::Bool => row.try_get_unchecked::<Option<bool>, _>(index)?.map(Value::Bool),
            Wire::Time | Wire::Any => match row.try_get_raw(index)?.type_info().name() {
                "NULL" => None,
                "INTEGER" => row.try_get_unchecked::<Option<i64>, _>(index)?.map(Value::Int),
                "REAL" => row.try_get_unchecked::<Option<f64>, _>(index)?.map(Value::Float),
                _ => row.try_get_unchecked::<Option<String>, _>(index)?.map(Value::Text),
            },
        }
        .unwrap_or(Value::Null))
    }

    fn explain(error: &dyn DatabaseError) -> Error {
        explain(error.code().and_then(|code| code.parse().ok()).unwrap_or_default(), error.message())
    }
}

/// What an error of SQLite's means, by its extended number.
pub fn explain(extended: i32, message: &str) -> Error {
    let (code, what, health) = match (extended & 0xff, extended) {
        (_, 1555 | 2067 | 2579) => (Code::Unique, "a row with the same key exists already", Health::Sound),
        (_, 787) => (Code::ForeignKey, "the row refers to one that does not exist", Health::Sound),
        (_, 1299) => (Code::NotNull, "a column that must not be null was given no value", Health::Sound),
        (1, _)
            if message.contains("no such table")
                || message.contains("no such column")
                || message.contains("has no column named") =>
        {
            (Code::Schema, "a table or column is not as this adapter expects it", Health::Sound)
        }
        (5 | 6, _) => (Code::Timeout, "another process holds the database's lock", Health::Sound),
        (8, _) => (Code::ReadOnly, "the database only allows reading", Health::Sound),
        (14 | 26, _) => (Code::Connect, "the database file could not be opened", Health::Broken),
        (10 | 11 | 13, _) => (Code::Database, "the database file could not be written or read", Health::Broken),
        _ => (Code::Database, "the database reported an error", Health::Sound),
    };
    let mut explained = Error::new(code, what).on(health).about("errno", extended.to_string());
    // A table or column that is not there, or a key column of another type than it had.
    explained.stale = code == Code::Schema || extended == 20;
    // SQLite's own messages name tables and columns; those of a trigger may say anything.
    if extended == 1811 { explained } else { explained.because(message.to_owned()) }
}

/// Before a file is opened, wherever that is done.
pub fn prepare() {
    #[cfg(unix)]
    locks::install();
}
