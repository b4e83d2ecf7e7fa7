//! Performs operations: on the spot, or with a connection of the store's.

use std::sync::Arc;

use tokio::time::timeout;

use crate::authjs::call::{Call, find};
use crate::authjs::link_conflict::Standing;
use crate::authjs::operation::{Action, Operation};
use crate::authjs::plan::{Plan, Prepared};
use crate::authjs::planning::Planning;
use crate::authjs::{link_conflict, prune};
use crate::database::conflicts::MAX_CONFLICTS;
use crate::database::database::{Store, too_slow};
use crate::dialect::reader::Reader;
use crate::driver::connection::Connection;
use crate::driver::executor::Verbs;
use crate::driver::work::{Scope, Work};
use crate::error::{Code, Result};
use crate::statement::statement::Statement;
use crate::value::{Fields, Records, Value};

pub async fn perform(store: Arc<Store>, operation: &'static Operation, fields: Fields) -> Result<Records> {
    let limit = store.operation_timeout();
    let outcome = match operation.action {
        Action::Prune => timeout(limit, prune::perform(&store, operation, &fields)).await,
        _ => timeout(limit, attempt(&store, operation, fields)).await,
    };
    outcome.unwrap_or_else(|_| Err(too_slow(limit)))
}

/// Answers a look-up without waiting for anything. `None` if that cannot be; what is then to be done is [`perform`].
pub fn at_once(
    plan: &Plan,
    reader: &mut Option<Reader>,
    operation: &Operation,
    fields: &Fields,
) -> Option<Result<Records>> {
    let Prepared::Read(statement) = plan.prepared(operation) else { return None };
    let call = match Call::prepare(plan, operation, fields) {
        Ok(Some(call)) => call,
        Ok(None) => return Some(Ok(Records::new())),
        Err(error) => return Some(Err(error)),
    };
    let reader = reader.as_mut()?;
    let long = plan.long(operation);
    if long.is_long() {
        return None;
    }
    let rows = reader.look(async |reader| reader.rows(statement, &call.keys).await);
    if rows.is_none() && reader.is_exhausted() {
        long.took_long();
    }
    Some(Ok(call.records(statement, rows?)))
}

/// A call is made again with another plan if the tables turn out to have changed, and nothing has been done yet.
async fn attempt(store: &Arc<Store>, operation: &'static Operation, fields: Fields) -> Result<Records> {
    let mut planning = Planning::for_fields(store, operation, &fields).await?;
    let mut inserted = None;
    loop {
        let plan = planning.plan();
        if let Some((key, values)) = inserted.take()
            && plan.statements.layout.has(operation.table)
        {
            let records = reread(store, &plan, operation, key, values).await?;
            if !records.is_empty() {
                return Ok(records);
            }
        }
        let call = match Call::prepare(&plan, operation, &fields) {
            Ok(Some(call)) => call,
            Ok(None) => return Ok(Records::new()),
            Err(error) => {
                planning.renew(operation.table, error).await?;
                continue;
            }
        };
        let error = match perform_call(store, &call, operation).await {
            Err(error) => error,
            done => return done,
        };
        if call.is_done() && !store.undoes(call.scope()) {
            // What was deleted is gone, and what was inserted must not be so twice.
            inserted = call.inserted();
            if !matches!(operation.action, Action::Insert | Action::Link) || inserted.is_none() {
                return Err(error);
            }
        }
        planning.renew(operation.table, error).await?;
    }
}

async fn perform_call(store: &Store, call: &Call<'_>, operation: &Operation) -> Result<Records> {
    let mut conflicts = 0;
    loop {
        match store.run(call, &call.plan.begin, call.unlock()).await {
            Err(error) if operation.action == Action::Link && error.code == Code::Unique => {
                match link_conflict::look(store, call).await? {
                    Standing::Same(records) => return Ok(records),
                    Standing::Gone if conflicts < MAX_CONFLICTS => conflicts += 1,
                    _ => return Err(error),
                }
            }
            outcome => return outcome,
        }
    }
}

/// The row that was inserted, and could not be read as what its table was taken for.
async fn reread(
    store: &Store,
    plan: &Plan,
    operation: &Operation,
    key: &'static [&'static str],
    values: Vec<Value>,
) -> Result<Records> {
    let statement = plan.statements.find(operation.table, key);
    store.run(&Reread { statement, values }, &plan.begin, None).await
}

struct Reread {
    statement: Statement,
    values: Vec<Value>,
}

impl Work for Reread {
    type Output = Records;

    fn scope(&self) -> Scope {
        Scope::Read
    }

    async fn run(&self, connection: &mut Connection) -> Result<Records> {
        find(connection, &self.statement, &self.values).await
    }
}
