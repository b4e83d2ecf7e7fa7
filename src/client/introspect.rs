//! What is done to a database's tables beside the calls: migrations, and the check.

use std::sync::Arc;

use chrono::Utc;

use crate::authjs::discover::Rows;
use crate::authjs::migrate::{self, Applied, Sought};
use crate::authjs::migrations::{Part, Which};
use crate::authjs::model::Table;
use crate::authjs::plan::Plan;
use crate::authjs::{bridge, outside, prune};
use crate::client::client::Client;
use crate::database::looks::Looks;
use crate::ddl;
use crate::ddl::desired::Wanted;
use crate::dialect::Dialect;
use crate::driver::connection::Connection;
use crate::driver::migration_lock::exclusively;
use crate::engine;
use crate::engine::arguments::Argument;
use crate::engine::call::Call;
use crate::engine::request::{Condition, Method, Request};
use crate::engine::schema::Schema;
use crate::error::{Code, Error, Result};
use crate::statement::count::counted;
use crate::table::catalog;
use crate::table::introspect;
use crate::table::report::Report;
use crate::table::server::Server;
use crate::value::Input;

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

    /// Creates or upgrades our schema now.
    pub async fn migrate(&self, which: Which<'_>) -> Result<Applied> {
        let schema = self.schema.as_deref();
        let done = self
            .database
            .introspect(async |connection, dialect| migrate::run(connection, dialect, schema, which).await);
        self.database.placed(done.await)
    }

    /// Sees to it that there is a place for passwords. On our own tables, the first one that is stored makes the table for them.
    pub(super) async fn make_room_for_passwords(self: &Arc<Self>) -> Result<()> {
        let plan = self.operations().await?;
        let Err(missing) = plan.passwords() else {
            self.look_for_other_passwords(&plan).await;
            return Ok(());
        };
        if !plan.layout.is_ours {
            return Err(missing);
        }
        self.migrate(&[Part::Passwords]).await.map_err(|error| match error.code {
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
        let report = self.database.introspect(async |connection, dialect| {
            let mut looks = Looks::default();
            let (catalog, tables) = loop {
                match self.look_for(connection, dialect, described).await {
                    Err(error) if looks.again(dialect, &error).await => {}
                    found => break found?,
                }
            };
            let (mut report, usable) = engine::check::report(dialect, &catalog, described, &tables);
            if let Some(on) = &described.on {
                for (_, lent) in
                    bridge::borrowed(connection, dialect, self.schema.as_deref(), &self.mapping, &catalog, on).await?
                {
                    let statements = ddl::shared::unserved(connection, dialect, &lent).await?;
                    report.examine_search(&lent.table.name, &statements);
                }
            }
            report.server = self.server(connection, dialect).await;
            Ok((report, usable))
        });
        self.database.placed(report.await)
    }

    /// Looks at the tables without changing anything.
    pub async fn check(self: &Arc<Self>) -> Result<Report> {
        let schema = self.schema.as_deref();
        let report = self.database.introspect(async |connection, dialect| {
            let catalog = introspect::read(connection, dialect, schema, &self.mapping.schemas()).await?;
            let sought = Sought { ours: self.migrate, used: None, rows: Rows::Now };
            let found = migrate::find(connection, dialect, schema, &self.mapping, &catalog, sought).await?;
            // Where the tables that are used are outside themselves, the caller has named them.
            let mut outside = outside::look(connection, dialect, schema, None).await?;
            outside.sets.retain(|set| {
                let is_of = |table: &catalog::Table| table.schema == set.schema;
                !catalog.tables.iter().any(|table| is_of(table) && found.layout.uses(dialect, table))
            });
            let mut report = Report::new(connection, dialect, &catalog, &found, &outside).await?;
            report.server = self.server(connection, dialect).await;
            Ok(report)
        });
        let mut report = self.database.placed(report.await)?;
        self.count(&mut report).await;
        Ok(report)
    }

    /// What the server tells of itself. One that does not tell is no fault of the tables.
    async fn server(&self, connection: &mut Connection, dialect: Dialect) -> Option<Server> {
        let place = self.database.place.map();
        let address = place.get("address").map(|host| match place.get("port") {
            Some(port) => format!("{host}:{port}"),
            None => host.clone(),
        });
        let named = place.get("namespace").cloned().unwrap_or_default();
        Server::look(connection, dialect, named, address, self.database.session()).await.ok()
    }

    /// How many rows the tables have, and how many of them have expired. What takes longer than a call may is left open.
    async fn count(self: &Arc<Self>, report: &mut Report) {
        let Ok(plan) = self.operations().await else { return };
        let now = Input::Date(Utc::now().timestamp_millis() as f64);
        let before = || Condition { operator: "lt".to_owned(), ..Condition::equals("expires") };
        for table in Table::ALL.into_iter().filter(|table| plan.layout.has(*table)) {
            let all = self.counted(&plan, table, Vec::new(), &[]).await;
            let expires = all.is_some() && prune::TABLES.contains(&table);
            let expired = match expires {
                true => self.counted(&plan, table, vec![before()], &[Argument::One(now.clone())]).await,
                false => None,
            };
            if let Some(found) = report.tables.iter_mut().find(|found| found.table == table.name()) {
                (found.rows, found.expired) = (all, expired);
            }
        }
    }

    async fn counted(&self, plan: &Plan, table: Table, filter: Vec<Condition>, arguments: &[Argument]) -> Option<u64> {
        let compiled = plan.compile(&Request { filter, ..Request::new(Method::Count, table.name()) }).ok()?;
        let call = Call::prepare(plan.tables.dialect, compiled, arguments).ok()??;
        self.database.run(&call).await.ok().map(|records| counted(&records))
    }
}
