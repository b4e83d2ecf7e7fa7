//! A request with its values, done to a connection.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crate::dialect::Dialect;
use crate::driver::executor::Executor;
use crate::driver::sqlite::reader::Reader;
use crate::driver::work::{Scope, Work};
use crate::engine::arguments::{Argument, encode};
use crate::engine::compiled::{Compiled, Steps};
use crate::engine::filled::filled;
use crate::engine::request::Method;
use crate::engine::seal::NAMES;
use crate::engine::settle::{Doubt, Settle};
use crate::engine::token::Given;
use crate::engine::unique_check;
use crate::error::{Error, Result};
use crate::statement::count::number;
use crate::statement::first;
use crate::value::{Records, Value};

/// Of a call that is made again, what came of it before does not count.
#[derive(Debug, Default)]
pub(super) struct TakenEffect(pub(super) AtomicBool);

impl Clone for TakenEffect {
    fn clone(&self) -> Self {
        Self::default()
    }
}

#[derive(Debug, Clone)]
pub struct Call {
    pub compiled: Arc<Compiled>,
    pub(super) values: Vec<Value>,
    /// Whether it has taken effect although it failed, unless a transaction around it was undone.
    pub(super) done: TakenEffect,
    /// The write has taken effect, by an earlier call.
    pub(super) resumes: bool,
    /// The tokens that its caller came with, where hashes may be stored in their places.
    pub(super) given: Option<Given>,
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

    /// Whether others may go on after it has failed on a unique key, although a transaction fails with it.
    pub fn is_insert(&self) -> bool {
        self.compiled.method == Method::Create
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

    /// Performs it, once its tokens are encrypted.
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
