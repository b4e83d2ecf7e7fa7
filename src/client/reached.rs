//! The question whether a replica has what its primary had, and where the primary was.

use crate::database::database::Database;
use crate::dialect::Dialect;
use crate::dialect::syntax::Replication;
use crate::driver::executor::Executor;
use crate::driver::work::{Scope, Work};
use crate::error::{Code, Error, Result};
use crate::statement::statement::{Output, Statement};
use crate::table::builder::Builder;
use crate::value::Value;

/// Where the primary was.
#[derive(Debug)]
pub struct Place {
    position: String,
    /// Which database its session is in.
    identity: String,
}

impl Place {
    /// Asks the primary, beside the pool, whose connections may all be waiting for something. `before` is called right before that.
    pub async fn of_primary<T>(primary: &Database, before: impl Fn() -> T) -> Result<(T, Place)> {
        let asked = primary.introspect_beside(async |connection, dialect| {
            let Some(replication) = replication(dialect) else { return Err(unusable("there are no replicas")) };
            let before = before();
            let mut rows = connection.texts(replication.position).await?.into_iter();
            Ok((before, rows.next().unwrap_or_default()))
        });
        let (before, row) = asked.await?;
        let mut row = row.into_iter();
        let position = row.next().flatten().filter(|position| !position.is_empty());
        let Some(position) = position else {
            return Err(unusable("the primary does not count its transactions (log_bin, gtid_mode)"));
        };
        Ok((before, Place { position, identity: row.next().flatten().unwrap_or_default() }))
    }
}

/// Whether a server has what the primary had at `place`.
#[derive(Debug)]
pub struct Question {
    statement: Statement,
    place: Place,
}

impl Question {
    /// In `dialect`, which both servers speak.
    pub fn new(dialect: Dialect, place: Place) -> Result<Self> {
        let Some(replication) = replication(dialect) else { return Err(unusable("there are no replicas")) };
        let statement =
            Statement { columns: [Output::text(), Output::text()].into(), ..template(dialect, replication.reached) };
        Ok(Self { statement, place })
    }
}

impl Question {
    /// Has the primary send on what it keeps back before that place.
    pub async fn send(&self, primary: &Database) -> Result<()> {
        let sent = primary.introspect_beside(async |connection, dialect| {
            let Some(send) = replication(dialect).and_then(|replication| replication.send) else { return Ok(()) };
            let statement = Statement { columns: [Output::text()].into(), ..template(dialect, send) };
            connection.rows(&statement, &[Value::Text(self.place.position.clone())]).await.map(drop)
        });
        sent.await
    }
}

impl Work for Question {
    /// Whether it has. One that never will is an error.
    type Output = bool;

    fn scope(&self) -> Scope {
        Scope::Read
    }

    async fn on(&self, executor: &mut impl Executor) -> Result<bool> {
        let rows = executor.rows(&self.statement, &[Value::Text(self.place.position.clone())]).await?;
        let row = rows.into_iter().next().unwrap_or_default();
        let [Value::Text(answer), Value::Text(identity)] = row.as_slice() else {
            return Err(unusable("it does not say which transactions it has"));
        };
        if *identity != self.place.identity {
            return Err(unusable("it is another database than the primary, or finds other tables by their names"));
        }
        match answer.as_str() {
            "has" => Ok(true),
            "behind" => Ok(false),
            "elsewhere" => Err(unusable("it does not say that it follows the primary's timeline")),
            _ => Err(unusable("it writes itself")),
        }
    }
}

pub fn unusable(why: &'static str) -> Error {
    Error::new(Code::Connect, why)
}

fn template(dialect: Dialect, text: &str) -> Statement {
    Builder::new(dialect).template(text, "", 0).build()
}

fn replication(dialect: Dialect) -> Option<&'static Replication> {
    dialect.syntax().replication.as_ref()
}
