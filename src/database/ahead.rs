//! What is done with connections while no call needs them: statements are prepared before they are needed.
//!
//! Invariants:
//! - Nothing is done before a moment has gone by in which no call has given a connection back.
//! - A call that comes meanwhile waits for one statement at most, and finds the connection as it was.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use deadpool::managed::{self, Object, Timeouts};
use tokio::time::{sleep, timeout};

use crate::database::coming::Announced;
use crate::database::connector::Connector;
use crate::database::foretold::{Foretold, lock};
use crate::database::runtime::RUNTIME;
use crate::error::{Code, Health, Result};

/// How long no call must have given a connection back.
const QUIET: Duration = Duration::from_millis(20);

/// No step takes longer, lest a call wait for its connection.
const STEP: Duration = Duration::from_secs(1);

/// Where there is no such moment, it is waited for less and less often.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// A call has given a connection back to `pool`, for which there is something to do.
pub fn schedule(pool: &managed::Pool<Connector>) {
    let foretold = &pool.manager().foretold;
    *lock(&foretold.last) = Some(Instant::now());
    if !foretold.scheduled.swap(true, Ordering::AcqRel) {
        let pool = pool.weak();
        RUNTIME.spawn(async move {
            let mut pause = QUIET;
            loop {
                sleep(pause).await;
                let Some(pool) = pool.upgrade().filter(|pool| !pool.is_closed()) else { return };
                let foretold = &pool.manager().foretold;
                if lock(&foretold.last).is_some_and(|last| last.elapsed() < QUIET) {
                    pause = (pause * 2).min(LONGEST_PAUSE);
                } else if attend(&pool).await {
                    foretold.scheduled.store(false, Ordering::Release);
                    return;
                }
            }
        });
    }
}

/// Does what there is to do for each idle connection, of which it holds one at a time. Whether it was not interrupted by a call.
async fn attend(pool: &managed::Pool<Connector>) -> bool {
    let Connector { foretold, coming, sessions, .. } = pool.manager();
    while let Some((mut object, announced)) = next_with_work(pool).await {
        while foretold.has_work(sessions.get(), object.prepared) {
            if coming.is_awaited() {
                return false;
            }
            if let Err(Health::Broken | Health::Lost) = step(&mut object, foretold).await {
                drop(Object::take(object));
                return true;
            }
        }
        drop(object);
        drop(announced);
        coming.came_back();
    }
    true
}

/// An idle connection for which there is something to do. Those that served after it go back in their order.
async fn next_with_work(pool: &managed::Pool<Connector>) -> Option<(Object<Connector>, Announced)> {
    let Connector { foretold, coming, sessions, .. } = pool.manager();
    let at_once = Timeouts { wait: Some(Duration::ZERO), create: Some(Duration::ZERO), recycle: Some(STEP) };
    let mut passed = Vec::new();
    let mut found = None;
    while found.is_none() && pool.status().available > 0 {
        let announced = coming.announce();
        let Ok(object) = pool.timeout_get(&at_once).await else { break };
        if foretold.has_work(sessions.get(), object.prepared) {
            found = Some((object, announced));
        } else {
            passed.push((object, announced));
        }
    }
    // The one that served last serves first again.
    while let Some((object, announced)) = passed.pop() {
        drop(object);
        drop(announced);
        coming.came_back();
    }
    found
}

/// Prepares the next statement.
async fn step(object: &mut Object<Connector>, foretold: &Foretold) -> Result<(), Health> {
    let Some(statement) = foretold.statement(object.prepared) else { return Ok(()) };
    object.prepared += 1;
    match timeout(STEP, object.connection.prepare(&statement)).await {
        Ok(Err(error)) if error.code == Code::Connect || error.connection == Health::Broken => Err(error.connection),
        // A table that has changed, say: the call that needs it says so.
        Ok(_) => Ok(()),
        // It waits for a lock, most likely.
        Err(_) => Err(Health::Broken),
    }
}
