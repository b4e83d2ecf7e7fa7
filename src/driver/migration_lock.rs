//! The lock that one migration of a database holds at a time.

use crate::dialect::Dialect;
use crate::driver::connection::Connection;
use crate::error::{Code, Error, Result};

/// How long a process waits for another one's migration.
const LOCK_WAIT_SECONDS: u32 = 60;

/// The part of the locks' names that is this package's.
const NAME: &str = "rust_auth_adapter_migration";

/// Does work on the tables that no other connection does at the same time, all or nothing where the database allows it.
pub async fn exclusively<T>(
    connection: &mut Connection,
    dialect: Dialect,
    schema: Option<&str>,
    work: impl AsyncFnOnce(&mut Connection) -> Result<T>,
) -> Result<T> {
    match dialect {
        Dialect::MySql | Dialect::MariaDb => with_named_lock(connection, work).await,
        Dialect::Postgres => {
            connection.batch(dialect.syntax().begin).await?;
            let enter = enter(schema);
            let outcome = match connection.batch(&enter).await {
                Ok(()) => work(connection).await,
                Err(error) => Err(error),
            };
            end(connection, outcome).await
        }
        Dialect::Sqlite => {
            connection.batch(dialect.syntax().begin).await?;
            let outcome = work(connection).await;
            end(connection, outcome).await
        }
    }
}

/// Takes the lock that only one migration holds; it ends with the transaction, also behind a pooler. The file's tables
/// then land in the URL's schema.
fn enter(schema: Option<&str>) -> String {
    // Waiting for another process may take longer than an operation may.
    let lock = format!("SET LOCAL statement_timeout = 0; SELECT pg_advisory_xact_lock(hashtext('{NAME}'));");
    match schema.map(|schema| Dialect::Postgres.quote(schema)) {
        Some(schema) => format!("{lock} CREATE SCHEMA IF NOT EXISTS {schema}; SET LOCAL search_path TO {schema};"),
        None => lock,
    }
}

async fn end<T>(connection: &mut Connection, outcome: Result<T>) -> Result<T> {
    match outcome {
        Ok(value) => connection.batch("COMMIT").await.map(|()| value),
        Err(error) => {
            connection.batch("ROLLBACK").await?;
            Err(error)
        }
    }
}

/// DDL commits by itself here, so that a lock of the session's and statements that can be repeated take the place of a
/// transaction.
async fn with_named_lock<T>(
    connection: &mut Connection,
    work: impl AsyncFnOnce(&mut Connection) -> Result<T>,
) -> Result<T> {
    // GET_LOCK is server-wide: the name, of 64 characters at most, carries the database. (MySQL 9.6 lost SHA1.)
    let name = format!("CONCAT('{NAME}:', LEFT(SHA2(DATABASE(), 256), 40))").replace(NAME, "rust_auth_adapter");
    let taken = connection.first_texts(&format!("SELECT GET_LOCK({name}, {LOCK_WAIT_SECONDS})")).await?;
    if taken != ["1"] {
        return Err(Error::new(Code::Timeout, "another process is still running the migrations"));
    }
    let outcome = work(connection).await;
    // Should this fail, the connection is closed with the error, and the lock goes with it.
    connection.batch(&format!("DO RELEASE_LOCK({name})")).await?;
    outcome
}
