//! What is done to a database's tables beside the calls: migrations, and the check.

use std::sync::Arc;

use crate::authjs::discover::Rows;
use crate::authjs::migrate::{self, Sought, Which};
use crate::authjs::outside;
use crate::client::client::Client;
use crate::ddl;
use crate::ddl::desired::Wanted;
use crate::driver::connection::Connection;
use crate::driver::migration_lock::exclusively;
use crate::engine;
use crate::engine::request::Schema;
use crate::error::{Code, Error, Result};
use crate::table::catalog::Table;
use crate::table::introspect;
use crate::table::report::Report;

impl Client {
    /// Makes the tables that are wanted, or says how. Returns the statements.
    pub async fn migrate_records(&self, wanted: &Wanted, apply: bool) -> Result<Vec<String>> {
        let schema = self.schema.as_deref();
        let outcome = self.database.introspect(async |connection, dialect| {
            let work = async |connection: &mut Connection| {
                ddl::migrate::migrate(connection, dialect, schema, &self.mapping, wanted, apply).await
            };
            if apply { exclusively(connection, dialect, schema, work).await } else { work(connection).await }
        });
        let outcome = outcome.await;
        self.planned.forget();
        self.known.grow_old();
        self.database.placed(outcome)
    }

    /// Creates or upgrades our schema now. Returns the names of the migrations that were applied.
    pub async fn migrate(&self, which: Which) -> Result<Vec<&'static str>> {
        let schema = self.schema.as_deref();
        let done = self
            .database
            .introspect(async |connection, dialect| migrate::run(connection, dialect, schema, which).await);
        self.database.placed(done.await)
    }

    /// Sees to it that there is a place for passwords. On our own tables, the first one that is stored makes the table for them.
    pub(super) async fn make_room_for_passwords(self: &Arc<Self>) -> Result<()> {
        let plan = self.operations().await?;
        let Err(missing) = plan.passwords() else { return Ok(()) };
        if !plan.layout.is_ours {
            return Err(missing);
        }
        self.migrate(Which::All).await.map_err(|error| match error.code {
            Code::Connect | Code::Timeout | Code::Closed => error,
            _ => missing.because(error.cause.unwrap_or_else(|| error.message.into_owned())),
        })?;
        self.look_again(&plan).await?.passwords().map(drop)
    }

    /// What else is there, in schemas that no look-up leads to: a sentence for each set of tables.
    pub async fn outside(&self) -> Result<Vec<String>> {
        let schema = self.schema.as_deref();
        let found = self
            .database
            .introspect(async |connection, dialect| outside::look(connection, dialect, schema, None).await);
        Ok(self.database.placed(found.await)?.notes().collect())
    }

    /// Looks at the tables that stand for an application's models, without changing anything. With whether all of them can be used.
    pub async fn check_models(&self, described: &Schema) -> Result<(Report, bool)> {
        if let Some(file) = self.file.as_ref().filter(|file| !file.in_memory && !file.path.exists()) {
            // To open it would make one.
            return Err(Error::new(Code::Connect, format!("there is no file {}", file.path.display())));
        }
        let schema = self.schema.as_deref();
        let report = self.database.introspect(async |connection, dialect| {
            let catalog = introspect::read(connection, dialect, schema, &described.namespaces()).await?;
            let tables = self.resolve(connection, dialect, &catalog, described).await?;
            Ok(engine::check::report(dialect, &catalog, described, &tables))
        });
        self.database.placed(report.await)
    }

    /// Looks at the tables without changing anything.
    pub async fn check(&self) -> Result<Report> {
        let schema = self.schema.as_deref();
        let report = self.database.introspect(async |connection, dialect| {
            let catalog = introspect::read(connection, dialect, schema, &self.mapping.schemas()).await?;
            let sought = Sought { ours: self.migrate, used: None, rows: Rows::Now };
            let found = migrate::find(connection, dialect, schema, &self.mapping, &catalog, sought).await?;
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
