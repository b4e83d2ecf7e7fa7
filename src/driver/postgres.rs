//! PostgreSQL's values and errors.

use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::TryStreamExt;

use crate::dialect::UNWRITABLE;
use crate::driver::codec::{Codec, failed};
use crate::driver::hosts::Role;
use crate::driver::message::{between, unquoted};
use crate::driver::modes;
use crate::driver::session::{Session, Sessions};
use crate::driver::sqlx;
use crate::driver::sqlx::encode::IsNull;
use crate::driver::sqlx::error::{BoxDynError, DatabaseError};
use crate::driver::sqlx::postgres::types::Oid;
use crate::driver::sqlx::postgres::{
    PgArgumentBuffer, PgArguments, PgConnectOptions, PgConnection, PgDatabaseError, PgRow, PgSslMode, PgTypeInfo,
    PgValueRef,
};
use crate::driver::sqlx::{Arguments, Column, Either, Encode, Executor, Postgres, Row, Statement as _, Type, ValueRef};
use crate::error::{Code, Error, Health, Refused, Result};
use crate::statement::calls::Calls;
use crate::statement::preparation::Bound;
use crate::statement::statement::Statement;
use crate::types::instant::{FIRST, LAST};
use crate::types::wire::Wire;
use crate::value::Value;

/// Why a server refuses what it is told of a new session: a pooler's "unsupported startup parameter", and what servers of
/// PostgreSQL's kind say of settings that they do not have.
const REFUSED: [&str; 4] = ["08P01", "0A000", UNKNOWN_SETTING, "22023"];
pub const UNKNOWN_SETTING: &str = "42704";

/// Connects. A session of our own is told three things on the way: when to give up, an isolation level, and to compile nothing. Our
/// operations need no more than READ COMMITTED; at a higher level the server would refuse some of those that run at the same time, and a
/// transaction's snapshot would be older than the lock that it waits for. What the catalog is asked looks so costly to the server that it
/// would make machine code for it, which takes ten times as long as the answer.
pub async fn connect(
    options: &PgConnectOptions,
    second_mode: Option<PgSslMode>,
    sessions: &Sessions,
    operation_timeout: Duration,
) -> Result<PgConnection, sqlx::Error> {
    if sessions.get() == Session::Own {
        let timeout = operation_timeout.as_millis().to_string();
        let isolation = ("default_transaction_isolation", "read\\ committed");
        let options = options.clone().options([("statement_timeout", &*timeout), isolation]);
        let is = |error: &dyn DatabaseError, codes: &[&str]| error.code().is_some_and(|code| codes.contains(&&*code));
        if sessions.may_compile() {
            match modes::open(&options.clone().options([("jit", "off")]), second_mode).await {
                // A server that compiles nothing has no such setting.
                Err(sqlx::Error::Database(error)) if is(&*error, &[UNKNOWN_SETTING]) => sessions.learn_uncompiled(),
                Err(sqlx::Error::Database(error)) if is(&*error, &REFUSED) => sessions.learn(Session::Lent),
                connected => return connected,
            }
        }
        if sessions.get() == Session::Own {
            match modes::open(&options, second_mode).await {
                // What refuses settings is no server, but a pooler, most likely.
                Err(sqlx::Error::Database(error)) if is(&*error, &REFUSED) => sessions.learn(Session::Lent),
                connected => return connected,
            }
        }
    }
    modes::open(options, second_mode).await
}

/// What the server is. It says so itself when a session starts, which sqlx keeps to itself.
pub async fn role(connection: &mut PgConnection) -> Result<Role, sqlx::Error> {
    const ROLE: &str = "SELECT pg_catalog.pg_is_in_recovery(), \
                        pg_catalog.current_setting('default_transaction_read_only')::pg_catalog.bool";
    let row = connection.fetch_one(sqlx::raw_sql(ROLE)).await?;
    let is = |index| row.try_get_unchecked::<bool, _>(index);
    Ok(Role { standby: is(0)?, read_only: is(1)? })
}

/// How long the session lets statements take unless a transaction says otherwise, in milliseconds.
pub const STATEMENT_TIMEOUT: &str = "SELECT reset_val FROM pg_catalog.pg_settings WHERE name = 'statement_timeout'";

/// Has a transaction's statements not compiled: see [`connect`]. A message of several statements is a transaction by itself.
pub const UNCOMPILED: &str = "SET LOCAL jit = off";

/// What the server is, and what tells PGlite, which is one process with one session.
pub const VERSION: &str = "SELECT version()";
pub const WEB_ASSEMBLY: [&str; 2] = ["PGlite", "Emscripten"];

/// What begins a statement that is given a name while it is not known whether the pooler gives it another one. The session is ours
/// until the transaction's end: what could be prepared in it is ours too.
pub const TRIED: &str = "/* rust-auth-adapter tries a name */ ";

/// What begins the names that sqlx gives to prepared statements.
const OWN_NAMES: &str = "sqlx_s_";

/// The columns of a prepared statement have other types than when it was prepared.
pub const OUTDATED: &str = "0A000";

/// Another client of the pooler's has left a statement of that name in the session.
pub const NAME_IS_TAKEN: &str = "42P05";

/// Commits a transaction in which statements were tried, and tells what the pooler does with their names: whether one has, on the
/// server, the name that sqlx gave it, which may be another client's name for another statement. If so, it is taken out of the session
/// before that is lent to others. All of it is one message.
///
/// `None`, and nothing has been done, where the server does not take out names in that way.
pub async fn commit_tried(connection: &mut PgConnection) -> Result<Option<Session>, sqlx::Error> {
    let tried = format!("pg_catalog.left(statement, {}) = '{TRIED}'", TRIED.len());
    let names = format!("SELECT name FROM pg_catalog.pg_prepared_statements WHERE {tried}");
    // Not DEALLOCATE by itself, which the server would complain of where it does not know the name.
    let text = format!(
        "{names}; DO $do$ DECLARE own pg_catalog.text; BEGIN FOR own IN {names} AND pg_catalog.left(name, 7) = '{OWN_NAMES}' \
         LOOP EXECUTE pg_catalog.format('DEALLOCATE %I', own); END LOOP; END $do$; COMMIT"
    );
    let (mut names, mut ended) = (Vec::<String>::new(), 0);
    let mut messages = connection.fetch_many(sqlx::raw_sql(&text));
    let committed = loop {
        match messages.try_next().await {
            Ok(Some(Either::Right(row))) => names.push(row.try_get_unchecked(0)?),
            Ok(Some(Either::Left(_))) => ended += 1,
            Ok(None) => break Ok(()),
            Err(error) => break Err(error),
        }
    };
    drop(messages);
    let own: Vec<_> = names.iter().filter(|name| name.starts_with(OWN_NAMES)).collect();
    match committed {
        Ok(()) if names.is_empty() || !own.is_empty() => Ok(Some(Session::Shared)),
        Ok(()) => Ok(Some(Session::Mapped)),
        Err(sqlx::Error::Database(_)) if ended == 1 => {
            let forgotten: String = own.iter().map(|name| format!("; DEALLOCATE {name}")).collect();
            connection.execute(sqlx::raw_sql(&format!("ROLLBACK{forgotten}"))).await?;
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// Prepares a statement before a call needs it.
pub async fn prepare(connection: &mut PgConnection, text: &str, values: &[Bound]) -> Result<(), sqlx::Error> {
    let types: Vec<_> = values.iter().map(|bound| sent_as(*bound)).collect();
    connection.prepare_with(text, &types).await.map(drop)
}

/// The type that a value is sent as: [`Codec::bind`]'s, and [`Codec::bind_keys`]'.
fn sent_as(bound: Bound) -> PgTypeInfo {
    match bound {
        Bound::Keys => <[&str] as Type<Postgres>>::type_info(),
        Bound::Many(Wire::Text | Wire::Any | Wire::Unsigned) => <[&str] as Type<Postgres>>::type_info(),
        Bound::Many(Wire::Int) => <[i64] as Type<Postgres>>::type_info(),
        Bound::Many(Wire::Float) => <[f64] as Type<Postgres>>::type_info(),
        Bound::Many(Wire::Bool) => <[bool] as Type<Postgres>>::type_info(),
        Bound::Many(Wire::Time) => <[DateTime<Utc>] as Type<Postgres>>::type_info(),
        Bound::One(Wire::Text | Wire::Any | Wire::Unsigned) => <str as Type<Postgres>>::type_info(),
        Bound::One(Wire::Int) => <i64 as Type<Postgres>>::type_info(),
        Bound::One(Wire::Float) => <f64 as Type<Postgres>>::type_info(),
        Bound::One(Wire::Bool) => <bool as Type<Postgres>>::type_info(),
        Bound::One(Wire::Time) => <DateTime<Utc> as Type<Postgres>>::type_info(),
    }
}

/// A NULL that leaves its type to the statement. Declared as text, it would make a text parameter of a timestamp's, for
/// as long as the statement stays prepared.
struct Untyped;

impl Type<Postgres> for Untyped {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(Oid(705)) // "unknown"
    }
}

impl Encode<'_, Postgres> for Untyped {
    fn encode_by_ref(&self, _: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        Ok(IsNull::Yes)
    }
}

/// Microseconds since the year 2000, as PostgreSQL sends instants. Read here because sqlx panics at `infinity`, which is a date
/// that never comes, and at `-infinity`: they are read as the last and the first instant that callers can store.
fn instant(value: PgValueRef<'_>) -> Result<Value, sqlx::Error> {
    const YEAR_2000: i64 = 946_684_800_000_000;
    if value.is_null() {
        return Ok(Value::Null);
    }
    // Others, a bigint for one, are of the same length.
    if !carries(Wire::Time, &value.type_info()) {
        return Err(sqlx::Error::Decode("no timestamptz".into()));
    }
    let bytes = <[u8; 8]>::try_from(value.as_bytes().map_err(sqlx::Error::Decode)?);
    let micros = bytes.map(i64::from_be_bytes).map_err(|error| sqlx::Error::Decode(error.into()))?;
    let time = micros.checked_add(YEAR_2000).and_then(DateTime::<Utc>::from_timestamp_micros);
    // Beyond what is known of dates here, too.
    Ok(Value::Time(time.unwrap_or(if micros < 0 { FIRST } else { LAST })))
}

/// All calls' arguments at `index`, of one type, or null.
fn listed<'a, T>(
    calls: Calls<'a>,
    index: usize,
    of: impl Fn(&'a Value) -> Option<T>,
) -> Result<Vec<Option<T>>, BoxDynError> {
    let one = |value: &'a Value| match (of(value), value) {
        (None, Value::Null) => Ok(None),
        (None, _) => Err("a value of another type".into()),
        (value, _) => Ok(value),
    };
    calls.column(index).map(one).collect()
}

/// The type that `value` is sent as: [`Codec::bind`]'s.
fn declared(value: &Value) -> PgTypeInfo {
    match value {
        Value::Null | Value::Unreadable(_) => Untyped::type_info(),
        Value::Text(_) | Value::Unsigned(_) => sent_as(Bound::One(Wire::Text)),
        Value::Int(_) => sent_as(Bound::One(Wire::Int)),
        Value::Float(_) => sent_as(Bound::One(Wire::Float)),
        Value::Bool(_) => sent_as(Bound::One(Wire::Bool)),
        Value::Time(_) => sent_as(Bound::One(Wire::Time)),
    }
}

/// Whether values of a type can be read as `wire` says.
fn carries(wire: Wire, info: &PgTypeInfo) -> bool {
    match wire {
        Wire::Text | Wire::Any => <str as Type<Postgres>>::compatible(info),
        Wire::Int | Wire::Unsigned => <i64 as Type<Postgres>>::compatible(info),
        Wire::Float => <f64 as Type<Postgres>>::compatible(info),
        Wire::Bool => <bool as Type<Postgres>>::compatible(info),
        Wire::Time => <DateTime<Utc> as Type<Postgres>>::compatible(info),
    }
}

impl Codec for Postgres {
    /// The server says of what types the columns of its answer are when it prepares a statement, which it has to do anyway the
    /// first time. From then on it refuses the statement itself when they change. One that it does not keep is part of a
    /// transaction, and undone.
    async fn foresee(
        connection: &mut PgConnection,
        statement: &Statement,
        text: &str,
        types: Vec<PgTypeInfo>,
    ) -> Result<()> {
        let prepared = connection.prepare_with(text, &types).await.map_err(failed::<Postgres>)?;
        let mut columns = prepared.columns().iter().zip(&*statement.columns);
        match columns.find(|(got, wanted)| !carries(wanted.codec.wire, got.type_info())) {
            None => Ok(()),
            Some((_, wanted)) => Err(wanted.retyped()),
        }
    }

    fn bind(arguments: &mut PgArguments, value: &Value) -> Result<(), BoxDynError> {
        match value {
            // No caller gives what could not be read.
            Value::Null | Value::Unreadable(_) => arguments.add(Untyped),
            Value::Text(text) => arguments.add(text.as_str()),
            Value::Int(int) => arguments.add(int),
            // No column of PostgreSQL's has room for it.
            Value::Unsigned(int) => arguments.add(int.to_string()),
            Value::Float(float) => arguments.add(float),
            Value::Bool(bool) => arguments.add(bool),
            Value::Time(time) => arguments.add(time),
        }
    }

    fn bind_keys(arguments: &mut PgArguments, keys: &[&str], _: usize) -> Result<(), BoxDynError> {
        arguments.add(keys)
    }

    /// One list for each argument.
    fn bind_calls(arguments: &mut PgArguments, statement: &Statement, calls: Calls<'_>) -> Result<(), BoxDynError> {
        for index in statement.arguments.iter().copied() {
            match calls.wires[index] {
                Wire::Int => arguments.add(listed(calls, index, |value| match value {
                    Value::Int(int) => Some(*int),
                    _ => None,
                })?),
                Wire::Float => arguments.add(listed(calls, index, |value| match value {
                    Value::Float(float) => Some(*float),
                    _ => None,
                })?),
                Wire::Bool => arguments.add(listed(calls, index, |value| match value {
                    Value::Bool(bool) => Some(*bool),
                    _ => None,
                })?),
                Wire::Time => arguments.add(listed(calls, index, |value| match value {
                    Value::Time(time) => Some(*time),
                    _ => None,
                })?),
                Wire::Text | Wire::Any | Wire::Unsigned => arguments.add(listed(calls, index, |value| match value {
                    Value::Text(text) => Some(text.as_str()),
                    _ => None,
                })?),
            }?;
        }
        Ok(())
    }

    fn types(statement: &Statement, arguments: &[Value]) -> Vec<PgTypeInfo> {
        statement.arguments.iter().map(|argument| declared(&arguments[*argument])).collect()
    }

    fn types_of_calls(statement: &Statement, wires: &[Wire]) -> Vec<PgTypeInfo> {
        statement.arguments.iter().map(|argument| sent_as(Bound::Many(wires[*argument]))).collect()
    }

    fn decode(row: &PgRow, index: usize, wire: Wire) -> Result<Value, sqlx::Error> {
        Ok(match wire {
            Wire::Text | Wire::Any => row.try_get::<Option<String>, _>(index)?.map(Value::Text),
            Wire::Int | Wire::Unsigned => row.try_get::<Option<i64>, _>(index)?.map(Value::Int),
            Wire::Float => row.try_get::<Option<f64>, _>(index)?.map(Value::Float),
            Wire::Bool => row.try_get::<Option<bool>, _>(index)?.map(Value::Bool),
            Wire::Time => return instant(row.try_get_raw(index)?),
        }
        .unwrap_or(Value::Null))
    }

    fn explain(error: &dyn DatabaseError) -> Error {
        let error = error.downcast_ref::<PgDatabaseError>();
        let state = error.code();
        let class = state.get(..2).unwrap_or_default();
        let (code, message, health) = match (class, state) {
            (_, "23505") => (Code::Unique, "a row with the same key exists already", Health::Sound),
            (_, "23503") => (Code::ForeignKey, "the row refers to one that does not exist", Health::Sound),
            (_, "23502") => (Code::NotNull, "a column that must not be null was given no value", Health::Sound),
            ("22", _) | (_, "54000") => (Code::InvalidValue, "a value does not fit its column", Health::Sound),
            (_, "42P01" | "42703" | "3F000") => {
                (Code::Schema, "a table or column is not as this adapter expects it", Health::Sound)
            }
            // A view of more than one table's own rows, or one that keeps them.
            (_, "55000" | "42809") => (Code::ReadOnly, UNWRITABLE, Health::Sound),
            // Another server may write by now.
            (_, "25006") => (Code::ReadOnly, "the database only allows reading", Health::Lost),
            (_, "57014" | "55P03") => (Code::Timeout, "the database gave up waiting", Health::Sound),
            // A statement or plan that the server no longer knows or accepts (42P05, 26000, 0A000), as after DDL or
            // behind a pooler that was not declared: only a new connection mends it.
            ("26" | "0A", _) | (_, NAME_IS_TAKEN) => {
                (Code::Database, "the database refused a prepared statement", Health::Lost)
            }
            ("28" | "3D", _) | (_, "53300") => (Code::Connect, "the database refused the connection", Health::Broken),
            ("08" | "57", _) => (Code::Connect, "the database closed the connection", Health::Lost),
            _ => (Code::Database, "the database reported an error", Health::Sound),
        };
        let mut explained = Error::new(code, message).on(health).about("sqlState", state);
        // A serialization failure, a deadlock's victim, a server that stops, starts, or has ended the session (57P01, 57P03, 57P05),
        // one that only reads. A statement that it does not know, or that it cannot give a name, has not begun.
        explained.undone =
            matches!(state, "40001" | "40P01" | "57P01" | "57P03" | "57P05" | "25006" | "26000" | NAME_IS_TAKEN);
        // A table, column or operator that is not there, a value of another type, a plan for what the table was, a trigger that a
        // statement of that plan did not reckon with.
        explained.stale =
            matches!(state, "42P01" | "42703" | "42883" | "42804" | "428C9" | "3F000" | "0A000" | "26000" | "27000");
        let detail = error.detail().unwrap_or_default();
        explained.columns = match state {
            // "Key (email)=(…) already exists."
            "23505" => Some(between(detail, "(", ")=(").map(|list| unquoted(list, ", ", '"')).unwrap_or_default()),
            // Its table is the one that refers. Where a row is deleted that is referred to, the key is of the other table.
            "23503" if !error.table().is_some_and(|table| detail.ends_with(&format!("\"{table}\"."))) => {
                Some(between(detail, "(", ")=(").map(|list| unquoted(list, ", ", '"')).unwrap_or_default())
            }
            "23502" => Some(error.column().map(str::to_owned).into_iter().collect()),
            "23503" | "23514" | "42501" | "P0001" => Some(Vec::new()),
            // Of the statement's own table, as far as is known.
            _ if code == Code::InvalidValue => Some(Vec::new()),
            _ => None,
        };
        explained.refused = refused(state, error.message(), error.data_type()).map(Box::new);
        if state == "42501"
            && error.table().is_none()
            && let Some((_, table)) = error.message().rsplit_once(" table ")
        {
            explained = explained.about("table", table.trim_matches('"'));
        }
        if let Some(table) = error.table() {
            explained = explained.about("table", table);
        }
        if let Some(constraint) = error.constraint() {
            explained = explained.about("constraint", constraint);
        }
        // The classes whose messages name objects, roles and settings, never values.
        let quotable = matches!(
            class,
            "08" | "0A" | "25" | "26" | "28" | "3D" | "3F" | "40" | "42" | "53" | "54" | "55" | "57" | "58"
        );
        explained.because(if quotable { format!("{state}: {}", error.message()) } else { format!("SQLSTATE {state}") })
    }
}

/// The type that did not take a value, and the value, where the message says so.
fn refused(state: &str, message: &str, domain: Option<&str>) -> Option<Refused> {
    let of = |name: &str| {
        let (name, length) = match name.split_once('(') {
            Some((name, rest)) => (name, rest.split_once(')').and_then(|(length, _)| length.parse().ok())),
            None => (name, None),
        };
        Refused { type_name: Some(name.trim().to_owned()), value: None, length }
    };
    let quoted = |text: &str| text.trim().strip_prefix('"')?.strip_suffix('"').map(str::to_owned);
    match state {
        // "value too long for type character varying(5)"
        "22001" => message.rsplit_once("for type ").map(|(_, name)| of(name)),
        // "value "…" is out of range for type integer", "integer out of range", "numeric field overflow"
        "22003" => match message.rsplit_once(" is out of range for type ") {
            Some((value, name)) => Some(Refused { value: quoted(value.trim_start_matches("value ")), ..of(name) }),
            None if message.starts_with("numeric field") => Some(of("numeric")),
            None => message.strip_suffix(" out of range").map(of),
        },
        // "invalid input syntax for type uuid: "…"", "invalid input value for enum role: "…"", "date/time field value out of range: "…""
        "22P02" | "22007" | "22008" => {
            let (what, value) = message.split_once(": ")?;
            let name = what.split_once("for type ").or_else(|| what.split_once("for enum "));
            let unnamed = Refused { type_name: None, value: None, length: None };
            Some(Refused { value: quoted(value), ..name.map_or(unnamed, |(_, name)| of(name)) })
        }
        // Of a domain.
        "23514" | "23502" => domain.map(of),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_name_the_type_that_refused() {
        for (state, message, expected) in [
            ("22001", "value too long for type character varying(5)", Some((Some("character varying"), None, Some(5)))),
            ("22003", "integer out of range", Some((Some("integer"), None, None))),
            (
                "22003",
                "value \"for type x\" is out of range for type smallint",
                Some((Some("smallint"), Some("for type x"), None)),
            ),
            ("22003", "numeric field overflow", Some((Some("numeric"), None, None))),
            ("22P02", "invalid input syntax for type uuid: \"x: \"y\"", Some((Some("uuid"), Some("x: \"y"), None))),
            ("22P02", "invalid input value for enum \"Odd\": \"x\"", Some((Some("\"Odd\""), Some("x"), None))),
            ("22008", "date/time field value out of range: \"x\"", Some((None, Some("x"), None))),
            ("23505", "for type x: \"y\"", None),
        ] {
            let found = refused(state, message, None);
            let found = found
                .as_ref()
                .map(|Refused { type_name, value, length }| (type_name.as_deref(), value.as_deref(), *length));
            assert_eq!(found, expected, "{message}");
        }
    }
}
