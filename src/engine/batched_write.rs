//! Writes of one row each, by a key, that several callers make at once, done by one statement.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

use crate::database::batch::{Batch, Shared};
use crate::database::database::Database;
use crate::database::queue::{MAX_BATCH, Outcome, Pace, Queue, SIZES};
use crate::database::sending::{Waiting, Write};
use crate::database::write_batcher;
use crate::dialect::syntax::Lists;
use crate::driver::executor::Executor;
use crate::driver::work::Scope;
use crate::engine::predicate::Predicate;
use crate::engine::request::{Method, Request};
use crate::engine::shared_statements::Owning;
use crate::engine::statements::Statements;
use crate::engine::update::Change;
use crate::engine::written::Written;
use crate::error::{Code, Error, Health, Result};
use crate::statement::calls::Calls;
use crate::statement::preparation::{Bound, Preparation};
use crate::statement::statement::Statement;
use crate::table::column::Column;
use crate::types::kind::Kind;
use crate::types::wire::Wire;
use crate::value::{Records, Value};

/// After so many statements in a row that the database has not taken, writes of the form go alone.
const MOST_REFUSED: u32 = 2;

/// What does several writes of one form at once.
#[derive(Debug)]
pub struct BatchedWrite {
    /// The arguments that make up the key, each with its place among the columns of the answer.
    key: Vec<(usize, usize)>,
    /// Arguments that are equal, or the call goes alone: those that a column gets, and those that it is found by.
    same: Vec<(usize, usize)>,
    wires: Vec<Wire>,
    steps: Steps,
    /// Whether the rows are inserted once more, and changed: see [`crate::engine::upsert`].
    again: bool,
    /// Whether a caller can do it again although it may have taken effect.
    settled: bool,
    /// How many statements in a row the database has not taken: an older release, another engine, or rows that are not for them.
    refused: AtomicU32,
    /// The writes that wait for a statement.
    queue: Queue<Waiting<SharedWrite>>,
}

/// Statements for growing numbers of calls, where a list of any length is no argument.
#[derive(Debug)]
enum Steps {
    /// It answers the rows that it wrote.
    Return(Vec<Statement>),
    /// It answers how many it wrote. The others find the rows, of which the first columns are the keys. Both are one transaction: what a
    /// row has then tells whether it was written, and no other connection has written it since.
    Then { writes: Vec<Statement>, reads: Vec<Statement>, written: Written },
}

/// How a call shares a statement, and its arguments.
pub type Sharing<'call> = (SharedWrite, &'call [Value]);

impl BatchedWrite {
    /// `None` unless each write is about one row that a unique key of texts names, and nothing but the statement itself has a say in
    /// what becomes of the row: no trigger, rule or policy, no constraint that is looked at later, no other unique key that an
    /// UPDATE could run into.
    pub fn new(
        statements: &Statements<'_>,
        request: &Request,
        changes: &[Change<'_>],
        wires: Vec<Wire>,
        repeats: bool,
    ) -> Option<Self> {
        let (table, syntax) = (statements.table, statements.dialect.syntax());
        let keyed = statements.predicates.iter().all(|each| each.pins() && is_text(each.column));
        if table.has_interference() || syntax.single_writer || !keyed || !is_about_one(statements) {
            return None;
        }
        let place = |predicate: &Predicate<'_>| Some((predicate.first, statements.place(predicate.column)?));
        let key = statements.predicates.iter().map(place);
        let key = key.collect::<Option<_>>()?;
        // A row that is found by the form in which its token is stored now does not get it anew.
        let stored =
            |change: &&Change<'_>| statements.predicates.iter().find(|each| each.column.name == change.column.name);
        let same = changes.iter().filter_map(|change| Some((change.index, stored(&change)?.first))).collect();
        let changes: Vec<_> = changes.iter().filter(|change| stored(change).is_none()).collect();
        let is_date = |change: &&Change<'_>| change.column.kind == Kind::Time && !change.adds;
        let is_list = syntax.lists == Lists::Array;
        let sized = |make: &dyn Fn(usize) -> Statement| match is_list {
            true => vec![make(MAX_BATCH)],
            false => SIZES.map(make).into(),
        };
        let mut again = false;
        let steps = match request.method {
            // The same dates once more change nothing.
            Method::Update if changes.is_empty() || !changes.iter().all(is_date) => return None,
            Method::Update if is_list => Steps::Return(sized(&|_| statements.update_listed(&changes, &wires))),
            Method::Update => {
                let [predicate] = statements.predicates.as_slice() else { return None };
                let upserts = SIZES.map(|count| statements.upsert_cases(&changes, predicate, wires.len(), count));
                let upserts: Option<Vec<_>> = upserts.into_iter().collect();
                again = upserts.is_some();
                match upserts {
                    Some(upserts) => Steps::Return(upserts),
                    None => Steps::Then {
                        writes: sized(&|count| statements.update_cases(&changes, predicate, wires.len(), count)),
                        reads: sized(&|count| statements.find_by_keys(&[], predicate.column, count, false)),
                        // Only what is stored as it is given tells whether it has been.
                        written: {
                            let columns = changes.iter().map(|change| (change.column, change.index));
                            Written::new(columns, &statements.shown)
                        },
                    },
                }
            }
            Method::Delete if !request.along.is_empty() => return None,
            Method::Delete if is_list => Steps::Return(sized(&|_| statements.delete_listed(&wires))),
            Method::Delete => {
                let before = syntax.without_waiting.filter(|_| syntax.delete_returning)?;
                Steps::Return(sized(&|count| statements.delete_any(before, wires.len(), count)))
            }
            _ => return None,
        };
        // A token is used by its deletion: who has used it would not be known.
        let settled = request.method == Method::Update || repeats && request.method != Method::Delete;
        Some(Self { key, same, wires, steps, again, settled, refused: AtomicU32::default(), queue: Queue::default() })
    }

    /// The same of INSERTs of `columns`: each row needs a key of texts that the caller gives, and may belong to an `owner`.
    pub fn of_inserts(statements: &Statements<'_>, columns: &[&Column], owner: Option<&Owning<'_>>) -> Option<Self> {
        let (table, syntax) = (statements.table, statements.dialect.syntax());
        if syntax.lists != Lists::Array || table.has_interference() {
            return None;
        }
        if owner.is_some_and(|owner| !is_text(owner.key) || !is_text(owner.column)) {
            return None;
        }
        let place = |position: &usize| {
            let column = &table.columns[*position];
            let argument = columns.iter().position(|each| each.name == column.name && is_text(each))?;
            Some((argument, statements.place(column)?))
        };
        let identity = Some(&table.identity).filter(|identity| table.named || table.unique.contains(identity));
        let mut keys = identity.into_iter().chain(&table.unique);
        let key = keys.find_map(|key| key.iter().map(place).collect::<Option<Vec<_>>>())?;
        let wires = columns.iter().map(|column| column.codec.sent_as(column.kind)).collect::<Option<Vec<_>>>()?;
        let steps = Steps::Return(vec![statements.insert_listed(columns, &wires, owner)]);
        Some(Self {
            key,
            same: Vec::new(),
            wires,
            steps,
            again: false,
            settled: true,
            refused: AtomicU32::default(),
            queue: Queue::default(),
        })
    }

    /// How a call with these arguments shares a statement; `None` if it goes alone.
    pub fn sharing<'call>(self: &Arc<Self>, values: &'call [Value]) -> Option<Sharing<'call>> {
        let is_read_back = match &self.steps {
            Steps::Then { written, .. } => written.is_read_back(values),
            Steps::Return(_) => false,
        };
        let differs = |(one, other): &(usize, usize)| values.get(*one) != values.get(*other);
        if is_read_back || self.same.iter().any(differs) || self.refused.load(Ordering::Relaxed) >= MOST_REFUSED {
            return None;
        }
        let is_given = |(argument, _): &(usize, usize)| matches!(values.get(*argument), Some(Value::Text(_)));
        self.key.iter().all(is_given).then(|| (SharedWrite(self.clone()), values))
    }

    /// The statements for a few calls, to be prepared before they are needed.
    pub fn preparations(&self) -> Vec<Preparation> {
        let prepared = |statement: &Statement| {
            let bound = |argument: &usize| match &self.steps {
                Steps::Return(all) if all.len() == 1 => Bound::Many(self.wires[*argument]),
                _ => Bound::One(self.wires[argument % self.wires.len()]),
            };
            Preparation { text: statement.text.clone(), values: statement.arguments.iter().map(bound).collect() }
        };
        match &self.steps {
            Steps::Return(all) => all.first().map(prepared).into_iter().collect(),
            Steps::Then { writes, reads, .. } => {
                writes.first().into_iter().chain(reads.first()).map(prepared).collect()
            }
        }
    }

    /// The statements for a few calls, each with what it is for.
    #[cfg(test)]
    pub fn statements(&self) -> impl Iterator<Item = (&'static str, &Statement)> {
        let (one, other) = match &self.steps {
            Steps::Return(all) => (("together", all), None),
            Steps::Then { writes, reads, .. } => (("together", writes), Some(("and read", reads))),
        };
        std::iter::once(one).chain(other).filter_map(|(name, all)| Some((name, all.first()?)))
    }

    /// Does all of `writes`, each a key and arguments. `None` of those whose row is not there, or kept by others.
    async fn perform(&self, writes: &[(&str, &[Value])], executor: &mut impl Executor) -> Result<Vec<Option<Outcome>>> {
        let values: Vec<_> = writes.iter().map(|(_, values)| *values).collect();
        let calls = Calls { wires: &self.wires, values: &values };
        match &self.steps {
            Steps::Return(statements) => {
                let statement = of_size(statements, writes.len())?;
                let rows = executor.rows_of_calls(statement, calls).await?;
                let count = rows.len();
                let mut answers = self.by_key(statement, rows);
                if self.again && answers.len() < count {
                    // The table has lost its key.
                    self.refused.store(MOST_REFUSED, Ordering::Relaxed);
                    return Err(statement.mismatch(self.key.first().map_or(0, |(_, place)| *place)).on(Health::Sound));
                }
                let outcomes = writes.iter().map(|(key, _)| answers.remove(*key)).collect();
                // A row that no caller asked for.
                if !answers.is_empty() {
                    return Err(statement.mismatch(self.key.first().map_or(0, |(_, place)| *place)));
                }
                Ok(outcomes)
            }
            Steps::Then { writes: statements, reads, written } => {
                let affected = executor.affected_by_calls(of_size(statements, writes.len())?, calls).await?;
                if affected == 0 {
                    return Ok(writes.iter().map(|_| None).collect());
                }
                let all = affected == writes.len() as u64;
                let read = of_size(reads, writes.len())?;
                let keys: Vec<_> = writes.iter().map(|(key, _)| *key).collect();
                let rows = executor.rows_of_keys(read, &keys).await?;
                let rows = rows.into_iter().map(|row| row.into_iter().map(Ok).collect()).collect();
                let mut answers = self.by_key(read, rows);
                let outcome = |(key, values): &(&str, &[Value])| {
                    let found = answers.remove(*key)?;
                    // None was passed over.
                    if all {
                        Some(found.and_then(|found| written.over(read, values, found)))
                    } else {
                        // Of a row that may have been passed over, what is in it tells whether it was: it has been written, or
                        // need not be.
                        let before = found.clone().ok();
                        let over = found.and_then(|found| written.over(read, values, found));
                        (before.as_ref() == over.as_ref().ok()).then_some(over)
                    }
                };
                Ok(writes.iter().map(outcome).collect())
            }
        }
    }

    /// The rows' records, by their keys.
    fn by_key(&self, statement: &Statement, rows: Vec<Vec<Result<Value>>>) -> HashMap<String, Result<Records>> {
        let mut answers = HashMap::with_capacity(rows.len());
        for row in rows {
            let texts = self.key.iter().map(|(_, place)| match row.get(*place) {
                Some(Ok(Value::Text(text))) => Some(text.as_str()),
                _ => None,
            });
            let Some(texts) = texts.collect::<Option<Vec<_>>>() else { continue };
            let key = joined(&texts);
            let row = row.into_iter().collect::<Result<Vec<_>>>();
            answers.insert(key, row.map(|row| statement.split(row).collect()));
        }
        answers
    }
}

/// Whether no two rows can match.
fn is_about_one(statements: &Statements<'_>) -> bool {
    let asked = |column: &Column| statements.predicates.iter().any(|each| each.column.name == column.name);
    let table = statements.table;
    statements.is_one_by_a_key() || table.named && !table.identity.is_empty() && table.identity().all(asked)
}

fn is_text(column: &Column) -> bool {
    column.codec.is_text()
}

/// The statement with room for `count` calls.
fn of_size(statements: &[Statement], count: usize) -> Result<&Statement> {
    let mut sized = SIZES.iter().zip(statements);
    let found = if statements.len() == 1 {
        statements.first()
    } else {
        sized.find(|(size, _)| **size >= count).map(|(_, each)| each)
    };
    found.ok_or_else(|| Error::new(Code::Internal, "a batch is too large"))
}

/// The parts of a key, so that different ones stay different.
fn joined(texts: &[&str]) -> String {
    let [one] = texts else {
        return texts.iter().map(|text| format!("{}:{text}", text.len())).collect();
    };
    (*one).to_owned()
}

/// A write whose callers may share a statement.
#[derive(Debug, Clone)]
pub struct SharedWrite(Arc<BatchedWrite>);

impl Shared for SharedWrite {
    type Request = Waiting<Self>;

    fn queue(&self) -> &Queue<Waiting<Self>> {
        &self.0.queue
    }

    fn pace(&self, database: &Database) -> Pace {
        write_batcher::pace(database)
    }

    fn since(write: &Waiting<Self>) -> Instant {
        write.since
    }

    fn refuse(writes: Vec<Waiting<Self>>, error: &Error) {
        writes.into_iter().for_each(|write| write.refuse(error));
    }

    fn run(batch: Batch<Self>) -> impl Future<Output = ()> + Send + 'static {
        write_batcher::run(batch)
    }
}

impl Write for SharedWrite {
    async fn perform(&self, writes: &[Waiting<Self>], executor: &mut impl Executor) -> Result<Vec<Option<Outcome>>> {
        let writes: Vec<_> = writes.iter().map(|write| (write.key.as_str(), write.values.as_slice())).collect();
        let outcome = self.0.perform(&writes, executor).await;
        match &outcome {
            Ok(_) => self.0.refused.store(0, Ordering::Relaxed),
            // Not what passes, nor what is about rows (a constraint that one of them breaks), unless it is not about the values that were given.
            Err(error)
                if error.details.iter().all(|(name, _)| *name != "constraint")
                    && (matches!(error.code, Code::Database | Code::Schema | Code::Internal)
                        || self.0.again && matches!(error.code, Code::InvalidValue | Code::NotNull))
                    && !error.undone =>
            {
                self.0.refused.fetch_add(1, Ordering::Relaxed);
            }
            Err(_) => {}
        }
        outcome
    }

    fn key(&self, values: &[Value]) -> String {
        let text = |(argument, _): &(usize, usize)| match values.get(*argument) {
            Some(Value::Text(text)) => text.as_str(),
            _ => "",
        };
        joined(&self.0.key.iter().map(text).collect::<Vec<_>>())
    }

    fn scope(&self) -> Scope {
        match self.0.steps {
            Steps::Return(_) => Scope::Write,
            Steps::Then { .. } => Scope::Atomic,
        }
    }

    fn is_settled(&self) -> bool {
        self.0.settled
    }
}
