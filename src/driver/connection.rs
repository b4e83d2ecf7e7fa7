//! One connection of any database, behind four verbs: rows, affected, batch, ping.

use std::time::Duration;

use crate::dialect::Dialect;
use crate::driver::codec::{Codec, failed};
use crate::driver::executor::Executor;
use crate::driver::sqlite::pooled::Pooled;
use crate::driver::sqlx::mysql::MySqlConnection;
use crate::driver::sqlx::postgres::PgConnection;
use crate::driver::sqlx::{
    ConnectOptions, Connection as _, Database, Executor as _, IntoArguments, MySql, Postgres, Row,
};
use crate::driver::target::Target;
use crate::driver::{mysql, postgres, sqlx};
use crate::error::{Code, Error, Result};
use crate::statement::statement::{Output, Statement};
use crate::value::Value;

#[derive(Debug)]
pub enum Connection {
    Postgres(PgConnection),
    MySql(MySqlConnection),
    Sqlite(Pooled),
}

/// Runs `$body` with `$connection` and its database type, whichever server it is, or `$file` with SQLite's.
macro_rules! on {
    ($self:expr, |$connection:ident: $database:ident| $body:expr, |$sqlite:ident| $file:expr) => {
        match $self {
            Connection::Postgres($connection) => {
                type $database = Postgres;
                $body
            }
            Connection::MySql($connection) => {
                type $database = MySql;
                $body
            }
            Connection::Sqlite($sqlite) => $file,
        }
    };
}

impl Connection {
    pub async fn open(target: &Target, operation_timeout: Duration) -> Result<Self> {
        Self::connect(target, operation_timeout).await.map_err(|error| match error.code {
            // If anything else goes wrong while connecting, what the caller lacks is a connection.
            Code::Database => Error { code: Code::Connect, ..error },
            _ => error,
        })
    }

    /// Connects, and tells the server to give up where we do: it would not notice that we have gone while it waits for a
    /// lock, and each abandoned statement would keep a connection of its own there.
    async fn connect(target: &Target, operation_timeout: Duration) -> Result<Self> {
        match target {
            Target::Postgres { options, own_session } => {
                let mut connection = options.connect().await.map_err(failed::<Postgres>)?;
                if *own_session {
                    let session = postgres::session(operation_timeout);
                    connection.execute(sqlx::raw_sql(&session)).await.map_err(failed::<Postgres>)?;
                }
                Ok(Connection::Postgres(connection))
            }
            Target::MySql { options, server_zone } => {
                let mut connection = options.connect().await.map_err(failed::<MySql>)?;
                let session = mysql::session(operation_timeout, *server_zone);
                connection.execute(sqlx::raw_sql(&session)).await.map_err(failed::<MySql>)?;
                Ok(Connection::MySql(connection))
            }
            Target::Sqlite(options) => Pooled::open(options).await.map(Connection::Sqlite),
        }
    }

    /// Which dialect this connection speaks. Asks the server where the URL cannot tell.
    pub async fn dialect(&mut self) -> Result<Dialect> {
        match self {
            Connection::Postgres(_) => Ok(Dialect::Postgres),
            Connection::Sqlite(_) => Ok(Dialect::Sqlite),
            Connection::MySql(connection) => {
                let query = connection.fetch_one(sqlx::raw_sql("SELECT VERSION()"));
                let version = query.await.and_then(|row| row.try_get_unchecked::<String, _>(0));
                let version = version.map_err(failed::<MySql>)?;
                Ok(if version.contains("MariaDB") { Dialect::MariaDb } else { Dialect::MySql })
            }
        }
    }

    /// Runs SQL text without parameters or results: transaction control and DDL.
    pub async fn batch(&mut self, text: &str) -> Result<()> {
        on!(
            self,
            |connection: Db| connection.execute(sqlx::raw_sql(text)).await.map(drop).map_err(failed::<Db>),
            |sqlite| sqlite.batch(text).await
        )
    }

    /// The rows of a query without parameters, every value as text. One message in the simple protocol, which is right
    /// behind any pooler.
    pub async fn texts(&mut self, text: &str) -> Result<Vec<Vec<Option<String>>>> {
        on!(
            self,
            |connection: Db| {
                let rows = connection.fetch_all(sqlx::raw_sql(text)).await.map_err(failed::<Db>)?;
                let decoded = rows.iter().map(|row| {
                    (0..row.len())
                        .map(|index| row.try_get_unchecked::<Option<String>, _>(index))
                        .collect::<Result<_, _>>()
                });
                decoded.collect::<Result<_, _>>().map_err(failed::<Db>)
            },
            |sqlite| sqlite.texts(text).await
        )
    }

    /// The first column of a query's rows.
    pub async fn first_texts(&mut self, text: &str) -> Result<Vec<String>> {
        let rows = self.texts(text).await?;
        Ok(rows.into_iter().filter_map(|row| row.into_iter().next().flatten()).collect())
    }

    pub async fn ping(&mut self) -> Result<()> {
        on!(self, |connection: Db| connection.ping().await.map_err(failed::<Db>), |sqlite| sqlite.ping().await)
    }

    /// Says goodbye to the server. Errors are of no interest: the connection is gone either way.
    pub async fn close(self) {
        on!(
            self,
            |connection: Db| {
                let _: Option<Db> = None;
                let _ = connection.close().await;
            },
            |sqlite| sqlite.close().await
        );
    }
}

impl Executor for Connection {
    async fn rows(&mut self, statement: &Statement, arguments: &[Value]) -> Result<Vec<Vec<Value>>> {
        let rows = on!(
            self,
            |connection: Db| {
                if statement.writes {
                    Db::foresee(connection, statement, arguments).await?;
                }
                let bound = bind::<Db>(statement, arguments)?;
                fetch::<Db>(connection, statement, bound).await
            },
            |sqlite| return sqlite.rows(statement, arguments).await
        )?;
        rows.iter().try_for_each(|row| statement.verify(row, arguments))?;
        Ok(rows)
    }

    async fn affected(&mut self, statement: &Statement, arguments: &[Value]) -> Result<u64> {
        on!(
            self,
            |connection: Db| {
                let query = sqlx::query_with::<Db, _>(&statement.text, bind::<Db>(statement, arguments)?);
                let done = connection.execute(query.persistent(statement.persistent)).await;
                done.map(|done| done.rows_affected()).map_err(failed::<Db>)
            },
            |sqlite| sqlite.affected(statement, arguments).await
        )
    }

    async fn rows_of_keys(&mut self, statement: &Statement, keys: &[&str]) -> Result<Vec<Vec<Value>>> {
        on!(
            self,
            |connection: Db| {
                let mut bound = <Db as Database>::Arguments::default();
                Db::bind_keys(&mut bound, keys, statement.arguments.len()).map_err(unbound)?;
                fetch::<Db>(connection, statement, bound).await
            },
            |sqlite| sqlite.rows_of_keys(statement, keys).await
        )
    }

    async fn affected_by_keys(&mut self, statement: &Statement, keys: &[&str]) -> Result<u64> {
        on!(
            self,
            |connection: Db| {
                let mut bound = <Db as Database>::Arguments::default();
                Db::bind_keys(&mut bound, keys, statement.arguments.len()).map_err(unbound)?;
                let query = sqlx::query_with::<Db, _>(&statement.text, bound).persistent(statement.persistent);
                connection.execute(query).await.map(|done| done.rows_affected()).map_err(failed::<Db>)
            },
            |sqlite| sqlite.affected_by_keys(statement, keys).await
        )
    }
}

fn bind<'q, DB: Codec>(statement: &Statement, arguments: &[Value]) -> Result<DB::Arguments<'q>> {
    let mut bound = DB::Arguments::default();
    for argument in statement.arguments.iter() {
        DB::bind(&mut bound, &arguments[*argument]).map_err(unbound)?;
    }
    Ok(bound)
}

fn unbound(error: sqlx::error::BoxDynError) -> Error {
    Error::new(Code::Internal, "an argument could not be bound").because(error.to_string())
}

async fn fetch<'q, DB: Codec>(
    connection: &mut DB::Connection,
    statement: &'q Statement,
    arguments: DB::Arguments<'q>,
) -> Result<Vec<Vec<Value>>>
where
    for<'c> &'c mut DB::Connection: sqlx::Executor<'c, Database = DB>,
    DB::Arguments<'q>: IntoArguments<'q, DB>,
{
    let query = sqlx::query_with::<DB, _>(&statement.text, arguments).persistent(statement.persistent);
    let rows = connection.fetch_all(query).await.map_err(failed::<DB>)?;
    rows.iter()
        .map(|row| {
            let columns = statement.columns.iter().enumerate();
            let value = |(index, column): (usize, &Output)| match column
                .revive(DB::decode(row, index, column.codec.wire).ok())
            {
                Err(_) if statement.lenient => Ok(Value::Null),
                // Behind a transaction pooler, where no statement is kept, the transaction around each is undone.
                read => read.map_err(|error| Error { stale: error.stale || !statement.persistent, ..error }),
            };
            columns.map(value).collect()
        })
        .collect()
}
