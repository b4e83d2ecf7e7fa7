//! What is done to a database's tables beside the calls: what the record engine learns of them, migrations, and the check.

use crate::authjs::check::Report;
use crate::authjs::migrate;
use crate::database::database::Store;
use crate::ddl::desired::Wanted;
use crate::ddl::migrate::Migration;
use crate::dialect::Dialect;
use crate::driver::connection::Connection;
use crate::driver::migration_lock;
use crate::driver::postgres;
use crate::driver::work::Work;
use crate::engine::plan::Plan as RecordPlan;
use crate::engine::request::Schema;
use crate::engine::resolve;
use crate::error::{Error, Health, Result};
use crate::table::catalog;
use crate::table::catalog::Catalog;

impl Store {
    /// What opens a transaction.
    pub fn begin(&self, dialect: Dialect) -> String {
        match dialect {
            Dialect::Postgres if self.address.transaction_pooler => {
                postgres::begin_in_shared_session(self.operation_timeout())
            }
            dialect => dialect.syntax().begin.to_owned(),
        }
    }

    /// Whether prepared statements may outlive their execution.
    pub fn persistent(&self) -> bool {
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
                migration_lock::exclusively(connection, dialect, schema, &migration).await
            } else {
                migration.run(connection).await
            }
        }
        .await;
        lease.release(outcome.as_ref().map_or_else(|error: &Error| error.connection, |_| Health::Sound));
        self.plans.forget();
        self.known.grow_old();
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
            let catalog = catalog::read(connection, dialect, schema, &self.mapping.schemas()).await?;
            let found = migrate::find(connection, dialect, schema, self.migrate, &self.mapping, &catalog).await?;
            Report::new(connection, dialect, &catalog, &found).await
        }
        .await;
        lease.release(report.as_ref().map_or_else(|error| error.connection, |_| Health::Sound));
        report
    }
}
