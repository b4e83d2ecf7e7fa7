//! One database in use: its pool, its file, and the thread that writes to the file. It knows no plan and no contract.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::sync::{Mutex, OwnedMutexGuard};
use tokio::time::timeout;

use crate::database::conflicts::Absence;
use crate::database::connector::Limits;
use crate::database::pool::{Pool, Pooled};
use crate::database::route::{Capabilities, Replicas};
use crate::database::writer_thread::Writing;
use crate::dialect::syntax::Syntax;
use crate::dialect::{Dialect, Family};
use crate::driver::asked::Asked;
use crate::driver::connection::Connection;
use crate::driver::place::Place;
use crate::driver::session::{Session, Sessions};
use crate::driver::target::Target;
use crate::driver::work::Scope;
use crate::error::{Code, Error, Health, Result};
use crate::statement::preparation::Preparation;
use crate::stats::batches::Batches;
use crate::stats::connections;

/// So long a transaction waits for the one before it, which has given way.
const TRANSACTION_PATIENCE: Duration = Duration::from_secs(1);

/// How a database is reached and used: all of it is settled before anything is opened.
#[derive(Debug, Clone)]
pub struct Settings {
    pub target: Target,
    pub limits: Limits,
    /// The file that may be used without the pool.
    pub file: Option<PathBuf>,
    /// How long our writer waits for another connection's lock. `None` if that file may not be written to.
    pub busy_timeout: Option<Duration>,
    /// Whether a server that is not there is waited for. Not where another one answers the same.
    pub waits: bool,
}

#[derive(Debug)]
pub struct Database {
    pub(super) pool: Pool,
    file: Option<PathBuf>,
    pub(super) sessions: Sessions,
    /// Whether one writer at a time is all that the database lets in.
    pub(super) single_writer: bool,
    /// The writers' turn, first come first served. Writers wait here instead of polling SQLite's lock.
    pub(super) turn: Arc<Mutex<()>>,
    /// The turn of transactions that may give way.
    transactions: Arc<Mutex<()>>,
    /// The thread that writes, where the database is a file.
    pub(super) writing: Option<Arc<Writing>>,
    dialect: OnceLock<Dialect>,
    waits: bool,
    /// How many calls shared their statements.
    pub batches: Batches,
    pub place: Arc<Place>,
    /// What new connections are asked besides, where that can be.
    pub asked: Option<Asked>,
    family: Family,
}

impl Database {
    /// Prepares everything and opens nothing.
    pub fn new(settings: Settings) -> Result<Arc<Self>> {
        let Settings { target, limits, file, busy_timeout, waits } = settings;
        let (single_writer, sessions, asked) = (target.file().is_some(), target.sessions(), target.asked());
        let family = target.family();
        let place = Arc::new(Place::of(&target));
        let writing = file.clone().zip(busy_timeout);
        let writing = writing.map(|(file, patience)| Writing::new(file, patience, place.clone()));
        Ok(Arc::new(Self {
            pool: Pool::new(target, limits)?,
            file,
            sessions,
            single_writer,
            turn: Arc::default(),
            transactions: Arc::default(),
            writing,
            dialect: OnceLock::new(),
            waits,
            batches: Batches::default(),
            place,
            asked,
            family,
        }))
    }

    /// The kind of database, as its URL tells.
    pub fn family(&self) -> Family {
        self.family
    }

    /// The dialect, once a connection has told it.
    pub fn dialect(&self) -> Option<Dialect> {
        self.dialect.get().copied()
    }

    /// An outcome whose error says where the database is, if it is about the way to it.
    pub fn placed<T>(&self, outcome: Result<T>) -> Result<T> {
        outcome.map_err(|error| self.place.named(error))
    }

    /// Lends a connection for `work` on what the tables are. The first one tells the dialect.
    pub async fn introspect<T>(&self, work: impl AsyncFnOnce(&mut Connection, Dialect) -> Result<T>) -> Result<T> {
        self.introspect_with(self.pool.acquire().await?, work).await
    }

    /// The same, where transactions that hold all connections may be waiting for what `work` finds.
    pub async fn introspect_beside<T>(
        &self,
        work: impl AsyncFnOnce(&mut Connection, Dialect) -> Result<T>,
    ) -> Result<T> {
        self.introspect_with(self.pool.acquire_or_open().await?, work).await
    }

    async fn introspect_with<T>(
        &self,
        mut pooled: Pooled,
        work: impl AsyncFnOnce(&mut Connection, Dialect) -> Result<T>,
    ) -> Result<T> {
        let connection = pooled.connection();
        let dialect = self.met(connection);
        let outcome = work(connection, dialect).await;
        if self.has_one_session() {
            self.pool.narrow();
        }
        pooled.release(outcome.as_ref().map_or_else(|error| error.connection, |_| Health::Sound));
        outcome
    }

    /// Whether all connections share one session, so that one of them serves at a time.
    pub fn has_one_session(&self) -> bool {
        self.sessions.are_one()
    }

    /// A connection tells the dialect.
    pub(super) fn met(&self, connection: &Connection) -> Dialect {
        *self.dialect.get_or_init(|| connection.dialect())
    }

    /// What opens a transaction in such a session.
    pub(super) fn begin(&self, session: Session) -> Result<String> {
        let Some(dialect) = self.dialect() else {
            return Err(Error::new(Code::Internal, "a transaction began before the first contact"));
        };
        let Syntax { begin, transaction_timeout, .. } = dialect.syntax();
        // Behind a pooler the session is also other clients', and cannot be told.
        Ok(match transaction_timeout.filter(|_| session != Session::Own) {
            Some(set) => format!("{begin}; {set}{}", self.operation_timeout().as_millis()),
            None => (*begin).to_owned(),
        })
    }

    /// Statements that calls are going to need: connections prepare them when no call waits.
    pub fn expect(&self, statements: Vec<Preparation>) {
        if !self.single_writer {
            self.pool.expect(statements);
        }
    }

    /// What decides how calls are served.
    pub fn capabilities(&self) -> Capabilities {
        let (file, writer) = (self.file.is_some(), self.writing.is_some());
        // A SQLite file answers each look-up faster by itself.
        Capabilities { file, writer, batches: !self.single_writer, replicas: Replicas::Never }
    }

    /// Whether a transaction that waits for its owner lets others write meanwhile, and is done again.
    pub fn gives_way(&self) -> bool {
        self.single_writer
    }

    /// A transaction's turn among those of this process that may give way: they do so for other connections to the file, and
    /// would otherwise find each other's rows gone when they are done again. `None`: the one before takes too long; its owner may be
    /// the one that waits here.
    pub async fn transaction_turn(&self) -> Option<OwnedMutexGuard<()>> {
        let turn = self.transactions.clone();
        match turn.clone().try_lock_owned() {
            Ok(turn) => Some(turn),
            Err(_) => {
                let patience = TRANSACTION_PATIENCE.min(self.operation_timeout() / 2);
                timeout(patience, turn.lock_owned()).await.ok()
            }
        }
    }

    /// The attempts of work that may take `limit`.
    pub(super) fn absence(&self, limit: Duration) -> Absence {
        if self.waits { Absence::new(limit) } else { Absence::unexcused(limit) }
    }

    /// How many shared queries of one form may be under way.
    pub fn lookups_at_once(&self) -> usize {
        self.pool.limits.max
    }

    /// What has become of its connections.
    pub fn connections(&self) -> connections::Pooled {
        self.pool.stats()
    }

    /// How long connections took, one by one, since the last time this was asked.
    pub fn connection_times(&self) -> Vec<(u8, Duration)> {
        self.pool.samples()
    }

    /// Whose the server's sessions are, as far as that is known.
    pub fn session(&self) -> Session {
        self.sessions.get()
    }

    pub fn connect_timeout(&self) -> Duration {
        self.pool.limits.connect_timeout
    }

    pub fn acquire_timeout(&self) -> Duration {
        self.pool.limits.acquire_timeout
    }

    pub fn operation_timeout(&self) -> Duration {
        self.pool.limits.operation_timeout
    }

    /// The file that look-ups may read directly, on the calling thread.
    pub fn readable_file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// The thread that writes, where there is one. Before the first contact the file may not be there, or not be in WAL
    /// mode yet.
    pub fn writing(&self) -> Option<&Arc<Writing>> {
        self.writing.as_ref().filter(|_| self.dialect().is_some())
    }

    /// Whether work of this scope that failed has been undone.
    pub fn undoes(&self, scope: Scope) -> bool {
        scope == Scope::Atomic || self.sessions.are_shared()
    }

    /// Whether all connections that there may be are in use.
    pub fn is_exhausted(&self) -> bool {
        self.pool.is_exhausted()
    }

    pub async fn close(&self) {
        if let Some(writing) = &self.writing {
            writing.close().await;
        }
        self.pool.close().await;
    }
}
