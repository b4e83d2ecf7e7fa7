//! What is known of the tables before they have been looked at: what a snapshot of them says, until a server has said that it still
//! holds.
//!
//! Invariants:
//! - No plan by a snapshot is known to calls before the server has answered the snapshot's fingerprint.
//! - A snapshot is tried once. If it does not hold, the tables are looked at as without one, and the process is warned.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

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
use crate::error::{Code, Error, Result};
use crate::table::introspect;
use crate::table::snapshot::Snapshot;
use crate::value::{Fields, Records};

/// The code of the warning.
const WARNING: &str = "RUST_ADAPTER_SNAPSHOT_UNUSED";

const CHANGED: &str = "the tables are not what they were when it was made";

/// A snapshot, and whether it has been tried.
#[derive(Debug, Default)]
pub struct Foreseen {
    path: Option<PathBuf>,
    snapshot: OnceLock<Option<Snapshot>>,
    tried: AtomicBool,
    warned: AtomicBool,
}

impl Foreseen {
    pub fn new(path: Option<PathBuf>) -> Self {
        Self { path, ..Self::default() }
    }

    /// Whether a snapshot is there to be tried.
    fn is_open(&self) -> bool {
        self.path.is_some() && !self.tried.load(Ordering::Relaxed)
    }
}

impl Client {
    /// Whether a look-up that comes now may be answered by a snapshot, by itself.
    pub fn foresees(&self) -> bool {
        self.foreseen.is_open() && self.replicas.is_none() && self.database.family() == Family::Postgres
    }

    /// The answer of a look-up that comes before the tables have been looked at, by the snapshot. `None`: it has to be made by the
    /// tables as they are.
    pub(super) async fn foreseen(
        self: &Arc<Self>,
        operation: &'static Operation,
        fields: &Fields,
    ) -> Result<Option<Records>> {
        if !self.foresees() || !operation.access().reads || self.known.is_there() {
            return Ok(None);
        }
        let Some((snapshot, mark)) = self.mark() else { return Ok(None) };
        let planned = self.plan_by(snapshot, Dialect::Postgres).await;
        let Ok((plan, state)) = planned.inspect_err(|error| self.warn_of_snapshot(&error.to_string())) else {
            return Ok(None);
        };
        let Ok(Some(call)) = Call::prepare(&plan, operation, fields) else { return Ok(None) };
        match self.database.run(&Vouched { work: &call, mark: &mark }).await {
            Ok(Answer::Vouched(records)) => {
                drop(call);
                self.learn_foreseen(plan, state);
                Ok(Some(records))
            }
            Ok(Answer::NotOurs) => Ok(None),
            Err(error) if matches!(error.code, Code::Connect | Code::Timeout | Code::Closed) => Err(error),
            // What has changed may be what the statement failed by.
            Ok(Answer::Changed) | Err(_) => {
                if self.operations().await.is_ok() && !self.known.is_of(state) {
                    self.warn_of_snapshot(CHANGED);
                }
                Ok(None)
            }
        }
    }

    /// The snapshot, which is tried now, and what is to be asked beside a look-up by it.
    fn mark(&self) -> Option<(&Snapshot, Mark)> {
        let snapshot = self.snapshot()?;
        if self.foreseen.tried.swap(true, Ordering::Relaxed) {
            return None;
        }
        let queries = Dialect::Postgres.catalog(self.schema.as_deref(), &self.mapping.schemas());
        let asked = Dialect::Postgres.fingerprint(&queries)?;
        let timeout = self.database.operation_timeout().as_millis();
        let timeout = (self.database.session() == Session::Own).then_some(timeout);
        Some((snapshot, Mark::new(&asked, &snapshot.fingerprint, timeout)))
    }

    /// Has the first connection asked for the fingerprint while its session is set up, where that can be.
    pub(super) fn ask_on_the_way(&self) {
        let Some(asked) = self.database.asked.as_ref().filter(|_| self.foreseen.is_open()) else { return };
        let dialect = self.snapshot().and_then(Snapshot::dialect);
        let query = dialect.filter(|dialect| dialect.family() == Family::MySql).and_then(|dialect| {
            let queries = dialect.catalog(self.schema.as_deref(), &self.mapping.schemas());
            dialect.fingerprint(&queries)
        });
        asked.set(query.map(|query| format!("SELECT {query}").into()));
    }

    /// The snapshot, if the server of `connection` has just answered its fingerprint.
    pub(super) fn vouched(&self, connection: &mut Connection) -> Option<&Snapshot> {
        let asked = self.database.asked.as_ref().filter(|_| self.foreseen.is_open())?;
        asked.set(None);
        let snapshot = self.snapshot()?;
        if self.foreseen.tried.swap(true, Ordering::Relaxed) {
            return None;
        }
        let answer = connection.answer.take();
        if snapshot.is_of(connection.dialect()) && answer.as_ref() == Some(&snapshot.fingerprint) {
            return Some(snapshot);
        }
        self.warn_of_snapshot(CHANGED);
        None
    }

    /// The plan by a snapshot that a server has vouched for.
    pub(super) async fn plan_vouched(&self, connection: &mut Connection) -> Option<Arc<Plan>> {
        let dialect = connection.dialect();
        let snapshot = self.vouched(connection)?;
        match self.plan_by(snapshot, dialect).await {
            Ok((plan, state)) => {
                self.known.learn(plan.clone(), state);
                Some(plan)
            }
            Err(error) => {
                self.warn_of_snapshot(&error.to_string());
                None
            }
        }
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

    /// Takes a snapshot for a file. `None`: this kind of database has no use for one.
    pub async fn take_snapshot(&self) -> Result<Option<Snapshot>> {
        let schema = self.schema.as_deref();
        let taken = self.database.introspect(async |connection, dialect| {
            Snapshot::take(connection, dialect, schema, &self.mapping.schemas()).await
        });
        self.database.placed(taken.await)
    }

    /// Why a snapshot would be of no use to Auth.js's calls, if so.
    pub async fn objection_to(&self, snapshot: &Snapshot) -> Option<Error> {
        let error = self.plan_by(snapshot, snapshot.dialect()?).await.err()?;
        (error.code == Code::Internal).then_some(error)
    }
}
