//! Brings secrets that are stored as they are into the form that keeps them, while the application runs: a few rows at a time.
//!
//! Each step is one small write of its own, after which it rests. A step changes a row only while its secret is the one that it
//! has read, so that it can be done twice, and begun anew at any time.

use std::time::{Duration, Instant};

use crate::authjs::model::Table;
use crate::authjs::plan::Plan;
use crate::database::database::Database;
use crate::dialect::Dialect;
use crate::driver::executor::Executor;
use crate::driver::work::{Scope, Work};
use crate::error::Result;
use crate::statement::statement::{Output, Statement};
use crate::table::builder::Builder;
use crate::value::Value;

/// So many rows in one step, unless the caller says otherwise, and at most.
pub const BATCH: u32 = 200;
pub const MAX_BATCH: u32 = 10_000;

/// A rest takes so many times as long as the step before it: calls get the database to themselves for most of the time.
pub const REST: u32 = 3;

/// Where a step ended: the values of the last row's key. The next one begins behind it.
pub type Place = Vec<Value>;

/// What one step has done.
#[derive(Debug, Default)]
pub struct Progress {
    /// Rows that were looked at.
    pub looked: u64,
    /// Rows whose secrets were stored as they are, and are not any more.
    pub converted: u64,
    /// `None` behind the last row.
    pub place: Option<Place>,
}

/// One kind of secret, and how the rows of a table get it into the form that keeps it.
pub trait Conversion: Sync {
    /// What reports call the secrets: one, and several.
    fn names(&self) -> [&'static str; 2];

    fn table(&self) -> Table;

    /// Refuses tables in which the secrets must not, or cannot, be converted.
    fn examine(&self, database: &Database, plan: &Plan) -> impl Future<Output = Result<()>> + Send;

    /// Converts what needs it among the next `limit` rows behind `place`, or from the first one.
    fn convert(
        &self,
        plan: &Plan,
        executor: &mut impl Executor,
        place: Option<&Place>,
        limit: u32,
    ) -> impl Future<Output = Result<Progress>> + Send;
}

/// A conversion on its way through a table.
#[derive(Debug)]
pub struct Securing {
    place: Option<Place>,
    limit: u32,
    /// Rows converted since the first row.
    pass: u64,
    pub done: bool,
    /// How long to leave the database to others before the next step.
    pub rest: Duration,
}

impl Securing {
    pub fn new(limit: Option<u32>) -> Self {
        Self { place: None, limit: limit.unwrap_or(BATCH), pass: 0, done: false, rest: Duration::ZERO }
    }

    /// Looks at some rows, and converts what needs it. `done` tells whether there may be more.
    ///
    /// The end is reached with a pass through the table that finds nothing: rows may have been added behind its back, and an order
    /// in which different keys are equal passes over some.
    pub async fn step(&mut self, conversion: &impl Conversion, database: &Database, plan: &Plan) -> Result<Progress> {
        if !plan.layout.has(conversion.table()) {
            self.done = true;
            return Ok(Progress::default());
        }
        let began = Instant::now();
        let step = Step { conversion, plan, place: self.place.as_ref(), limit: self.limit };
        let mut progress = database.run(&step).await?;
        self.pass += progress.converted;
        self.place = progress.place.take();
        if self.place.is_none() {
            self.done = self.pass == 0;
            self.pass = 0;
        }
        self.rest = began.elapsed() * REST;
        Ok(progress)
    }
}

/// One small write.
struct Step<'a, C> {
    conversion: &'a C,
    plan: &'a Plan,
    place: Option<&'a Place>,
    limit: u32,
}

impl<C: Conversion> Work for Step<'_, C> {
    type Output = Progress;

    fn scope(&self) -> Scope {
        Scope::Atomic
    }

    /// What has been converted is not converted again.
    fn only_reads(&self) -> bool {
        true
    }

    async fn on(&self, executor: &mut impl Executor) -> Result<Progress> {
        self.conversion.convert(self.plan, executor, self.place, self.limit).await
    }
}

/// How many rows the table of this name has.
pub async fn count(database: &Database, dialect: Dialect, name: &str) -> Result<u64> {
    let built = Builder::new(dialect).push("SELECT ").unnamed("COUNT(*)", Output::number());
    let statement = built.push(" FROM ").push(name).build();
    let rows = database.run(&Question { statement }).await?;
    Ok(match rows.first().map(Vec::as_slice) {
        Some([Value::Int(count)]) => count.cast_unsigned(),
        _ => 0,
    })
}

/// A statement that only reads, without arguments.
pub struct Question {
    pub statement: Statement,
}

impl Work for Question {
    type Output = Vec<Vec<Value>>;

    fn scope(&self) -> Scope {
        Scope::Read
    }

    async fn on(&self, executor: &mut impl Executor) -> Result<Self::Output> {
        executor.rows(&self.statement, &[]).await
    }
}
