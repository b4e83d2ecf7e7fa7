//! A connection for a call that finds none idle: another one is opened, and the first that is there serves, that one or one that another
//! call has given back meanwhile.
//!
//! Invariants:
//! - A call does not wait for a connection's set-up while there is an idle one.
//! - A connection that was begun for a call is opened all the same, and waits in the pool for others; unless the pool is closed.

use std::time::Duration;

use deadpool::managed::{Object, Pool, PoolError, TimeoutType, Timeouts};
use tokio::time::sleep;

use crate::database::connector::{Connector, IDLE_ALONE};
use crate::database::runtime::RUNTIME;
use crate::error::Error;

type Got = Result<Object<Connector>, PoolError<Error>>;

/// Nothing is waited for but the set-up of a new connection.
const AT_ONCE: Timeouts = Timeouts { wait: Some(Duration::ZERO), create: None, recycle: None };

/// How often a connection that no call waits for any more looks whether the pool has been closed.
const LOOKS: Duration = Duration::from_millis(20);

/// An idle connection, one that comes back, or one that is opened.
pub async fn get(pool: &Pool<Connector>) -> Got {
    let status = pool.status();
    if status.available > 0 || status.size >= status.max_size {
        return pool.get().await;
    }
    let coming = &pool.manager().coming;
    let opens = coming.opens();
    if let Some(claim) = coming.claim() {
        // One is being opened that no call waits for any more.
        loop {
            let mut back = std::pin::pin!(coming.back());
            // From here on, none that comes back is missed.
            back.as_mut().enable();
            if let Ok(object) = idle(pool).await {
                return Ok(object);
            }
            if !coming.is_opening() {
                break;
            }
            back.await;
        }
        drop(claim);
    }
    let opened = pool.clone();
    let mut opening = Box::pin(async move { opened.timeout_get(&AT_ONCE).await });
    loop {
        tokio::select! {
            biased;
            opened = &mut opening => match opened {
                // As many are being opened as there may be.
                Err(PoolError::Timeout(TimeoutType::Wait)) => {
                    drop(opens);
                    return pool.get().await;
                }
                opened => return opened,
            },
            () = coming.back() => {}
        }
        if let Ok(object) = idle(pool).await {
            finish(pool.clone(), opening);
            return Ok(object);
        }
    }
}

/// An idle connection, if there is one.
async fn idle(pool: &Pool<Connector>) -> Got {
    IDLE_ALONE.scope((), pool.timeout_get(&AT_ONCE)).await
}

/// Has a connection opened that no call waits for any more.
fn finish(pool: Pool<Connector>, opening: impl Future<Output = Got> + Send + 'static) {
    let begun = pool.manager().coming.begin();
    RUNTIME.spawn(async move {
        let mut opening = std::pin::pin!(opening);
        while !pool.is_closed() {
            tokio::select! {
                opened = &mut opening => {
                    drop(opened);
                    break;
                }
                () = sleep(LOOKS) => {}
            }
        }
        drop(begun);
        // It may have failed, or be another call's already: each that waits looks whether there is still one to wait for.
        pool.manager().coming.opening_ended();
    });
}

/// Waits until none is opened for no call any more, after the pool has been closed.
pub async fn end(pool: &Pool<Connector>) {
    while pool.manager().coming.is_opening() {
        sleep(LOOKS).await;
    }
}
