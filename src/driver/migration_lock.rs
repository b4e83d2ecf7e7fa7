//! The lock that one migration of a database holds at a time.

use crate::dialect::Dialect;
use crate::dialect::syntax::MigrationLock;
use crate::driver::connection::Connection;
use crate::error::{Code, Error, Result};

/// Does work on the tables that no other connection does at the same time, all or nothing where the database allows it.
pub async fn exclusively<T>(
    connection: &mut Connection,
    dialect: Dialect,
    schema: Option<&str>,
    work: impl AsyncFnOnce(&mut Connection) -> Result<T>,
) -> Result<T> {
    match &dialect.syntax().migration_lock {
        MigrationLock::Transaction { enter } => {
            connection.batch(dialect.syntax().begin).await?;
            let outcome = match enter.map(|lock| entrance(dialect, lock, schema)) {
                Some(enter) => connection.batch(&enter).await,
                None => Ok(()),
            };
            let outcome = match outcome {
                Ok(()) => work(connection).await,
                Err(error) => Err(error),
            };
            end(connection, outcome).await
        }
        MigrationLock::Session { take, give_back } => {
            if connection.first_texts(take).await? != ["1"] {
                return Err(Error::new(Code::Timeout, "another process is still running the migrations"));
            }
            let outcome = work(connection).await;
            // Should this fail, the connection is closed with the error, and the lock goes with it.
            connection.batch(give_back).await?;
            outcome
        }
    }
}

/// Takes the lock. The file's tables then land in the URL's schema.
fn entrance(dialect: Dialect, lock: &str, schema: Option<&str>) -> String {
    match schema.map(|schema| dialect.quote(schema)) {
        Some(schema) => format!("{lock} CREATE SCHEMA IF NOT EXISTS {schema}; SET LOCAL search_path TO {schema};"),
        None => lock.to_owned(),
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
