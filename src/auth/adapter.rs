//! Performs operations: on the spot, or with a connection of the store's.

use std::sync::Arc;

use tokio::time::timeout;

use super::call::Call;
use super::operation::{Action, Operation};
use super::plan::{Plan, Prepared};
use super::prune;
use super::standing::{self, Standing};
use crate::dialect::connection::Verbs;
use crate::dialect::reader::Reader;
use crate::error::{Code, Result};
use crate::store::{MAX_CONFLICTS, Store, too_slow};
use crate::value::{Fields, Value};

/// The records found or written, each with its shape.
pub type Records = Vec<(u32, Vec<Value>)>;

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
    let rows = reader.as_mut()?.look(async |reader| reader.rows(statement, &call.keys).await)?;
    Some(Ok(call.records(statement, rows)))
}

async fn attempt(store: &Arc<Store>, operation: &'static Operation, fields: Fields) -> Result<Records> {
    let plan = store.plan().await?;
    let Some(call) = Call::prepare(&plan, operation, &fields)? else {
        return Ok(Records::new());
    };
    let mut conflicts = 0;
    loop {
        match store.run(&call, &plan.begin, call.unlock()).await {
            Err(error) if operation.action == Action::Link && error.code == Code::Unique => {
                match standing::look(store, &call).await? {
                    Standing::Same(records) => return Ok(records),
                    Standing::Gone if conflicts < MAX_CONFLICTS => conflicts += 1,
                    _ => return Err(error),
                }
            }
            outcome => return outcome,
        }
    }
}
