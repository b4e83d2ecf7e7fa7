//! A connection for a call that finds none idle: another one is opened, and whichever is there first serves, that one or one that other
//! calls have given back meanwhile.
//!
//! Invariants:
//! - A call does not wait for a connection's set-up while there is an idle one.
//! - A connection that was begun for a call is opened all the same, and waits in the pool for others.

use std::time::Duration;

use deadpool::managed::{Object, Pool, PoolError, TimeoutType, Timeouts};

use crate::database::connector::Connector;
use crate::database::runtime::RUNTIME;
use crate::error::Error;

type Got = Result<Object<Connector>, PoolError<Error>>;

/// Nothing is waited for but the set-up of a new connection.
const AT_ONCE: Timeouts = Timeouts { wait: Some(Duration::ZERO), create: None, recycle: None };

/// An idle one, and none else. What the pool calls available leaves out those that others could take.
const IDLE: Timeouts = Timeouts { create: Some(Duration::ZERO), ..AT_ONCE };

/// An idle connection, one that comes back, or one that is opened.
pub async fn get(pool: &Pool<Connector>) -> Got {
    let status = pool.status();
    if status.available > 0 || status.size >= status.max_size {
        return pool.get().await;
    }
    let coming = &pool.manager().coming;
    let _opens = coming.opens();
    let opens = pool.clone();
    let mut opening = Box::pin(async move { opens.timeout_get(&AT_ONCE).await });
    loop {
        tokio::select! {
            biased;
            opened = &mut opening => match opened {
                // As many are being opened as there may be.
                Err(PoolError::Timeout(TimeoutType::Wait)) => return pool.get().await,
                opened => return opened,
            },
            () = coming.back() => {}
        }
        if let Ok(object) = pool.timeout_get(&IDLE).await {
            let pool = pool.clone();
            RUNTIME.spawn(async move {
                drop(opening.await);
                pool.manager().coming.came_back();
            });
            return Ok(object);
        }
    }
}
