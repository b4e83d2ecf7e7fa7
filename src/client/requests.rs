//! The plan of requests: the one that is known, or another one by a look at the tables.

use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use crate::authjs::{bridge, near};
use crate::client::client::Client;
use crate::client::request_plans::FailedLook;
use crate::database::looks::Looks;
use crate::dialect::Dialect;
use crate::driver::answers::Answers;
use crate::driver::connection::Connection;
use crate::engine::plan::Plan;
use crate::engine::registered::Numbered;
use crate::engine::resolve;
use crate::engine::schema::Schema;
use crate::engine::tables::Tables;
use crate::error::{Error, Result};
use crate::table::catalog::Catalog;
use crate::table::introspect;
use crate::table::snapshot::Snapshot;
use crate::table::table::Table;

/// Calls that come so soon after a look has begun share its failure.
const TOGETHER: Duration = Duration::from_millis(100);

impl Client {
    /// The plan of requests about a schema, if there has been a look at the tables.
    pub fn known_requests(&self, schema: u32) -> Option<Arc<Plan>> {
        self.planned.known(schema)
    }

    /// The same, for look-ups.
    pub fn known_look_ups(&self, schema: u32) -> Option<Arc<Plan>> {
        self.planned.for_look_ups(schema)
    }

    /// The plan of requests about a schema, other than `outdated`.
    pub async fn requests(&self, of: &Numbered, outdated: Option<&Arc<Plan>>) -> Result<Arc<Plan>> {
        let reads = of.request.method.only_reads();
        let usable = || {
            let known = match reads {
                true => self.planned.for_look_ups(of.schema_number),
                false => self.planned.known(of.schema_number),
            }?;
            outdated.is_none_or(|outdated| !Arc::ptr_eq(&known, outdated)).then_some(known)
        };
        if let Some(plan) = usable() {
            return Ok(plan);
        }
        let since = Instant::now();
        let mut failed = self.planned.looking.lock().await;
        if let Some(plan) = usable() {
            return Ok(plan);
        }
        // A look that began long before the call, or had ended by then, says nothing of the tables and the server as they are now.
        let patience = if outdated.is_none() { TOGETHER } else { Duration::ZERO };
        let is_its_own = |look: &&FailedLook| {
            look.schema == of.schema_number && look.began + patience >= since && look.ended >= since
        };
        if let Some(FailedLook { error, .. }) = failed.as_ref().filter(is_its_own) {
            return Err(error.clone());
        }
        let began = Instant::now();
        let learnt = self.learn_requests(&of.schema, reads).await;
        let failure =
            |error: &Error| FailedLook { began, ended: Instant::now(), schema: of.schema_number, error: error.clone() };
        *failed = learnt.as_ref().err().map(failure);
        let (plan, is_foreseen) = learnt?;
        let plan = Arc::new(plan);
        let plans = if is_foreseen { &self.planned.foreseen } else { &self.planned.known };
        plans.lock().unwrap_or_else(PoisonError::into_inner).insert(of.schema_number, plan.clone());
        self.counts.looked(true);
        Ok(plan)
    }

    /// The tables that stand for the models of `described`.
    async fn resolve(
        &self,
        answers: &mut impl Answers,
        dialect: Dialect,
        catalog: &Catalog,
        described: &Schema,
    ) -> Result<Vec<Result<Table>>> {
        let (schema, conventions) = (self.schema.as_deref(), &self.mapping.conventions);
        let borrowed = match &described.on {
            Some(on) => bridge::borrowed(answers, dialect, schema, &self.mapping, catalog, on).await?,
            None => Vec::new(),
        };
        resolve::tables(answers, dialect, conventions, near::told, catalog, described, &borrowed).await
    }

    /// One look at the tables of `described`.
    pub(super) async fn look_for(
        &self,
        connection: &mut Connection,
        dialect: Dialect,
        described: &Schema,
    ) -> Result<(Catalog, Vec<Result<Table>>)> {
        let schema = self.schema.as_deref();
        let catalog = introspect::read(connection, dialect, schema, &described.namespaces()).await?;
        let tables = self.resolve(connection, dialect, &catalog, described).await?;
        Ok((catalog, tables))
    }

    /// What the tables of `described` are, for look-ups, as a snapshot has them.
    pub(super) async fn foresee_requests(
        &self,
        snapshot: &Snapshot,
        dialect: Dialect,
        described: &Schema,
    ) -> Result<Plan> {
        let mut answers = snapshot;
        let schema = self.schema.as_deref();
        let catalog = introspect::read(&mut answers, dialect, schema, &described.namespaces()).await?;
        let tables = self.resolve(&mut answers, dialect, &catalog, described).await?;
        Ok(plan(dialect, described, tables))
    }

    /// What the tables of `described` are, as the database has them now, and whether that is known by a snapshot, and for look-ups
    /// alone.
    pub(super) async fn learn_requests(&self, described: &Schema, reads: bool) -> Result<(Plan, bool)> {
        if reads {
            self.ask_on_the_way(&described.namespaces());
        }
        let tables = self.database.introspect_beside(async |connection, dialect| {
            self.look_beside();
            if reads && let Some(plan) = self.requests_vouched(connection, described).await {
                return Ok((plan, true));
            }
            let mut looks = Looks::default();
            loop {
                let found = self.look_for(connection, dialect, described).await;
                let lacks = match &found {
                    Ok((_, tables)) => tables.iter().find_map(|table| table.as_ref().err()),
                    Err(error) => Some(error),
                };
                match lacks {
                    Some(error) if looks.again(dialect, error).await => {}
                    _ => return found.map(|(_, tables)| (plan(dialect, described, tables), false)),
                }
            }
        });
        tables.await
    }
}

fn plan(dialect: Dialect, described: &Schema, tables: Vec<Result<Table>>) -> Plan {
    let names = described.models.iter().map(|model| model.name.as_str().into());
    Plan::new(Tables::new(dialect, names.zip(tables).collect()))
}
