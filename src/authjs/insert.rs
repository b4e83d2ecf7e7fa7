//! What is inserted: only what the table ought to take, and with what it is tied to.

use crate::authjs::call::{Call, find, not_stored};
use crate::authjs::model::Table;
use crate::authjs::operation::Action;
use crate::authjs::row::given;
use crate::authjs::statements::{Insert, Write};
use crate::driver::executor::Verbs;
use crate::error::{Code, Error, Result};
use crate::value::{Records, Value};

impl Call<'_> {
    fn inserts(&self) -> bool {
        matches!(self.operation.action, Action::Insert | Action::Link)
    }

    /// Whether the table lacks a unique key that it ought to have.
    pub fn looks_first(&self) -> bool {
        self.inserts() && !self.table().unguarded.is_empty()
    }

    /// What gives back the locks that outlive the transaction, if it takes any.
    pub fn unlock(&self) -> Option<&'static str> {
        self.plan.statements.dialect.syntax().unlock.filter(|_| self.looks_first())
    }

    /// Refuses what the table ought to refuse. Others who insert the same wait for the locks, and then see our row. All are
    /// taken before the first look, at which MySQL's snapshot is taken.
    async fn look_first(&self, connection: &mut impl Verbs) -> Result<()> {
        let (table, statements) = (self.operation.table, &self.plan.statements);
        let keys = || self.table().unguarded.iter().filter_map(|key| Some((*key, self.given(key)?)));
        if let Some(lock) = statements.lock() {
            for (_, values) in keys() {
                let name = Value::Text(format!("{} {values:?}", table.name()));
                if connection.rows(&lock, &[name]).await? != [[Value::Int(1)]] {
                    return Err(Error::new(Code::Timeout, "somebody else is inserting the same row"));
                }
            }
        }
        for (key, values) in keys() {
            if !find(connection, &statements.find(table, key), &values).await?.is_empty() {
                return Err(
                    Error::new(Code::Unique, "a row with the same key exists already").about("table", table.name())
                );
            }
        }
        Ok(())
    }

    pub async fn insert(&self, connection: &mut impl Verbs) -> Result<Records> {
        self.look_first(connection).await?;
        let (positions, mut values): (Vec<_>, Vec<_>) = self.row.iter().cloned().unzip();
        let user = if self.plan.statements.needs_user(self.operation.table) { Some(self.user()?) } else { None };
        values.extend(user.clone());
        let inserted = match &*self.plan.inserting(self.operation, &positions) {
            Insert::Stored(Write::Returning(statement)) => find(connection, statement, &values).await?,
            Insert::Stored(Write::WithRead { write, .. }) if connection.affected(write, &values).await? == 0 => {
                Records::new()
            }
            Insert::Stored(Write::WithRead { read, .. }) => {
                self.as_written(read, find(connection, read, &values).await?)?
            }
            Insert::AsGiven { write, .. } if connection.affected(write, &values).await? == 0 => Records::new(),
            Insert::AsGiven { write, arguments } => {
                let value = |argument: &Option<usize>| argument.map_or(Value::Null, |at| values[at].clone());
                let row = arguments.iter().zip(&*write.columns).map(|(at, column)| column.revive(Some(value(at))));
                write.split(row.collect::<Result<_>>()?).collect()
            }
        };
        if !inserted.is_empty() {
            return Ok(inserted);
        }
        if let Some(user) = user {
            // A trigger may put rows elsewhere: that none was inserted does not yet say that the user is not there. Where none can,
            // it does, and MySQL's snapshot may still show a user who has been deleted.
            let statement = self.plan.statements.find(Table::User, Table::User.identity());
            if !self.may_be_passed_over() || connection.rows(&statement, &[user]).await?.is_empty() {
                return Err(self.no_user());
            }
        }
        Err(not_stored(self.operation))
    }

    /// The id of the user whom the new row belongs to, as the user's own table stores it.
    fn user(&self) -> Result<Value> {
        let id = self.plan.statements.layout.table(Table::User).column("id");
        given(self.fields, "userId").and_then(|input| id.key(input)).ok_or_else(|| self.no_user())
    }

    fn no_user(&self) -> Error {
        Error::new(Code::ForeignKey, "the row refers to one that does not exist")
            .about("table", self.table().table.name())
    }
}
