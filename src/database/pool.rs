//! Pooled connections: the newest idle one first, so that a warm one with its prepared statements stays in use and
//! the others grow old and leave.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use deadpool::managed::{Manager as _, Metrics, Object, PoolError, QueueMode, TimeoutType, Timeouts};
use deadpool::{Runtime, managed};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::AbortHandle;
use tokio::time::{sleep, timeout};

use crate::database::coming::Announced;
use crate::database::connector::{Connector, Limits, Member};
use crate::database::{ahead, opening, waits};
use crate::driver::connection::Connection;
use crate::driver::reach::is_crowded;
use crate::driver::target::Target;
use crate::error::{Code, Error, Health, Result};
use crate::statement::preparation::Preparation;
use crate::stats::connections::{self, Connections, Took};

const GOODBYE_TIMEOUT: Duration = Duration::from_secs(1);
/// However soon operations time out, the reaper does not look for idle connections all the time for that.
const SHORTEST_PAUSE: Duration = Duration::from_secs(1);

/// How soon a server whose places are all taken is asked again: at first, and at most.
const CROWDED_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_CROWDED_PAUSE: Duration = Duration::from_millis(400);

#[derive(Debug, Clone)]
pub struct Pool {
    inner: managed::Pool<Connector>,
    /// Since the first connection was opened.
    reaper: Arc<OnceLock<Reaper>>,
    pub limits: Limits,
    /// The turn of the one connection that serves, where all share one session: a pool that is made smaller still opens as many
    /// connections as it was made for.
    turn: Arc<Semaphore>,
}

impl Pool {
    /// Opens nothing yet.
    pub fn new(target: Target, limits: Limits) -> Result<Self> {
        let inner = managed::Pool::builder(Connector::new(target, limits))
            .max_size(limits.max)
            .queue_mode(QueueMode::Lifo)
            .runtime(Runtime::Tokio1)
            .timeouts(Timeouts { wait: Some(limits.acquire_timeout), create: None, recycle: None })
            .build()
            .map_err(|error| Error::new(Code::Internal, "the pool could not be built").because(error.to_string()))?;
        Ok(Self { inner, reaper: Arc::default(), limits, turn: Arc::new(Semaphore::new(1)) })
    }

    /// A connection. Waits for one to be free, or opens another one.
    pub async fn acquire(&self) -> Result<Pooled> {
        let since = Instant::now();
        let acquired = self.acquire_uncounted().await;
        let waited = since.elapsed();
        self.counts().waited.took(waited, 1);
        waits::for_connection(waited);
        if acquired.is_ok() {
            self.counts().took(Took::Waiting, waited);
        }
        if matches!(&acquired, Err(error) if error.code == Code::Timeout) {
            self.counts().timed_out.add();
        }
        acquired
    }

    fn counts(&self) -> &Connections {
        &self.inner.manager().counts
    }

    /// How long what took since the last time this was asked, by number of [`Took`].
    pub fn samples(&self) -> Vec<(u8, Duration)> {
        self.counts().samples.take()
    }

    /// What has been counted, and how many connections there are now.
    pub fn stats(&self) -> connections::Pooled {
        let (status, counts) = (self.inner.status(), self.counts());
        let waited = counts.waited.summary();
        connections::Pooled {
            max: status.max_size,
            open: status.size,
            idle: status.available,
            waiting: status.waiting,
            opened: counts.opened.get(),
            failed: counts.refused.get(),
            broken: counts.broken.get(),
            timed_out: counts.timed_out.get(),
            waited: connections::Waited { count: waited.count, times: waited.milliseconds() },
        }
    }

    async fn acquire_uncounted(&self) -> Result<Pooled> {
        let turn = if self.inner.manager().sessions.are_one() { Some(self.wait_for_turn().await?) } else { None };
        let coming = &self.inner.manager().coming;
        if coming.is_any() && self.inner.status().available == 0 {
            coming.wait().await;
        }
        let mut crowd = Crowd::new(self.limits.connect_timeout);
        let got = loop {
            match opening::get(&self.inner).await {
                Err(PoolError::Backend(error)) if crowd.passes(&error).await => {}
                got => break got,
            }
        };
        match got {
            Ok(object) => {
                let reused = Object::metrics(&object).recycle_count > 0;
                if !reused {
                    self.reap();
                }
                Ok(Pooled::new(Lent::Pool(object), reused, turn))
            }
            Err(PoolError::Backend(error)) => Err(error),
            Err(PoolError::Timeout(TimeoutType::Wait)) => Err(self.none_was_free()),
            Err(PoolError::Closed) => Err(Error::new(Code::Closed, "the adapter has been closed")),
            Err(other) => Err(Error::new(Code::Internal, "the pool gave no connection").because(other.to_string())),
        }
    }

    async fn wait_for_turn(&self) -> Result<OwnedSemaphorePermit> {
        let turn = timeout(self.limits.acquire_timeout, self.turn.clone().acquire_owned()).await;
        turn.ok().and_then(|permit| permit.ok()).ok_or_else(|| self.none_was_free())
    }

    fn none_was_free(&self) -> Error {
        let (count, limit) = (self.inner.status().max_size, self.limits.acquire_timeout.as_millis());
        let message = format!("none of the {count} connections of the pool was free within {limit} ms");
        Error::new(Code::Timeout, message)
    }

    /// A connection without waiting for one that is on loan: of the pool, or one that belongs to none and is closed after use. Of an
    /// in-memory database there is but one.
    pub async fn acquire_or_open(&self) -> Result<Pooled> {
        let at_once = Timeouts { wait: Some(Duration::ZERO), create: None, recycle: None };
        let since = Instant::now();
        match self.inner.timeout_get(&at_once).await {
            Ok(object) => {
                self.counts().took(Took::Waiting, since.elapsed());
                self.reap();
                let reused = Object::metrics(&object).recycle_count > 0;
                Ok(Pooled::new(Lent::Pool(object), reused, None))
            }
            Err(PoolError::Timeout(TimeoutType::Wait)) if self.limits.idle_timeout.is_some() => {
                let mut crowd = Crowd::new(self.limits.connect_timeout);
                let member = loop {
                    match self.inner.manager().create().await {
                        Err(error) if crowd.passes(&error).await => {}
                        created => break created?,
                    }
                };
                Ok(Pooled::new(Lent::Own(Box::new(member)), false, None))
            }
            Err(PoolError::Backend(error)) if !is_crowded(&error) => Err(error),
            Err(_) => self.acquire().await,
        }
    }

    /// Statements that calls are going to need.
    pub fn expect(&self, statements: Vec<Preparation>) {
        self.inner.manager().foretold.expect(statements);
    }

    /// From now on one connection serves all calls. Others that are idle are closed; those on loan follow when they return.
    pub fn narrow(&self) {
        if self.inner.status().max_size > 1 {
            self.inner.resize(1);
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
        let _ = timeout(GOODBYE_TIMEOUT, opening::end(&self.inner)).await;
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

/// A server whose places are all taken is asked again, as long as it may take to connect. One of the pool's own connections may come
/// back meanwhile.
struct Crowd {
    since: Instant,
    limit: Duration,
    pause: Duration,
}

impl Crowd {
    fn new(limit: Duration) -> Self {
        Self { since: Instant::now(), limit, pause: CROWDED_PAUSE }
    }

    /// Whether to ask again: after a pause, each of which is longer than the one before.
    async fn passes(&mut self, error: &Error) -> bool {
        let left = self.limit.saturating_sub(self.since.elapsed());
        if !is_crowded(error) || left.is_zero() {
            return false;
        }
        sleep(self.pause.min(left)).await;
        self.pause = (self.pause * 2).min(LONGEST_CROWDED_PAUSE);
        true
    }
}

async fn goodbye(pool: &managed::Pool<Connector>, keep: impl Fn(Metrics) -> bool) {
    let leaving = pool.retain(|_, metrics| keep(metrics)).removed;
    for member in leaving {
        let _ = timeout(GOODBYE_TIMEOUT, member.connection.close()).await;
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
    Own(Box<Member>),
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
    since: Instant,
    /// Given back after the connection.
    _turn: Option<OwnedSemaphorePermit>,
}

impl Pooled {
    fn new(lent: Lent, reused: bool, turn: Option<OwnedSemaphorePermit>) -> Self {
        Self { object: Some(lent), reused, since: Instant::now(), _turn: turn }
    }

    /// The loan has ended.
    fn count(&self, object: &Object<Connector>) {
        if let Some(pool) = Object::pool(object) {
            pool.manager().counts.took(Took::Use, self.since.elapsed());
        }
    }

    pub fn connection(&mut self) -> &mut Connection {
        match &mut self.object {
            Some(Lent::Pool(object)) => &mut object.connection,
            Some(Lent::Own(member)) => &mut member.connection,
            None => unreachable!("a released connection is consumed"),
        }
    }

    /// How long ago the connection was opened.
    pub fn age(&self) -> Duration {
        if let Some(Lent::Pool(object)) = &self.object { Object::metrics(object).age() } else { Duration::ZERO }
    }

    /// Whether a server that does not write is left for another one.
    pub fn seeks_writer(&self) -> bool {
        let Some(Lent::Pool(object)) = &self.object else { return false };
        Object::pool(object).is_some_and(|pool| pool.manager().seeks_writer())
    }

    /// How long it had waited when it was lent.
    pub fn idle(&self) -> Duration {
        if let Some(Lent::Pool(object)) = &self.object { object.idle } else { Duration::ZERO }
    }

    /// Says that it comes back soon, by itself, when what this returns is dropped.
    pub fn announce(&self) -> Option<Announced> {
        let Some(Lent::Pool(object)) = &self.object else { return None };
        Object::pool(object).map(|pool| pool.manager().coming.announce())
    }

    /// Returns the connection to the pool if it is sound. If it is lost, no other one that is as old serves again.
    pub fn release(mut self, health: Health) {
        match (health, &self.object) {
            (Health::Sound, Some(Lent::Pool(object))) => {
                self.count(object);
                let pool = Object::pool(object);
                let has_work = pool.as_ref().is_some_and(|pool| {
                    let Connector { foretold, sessions, .. } = pool.manager();
                    foretold.has_work(sessions.get(), object.prepared)
                });
                drop(self.object.take());
                if let Some(pool) = pool {
                    pool.manager().coming.came_back();
                    if has_work {
                        ahead::schedule(&pool);
                    }
                }
            }
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
            self.count(&object);
            if let Some(pool) = Object::pool(&object) {
                pool.manager().counts.broken.add();
            }
            drop(Object::take(object));
        }
    }
}

#[cfg(test)]
mod tests;
