//! What is known of the tables before they have been looked at: what a snapshot of them says, until a server has said that it still
//! holds.
//!
//! Invariants:
//! - No plan by a snapshot is known to calls before the server has answered the snapshot's fingerprint.
//! - A snapshot is tried once. If it does not hold, the tables are looked at as without one, and the process is warned.

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

use crate::authjs::call::Call;
use crate::authjs::discover::Rows;
use crate::authjs::operation::Operation;
use crate::authjs::plan::Plan;
use crate::client::client::Client;
use crate::client::operation_plan::Mark as State;
use crate::database::vouched::{Answer, Mark, Vouched};
use crate::dialect::{Dialect, Family};
use crate::driver::connection::Connection;
use crate::driver::session::Session;
use crate::driver::work::Work;
use crate::engine;
use crate::engine::arguments::Argument;
use crate::engine::registered::Numbered;
use crate::engine::schema::Schema;
use crate::error::{Code, Error, Result};
use crate::table::introspect;
use crate::table::snapshot::Snapshot;
use crate::value::{Fields, Records};

/// The code of the warning.
const WARNING: &str = "RUST_ADAPTER_SNAPSHOT_UNUSED";

const CHANGED: &str = "the tables are not what they were when it was made";
const REFUSED: &str = "the server does not answer what would tell whether the tables have changed since";

impl Client {
    /// Whether a look-up that comes now may be answered by a snapshot, by itself.
    pub fn foresees(&self) -> bool {
        self.foreseen.is_open() && self.replicas.is_none() && self.database.family() == Family::Postgres
    }

    /// The answer of one of Auth.js's look-ups that comes before the tables have been looked at, by the snapshot. `None`: it has to be
    /// made by the tables as they are.
    pub(super) async fn foreseen(
        self: &Arc<Self>,
        operation: &'static Operation,
        fields: &Fields,
    ) -> Result<Option<Records>> {
        if !operation.access().reads || self.known.is_there() {
            return Ok(None);
        }
        let Some((snapshot, mark)) = self.try_snapshot(&self.mapping.schemas()) else { return Ok(None) };
        let planned = self.plan_by(snapshot, Dialect::Postgres).await;
        let Some((plan, state)) = self.foreseeable(planned) else { return Ok(None) };
        let Ok(Some(call)) = Call::prepare(&plan, operation, fields) else { return Ok(None) };
        let records = self.ask_by(&call, &mark).await?;
        drop(call);
        if records.is_some() {
            self.learn_foreseen(plan, state);
        } else if self.operations().await.is_ok() && !self.known.is_of(state) {
            // What has changed may be what the statement failed by.
            self.warn_of_snapshot(CHANGED);
        }
        Ok(records)
    }

    /// The same of a request for records.
    pub(super) async fn foreseen_request(&self, request: &Numbered, arguments: &[Argument]) -> Result<Option<Records>> {
        if !request.request.method.only_reads() || self.planned.for_look_ups(request.schema_number).is_some() {
            return Ok(None);
        }
        let Some((snapshot, mark)) = self.try_snapshot(&request.schema.namespaces()) else { return Ok(None) };
        let planned = self.foresee_requests(snapshot, Dialect::Postgres, &request.schema).await;
        let Some(plan) = self.foreseeable(planned) else { return Ok(None) };
        let compiled = plan.compiled(request);
        let prepared =
            compiled.and_then(|compiled| engine::call::Call::prepare(Dialect::Postgres, compiled, arguments));
        let Ok(Some(call)) = prepared else { return Ok(None) };
        let records = self.ask_by(&call, &mark).await?;
        if records.is_some() {
            let mut plans = self.planned.foreseen.lock().unwrap_or_else(PoisonError::into_inner);
            plans.insert(request.schema_number, Arc::new(plan));
            self.counts.looked(true);
        }
        Ok(records)
    }

    /// The snapshot, which is tried now, and what is to be asked beside a look-up by it. `more`: further schemas.
    fn try_snapshot(&self, more: &[&str]) -> Option<(&Snapshot, Mark)> {
        let snapshot = self.snapshot()?;
        if self.foreseen.tried.swap(true, Ordering::Relaxed) {
            return None;
        }
        let asked = Dialect::Postgres.fingerprint(&Dialect::Postgres.catalog(self.schema.as_deref(), more))?;
        let timeout = self.database.operation_timeout().as_millis();
        let timeout = (self.database.session() == Session::Own).then_some(timeout);
        Some((snapshot, Mark::new(&asked, &snapshot.fingerprint, timeout)))
    }

    /// What is planned, unless the snapshot does not tell enough. Of what else is wrong, the tables as they are tell.
    fn foreseeable<T>(&self, planned: Result<T>) -> Option<T> {
        let is_untold = |error: &Error| error.code == Code::Internal;
        planned
            .inspect_err(|error| {
                if is_untold(error) {
                    self.warn_of_snapshot(&error.to_string())
                }
            })
            .ok()
    }

    /// The answer to `call`, if the tables are what the snapshot says.
    async fn ask_by(&self, call: &impl Work<Output = Records>, mark: &Mark) -> Result<Option<Records>> {
        match self.database.run(&Vouched { work: call, mark }).await {
            Ok(Answer::Vouched(records)) => Ok(Some(records)),
            Ok(Answer::NotOurs) => Ok(None),
            Ok(Answer::Changed) => {
                self.warn_of_snapshot(CHANGED);
                Ok(None)
            }
            Err(error) if matches!(error.code, Code::Connect | Code::Timeout | Code::Closed) => Err(error),
            Err(error) => {
                if error.stale {
                    self.warn_of_snapshot(CHANGED);
                }
                Ok(None)
            }
        }
    }

    /// Has the first connection asked for the fingerprint while its session is set up, where that can be.
    pub(super) fn ask_on_the_way(&self, more: &[&str]) {
        let Some(asked) = self.database.asked.as_ref().filter(|_| self.foreseen.is_open()) else { return };
        let dialect = self.snapshot().and_then(Snapshot::dialect);
        let query = dialect.and_then(|dialect| dialect.fingerprint(&dialect.catalog(self.schema.as_deref(), more)));
        asked.set(query.map(|query| format!("SELECT {query}").into()));
    }

    /// The snapshot, if the server of `connection` has answered its fingerprint a moment ago.
    fn vouched(&self, connection: &mut Connection) -> Option<&Snapshot> {
        let asked = self.database.asked.as_ref()?;
        asked.set(None);
        let snapshot = self.snapshot().filter(|_| self.foreseen.is_open())?;
        // A connection that was there already has not been asked.
        let answer = connection.answer.take()?;
        if self.foreseen.tried.swap(true, Ordering::Relaxed) {
            return None;
        }
        if snapshot.is_of(connection.dialect()) && answer == snapshot.fingerprint {
            return Some(snapshot);
        }
        self.warn_of_snapshot(if answer.is_empty() { REFUSED } else { CHANGED });
        None
    }

    /// The plan of Auth.js's calls by a snapshot that a server has vouched for.
    pub(super) async fn operations_vouched(&self, connection: &mut Connection) -> Option<Arc<Plan>> {
        let snapshot = self.vouched(connection)?;
        let planned = self.plan_by(snapshot, connection.dialect()).await;
        let (plan, state) = self.foreseeable(planned)?;
        self.known.learn(plan.clone(), state);
        Some(plan)
    }

    /// The same, of requests that only read.
    pub(super) async fn requests_vouched(
        &self,
        connection: &mut Connection,
        described: &Schema,
    ) -> Option<engine::plan::Plan> {
        let snapshot = self.vouched(connection)?;
        let planned = self.foresee_requests(snapshot, connection.dialect(), described).await;
        self.foreseeable(planned)
    }

    /// What is planned by a snapshot, as by the database itself.
    async fn plan_by(&self, snapshot: &Snapshot, dialect: Dialect) -> Result<(Arc<Plan>, State)> {
        let mut answers = snapshot;
        let catalog = introspect::read(&mut answers, dialect, self.schema.as_deref(), &self.mapping.schemas()).await?;
        let (plan, _) = self.plan_of(&mut answers, dialect, &catalog, None, Rows::Later).await?;
        Ok((Arc::new(plan), State::of(&catalog, None)))
    }

    fn learn_foreseen(self: &Arc<Self>, plan: Arc<Plan>, state: State) {
        if self.known.is_there() {
            return;
        }
        self.known.look_begins();
        self.known.learn(plan.clone(), state);
        self.counts.looked(true);
        self.begin_calls(&plan);
    }

    /// The file, read once.
    fn snapshot(&self) -> Option<&Snapshot> {
        let path = self.foreseen.path.as_ref()?;
        let read = || {
            let family = self.database.family();
            let read = Snapshot::read(path).and_then(|snapshot| match snapshot.dialect() {
                Some(dialect) if dialect.family() == family => Ok(snapshot),
                _ => Err("it is of another kind of database".to_owned()),
            });
            read.inspect_err(|why| self.warn_of_snapshot(why)).ok()
        };
        let snapshot = self.foreseen.snapshot.get_or_init(read).as_ref();
        if snapshot.is_none() {
            self.foreseen.tried.store(true, Ordering::Relaxed);
        }
        snapshot
    }

    fn warn_of_snapshot(&self, why: &str) {
        let Some(path) = self.foreseen.path.as_ref().filter(|_| !self.foreseen.warned.swap(true, Ordering::Relaxed))
        else {
            return;
        };
        let message = format!(
            "the snapshot {} is not used: {why}; the tables are looked at instead. npx rust-auth-adapter check --snapshot FILE makes \
             one",
            path.display()
        );
        self.attendants.tell(&Error::new(Code::Schema, message).about("warning", WARNING));
    }

    /// Takes a snapshot for a file: of what Auth.js's calls, or requests about `described`, look at. `None`: this kind of database has no
    /// use for one.
    pub async fn take_snapshot(&self, described: Option<&Schema>) -> Result<Option<Snapshot>> {
        let schema = self.schema.as_deref();
        let more = described.map_or_else(|| self.mapping.schemas(), Schema::namespaces);
        let taken = self
            .database
            .introspect(async |connection, dialect| Snapshot::take(connection, dialect, schema, &more).await);
        let taken = self.database.placed(taken.await)?;
        if let Some(snapshot) = &taken
            && let Some(dialect) = snapshot.dialect()
        {
            let planned = match described {
                Some(described) => self.foresee_requests(snapshot, dialect, described).await.map(drop),
                None => self.plan_by(snapshot, dialect).await.map(drop),
            };
            // What else is wrong the check tells.
            if let Err(untold) = planned
                && untold.code == Code::Internal
            {
                return Err(Error::config(format!("{untold}: their rows have to be asked, and it would not be used")));
            }
        }
        Ok(taken)
    }
}
