//! A request with its values, done to a connection.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::dialect::Dialect;
use crate::driver::executor::Executor;
use crate::driver::sqlite::reader::Reader;
use crate::driver::together::{Done, Step};
use crate::driver::work::{Scope, Work};
use crate::engine::arguments::{Argument, encode};
use crate::engine::batched_write::Sharing;
use crate::engine::compiled::{Compiled, Steps};
use crate::engine::filled::filled;
use crate::engine::joins::{Joined, joined};
use crate::engine::request::Method;
use crate::engine::seal::NAMES;
use crate::engine::settle::{Doubt, Look, Settle};
use crate::engine::token::Given;
use crate::engine::unique_check;
use crate::error::{Code, Error, Result};
use crate::statement::count::number;
use crate::statement::first;
use crate::statement::statement::Statement;
use crate::value::{Records, Value};

/// Of a call that is made again, what came of it before does not count.
#[derive(Debug, Default)]
struct TakenEffect(AtomicBool);

impl Clone for TakenEffect {
    fn clone(&self) -> Self {
        Self::default()
    }
}

#[derive(Debug, Clone)]
pub struct Call {
    pub compiled: Arc<Compiled>,
    values: Vec<Value>,
    /// Whether it has taken effect although it failed, unless a transaction around it was undone.
    done: TakenEffect,
    /// The write has taken effect, by an earlier call.
    resumes: bool,
    /// The tokens that its caller came with, where hashes may be stored in their places.
    given: Option<Given>,
}

impl Call {
    /// `None` if no row can match in any database.
    pub fn prepare(dialect: Dialect, compiled: Arc<Compiled>, arguments: &[Argument]) -> Result<Option<Self>> {
        let Some(values) = encode(dialect, &compiled.encoders, arguments)? else { return Ok(None) };
        let mut call = Self::encoded(compiled, values)?;
        if let Some(given) = &mut call.given {
            given.take_lists(&call.compiled.encoders, arguments);
        }
        Ok(Some(call))
    }

    /// The same, with arguments that have their stored form already.
    pub fn encoded(compiled: Arc<Compiled>, mut values: Vec<Value>) -> Result<Self> {
        let given = compiled.token.as_ref().map(|token| token.store(&mut values));
        match &compiled.seal {
            // Known once the row has been read.
            Some(seal) if seal.reads() => values.extend([const { Value::Null }; NAMES]),
            Some(seal) => seal.seal(&mut values)?,
            None => {}
        }
        for column in &compiled.fills {
            values.push(filled(&compiled, column, &values)?);
        }
        Ok(Self { compiled, values, done: TakenEffect::default(), resumes: false, given })
    }

    /// For a new row: what names the row that it belongs to.
    pub fn owned_by(mut self, owner: Value) -> Self {
        self.values.push(owner);
        self
    }

    /// Its statements, in their order, if there is nothing to it but them.
    pub fn plain_steps(&self) -> Option<Vec<Step<'_>>> {
        let Compiled { seal, checks, followed, mirrored, .. } = &*self.compiled;
        let is_plain = seal.is_none() && checks.is_empty() && followed.is_none() && mirrored.is_empty();
        let statements = match &self.compiled.steps {
            Steps::Affect(write) | Steps::Return(write) => vec![write],
            Steps::Take { read, write } => vec![read, write],
            _ => return None,
        };
        let steps = statements.into_iter().map(|statement| (statement, self.values.as_slice()));
        (is_plain && self.given.is_none()).then(|| steps.collect())
    }

    /// What it answers, by what became of those statements, of which each takes its part.
    pub fn concluded(&self, done: &mut impl Iterator<Item = Done>) -> Records {
        let mut next = || done.next().unwrap_or_default();
        match &self.compiled.steps {
            Steps::Affect(_) => vec![number(next().affected)],
            Steps::Return(write) => first::records(write, next().rows),
            Steps::Take { read, .. } => {
                let (found, taken) = (next().rows, next().affected);
                if taken == 0 { Records::new() } else { first::records(read, found) }
            }
            _ => Records::new(),
        }
    }

    /// Whether others may go on after it has failed on a unique key, although a transaction fails with it.
    pub fn is_insert(&self) -> bool {
        self.compiled.method == Method::Create
    }

    /// Whether the row was inserted or deleted although the call failed, as far as no transaction was undone.
    pub fn is_done(&self) -> bool {
        self.done.0.load(Ordering::Relaxed)
    }

    /// The rest of an INSERT whose row could not be read: `earlier` has inserted it, with what it filled in by itself.
    pub fn resuming(mut self, earlier: &Call) -> Self {
        let fills = self.compiled.fills.len();
        if fills == earlier.compiled.fills.len() {
            let (own, theirs) = (self.values.len() - fills, earlier.values.len() - fills);
            self.values.splice(own.., earlier.values[theirs..].iter().cloned());
        }
        self.resumes = matches!(self.compiled.steps, Steps::Then { .. });
        self
    }

    /// What a statement came to that answers the rows it inserts or deletes: it has done so to those that cannot be read, too.
    fn returned(&self, outcome: Result<Records>) -> Result<Records> {
        let once = matches!(self.compiled.method, Method::Create | Method::Delete | Method::ConsumeOne);
        outcome.inspect_err(|error| self.done.0.store(once && error.code == Code::Decode, Ordering::Relaxed))
    }

    /// Whether the database has put something into a new row by itself: a number that it counts up, or the time.
    pub fn is_completed(&self, records: &Records) -> bool {
        let known = |values: &[Value]| values.iter().filter(|value| **value != Value::Null).count();
        self.is_insert() && records.iter().any(|(_, values)| known(values) > known(&self.values))
    }

    /// What a reader of the calling thread answers; `None` if it has to be asked otherwise.
    pub fn at_once(&self, reader: &mut Reader) -> Option<Records> {
        let long = &self.compiled.long;
        if self.scope() != Scope::Read || long.is_long() {
            return None;
        }
        let found = reader.look(async |reader| self.on(reader).await);
        if found.is_none() && reader.is_exhausted() {
            long.took_long();
        }
        found
    }

    /// Of `records` that it found, the one that answers.
    pub fn first_of(&self, records: Records) -> Records {
        let Steps::Find(statement) = &self.compiled.steps else { return records };
        let first = records.into_iter().min_by(|(_, one), (_, other)| first::compare(statement, one, other));
        first.into_iter().collect()
    }

    /// The rows that match.
    async fn found(&self, executor: &mut impl Executor, statement: &Statement) -> Result<Vec<Vec<Value>>> {
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

    /// An error of what is read after a write. The write has taken effect, unless both are one transaction.
    fn after_the_write(&self, error: Error) -> Error {
        Error { undone: error.undone && self.scope() == Scope::Atomic, ..error }
    }

    async fn performed(&self, executor: &mut impl Executor) -> Result<Records> {
        let values = &self.values;
        match &self.compiled.steps {
            Steps::Find(statement) => {
                let mut rows = self.found(executor, statement).await.map_err(reread)?;
                if let (true, Some(otherwise)) = (rows.is_empty(), &self.compiled.otherwise) {
                    rows = executor.rows(otherwise, values).await.map_err(reread)?;
                    if rows.len() > 1 {
                        return Err(self.compiled.ambiguous());
                    }
                }
                if self.compiled.one && rows.len() > 1 {
                    rows = first::first(statement, rows).into_iter().collect();
                }
                if self.compiled.joins.iter().all(|join| matches!(join, Joined::Single)) {
                    return Ok(rows.into_iter().flat_map(|row| statement.split(row)).collect());
                }
                let records = joined(executor, &self.compiled.joins, statement, rows, values).await?;
                Ok(records.into_iter().flatten().collect())
            }
            Steps::Count(statement) => {
                let rows = executor.rows(statement, values).await?;
                match rows.first().and_then(|row| row.first()) {
                    Some(Value::Int(count)) => Ok(vec![number(count.unsigned_abs())]),
                    _ => Ok(vec![number(0)]),
                }
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
                let Some(mut row) = executor.rows(find, values).await?.into_iter().next() else {
                    return Ok(Records::new());
                };
                let shown: usize = find.records.iter().map(|(_, width)| width).sum();
                let named = row.drain(shown..).zip(&find.columns[shown..]);
                let named: Vec<_> =
                    named.map(|(value, column)| column.codec.store(value).unwrap_or(Value::Null)).collect();
                let values = [values.as_slice(), &named].concat();
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

    /// What a statement returns, as it is once triggers have done with it.
    async fn returning(&self, executor: &mut impl Executor, statement: &Statement) -> Result<Records> {
        let Some(read) = &self.compiled.followed else { return one(executor, statement, &self.values).await };
        let rows = executor.rows(statement, &self.values).await?;
        let Some(mut row) = first::first(statement, rows) else { return Ok(Records::new()) };
        let named = row.len() - read.arguments.iter().max().map_or(0, |last| last + 1);
        let name = row.drain(named..).zip(&statement.columns[named..]);
        let name: Vec<_> = name.map(|(value, column)| column.codec.store(value).unwrap_or(Value::Null)).collect();
        let records = one(executor, read, &name).await.map_err(|error| self.after_the_write(error))?;
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

impl Work for Call {
    /// Records come one after the other, each followed by those that are joined to it: by one, nulls if there is none,
    /// or by their number, a record of its own, and themselves.
    type Output = Records;

    fn scope(&self) -> Scope {
        match &self.compiled.steps {
            Steps::Then { written, .. } if written.is_read_back(&self.values) => Scope::Atomic,
            _ if self.takes_locks() => Scope::Atomic,
            _ => self.compiled.scope(),
        }
    }

    fn takes_locks(&self) -> bool {
        unique_check::any(&self.compiled.checks, &self.values)
    }

    fn is_settled(&self) -> bool {
        self.only_reads() || self.doubt() != Doubt::Stays
    }

    async fn on(&self, executor: &mut impl Executor) -> Result<Records> {
        let Some(seal) = self.compiled.seal.as_ref().filter(|seal| seal.reads()) else {
            return self.sealed_on(executor).await;
        };
        // What is looked at before a write is bound to one account.
        let is_alone = self.compiled.checks.is_empty() && self.compiled.mirrored.is_empty();
        if let Some(all) = seal.clears(&self.values).filter(|_| is_alone) {
            return Ok(vec![number(executor.affected(all, &self.values).await?)]);
        }
        match seal.found(executor, &self.values).await? {
            Some(values) => Self { values, ..self.clone() }.sealed_on(executor).await,
            None if self.compiled.method == Method::UpdateMany => Ok(vec![number(0)]),
            None => Ok(Records::new()),
        }
    }
}

impl Call {
    /// The same, with its tokens encrypted.
    async fn sealed_on(&self, executor: &mut impl Executor) -> Result<Records> {
        unique_check::run(&self.compiled.checks, executor, &self.values).await?;
        for statement in &self.compiled.mirrored {
            executor.affected(statement, &self.values).await?;
        }
        let mut records = self.performed(executor).await?;
        if let Some(given) = &self.given {
            given.show(&mut records);
        }
        if !records.is_empty() || !self.is_insert() {
            return Ok(records);
        }
        if let (Some(check), Some(owner)) = (&self.compiled.owner, self.values.last()) {
            check.run(executor, owner).await?;
        }
        Err(Error::not_stored(&self.compiled.model))
    }
}

impl Settle for Call {
    fn doubt(&self) -> Doubt {
        if self.look().is_some() {
            Doubt::Looks
        } else if self.compiled.repeats {
            Doubt::Repeats
        } else {
            Doubt::Stays
        }
    }

    fn shared(&self) -> Option<Sharing<'_>> {
        self.compiled.batched_write.as_ref()?.sharing(&self.values)
    }

    fn answered(&self, outcome: Result<Records>) -> Result<Records> {
        let mut outcome = self.returned(outcome);
        if let (Some(given), Ok(records)) = (&self.given, &mut outcome) {
            given.show(records);
        }
        outcome
    }

    fn look(&self) -> Option<Look<'_>> {
        Look::new(&self.compiled.inserted, &self.values, self.given.as_ref())
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::runtime::RUNTIME;
    use crate::dialect::Dialect;
    use crate::engine::compile::compile;
    use crate::engine::tests::tables;
    use crate::error::{Code, Health};

    /// A server that writes a row, and then undoes what it is asked.
    #[derive(Default)]
    struct Failing {
        written: u64,
    }

    impl Executor for Failing {
        async fn rows(&mut self, _: &Statement, _: &[Value]) -> Result<Vec<Vec<Value>>> {
            let gone = Error::new(Code::Connect, "the node does not take part in its cluster").on(Health::Lost);
            Err(Error { undone: true, ..gone })
        }

        async fn affected(&mut self, _: &Statement, _: &[Value]) -> Result<u64> {
            self.written += 1;
            Ok(1)
        }

        async fn rows_of_keys(&mut self, _: &Statement, _: &[&str]) -> Result<Vec<Vec<Value>>> {
            Err(crate::driver::executor::unshared())
        }

        async fn affected_by_keys(&mut self, _: &Statement, _: &[&str]) -> Result<u64> {
            Err(crate::driver::executor::unshared())
        }
    }

    #[test]
    fn a_write_whose_row_is_not_read_has_been_written() {
        let asked = r#"{"method": "create", "model": "counted", "set": ["label"]}"#;
        let request = serde_json::from_str(asked).expect("a request");
        let compiled = compile(&tables(Dialect::MySql), &request).expect("it compiles");
        let call = Call::encoded(Arc::new(compiled), vec![Value::Null]).expect("a call");
        let mut server = Failing::default();
        let error = RUNTIME.block_on(call.on(&mut server)).expect_err("it is not read");
        assert_eq!(server.written, 1);
        assert!(call.is_done() && !error.undone && error.connection == Health::Lost);
    }
}
