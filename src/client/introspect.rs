//! What is done to a database's tables beside the calls: migrations, and the check.

use std::sync::Arc;

use crate::authjs::check::Report;
use crate::authjs::migrate::{self, Which};
use crate::authjs::outside;
use crate::authjs::plan::Plan;
use crate::client::client::Client;
use crate::ddl;
use crate::ddl::desired::Wanted;
use crate::driver::connection::Connection;
use crate::driver::migration_lock::exclusively;
use crate::error::Result;
use crate::table::catalog::Table;
use crate::table::introspect;

impl Client {
    /// Makes the tables that are wanted, or says how. Returns the statements.
    pub async fn migrate_records(&self, wanted: &Wanted, apply: bool) -> Result<Vec<String>> {
        let schema = self.schema.as_deref();
        let outcome = self.database.introspect(async |connection, dialect| {
            let work = async |connection: &mut Connection| {
                ddl::migrate::migrate(connection, dialect, schema, wanted, apply).await
            };
            if apply { exclusively(connection, dialect, schema, work).await } else { work(connection).await }
        });
        let outcome = outcome.await;
        self.planned.forget();
        self.known.grow_old();
        self.database.placed(outcome)
    }

    /// Creates or upgrades our schema now. Returns the names of the migrations that were applied.
    pub async fn migrate(&self) -> Result<Vec<&'static str>> {
        let schema = self.schema.as_deref();
        let done = self
            .database
            .introspect(async |connection, dialect| migrate::run(connection, dialect, schema, Which::All).await);
        self.database.placed(done.await)
    }

    /// The plan with a place for passwords. Our own table for them is made by the first call that needs it, where our tables are
    /// made without the command line.
    pub(super) async fn place_for_passwords(self: &Arc<Self>) -> Result<Arc<Plan>> {
        let plan = self.operations().await?;
        let makes = self.migrate || self.database.dialect().is_some_and(|dialect| dialect.syntax().file);
        match plan.passwords() {
            Err(_) if plan.layout.is_ours && makes => {
                self.migrate().await?;
                let plan = self.look_again(&plan).await?;
                plan.passwords().map(|_| plan.clone())
            }
            known => known.map(|_| plan.clone()),
        }
    }

    /// What else is there, in schemas that no look-up leads to: a sentence for each set of tables.
    pub async fn outside(&self) -> Result<Vec<String>> {
        let schema = self.schema.as_deref();
        let found = self
            .database
            .introspect(async |connection, dialect| outside::look(connection, dialect, schema, None).await);
        Ok(self.database.placed(found.await)?.notes().collect())
    }

    /// Looks at the tables without changing anything.
    pub async fn check(&self) -> Result<Report> {
        let schema = self.schema.as_deref();
        let report = self.database.introspect(async |connection, dialect| {
            let catalog = introspect::read(connection, dialect, schema, &self.mapping.schemas()).await?;
            let found = migrate::find(connection, dialect, schema, self.migrate, &self.mapping, &catalog, None).await?;
            // Where the tables that are used are outside themselves, the caller has named them.
            let mut outside = outside::look(connection, dialect, schema, None).await?;
            outside.sets.retain(|set| {
                let is_of = |table: &Table| table.schema == set.schema;
                !catalog.tables.iter().any(|table| is_of(table) && found.layout.uses(dialect, table))
            });
            Report::new(connection, dialect, &catalog, &found, &outside).await
        });
        self.database.placed(report.await)
    }
}
