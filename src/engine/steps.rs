//! How the steps of a compiled request are performed, and which records they come to.

use std::sync::atomic::Ordering;

use crate::driver::executor::Executor;
use crate::engine::call::Call;
use crate::engine::compiled::Steps;
use crate::engine::joins::{Joined, joined};
use crate::error::{Code, Error, Result};
use crate::statement::count::number;
use crate::statement::first;
use crate::statement::statement::Statement;
use crate::value::{Records, Value};

impl Call {
    /// Performs the steps.
    pub(super) async fn performed(&self, executor: &mut impl Executor) -> Result<Records> {
        let values = &self.values;
        match &self.compiled.steps {
            Steps::Find(statement) => self.found(executor, statement).await,
            Steps::Count(statement) => {
                let rows = executor.rows(statement, values).await?;
                let count = rows.first().and_then(|row| row.first());
                Ok(vec![number(if let Some(Value::Int(count)) = count { count.unsigned_abs() } else { 0 })])
            }
            Steps::Affect(statement) => Ok(vec![number(executor.affected(statement, values).await?)]),
            Steps::Return(statement) => self.returned(self.returning(executor, statement).await),
            Steps::Update { write, find } => self.updated(executor, write, find.as_ref()).await,
            Steps::Keep { write, .. } if executor.affected(write, values).await? == 0 => Ok(Records::new()),
            Steps::Keep { write, arguments } => {
                let value = |argument: &Option<usize>| argument.map_or(Value::Null, |at| values[at].clone());
                let row = arguments.iter().zip(&*write.columns).map(|(at, column)| column.revive(Some(value(at))));
                Ok(write.split(row.collect::<Result<_>>()?).collect())
            }
            Steps::Then { write, read, written } => {
                if let Some(both) = &self.compiled.both {
                    return written.over(both, values, one(executor, both, values).await?);
                }
                if !self.resumes && executor.affected(write, values).await? == 0 {
                    return Ok(Records::new());
                }
                let found = one(executor, read, values)
                    .await
                    .inspect_err(|_| self.done.0.store(self.is_insert(), Ordering::Relaxed));
                written.over(read, values, found.map_err(|error| self.after_the_write(error))?)
            }
            Steps::Replaced(delete) => delete.run(executor, values).await,
            Steps::Take { read, write } => {
                let found = one(executor, read, values).await?;
                if found.is_empty() || executor.affected(write, values).await? == 0 {
                    return Ok(Records::new());
                }
                Ok(found)
            }
            Steps::Locked { find, write, read } => {
                let Some(row) = executor.rows(find, values).await?.into_iter().next() else {
                    return Ok(Records::new());
                };
                let shown = find.records.iter().map(|(_, width)| width).sum();
                let values = [values.as_slice(), &find.stored(&row, shown)].concat();
                if executor.affected(write, &values).await? == 0 {
                    return Ok(Records::new());
                }
                match read {
                    Some(read) => one(executor, read, &values).await,
                    None => Ok(find.split(row).collect()),
                }
            }
        }
    }

    /// The records that match, with those that are joined to them.
    async fn found(&self, executor: &mut impl Executor, statement: &Statement) -> Result<Records> {
        let mut rows = self.rows(executor, statement).await.map_err(reread)?;
        if let (true, Some(otherwise)) = (rows.is_empty(), &self.compiled.otherwise) {
            rows = executor.rows(otherwise, &self.values).await.map_err(reread)?;
            if rows.len() > 1 {
                return Err(self.compiled.ambiguous());
            }
        }
        if self.compiled.one {
            rows = first::first(statement, rows).into_iter().collect();
        }
        if self.compiled.joins.iter().all(|join| matches!(join, Joined::Single)) {
            return Ok(rows.into_iter().flat_map(|row| statement.split(row)).collect());
        }
        let records = joined(executor, &self.compiled.joins, statement, rows, &self.values).await?;
        Ok(records.into_iter().flatten().collect())
    }

    /// The rows that match.
    async fn rows(&self, executor: &mut impl Executor, statement: &Statement) -> Result<Vec<Vec<Value>>> {
        let first = self.compiled.first_form.as_ref();
        let likelier = first.filter(|first| first.is_enough());
        if let Some(first) = likelier {
            let rows = executor.rows(&first.statement, &self.values).await?;
            if !rows.is_empty() {
                return Ok(rows);
            }
        }
        let rows = executor.rows(statement, &self.values).await?;
        // Of both forms, the likelier has just found nothing.
        if let Some(first) = first {
            first.learn(likelier.is_some() && !rows.is_empty());
        }
        Ok(rows)
    }

    /// What a statement returns, as it is once triggers have done with it.
    async fn returning(&self, executor: &mut impl Executor, statement: &Statement) -> Result<Records> {
        let Some(read) = &self.compiled.followed else { return one(executor, statement, &self.values).await };
        let rows = executor.rows(statement, &self.values).await?;
        let Some(row) = first::first(statement, rows) else { return Ok(Records::new()) };
        let shown = row.len() - read.arguments.iter().max().map_or(0, |last| last + 1);
        let records =
            one(executor, read, &statement.stored(&row, shown)).await.map_err(|error| self.after_the_write(error))?;
        if records.is_empty() { Err(Error::not_stored(&self.compiled.model)) } else { Ok(records) }
    }

    /// The row that an UPDATE changed.
    async fn updated(
        &self,
        executor: &mut impl Executor,
        write: &Statement,
        find: Option<&Statement>,
    ) -> Result<Records> {
        let mut records = self.returning(executor, write).await?;
        // A row that is there although none was changed has been made meanwhile, or is kept as it is.
        if records.is_empty()
            && let Some(find) = find
            && !executor.rows(find, &self.values).await?.is_empty()
        {
            records = self.returning(executor, write).await?;
            if records.is_empty() && !executor.rows(find, &self.values).await?.is_empty() {
                return Err(Error::not_stored(&self.compiled.model));
            }
        }
        Ok(records)
    }
}

/// A value that cannot be read back, in a look-up, may be of a table that has changed; and so may the row of a similar key.
fn reread(error: Error) -> Error {
    let stale = error.stale || matches!(error.code, Code::Decode | Code::Mismatch);
    Error { stale, ..error }
}

/// The records of the row that answers.
async fn one(executor: &mut impl Executor, statement: &Statement, values: &[Value]) -> Result<Records> {
    Ok(first::records(statement, executor.rows(statement, values).await?))
}
