//! Performs requests.

use std::sync::Arc;

use tokio::time::timeout;

use crate::authjs::first;
use crate::database::database::{Store, too_slow};
use crate::dialect::reader::Reader;
use crate::dialect::writer::Writer;
use crate::driver::connection::Connection;
use crate::driver::executor::Verbs;
use crate::driver::work::{Scope, Work};
use crate::engine::arguments::{Argument, encode};
use crate::engine::compile::{Compiled, Steps};
use crate::engine::joins::joined;
use crate::engine::plan::Plan;
use crate::engine::request::{Method, Numbered};
use crate::engine::transaction::Transaction;
use crate::error::{Code, Error, Result};
use crate::statement::count::number;
use crate::statement::statement::Statement;
use crate::table::column::{Column, Fill};
use crate::value::{Input, Records, Value};

/// Performs a request, within a transaction if it is part of one.
///
/// Records come one after the other, each followed by those that are joined to it: by one, nulls if there is none, or by
/// their number, a record of its own, and themselves.
pub async fn perform(
    store: Arc<Store>,
    request: Numbered,
    arguments: Vec<Argument>,
    transaction: Option<Arc<Transaction>>,
) -> Result<Records> {
    let limit = store.operation_timeout();
    match timeout(limit, attempt(&store, &request, arguments, transaction.as_deref())).await {
        Ok(outcome) => outcome,
        Err(_) => Err(too_slow(limit)),
    }
}

/// Answers a look-up without waiting for anything. `None` if that cannot be; what is then to be done is [`perform`].
pub fn at_once(
    plan: &Arc<Plan>,
    reader: &mut Option<Reader>,
    request: &Numbered,
    arguments: &[Argument],
) -> Option<Result<Records>> {
    let reader = reader.as_mut()?;
    let call = Call::prepare(plan, request, arguments.to_vec()).ok()?;
    if call.scope() != Scope::Read || call.compiled.long.is_long() {
        return None;
    }
    let found = reader.look(async |reader| call.on(reader).await);
    if found.is_none() && reader.is_exhausted() {
        call.compiled.long.took_long();
    }
    found.map(Ok)
}

/// A request is made again, once, if the tables turn out to have changed and nothing has been done yet.
async fn attempt(
    store: &Arc<Store>,
    request: &Numbered,
    arguments: Vec<Argument>,
    transaction: Option<&Transaction>,
) -> Result<Records> {
    let mut outdated: Option<Arc<Plan>> = None;
    loop {
        let plan = store.plans.get(store, request, outdated.as_ref()).await?;
        let outcome = match Call::prepare(&plan, request, arguments.clone()) {
            Ok(call) => match transaction {
                Some(transaction) => transaction.run(&call, &plan).await,
                None => store.run(&call, &plan.begin, None).await,
            },
            Err(error) => Err(error),
        };
        match outcome {
            Err(error) if (error.stale || error.code == Code::Schema) && outdated.is_none() => outdated = Some(plan),
            outcome => return outcome.map_err(|error| recognisable(error, &request.request.model)),
        }
    }
}

/// Better Auth tells by certain words that a row is there already.
fn recognisable(error: Error, model: &str) -> Error {
    if error.code != Code::Unique {
        return error;
    }
    let message = format!("{model}: a row with the same key exists already, which a unique constraint forbids");
    Error { message: message.into(), ..error }
}

/// A request with its values encoded.
#[derive(Debug, Clone)]
pub struct Call {
    compiled: Arc<Compiled>,
    values: Vec<Value>,
}

impl Call {
    fn prepare(plan: &Arc<Plan>, request: &Numbered, arguments: Vec<Argument>) -> Result<Self> {
        let compiled = plan.compiled(request)?;
        let mut values = encode(plan.dialect, &compiled.encoders, arguments)?;
        for column in &compiled.fills {
            values.push(filled(column)?);
        }
        Ok(Self { compiled, values })
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

    /// Does it, on any connection.
    async fn on(&self, connection: &mut impl Verbs) -> Result<Records> {
        let records = self.performed(connection).await?;
        if records.is_empty() && self.is_insert() { Err(Error::not_stored(&self.compiled.model)) } else { Ok(records) }
    }

    async fn performed(&self, connection: &mut impl Verbs) -> Result<Records> {
        let values = &self.values;
        match &self.compiled.steps {
            Steps::Find(statement) => {
                let rows = connection.rows(statement, values).await.map_err(reread)?;
                let records = joined(connection, &self.compiled.joins, statement, rows, values).await?;
                Ok(records.into_iter().flatten().collect())
            }
            Steps::Count(statement) => {
                let rows = connection.rows(statement, values).await?;
                match rows.first().and_then(|row| row.first()) {
                    Some(Value::Int(count)) => Ok(vec![number(count.unsigned_abs())]),
                    _ => Ok(vec![number(0)]),
                }
            }
            Steps::Affect(statement) => Ok(vec![number(connection.affected(statement, values).await?)]),
            Steps::Return(statement) => one(connection, statement, values).await,
            Steps::Update { write, find } => {
                let mut records = one(connection, write, values).await?;
                // A row that is there although none was changed has been made meanwhile, or is kept as it is.
                if records.is_empty()
                    && let Some(find) = find
                    && !connection.rows(find, values).await?.is_empty()
                {
                    records = one(connection, write, values).await?;
                    if records.is_empty() && !connection.rows(find, values).await?.is_empty() {
                        return Err(Error::not_stored(&self.compiled.model));
                    }
                }
                Ok(records)
            }
            Steps::Then { write, read, written } => {
                if connection.affected(write, values).await? == 0 {
                    return Ok(Records::new());
                }
                written.over(read, values, one(connection, read, values).await?)
            }
            Steps::Locked { find, write, read } => {
                let Some(mut row) = connection.rows(find, values).await?.into_iter().next() else {
                    return Ok(Records::new());
                };
                let id = find.columns.last().zip(row.pop()).and_then(|(column, id)| column.codec.store(id));
                let values = [values.as_slice(), &[id.unwrap_or(Value::Null)]].concat();
                if connection.affected(write, &values).await? == 0 {
                    return Ok(Records::new());
                }
                match read {
                    Some(read) => one(connection, read, &values).await,
                    None => Ok(find.split(row).collect()),
                }
            }
        }
    }
}

impl Work for Call {
    type Output = Records;

    fn scope(&self) -> Scope {
        match &self.compiled.steps {
            Steps::Then { written, .. } if written.is_read_back(&self.values) => Scope::Atomic,
            _ => self.compiled.scope(),
        }
    }

    async fn run(&self, connection: &mut Connection) -> Result<Records> {
        self.on(connection).await
    }

    async fn write(&self, writer: &mut Writer) -> Result<Records> {
        self.on(writer).await
    }
}

/// A value that cannot be read back, in a look-up, may be of a table that has changed.
fn reread(error: Error) -> Error {
    let stale = error.stale || error.code == Code::Decode;
    Error { stale, ..error }
}

async fn one(connection: &mut impl Verbs, statement: &Statement, values: &[Value]) -> Result<Records> {
    Ok(first::records(statement, connection.rows(statement, values).await?))
}

fn filled(column: &Column) -> Result<Value> {
    match column.fill {
        Fill::Id { form, .. } => column.encode(&Input::Text(form.generate()?)),
        Fill::Now => column.encode(&Input::Date(chrono::Utc::now().timestamp_millis() as f64)),
        Fill::Nothing | Fill::Unknown => Err(column.missing()),
    }
}
