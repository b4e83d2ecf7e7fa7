//! The values and errors of MySQL and MariaDB.

use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::dialect::{Dialect, UNWRITABLE};
use crate::driver::codec::Codec;
use crate::driver::hosts::Role;
use crate::driver::message::{between, unquoted};
use crate::driver::sqlx;
use crate::driver::sqlx::error::{BoxDynError, DatabaseError};
use crate::driver::sqlx::mysql::{
    MySqlArguments, MySqlConnectOptions, MySqlConnection, MySqlDatabaseError, MySqlRow, MySqlTypeInfo,
};
use crate::driver::sqlx::{Arguments, ConnectOptions, Connection as _, Executor, MySql, Row, Type, TypeInfo, ValueRef};
use crate::error::{Code, Error, Health, Result};
use crate::statement::calls::Calls;
use crate::statement::statement::Statement;
use crate::types::wire::Wire;
use crate::value::Value;

/// What Group Replication says of a table that it cannot replicate.
const UNREPLICATED: &str = "the server does not write to this table, since it cannot replicate it: Group Replication wants InnoDB, a \
     primary key, and, where several servers write, foreign keys that do not cascade";

/// What a server has said of itself.
pub struct Told {
    pub dialect: Dialect,
    pub role: Option<Role>,
    /// The answer to what it was asked besides, which is empty if it does not take that.
    pub answer: Option<String>,
}

/// Connects, and tells which dialect the server speaks, MySQL's or MariaDB's, if `asks`, what the server is, and what it answers to
/// `besides`. A server that does not take that is connected to without.
pub async fn connect(
    options: &MySqlConnectOptions,
    operation_timeout: Duration,
    server_zone: bool,
    asks: bool,
    besides: Option<&str>,
) -> Result<(MySqlConnection, Told), sqlx::Error> {
    let mut connection = options.connect().await?;
    let mut text = format!("{}; SELECT VERSION()", session(operation_timeout, server_zone));
    for further in asks.then_some(ROLE).into_iter().chain(besides) {
        text.push_str("; ");
        text.push_str(further);
    }
    let answers = match connection.fetch_all(sqlx::raw_sql(&text)).await {
        Err(sqlx::Error::Database(_)) if besides.is_some() => {
            connection.close().await.ok();
            let (connection, told) = Box::pin(connect(options, operation_timeout, server_zone, asks, None)).await?;
            return Ok((connection, Told { answer: Some(String::new()), ..told }));
        }
        answers => answers?,
    };
    let (version, settings) = answers.split_first().ok_or(sqlx::Error::RowNotFound)?;
    let version: String = version.try_get_unchecked(0)?;
    let dialect = if version.contains("MariaDB") { Dialect::MariaDb } else { Dialect::MySql };
    let (settings, answer) = match (besides, settings.split_last()) {
        (Some(_), Some((answer, settings))) => (settings, answer.try_get_unchecked(0)?),
        _ => (settings, None),
    };
    let role = if asks { Some(role_by(settings)?) } else { None };
    Ok((connection, Told { dialect, role, answer }))
}

/// What the server is, whether it is one of a pair or a node of a cluster. Of the variables, each server answers those that it has.
const ROLE: &str = "SHOW VARIABLES WHERE Variable_name IN ('read_only', 'super_read_only', 'innodb_read_only', \
                    'transaction_read_only', 'tx_read_only', 'wsrep_on'); SHOW STATUS LIKE 'wsrep_ready'";

/// What the server is. Which one follows another is not known here: one that only reads is taken for a standby.
pub async fn role(connection: &mut MySqlConnection) -> Result<Role, sqlx::Error> {
    role_by(&connection.fetch_all(sqlx::raw_sql(ROLE)).await?)
}

fn role_by(answers: &[MySqlRow]) -> Result<Role, sqlx::Error> {
    let pair = |row: &MySqlRow| Ok((row.try_get_unchecked(0)?, row.try_get_unchecked(1)?));
    let settings = answers.iter().map(pair).collect::<Result<Vec<(String, String)>, sqlx::Error>>()?;
    // MariaDB's read_only has more values than two.
    let on = settings.iter().filter(|(_, value)| !matches!(&**value, "OFF" | "0" | "")).map(|(name, _)| &**name);
    let (cluster, closed): (Vec<_>, Vec<_>) = on.partition(|name| name.starts_with("wsrep"));
    let read_only = !closed.is_empty() || cluster == ["wsrep_on"];
    Ok(Role { standby: read_only, read_only })
}

/// What a new session is told, in one message: instants are UTC; a value that does not fit is an error, also on a server
/// that would rather cut it off; no lock is worth waiting for longer than an operation may take; and the isolation level is
/// the usual one. At a higher level the server would refuse some of the operations that run at the same time. A lower one it
/// would refuse itself, where it logs statements rather than rows.
fn session(operation_timeout: Duration, server_zone: bool) -> String {
    let seconds = operation_timeout.as_millis().div_ceil(1000);
    let zone = if server_zone { "@@global.time_zone" } else { "'+00:00'" };
    format!(
        "SET time_zone = {zone}, sql_mode = CONCAT(@@sql_mode, ',STRICT_ALL_TABLES'), \
         innodb_lock_wait_timeout = {seconds}, lock_wait_timeout = {seconds}; \
         SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ"
    )
}

/// A date that stands for none.
const ZERO_DATE: &str = "0000-00-00";

impl Codec for MySql {
    async fn foresee(_: &mut MySqlConnection, _: &Statement, _: &str, _: Vec<MySqlTypeInfo>) -> Result<()> {
        Ok(()) // it could change until the statement is performed: see `decode`
    }

    fn bind(arguments: &mut MySqlArguments, value: &Value) -> Result<(), BoxDynError> {
        match value {
            // No caller gives what could not be read.
            Value::Null | Value::Unreadable(_) => arguments.add(None::<String>),
            Value::Text(text) => arguments.add(text.as_str()),
            Value::Int(int) => arguments.add(int),
            Value::Unsigned(int) => arguments.add(int),
            Value::Float(float) => arguments.add(float),
            Value::Bool(bool) => arguments.add(bool),
            Value::Time(time) => arguments.add(time.naive_utc()),
        }
    }

    fn bind_keys(arguments: &mut MySqlArguments, keys: &[&str], places: usize) -> Result<(), BoxDynError> {
        let last = keys.last().into_iter().cycle();
        keys.iter().chain(last).take(places).try_for_each(|key| arguments.add(*key))
    }

    fn bind_calls(arguments: &mut MySqlArguments, statement: &Statement, calls: Calls<'_>) -> Result<(), BoxDynError> {
        let values = statement.arguments.iter().filter_map(|place| calls.at(*place));
        values.into_iter().try_for_each(|value| Self::bind(arguments, value))
    }

    fn types(_: &Statement, _: &[Value]) -> Vec<MySqlTypeInfo> {
        Vec::new()
    }

    fn types_of_calls(_: &Statement, _: &[Wire]) -> Vec<MySqlTypeInfo> {
        Vec::new()
    }

    /// By the type that the server says it has: it prepares a statement anew, and says nothing, when a column gets another type,
    /// and has then deleted the rows that it answers. What the value stands for is left to [`crate::types::codec`].
    fn decode(row: &MySqlRow, index: usize, wire: Wire) -> Result<Value, sqlx::Error> {
        let value = row.try_get_raw(index)?;
        if value.is_null() {
            return Ok(Value::Null);
        }
        let info = value.type_info();
        if <i64 as Type<MySql>>::compatible(&info) {
            return row.try_get_unchecked(index).map(Value::Int);
        }
        if <u64 as Type<MySql>>::compatible(&info) {
            return row.try_get_unchecked(index).map(Value::unsigned);
        }
        if <f64 as Type<MySql>>::compatible(&info) {
            return row.try_get_unchecked(index).map(Value::Float);
        }
        if <DateTime<Utc> as Type<MySql>>::compatible(&info) || info.name() == "DATE" {
            // As a text a zero date is what it is; in binary form sqlx takes it for null.
            return row.try_get_unchecked(index).map(Value::Time).or_else(|error| {
                let text = row.try_get_unchecked::<&str, _>(index);
                if text.is_ok_and(|text| text.starts_with(ZERO_DATE)) { Ok(Value::Null) } else { Err(error) }
            });
        }
        let text: String = row.try_get_unchecked(index)?;
        // What CAST makes of a decimal is one still.
        Ok(match wire {
            Wire::Float => text.parse().map_or(Value::Text(text), Value::Float),
            _ => Value::Text(text),
        })
    }

    fn explain(error: &dyn DatabaseError) -> Error {
        let error = error.downcast_ref::<MySqlDatabaseError>();
        let number = error.number();
        let (code, message, health) = match number {
            1062 | 1586 => (Code::Unique, "a row with the same key exists already", Health::Sound),
            1216 | 1217 | 1451 | 1452 => (Code::ForeignKey, "the row refers to one that does not exist", Health::Sound),
            1048 | 1364 | 1423 => (Code::NotNull, "a column that must not be null was given no value", Health::Sound),
            1264 | 1265 | 1292 | 1366 | 1406 | 1690 | 3140 | 3854 | 3988 => {
                (Code::InvalidValue, "a value does not fit its column", Health::Sound)
            }
            1054 | 1146 => (Code::Schema, "a table or column is not as this adapter expects it", Health::Sound),
            1288 | 1348 | 1471 => (Code::ReadOnly, UNWRITABLE, Health::Sound),
            // Another server may write by now.
            1290 | 1792 | 1836 => (Code::ReadOnly, "the database only allows reading", Health::Lost),
            // Galera's word for it, and Group Replication's: at a commit, and at all else.
            1047 | 3100 | 3032 => (Code::Connect, "the node does not take part in its cluster", Health::Lost),
            3098 => (Code::Schema, UNREPLICATED, Health::Sound),
            1205 | 1317 | 1969 | 3024 => (Code::Timeout, "the database gave up waiting", Health::Sound),
            1040 | 1044 | 1045 | 1049 | 1129 | 1130 | 1203 | 1226 | 1251 | 1698 => {
                (Code::Connect, "the database refused the connection", Health::Broken)
            }
            1053 | 1077 | 1079 | 1080 | 1152 | 1158..=1161 | 1184 | 1927 | 2006 | 2013 | 4031 => {
                (Code::Connect, "the database closed the connection", Health::Lost)
            }
            // A statement that the server no longer knows.
            1243 => (Code::Database, "the database refused a prepared statement", Health::Lost),
            _ => (Code::Database, "the database reported an error", Health::Sound),
        };
        let mut explained = Error::new(code, message).on(health).about("errno", number.to_string());
        // A deadlock's victim, or that of another node's commit (1213, and 3101 of Group Replication), more locks than there is room
        // for (1206), a row or a table that changed under a snapshot, or a statement that has to be prepared anew, as often as another
        // connection alters the table (MySQL 9); a server that stops or has ended the session (1053, 4031), a node of a
        // cluster that lacks its quorum (1047), a server that only reads.
        explained.undone = matches!(
            number,
            1213 | 1206 | 3101 | 1020 | 1412 | 1615 | 1047 | 3100 | 3032 | 1053 | 4031 | 1290 | 1792 | 1836
        );
        explained.stale = matches!(number, 1054 | 1146 | 1243 | 1412 | 1615 | 1906 | 3105);
        let explained = match error.code() {
            Some(state) => explained.about("sqlState", state),
            None => explained,
        };
        let explained = subject(explained, number, error.message());
        let quotable = matches!(code, Code::Connect | Code::Schema | Code::ReadOnly | Code::NotNull | Code::Timeout)
            || matches!(number, 1064 | 1142 | 1143 | 1213 | 1267);
        explained.because(if quotable {
            format!("{number}: {}", error.message())
        } else {
            format!("MySQL error {number}")
        })
    }
}

/// With the names in the message. The values in it come before them, or not at all.
fn subject(mut error: Error, number: u16, message: &str) -> Error {
    let tail = |before: &str| message.rsplit_once(before).map(|(_, tail)| tail);
    let last =
        |name: &str| name.trim_end_matches(['`', '\'']).rsplit(['`', '\'']).next().unwrap_or_default().to_owned();
    let (mut table, mut constraint) = (None, None);
    error.columns = match number {
        // "Duplicate entry '…' for key 'user_email_unique'"
        1062 | 1586 => {
            constraint = tail("for key '").map(|key| key.trim_end_matches('\'').to_owned());
            Some(Vec::new())
        }
        // "… (`app`.`session`, CONSTRAINT `name` FOREIGN KEY (`userId`) REFERENCES `user` (`id`) …)"
        1451 | 1452 => {
            table = between(message, "(`", "`, CONSTRAINT").map(last);
            constraint = between(message, "CONSTRAINT `", "` FOREIGN KEY").map(str::to_owned);
            let columns = between(message, "FOREIGN KEY (", ") REFERENCES");
            Some(columns.map(|list| unquoted(list, ", ", '`')).unwrap_or_default())
        }
        // "Column 'entry' cannot be null", "Field 'entry' doesn't have a default value"
        // Of a view only the table is named, and no column.
        1423 => Some(Vec::new()),
        1048 | 1364 => Some(between(message, "'", "'").map(str::to_owned).into_iter().collect()),
        // "CONSTRAINT `name` failed for `app`.`user`"
        4025 => {
            constraint = between(message, "CONSTRAINT `", "` failed for").map(str::to_owned);
            table = tail("` failed for ").map(last);
            Some(Vec::new())
        }
        // "Check constraint 'name' is violated."
        3819 => {
            constraint = between(message, "'", "'").map(str::to_owned);
            Some(Vec::new())
        }
        // "… denied to user … for table `app`.`session`"
        1142 | 1143 => {
            table = tail(" for table ").map(last);
            Some(Vec::new())
        }
        // "… for column 'name' at row 1", MariaDB's "… for column `app`.`user`.`name` at row 1", MySQL's "… for column 'user.data'."
        1264 | 1265 | 1292 | 1366 | 1406 | 3140 => {
            let place = tail("for column ").map(|place| place.split_once(" at row ").map_or(place, |(place, _)| place));
            let place = place.map(|place| place.trim_end_matches('.'));
            let names = place.map(|place| match place.starts_with('`') {
                true => unquoted(place, ".", '`'),
                false => place.trim_matches('\'').split('.').map(str::to_owned).collect(),
            });
            let mut names = names.unwrap_or_default();
            let column = names.pop();
            table = names.pop();
            Some(column.into_iter().collect())
        }
        // MySQL's "Conversion from collation … impossible for parameter" does not say for which column.
        1216 | 1217 | 1644 | 1690 | 3854 | 3988 => Some(Vec::new()),
        _ => None,
    };
    let named = [("table", table), ("constraint", constraint)].into_iter();
    named.filter_map(|(name, value)| Some((name, value?))).fold(error, |error, (name, value)| error.about(name, value))
}
