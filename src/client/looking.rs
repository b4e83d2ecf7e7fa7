//! Looks at the tables: on first contact, when a call finds that they have changed, and now and then in the background.
//!
//! Invariants:
//! - One look is under way at most, and serves all who wait for it, so that none waits for another one's time-out.
//! - A failure is not remembered: a database that comes up late is found by the next call.
//! - Where the tables are found as they were, the plan stays, with all that calls have made of it.

use crate::table::catalog::Catalog;
use crate::table::introspect;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::time::timeout;

use crate::authjs::discover::{self, Rows};
use crate::authjs::migrate::Sought;
use crate::authjs::model::Table;
use crate::authjs::plan::Plan;
use crate::authjs::{likely, migrate, session_token};
use crate::client::client::Client;
use crate::client::operation_plan::{Doubt, Look, Mark};
use crate::client::sweep;
use crate::database::looks::Looks;
use crate::database::runtime::RUNTIME;
use crate::database::writer_local::here;
use crate::dialect::Dialect;
use crate::driver::answers::Answers;
use crate::driver::connection::Connection;
use crate::driver::sqlite::reader::Reader;
use crate::error::{Code, Error, Result};

const MIGRATION_TIMEOUT: Duration = Duration::from_secs(120);

/// The detail under which what was not called for has the code of its warning.
const WARNING: &str = "warning";

/// How long `close` waits for a look that no call needs any more.
const FAREWELL: Duration = Duration::from_secs(1);

/// What a look is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reason {
    /// A call waits for it.
    Asked,
    /// A call waits for it that may have to make an id.
    Ids,
    /// A while has gone by. It stops where nothing can have changed, and where all connections are busy.
    Time,
}

impl Client {
    /// The plan, if the first contact has been made. If the last look at the tables is old, they are looked at in the
    /// background, for later calls.
    pub fn known_operations(self: &Arc<Self>) -> Option<Arc<Plan>> {
        let plan = self.known.plan()?;
        if self.known.is_old() {
            self.look_in_background();
        }
        Some(plan)
    }

    /// The plan for this database. The first call connects, looks at the tables and creates them where that is wanted.
    pub async fn operations(self: &Arc<Self>) -> Result<Arc<Plan>> {
        match self.known_operations() {
            Some(plan) => Ok(plan),
            None => self.look_once_more().await,
        }
    }

    /// The same, for a call that may have to make an id: where the rows have not been asked yet what ids look like, they are now.
    pub async fn operations_with_ids(self: &Arc<Self>) -> Result<Arc<Plan>> {
        match self.known_operations() {
            Some(plan) if !plan.layout.ids_are_unknown => return Ok(plan),
            _ => {}
        }
        let plan = self.look(Reason::Ids).0.await?;
        // A look that was under way for another reason.
        if plan.layout.ids_are_unknown { self.look(Reason::Ids).0.await } else { Ok(plan) }
    }

    /// The plan by the look that is under way, or by one that begins now.
    pub async fn look_once_more(self: &Arc<Self>) -> Result<Arc<Plan>> {
        self.look(Reason::Asked).0.await
    }

    /// The plan after `outdated`, by a look that begins from now on: the same one if the tables are what they were.
    pub async fn look_again(self: &Arc<Self>, outdated: &Arc<Plan>) -> Result<Arc<Plan>> {
        let is_outdated = |plan: &Arc<Plan>| Arc::ptr_eq(plan, outdated);
        if let Some(plan) = self.known.plan().filter(|plan| !is_outdated(plan)) {
            return Ok(plan);
        }
        let (look, begins) = self.look(Reason::Asked);
        match look.await {
            // It was under way already, and may have come before the change.
            Ok(plan) if !begins && is_outdated(&plan) => self.look_once_more().await,
            Err(_) if !begins => self.look_once_more().await,
            outcome => outcome,
        }
    }

    /// The look that is under way, or a new one, and whether it is new.
    fn look(self: &Arc<Self>, reason: Reason) -> (Look, bool) {
        let mut look = self.known.look();
        let begins = look.is_none();
        (look.get_or_insert_with(|| self.clone().begin_look(reason)).clone(), begins)
    }

    fn look_in_background(self: &Arc<Self>) {
        let (_goes_on_by_itself, _) = self.look(Reason::Time);
    }

    /// From time to time, compares the version of the SQLite file with that of the plan; `reader` reads it on the calling
    /// thread.
    pub fn compare_versions(self: &Arc<Self>, reader: Option<&Reader>) {
        // An application that only makes requests need not have our tables.
        if let Some(reader) = reader
            && self.known.is_there()
            && self.known.is_to_be_compared()
            && reader.version().is_some_and(|version| !self.known.is_of_version(version))
        {
            self.look_in_background();
        }
    }

    /// Whether to look at the tables because of `fields`, which do not fit `table`. Callers may keep giving such: the thread
    /// that writes to a SQLite file reads its version, which costs nothing; elsewhere it is so only from time to time.
    pub fn is_in_doubt<'a>(
        self: &Arc<Self>,
        table: Table,
        doubt: Doubt,
        fields: impl Iterator<Item = &'a str>,
    ) -> bool {
        if let Some(version) = here(|writer| writer.version()) {
            return version.is_none_or(|version| !self.known.is_of_version(version));
        }
        // A call that comes during a look waits for what is found. The look begins before another call can be told that it is
        // not worth one more.
        let mut look = self.known.look();
        if look.is_none() && self.known.are_worth_a_look(table, doubt, fields) {
            *look = Some(self.clone().begin_look(Reason::Asked));
        }
        look.is_some()
    }

    /// A task of its own, which goes on when the callers that wait for it give up.
    fn begin_look(self: Arc<Self>, reason: Reason) -> Look {
        let known = self.known.plan();
        // Creating tables may wait for another process that does the same.
        let limit = if known.is_none() && self.migrate { MIGRATION_TIMEOUT } else { self.database.operation_timeout() };
        let attempt = RUNTIME.spawn(async move {
            self.known.look_begins();
            let contact = AssertUnwindSafe(timeout(limit, self.contact(known.as_ref(), reason))).catch_unwind().await;
            let outcome = match contact {
                Ok(in_time) => in_time.unwrap_or_else(|_| Err(Error::too_slow(limit))),
                Err(panic) => Err(Error::panicked(&*panic)),
            };
            if let Ok(plan) = &outcome {
                self.counts.looked(known.as_ref().is_none_or(|known| !Arc::ptr_eq(known, plan)));
            }
            if let Ok(plan) = &outcome
                && known.is_none()
            {
                self.begin_calls(plan);
            }
            self.known.look().take();
            outcome
        });
        attempt
            .map(|ended| ended.unwrap_or_else(|_| Err(Error::new(Code::Closed, "the process is ending"))))
            .boxed()
            .shared()
    }

    async fn contact(&self, known: Option<&Arc<Plan>>, reason: Reason) -> Result<Arc<Plan>> {
        if let Some(known) = known
            && reason == Reason::Time
            && self.database.is_exhausted()
        {
            return Ok(known.clone());
        }
        if known.is_none() {
            self.ask_on_the_way(&self.mapping.schemas());
        }
        let learnt = self.database.introspect(async |connection, dialect| {
            self.look_beside();
            if known.is_none() {
                // By a look-up that a snapshot has answered meanwhile, or by a snapshot now.
                let foreseen = match self.known.plan() {
                    None => self.operations_vouched(connection).await,
                    learnt => learnt,
                };
                if let Some(plan) = foreseen {
                    return Ok(plan);
                }
            }
            let mut looks = Looks::default();
            loop {
                match self.learn(connection, dialect, known, reason).await {
                    Err(error) if looks.again(dialect, &error).await => {}
                    learnt => return learnt,
                }
            }
        });
        learnt.await
    }

    /// Looks at the tables, and lets calls follow what is found.
    async fn learn(
        &self,
        connection: &mut Connection,
        dialect: Dialect,
        known: Option<&Arc<Plan>>,
        reason: Reason,
    ) -> Result<Arc<Plan>> {
        let schema = self.schema.as_deref();
        if let Some(known) = known.filter(|known| reason == Reason::Ids && known.layout.ids_are_unknown)
            && let Ok(layout) = discover::learn_ids(connection, dialect, &known.layout, &self.mapping).await
        {
            return Ok(self.known.refine(known, Arc::new(Plan::new(dialect, layout)?)));
        }
        if known.is_none() && self.migrate {
            migrate::run(connection, dialect, schema, &[]).await?;
        }
        // Before the tables, so that what changes meanwhile is seen the next time.
        let mut version = version(connection, dialect).await?;
        let unchanged = known.filter(|_| reason == Reason::Time);
        if let (Some(known), Some(version)) = (unchanged, version)
            && self.known.is_of_version(version)
        {
            return Ok(known.clone());
        }
        let further = self.mapping.schemas();
        let mut catalog = introspect::read(connection, dialect, schema, &further).await?;
        if known.is_none() && migrate::goes_without_saying(dialect, &self.mapping, &catalog) {
            migrate::run(connection, dialect, schema, &[]).await?;
            version = self::version(connection, dialect).await?;
            catalog = introspect::read(connection, dialect, schema, &further).await?;
        }
        let mark = Mark::of(&catalog, version);
        if let Some(known) = unchanged
            && version.is_none()
            && self.known.is_of(mark)
        {
            return Ok(known.clone());
        }
        let rows = if known.is_none() && reason == Reason::Asked { Rows::Later } else { Rows::Now };
        let (plan, notice) = self.plan_of(connection, dialect, &catalog, known, rows).await?;
        if let (None, Some(notice)) = (known, notice) {
            self.attendants.tell(&Error::new(Code::Schema, notice).about(WARNING, "RUST_ADAPTER_TABLES_CHOSEN"));
        }
        let plan = match known {
            Some(known) if known.is_like(&plan) => known.clone(),
            _ => Arc::new(plan),
        };
        self.known.learn(plan.clone(), mark);
        self.database.expect(likely::preparations(&plan));
        Ok(plan)
    }

    /// The plan for the tables of a catalog, and what the application's owner should hear of how they were chosen.
    pub(super) async fn plan_of(
        &self,
        answers: &mut impl Answers,
        dialect: Dialect,
        catalog: &Catalog,
        known: Option<&Arc<Plan>>,
        rows: Rows,
    ) -> Result<(Plan, Option<String>)> {
        let sought = Sought { ours: self.migrate, used: known.map(|known| &known.layout), rows };
        let found = migrate::find(answers, dialect, self.schema.as_deref(), &self.mapping, catalog, sought).await?;
        let plan = Plan::new(dialect, session_token::hashing(dialect, found.layout, self.session_tokens)?)?;
        Ok((plan, found.notice))
    }

    /// The first plan is there: what is done in the background begins.
    pub(super) fn begin_calls(self: &Arc<Self>, plan: &Plan) {
        self.database.expect(likely::preparations(plan));
        if let Some(every) = self.prune
            && !self.sweeps.swap(true, Ordering::Relaxed)
        {
            sweep::begin(self, every);
        }
    }

    /// Waits for a look that is under way to leave the pool, as long as that is no matter of patience.
    pub async fn stop_looking(&self) {
        let look = self.known.look().clone();
        if let Some(look) = look {
            let _ = timeout(FAREWELL, look).await;
        }
    }
}

async fn version(connection: &mut Connection, dialect: Dialect) -> Result<Option<i64>> {
    let Some(query) = dialect.syntax().schema_version else { return Ok(None) };
    let versions = connection.first_texts(query).await?;
    Ok(versions.first().and_then(|version| version.parse().ok()))
}
