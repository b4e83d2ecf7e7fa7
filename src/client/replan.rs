//! Which plan a call follows: the one that is known, and another one if the tables turn out to have changed.

use std::sync::Arc;

use crate::authjs::model::Table;
use crate::authjs::operation::Operation;
use crate::authjs::plan::Plan;
use crate::authjs::row;
use crate::client::client::Client;
use crate::client::operation_plan::Doubt;
use crate::database::writer_local::is_here;
use crate::error::{Code, Error, Health, Result};
use crate::value::Fields;

/// A call has the tables looked at no more often than this: they may change again meanwhile, but not for ever. Each look but the first follows
/// one that has found them changed, or a statement that has to be prepared anew.
pub const MOST_LOOKS: u32 = 8;

pub struct Planning<'a> {
    client: &'a Arc<Client>,
    plan: Arc<Plan>,
    looks: u32,
}

impl<'a> Planning<'a> {
    pub async fn new(client: &'a Arc<Client>) -> Result<Self> {
        Ok(Self::by(client, client.operations().await?))
    }

    fn by(client: &'a Arc<Client>, plan: Arc<Plan>) -> Self {
        Self { client, plan, looks: 0 }
    }

    /// For a call that writes `fields`. If some have no column, the tables may have got one since the last look.
    pub async fn for_fields(client: &'a Arc<Client>, operation: &Operation, fields: &Fields) -> Result<Self> {
        let known = client.known_operations();
        let plan = match operation.inserts() {
            true => client.operations_with_ids().await?,
            false => client.operations().await?,
        };
        let mut planning = Self::by(client, plan);
        if let Some(known) = known
            && operation.writes_fields()
            && row::unknown(&known, operation, fields).next().is_some()
        {
            let is_in_doubt =
                client.is_in_doubt(operation.table, Doubt::Missing, row::unknown(&known, operation, fields));
            let plan = match is_in_doubt {
                // The file's version says that the tables have changed: a look that began before does not count.
                true if is_here() => client.look_again(&known).await,
                true => client.look_once_more().await,
                // There is no doubt about the plan that is known by now, which may have taken the place of `known`.
                false => client.operations().await,
            };
            // That the tables cannot be looked at now is no reason to fail.
            if let Ok(plan) = plan {
                planning.plan = plan;
            }
        }
        Ok(planning)
    }

    pub fn plan(&self) -> Arc<Plan> {
        self.plan.clone()
    }

    /// After `error`: looks at the tables if they may be its reason. Returns the error unless the call is worth another
    /// attempt.
    pub async fn renew(&mut self, table: Table, error: Error) -> Result<()> {
        let is_likely = speaks_of_tables(&error);
        // Most often the caller's own mistake, which must not cost a look each time.
        let is_possible = || {
            let field = error.details.iter().find(|(name, _)| *name == "field").map_or("", |(_, field)| field);
            matches!(error.code, Code::NotNull | Code::InvalidValue)
                && self.client.is_in_doubt(table, Doubt::Refused, [field].into_iter())
        };
        // Another plan would do once more what may have been done.
        if error.in_doubt || self.looks == MOST_LOOKS || !(is_likely || is_possible()) {
            return Err(error);
        }
        self.looks += 1;
        let next = match self.client.look_again(&self.plan).await {
            Ok(next) => next,
            Err(look) if is_likely && look.code == Code::Schema => return Err(look),
            Err(_) => return Err(error),
        };
        let changed = !Arc::ptr_eq(&next, &self.plan);
        self.plan = next;
        // A statement that the server had prepared for other tables is prepared anew, on another connection. The tables may have
        // changed once more by then.
        let is_prepared_anew = error.stale && (self.looks == 1 || error.connection == Health::Lost);
        if changed || is_prepared_anew { Ok(()) } else { Err(error) }
    }
}

/// Whether the tables are most likely not what the plan takes them for.
pub fn speaks_of_tables(error: &Error) -> bool {
    error.stale || matches!(error.code, Code::Schema | Code::Decode)
}
