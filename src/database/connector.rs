//! How a connection of the pool is opened, and whether it may serve again.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use deadpool::managed::{self, Metrics, RecycleError, RecycleResult};
use tokio::time::timeout;

use crate::database::coming::Coming;
use crate::database::foretold::Foretold;
use crate::database::pool_options::PoolOptions;
use crate::driver::connection::Connection;
use crate::driver::reach::{self, Patience};
use crate::driver::session::Sessions;
use crate::driver::target::Target;
use crate::error::{Code, Error, Health, Result};
use crate::stats::connections::{Connections, Took};

/// A connection idle for longer is asked for a sign of life before it serves again.
const TRUSTED_IDLENESS: Duration = Duration::from_secs(30);
/// After so long, a server that was what is wanted of it is asked again whether it is.
const TRUSTED_ROLE: Duration = Duration::from_secs(5);
pub(super) const PING_TIMEOUT: Duration = Duration::from_secs(1);

tokio::task_local! {
    /// A task asks for an idle connection, and for none that has to be opened.
    pub static IDLE_ALONE: ();
}

#[derive(Debug, Clone, Copy)]
pub struct Limits {
    pub max: usize,
    pub acquire_timeout: Duration,
    pub connect_timeout: Duration,
    /// `None`: never. An in-memory database lives as long as its one connection.
    pub idle_timeout: Option<Duration>,
    pub max_lifetime: Option<Duration>,
    pub operation_timeout: Duration,
}

impl Limits {
    pub fn new(options: &PoolOptions, target: &Target, in_memory: bool) -> Self {
        let default_max = if target.file().is_some() { 4 } else { 10 };
        Self {
            max: if in_memory { 1 } else { options.max.unwrap_or(default_max).max(1 + usize::from(options.spare)) },
            acquire_timeout: options.acquire_timeout.unwrap_or(Duration::from_secs(10)),
            connect_timeout: options.connect_timeout.unwrap_or(Duration::from_secs(5)),
            idle_timeout: (!in_memory).then(|| options.idle_timeout.unwrap_or(Duration::from_secs(60))),
            max_lifetime: (!in_memory).then(|| options.max_lifetime.unwrap_or(Duration::from_secs(30 * 60))),
            operation_timeout: options.operation_timeout.unwrap_or(Duration::from_secs(15)),
        }
    }
}

#[derive(Debug)]
pub struct Connector {
    target: Target,
    pub(super) limits: Limits,
    pub(super) sessions: Sessions,
    pub(super) foretold: Foretold,
    pub(super) coming: Arc<Coming>,
    pub(super) counts: Connections,
    /// Connections opened until then do not serve again: one of them was lost, and so are the others most likely.
    distrusted: Mutex<Option<Instant>>,
}

impl Connector {
    pub fn new(target: Target, limits: Limits) -> Self {
        let sessions = target.sessions();
        let (foretold, coming) = (Foretold::default(), Arc::default());
        let counts = Connections::default();
        Self { target, limits, sessions, foretold, coming, counts, distrusted: Mutex::default() }
    }

    /// Whether a connection that was opened at `created` may serve again.
    pub(super) fn trusts(&self, created: Instant) -> bool {
        self.distrusted.lock().unwrap_or_else(PoisonError::into_inner).is_none_or(|until| until < created)
    }

    /// Whether only a server that writes serves, so that another one is looked for when one does not.
    pub(super) fn seeks_writer(&self) -> bool {
        self.target.hosts().is_some_and(|hosts| hosts.wanted.writes())
    }

    /// A connection that was opened at `created` is lost. Nothing new is said by one that is distrusted already.
    pub(super) fn distrust(&self, created: Instant) {
        if self.trusts(created) {
            *self.distrusted.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        }
    }
}

/// A connection of the pool.
#[derive(Debug)]
pub struct Member {
    pub(super) connection: Box<Connection>,
    /// How many of the statements that calls are going to need it has prepared: see [`Foretold`].
    pub(super) prepared: usize,
    /// How long it had waited when it was last lent.
    pub(super) idle: Duration,
    /// When its server was last known to be what is wanted.
    asked: Instant,
}

impl managed::Manager for Connector {
    type Type = Member;
    type Error = Error;

    async fn create(&self) -> Result<Member> {
        if IDLE_ALONE.try_with(|()| ()).is_ok() {
            return Err(Error::new(Code::Connect, "no connection is idle"));
        }
        let patience = Patience { host: self.limits.connect_timeout, operation: self.limits.operation_timeout };
        let since = Instant::now();
        // In a box, lest every call carry the room for it along.
        let opened = Box::pin(reach::open(&self.target, patience)).await;
        if opened.is_ok() {
            self.counts.opened.add();
            self.counts.took(Took::Opening, since.elapsed());
        } else {
            self.counts.refused.add();
        }
        let connection = Box::new(opened?);
        Ok(Member { connection, prepared: 0, idle: Duration::ZERO, asked: Instant::now() })
    }

    async fn recycle(&self, member: &mut Member, metrics: &Metrics) -> RecycleResult<Error> {
        if !self.trusts(metrics.created) {
            return Err(RecycleError::message("opened before another one was lost"));
        }
        if self.limits.max_lifetime.is_some_and(|lifetime| metrics.age() > lifetime) {
            return Err(RecycleError::message("too old"));
        }
        member.idle = metrics.last_used();
        member.connection.answer = None;
        if let Some(hosts) = self.target.hosts().filter(|hosts| hosts.wanted.lasts())
            && member.asked.elapsed() > TRUSTED_ROLE
        {
            let answer = timeout(PING_TIMEOUT, member.connection.objection(hosts.wanted)).await;
            let Ok(Ok(None)) = answer else {
                // A slow answer says nothing of the others.
                let is_over = match &answer {
                    Ok(Ok(objection)) => objection.is_some(),
                    Ok(Err(error)) => error.connection == Health::Lost,
                    Err(_) => false,
                };
                if is_over {
                    self.distrust(metrics.created);
                }
                return Err(RecycleError::message("its server is no longer what is wanted"));
            };
            (member.idle, member.asked) = (Duration::ZERO, Instant::now());
        }
        if member.idle > TRUSTED_IDLENESS {
            member.idle = Duration::ZERO;
            let answer = timeout(PING_TIMEOUT, member.connection.ping()).await;
            if !matches!(answer, Ok(Ok(()))) {
                self.counts.broken.add();
            }
            return match answer {
                Ok(answer) => answer.map_err(RecycleError::Backend),
                Err(_) => Err(RecycleError::message("no sign of life")),
            };
        }
        Ok(())
    }
}
