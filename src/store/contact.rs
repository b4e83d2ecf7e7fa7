//! What is learnt of a database: the dialect, the tables, and the plans that follow from them.

use std::panic::AssertUnwindSafe;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use tokio::time::timeout;

use super::{Store, Work, too_slow};
use crate::auth::plan::Plan;
use crate::dialect::connection::Connection;
use crate::dialect::{Dialect, postgres};
use crate::error::{Code, Error, Health, Result};
use crate::record::migrate::Migration;
use crate::record::plan::Plan as RecordPlan;
use crate::record::request::Schema;
use crate::record::resolve;
use crate::record::wanted::Wanted;
use crate::runtime::RUNTIME;
use crate::schema::catalog::Catalog;
use crate::schema::check::Report;
use crate::schema::{catalog, migrate};
use crate::sweep;

const MIGRATION_TIMEOUT: Duration = Duration::from_secs(120);

/// An attempt at first contact, awaited by all who need its outcome.
pub type Learning = Shared<BoxFuture<'static, Result<Arc<Plan>>>>;

impl Store {
    /// The plan, if the first contact has been made.
    pub fn known_plan(&self) -> Option<&Arc<Plan>> {
        self.plan.get()
    }

    /// The plan for this database. The first call connects, looks at the tables and creates them where that is wanted.
    ///
    /// Calls that come meanwhile share that attempt's outcome, so that none waits for another one's time-out. A failure
    /// is not remembered: a database that comes up late is found by the next call.
    pub async fn plan(self: &Arc<Self>) -> Result<Arc<Plan>> {
        if let Some(plan) = self.plan.get() {
            return Ok(plan.clone());
        }
        let attempt = {
            let mut learning = self.learning.lock().unwrap_or_else(PoisonError::into_inner);
            learning.get_or_insert_with(|| self.clone().begin_learning()).clone()
        };
        attempt.await
    }

    /// A task of its own, which goes on when those who wait for it give up.
    fn begin_learning(self: Arc<Self>) -> Learning {
        // Creating tables may wait for another process that does the same.
        let limit = if self.migrate { MIGRATION_TIMEOUT } else { self.operation_timeout() };
        let attempt = RUNTIME.spawn(async move {
            let contact = AssertUnwindSafe(timeout(limit, self.first_contact())).catch_unwind().await;
            let outcome = match contact {
                Ok(in_time) => in_time.unwrap_or_else(|_| Err(too_slow(limit))),
                Err(panic) => Err(Error::panicked(&*panic)),
            };
            if let Ok(plan) = &outcome {
                let _ = self.plan.set(plan.clone());
                self.trim_when_idle();
                if let Some(every) = self.prune {
                    sweep::begin(&self, every);
                }
            }
            self.learning.lock().unwrap_or_else(PoisonError::into_inner).take();
            outcome
        });
        attempt
            .map(|ended| ended.unwrap_or_else(|_| Err(Error::new(Code::Closed, "the process is ending"))))
            .boxed()
            .shared()
    }

    async fn first_contact(&self) -> Result<Arc<Plan>> {
        let mut lease = self.pool.acquire().await?;
        self.look_beside();
        let learnt = self.learn(lease.connection()).await;
        lease.release(learnt.as_ref().map_or_else(|error| error.connection, |_| Health::Sound));
        learnt.map(Arc::new)
    }

    async fn learn(&self, connection: &mut Connection) -> Result<Plan> {
        let dialect = connection.dialect().await?;
        let schema = self.address.schema.as_deref();
        let layout = migrate::prepare(connection, dialect, schema, self.migrate, &self.mapping).await?;
        Ok(Plan::new(dialect, layout, self.begin(dialect), self.persistent()))
    }

    /// What opens a transaction.
    fn begin(&self, dialect: Dialect) -> String {
        match dialect {
            Dialect::Postgres if self.address.transaction_pooler => {
                postgres::begin_in_shared_session(self.operation_timeout())
            }
            dialect => dialect.syntax().begin.to_owned(),
        }
    }

    /// Whether prepared statements may outlive their execution.
    fn persistent(&self) -> bool {
        !self.address.transaction_pooler
    }

    /// What the tables of `schema` are, as the database has them now.
    pub async fn learn_records(&self, schema: &Schema) -> Result<RecordPlan> {
        let mut lease = self.pool.acquire().await?;
        self.look_beside();
        let connection = lease.connection();
        let learnt = async {
            let dialect = *self.dialect.get_or_try_init(|| connection.dialect()).await?;
            let catalog = self.catalog(connection, dialect, &schema.namespaces()).await?;
            let tables = resolve::tables(connection, dialect, &self.mapping, &catalog, schema).await?;
            Ok(RecordPlan::new(dialect, tables, self.begin(dialect), self.persistent()))
        }
        .await;
        lease.release(learnt.as_ref().map_or_else(|error: &Error| error.connection, |_| Health::Sound));
        learnt
    }

    /// Makes the tables that are wanted, or says how. Returns the statements.
    pub async fn migrate_records(&self, wanted: &Wanted, apply: bool) -> Result<Vec<String>> {
        let mut lease = self.pool.acquire().await?;
        let connection = lease.connection();
        let schema = self.address.schema.as_deref();
        let outcome = async {
            let dialect = *self.dialect.get_or_try_init(|| connection.dialect()).await?;
            let migration = Migration { dialect, schema, wanted, apply };
            if apply {
                migrate::exclusively(connection, dialect, schema, &migration).await
            } else {
                migration.run(connection).await
            }
        }
        .await;
        lease.release(outcome.as_ref().map_or_else(|error: &Error| error.connection, |_| Health::Sound));
        self.plans.forget();
        outcome
    }

    async fn catalog(&self, connection: &mut Connection, dialect: Dialect, more: &[&str]) -> Result<Catalog> {
        catalog::read(connection, dialect, self.address.schema.as_deref(), more).await
    }

    /// Creates or upgrades our schema now. Returns the names of the migrations that were applied.
    pub async fn migrate(&self) -> Result<Vec<&'static str>> {
        let mut lease = self.pool.acquire().await?;
        let connection = lease.connection();
        let applied = async {
            let dialect = connection.dialect().await?;
            migrate::run(connection, dialect, self.address.schema.as_deref()).await
        }
        .await;
        lease.release(applied.as_ref().map_or_else(|error| error.connection, |_| Health::Sound));
        applied
    }

    /// Looks at the tables without changing anything.
    pub async fn check(&self) -> Result<Report> {
        let mut lease = self.pool.acquire().await?;
        let connection = lease.connection();
        let schema = self.address.schema.as_deref();
        let report = async {
            let dialect = connection.dialect().await?;
            let catalog = catalog::read(connection, dialect, schema, &[]).await?;
            let layout = migrate::find(connection, dialect, schema, &self.mapping, &catalog).await?;
            Report::new(connection, dialect, &catalog, &layout).await
        }
        .await;
        lease.release(report.as_ref().map_or_else(|error| error.connection, |_| Health::Sound));
        report
    }
}
