//! How a statement's arguments are bound, and its rows read, alike on every server.

use crate::driver::codec::{Codec, failed};
use crate::driver::session::Names;
use crate::driver::sqlx::{self, Executor as _, IntoArguments};
use crate::error::{Code, Error, Result};
use crate::statement::calls::Calls;
use crate::statement::statement::{Output, Statement};
use crate::value::Value;

pub fn bind<'q, DB: Codec>(statement: &Statement, arguments: &[Value]) -> Result<DB::Arguments<'q>> {
    let mut bound = DB::Arguments::default();
    for argument in statement.arguments.iter() {
        DB::bind(&mut bound, &arguments[*argument]).map_err(unbound)?;
    }
    Ok(bound)
}

pub fn bind_keys<'q, DB: Codec>(statement: &Statement, keys: &[&str]) -> Result<DB::Arguments<'q>> {
    let mut bound = DB::Arguments::default();
    DB::bind_keys(&mut bound, keys, statement.arguments.len()).map_err(unbound)?;
    Ok(bound)
}

pub fn bind_calls<'q, DB: Codec>(statement: &Statement, calls: Calls<'_>) -> Result<DB::Arguments<'q>> {
    let mut bound = DB::Arguments::default();
    DB::bind_calls(&mut bound, statement, calls).map_err(unbound)?;
    Ok(bound)
}

fn unbound(error: sqlx::error::BoxDynError) -> Error {
    Error::new(Code::Internal, "an argument could not be bound").because(error.to_string())
}

pub async fn fetch<'q, DB: Codec>(
    connection: &mut DB::Connection,
    statement: &Statement,
    text: &'q str,
    arguments: DB::Arguments<'q>,
    names: Names,
) -> Result<Vec<Vec<Value>>>
where
    for<'c> &'c mut DB::Connection: sqlx::Executor<'c, Database = DB>,
    DB::Arguments<'q>: IntoArguments<'q, DB>,
{
    let query = sqlx::query_with::<DB, _>(text, arguments).persistent(names != Names::None);
    let rows = connection.fetch_all(query).await.map_err(failed::<DB>)?;
    rows.iter().map(|row| decoded::<DB>(row, statement, names).collect()).collect()
}

/// The same, each value by itself. Behind a transaction pooler one that cannot be read has all undone.
pub async fn fetch_each<'q, DB: Codec>(
    connection: &mut DB::Connection,
    statement: &Statement,
    text: &'q str,
    arguments: DB::Arguments<'q>,
    names: Names,
) -> Result<Vec<Vec<Result<Value>>>>
where
    for<'c> &'c mut DB::Connection: sqlx::Executor<'c, Database = DB>,
    DB::Arguments<'q>: IntoArguments<'q, DB>,
{
    let query = sqlx::query_with::<DB, _>(text, arguments).persistent(names != Names::None);
    let rows = connection.fetch_all(query).await.map_err(failed::<DB>)?;
    let values = |row| {
        let values = decoded::<DB>(row, statement, names);
        let undoes = |value: &Result<Value>| value.as_ref().is_err_and(|error| error.stale);
        values.map(|value| if undoes(&value) { value.map(Ok) } else { Ok(value) }).collect()
    };
    rows.iter().map(values).collect()
}

/// The values of a row, in the order of the statement's columns.
fn decoded<'a, DB: Codec>(
    row: &'a DB::Row,
    statement: &'a Statement,
    names: Names,
) -> impl Iterator<Item = Result<Value>> + 'a {
    let value =
        move |(index, column): (usize, &Output)| match column.revive(DB::decode(row, index, column.codec.wire).ok()) {
            Err(_) if statement.lenient => Ok(Value::Null),
            // Behind a transaction pooler, where no statement is kept, the transaction around each is undone.
            read => read.map_err(|error| Error { stale: error.stale || names == Names::None, ..error }),
        };
    statement.columns.iter().enumerate().map(value)
}
