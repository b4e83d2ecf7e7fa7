//! Pooled connections: the newest idle one first, so that a warm one with its prepared statements stays in use and
//! the others grow old and leave.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use deadpool::managed::{
    Manager as _, Metrics, Object, PoolError, QueueMode, RecycleError, RecycleResult, TimeoutType, Timeouts,
};
use deadpool::{Runtime, managed};
use tokio::task::AbortHandle;
use tokio::time::timeout;

use crate::database::pool_options::PoolOptions;
use crate::driver::connection::Connection;
use crate::driver::target::Target;
use crate::error::{Code, Error, Health, Result};

/// A connection idle for longer is asked for a sign of life before it serves again.
const TRUSTED_IDLENESS: Duration = Duration::from_secs(30);
const PING_TIMEOUT: Duration = Duration::from_secs(1);
const GOODBYE_TIMEOUT: Duration = Duration::from_secs(1);
/// However soon operations time out, the reaper does not look for idle connections all the time for that.
const SHORTEST_PAUSE: Duration = Duration::from_secs(1);

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
            max: if in_memory { 1 } else { options.max.unwrap_or(default_max) },
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
    limits: Limits,
    /// Connections opened until then do not serve again: one of them was lost, and so are the others most likely.
    distrusted: Mutex<Option<Instant>>,
}

impl Connector {
    /// Whether a connection that was opened at `created` may serve again.
    fn trusts(&self, created: Instant) -> bool {
        self.distrusted.lock().unwrap_or_else(PoisonError::into_inner).is_none_or(|until| until < created)
    }

    /// A connection that was opened at `created` is lost. Nothing new is said by one that is distrusted already.
    fn distrust(&self, created: Instant) {
        if self.trusts(created) {
            *self.distrusted.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        }
    }
}

impl managed::Manager for Connector {
    type Type = Connection;
    type Error = Error;

    async fn create(&self) -> Result<Connection> {
        match timeout(self.limits.connect_timeout, Connection::open(&self.target, self.limits.operation_timeout)).await
        {
            Ok(opened) => opened,
            Err(_) => Err(Error::new(
                Code::Connect,
                format!("the database did not answer within {} ms", self.limits.connect_timeout.as_millis()),
            )),
        }
    }

    async fn recycle(&self, connection: &mut Connection, metrics: &Metrics) -> RecycleResult<Error> {
        if !self.trusts(metrics.created) {
            return Err(RecycleError::message("opened before another one was lost"));
        }
        if self.limits.max_lifetime.is_some_and(|lifetime| metrics.age() > lifetime) {
            return Err(RecycleError::message("too old"));
        }
        if metrics.last_used() > TRUSTED_IDLENESS {
            return match timeout(PING_TIMEOUT, connection.ping()).await {
                Ok(answer) => answer.map_err(RecycleError::Backend),
                Err(_) => Err(RecycleError::message("no sign of life")),
            };
        }
        Ok(())
    }
}

#[derive(Debug, Clone)]
pub struct Pool {
    inner: managed::Pool<Connector>,
    /// Since the first connection was opened.
    reaper: Arc<OnceLock<Reaper>>,
    pub limits: Limits,
}

impl Pool {
    /// Opens nothing yet.
    pub fn new(target: Target, limits: Limits) -> Result<Self> {
        let inner = managed::Pool::builder(Connector { target, limits, distrusted: Mutex::default() })
            .max_size(limits.max)
            .queue_mode(QueueMode::Lifo)
            .runtime(Runtime::Tokio1)
            .timeouts(Timeouts { wait: Some(limits.acquire_timeout), create: None, recycle: None })
            .build()
            .map_err(|error| Error::new(Code::Internal, "the pool could not be built").because(error.to_string()))?;
        Ok(Self { inner, reaper: Arc::default(), limits })
    }

    pub async fn acquire(&self) -> Result<Pooled> {
        match self.inner.get().await {
            Ok(object) => {
                let reused = Object::metrics(&object).recycle_count > 0;
                if !reused {
                    self.reap();
                }
                Ok(Pooled { object: Some(Lent::Pool(object)), reused })
            }
            Err(PoolError::Backend(error)) => Err(error),
            Err(PoolError::Timeout(TimeoutType::Wait)) => Err(Error::new(
                Code::Timeout,
                format!(
                    "none of the {} connections of the pool was free within {} ms",
                    self.limits.max,
                    self.limits.acquire_timeout.as_millis()
                ),
            )),
            Err(PoolError::Closed) => Err(Error::new(Code::Closed, "the adapter has been closed")),
            Err(other) => Err(Error::new(Code::Internal, "the pool gave no connection").because(other.to_string())),
        }
    }

    /// A connection without waiting for one that is on loan: of the pool, or one that belongs to none and is closed after use. Of an
    /// in-memory database there is but one.
    pub async fn acquire_or_open(&self) -> Result<Pooled> {
        let at_once = Timeouts { wait: Some(Duration::ZERO), create: None, recycle: None };
        match self.inner.timeout_get(&at_once).await {
            Ok(object) => {
                self.reap();
                let reused = Object::metrics(&object).recycle_count > 0;
                Ok(Pooled { object: Some(Lent::Pool(object)), reused })
            }
            Err(PoolError::Timeout(TimeoutType::Wait)) if self.limits.idle_timeout.is_some() => {
                let connection = self.inner.manager().create().await?;
                Ok(Pooled { object: Some(Lent::Own(Box::new(connection))), reused: false })
            }
            Err(_) => self.acquire().await,
        }
    }

    /// Whether a call would have to wait for a connection.
    pub fn is_exhausted(&self) -> bool {
        let status = self.inner.status();
        status.available == 0 && status.size >= status.max_size
    }

    /// Drops those connections that wait in the pool and are not to serve again. Those on loan follow when they return.
    pub async fn discard_distrusted(&self) {
        goodbye(&self.inner, |metrics| self.inner.manager().trusts(metrics.created)).await;
    }

    pub async fn close(&self) {
        goodbye(&self.inner, |_| false).await;
        self.inner.close();
    }

    /// Has connections that no operation has needed for a while dropped from now on.
    ///
    /// The reaper looks for them before any operation's time-out ends: a thread that waits for the first of two timers is
    /// not woken to hear of the second one, and each operation sets one.
    fn reap(&self) {
        let Some(idle) = self.limits.idle_timeout else { return };
        let soonest = self.limits.operation_timeout.max(SHORTEST_PAUSE);
        let pause = (idle / 2).min(soonest).max(Duration::from_millis(100));
        self.reaper.get_or_init(|| {
            let pool = self.inner.weak();
            let task = tokio::spawn(async move {
                let mut ticks = tokio::time::interval(pause);
                loop {
                    ticks.tick().await;
                    let Some(pool) = pool.upgrade().filter(|pool| !pool.is_closed()) else { return };
                    goodbye(&pool, |metrics| metrics.last_used() < idle).await;
                }
            });
            Reaper(task.abort_handle())
        });
    }
}

async fn goodbye(pool: &managed::Pool<Connector>, keep: impl Fn(Metrics) -> bool) {
    let leaving = pool.retain(|_, metrics| keep(metrics)).removed;
    for connection in leaving {
        let _ = timeout(GOODBYE_TIMEOUT, connection.close()).await;
    }
}

/// The task that drops idle connections. It ends with the pool: with its last clone, or soon after it is closed.
#[derive(Debug)]
struct Reaper(AbortHandle);

impl Drop for Reaper {
    fn drop(&mut self) {
        self.0.abort();
    }
}

#[derive(Debug)]
enum Lent {
    Pool(Object<Connector>),
    Own(Box<Connection>),
}

/// A connection on loan.
///
/// Invariant: dropped without [`Pooled::release`], it does not return to the pool. An operation that is cancelled,
/// panics or fails half-way can thus never hand a connection in an unknown state to the next one.
#[derive(Debug)]
pub struct Pooled {
    object: Option<Lent>,
    /// Whether it has served before, and may therefore have died meanwhile.
    pub reused: bool,
}

impl Pooled {
    pub fn connection(&mut self) -> &mut Connection {
        match &mut self.object {
            Some(Lent::Pool(object)) => object,
            Some(Lent::Own(connection)) => connection,
            None => unreachable!("a released connection is consumed"),
        }
    }

    /// Returns the connection to the pool if it is sound. If it is lost, no other one that is as old serves again.
    pub fn release(mut self, health: Health) {
        match (health, &self.object) {
            (Health::Sound, _) => drop(self.object.take()),
            (Health::Lost, Some(Lent::Pool(object))) => {
                if let Some(pool) = Object::pool(object) {
                    pool.manager().distrust(Object::metrics(object).created);
                }
            }
            _ => {}
        }
    }
}

impl Drop for Pooled {
    fn drop(&mut self) {
        if let Some(Lent::Pool(object)) = self.object.take() {
            drop(Object::take(object));
        }
    }
}

#[cfg(test)]
mod tests;
