//! Deletes what has expired, a few rows at a time, so that no call waits for it.
//!
//! Each step is one small write of its own, after which it rests. What rows a step deletes is decided by the same reading
//! of `expires` as a look-up's.

use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};

use crate::authjs::expiry::Expiry;
use crate::authjs::model::Table;
use crate::authjs::operation::Operation;
use crate::authjs::plan::Plan;
use crate::database::database::Database;
use crate::driver::executor::Executor;
use crate::driver::work::{Scope, Work};
use crate::error::{Code, Error, Result};
use crate::statement::shape;
use crate::statement::statement::Statement;
use crate::types::kind::Kind;
use crate::types::past::Texts;
use crate::value::{Fields, Input, Records, Value};

/// What expires.
pub const TABLES: [Table; 2] = [Table::Session, Table::VerificationToken];

/// So many rows in one step at most.
pub const MAX_BATCH: u32 = 10_000;

/// A rest takes so many times as long as the step before it: look-ups get the database to themselves for most of the time.
const REST: u32 = 4;

/// The expired rows of one table on their way out: how far it has come.
#[derive(Debug, Clone, Copy)]
pub struct Pruning {
    pub table: Table,
    now: DateTime<Utc>,
    /// How many rows at once; as many as suits the database if the caller does not say.
    limit: Option<u32>,
    /// Which of the places where expired rows may be; see [`crate::types::past::Past`].
    stage: usize,
    /// How many rows were found there that have not expired.
    skip: u64,
    pub done: bool,
    /// How long to leave the database to others before the next step.
    pub rest: Duration,
}

impl Pruning {
    pub fn new(table: Table, now: DateTime<Utc>, limit: Option<u32>) -> Self {
        Self { table, now, limit, stage: 0, skip: 0, done: false, rest: Duration::ZERO }
    }

    /// Deletes some rows. How many they were; `done` tells whether there may be more.
    pub async fn step(&mut self, database: &Database, plan: &Plan) -> Result<u64> {
        if !plan.layout.has(self.table) {
            self.done = true;
            return Ok(0);
        }
        let began = Instant::now();
        let (next, deleted) = database.run(&Step { plan, from: *self }).await?;
        *self = next;
        self.rest = if deleted > 0 { began.elapsed() * REST } else { Duration::ZERO };
        Ok(deleted)
    }

    async fn delete_some(&mut self, plan: &Plan, executor: &mut impl Executor) -> Result<u64> {
        let expiry = expiry(plan, self.table);
        let past = expiry.table.column("expires").codec.past(self.now);
        let limit = self.limit.unwrap_or(expiry.dialect.syntax().prune_step);
        let Some(span) = past.spans.get(self.stage) else {
            let texts = past.texts.get(self.stage - past.spans.len());
            let (deleted, is_over) = match texts {
                Some(texts) => self.delete_texts(plan, executor, texts, limit).await?,
                None => (0, true),
            };
            if is_over {
                (self.stage, self.skip) = (self.stage + 1, 0);
                self.done = self.stage >= past.spans.len() + past.texts.len();
            }
            return Ok(deleted);
        };
        let statement = expiry.delete_expired(span, limit);
        let deleted = executor.affected(&statement, &span.arguments()).await?;
        if deleted < u64::from(limit) {
            self.stage += 1;
            self.done = self.stage == past.spans.len() && past.texts.is_empty();
        }
        Ok(deleted)
    }

    /// Texts do not compare as the instants that they stand for: each is read, and those that have passed are deleted. How many
    /// they were, and whether there are no more.
    async fn delete_texts(
        &mut self,
        plan: &Plan,
        executor: &mut impl Executor,
        texts: &Texts,
        limit: u32,
    ) -> Result<(u64, bool)> {
        let expiry = expiry(plan, self.table);
        let codec = &expiry.table.column("expires").codec;
        let select = expiry.texts_before(texts, limit);
        let found = executor.rows(&select, &[texts.until.clone(), Value::Int(self.skip.cast_signed())]).await?;
        let has_passed =
            |text: &Value| matches!(codec.revive(Kind::Time, text.clone()), Some(Value::Time(time)) if time < self.now);
        let passed = found.iter().flatten().filter(|text| has_passed(text));
        let mut passed: Vec<&str> =
            passed.filter_map(|text| if let Value::Text(text) = text { Some(text.as_str()) } else { None }).collect();
        let lasting = found.len() - passed.len();
        passed.dedup();
        let deleted = match passed.as_slice() {
            [] => 0,
            passed => executor.affected_by_keys(&expiry.delete_texts(limit), passed).await?,
        };
        // Rows that were to go and stayed (a trigger's doing) are passed over, or this would never end.
        self.skip += if deleted == 0 { found.len() } else { lasting } as u64;
        Ok((deleted, found.len() < limit as usize))
    }
}

/// One small write.
struct Step<'plan> {
    plan: &'plan Plan,
    from: Pruning,
}

impl Work for Step<'_> {
    /// How far it has come then, and how many rows were deleted.
    type Output = (Pruning, u64);

    fn scope(&self) -> Scope {
        Scope::Write
    }

    /// To delete once more what may be gone already does no harm.
    fn only_reads(&self) -> bool {
        true
    }

    async fn on(&self, executor: &mut impl Executor) -> Result<Self::Output> {
        let mut pruning = self.from;
        let deleted = pruning.delete_some(self.plan, executor).await?;
        Ok((pruning, deleted))
    }
}

/// How many rows of `table` have expired; of texts, how many may have.
pub async fn count(database: &Database, plan: &Plan, table: Table) -> Result<u64> {
    if !plan.layout.has(table) {
        return Ok(0);
    }
    let expiry = expiry(plan, table);
    let past = expiry.table.column("expires").codec.past(Utc::now());
    let spans = past.spans.iter().map(|span| (expiry.count_expired(span), span.arguments()));
    let texts = past.texts.iter().map(|texts| (expiry.count_texts(texts), vec![texts.until.clone()]));
    let mut sum = 0;
    for (statement, arguments) in spans.chain(texts) {
        sum += database.run(&Count { statement, arguments }).await?;
    }
    Ok(sum)
}

fn expiry(plan: &Plan, table: Table) -> Expiry<'_> {
    Expiry { dialect: plan.tables.dialect, table: plan.layout.table(table) }
}

struct Count {
    statement: Statement,
    arguments: Vec<Value>,
}

impl Work for Count {
    type Output = u64;

    fn scope(&self) -> Scope {
        Scope::Read
    }

    async fn on(&self, executor: &mut impl Executor) -> Result<u64> {
        let rows = executor.rows(&self.statement, &self.arguments).await?;
        Ok(match rows.first().map(Vec::as_slice) {
            Some([Value::Int(count)]) => count.cast_unsigned(),
            _ => 0,
        })
    }
}

/// The step that JavaScript asks for: it keeps track of a pruning, and hands over what the last step's record said.
pub fn asked(operation: &Operation, fields: &Fields) -> Result<Pruning> {
    let number = |name: &str| match fields.iter().find(|(each, _)| each == name) {
        Some((_, Input::Number(number))) => Ok(*number as u64),
        Some((_, Input::Date(ms))) => Ok(*ms as u64),
        _ => Err(Error::new(Code::InvalidArgument, format!("{} takes a number as {name}", operation.name))),
    };
    let now = DateTime::from_timestamp_millis(number("now")?.cast_signed()).unwrap_or_default();
    // No caller asks for zero rows: zero stands for what suits the database.
    let limit = Some(number("limit")?.min(u64::from(MAX_BATCH)) as u32).filter(|limit| *limit > 0);
    let pruning = Pruning::new(operation.table, now, limit);
    Ok(Pruning { stage: number("stage")? as usize, skip: number("skip")?, ..pruning })
}

impl Pruning {
    /// What JavaScript hands over with the next step, and how many rows this one `deleted`.
    pub fn record(&self, deleted: u64) -> Records {
        let entry = |name: &str, kind| (name.to_owned(), kind);
        let shape = shape::number(vec![
            entry("deleted", Kind::Int),
            entry("stage", Kind::Int),
            entry("skip", Kind::Int),
            entry("done", Kind::Bool),
        ]);
        let int = |number: u64| Value::Int(number.cast_signed());
        vec![(shape, vec![int(deleted), int(self.stage as u64), int(self.skip), Value::Bool(self.done)])]
    }
}
