//! The sweep in the background that the option `prune` asks for: one for each store, for as long as an adapter uses it.
//!
//! It holds on to nothing between its steps, so that a store whose last adapter has gone goes too, and the sweep with it.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::time::sleep;
use uuid::Uuid;

use crate::authjs::prune;
use crate::database::database::Store;
use crate::database::runtime::RUNTIME;
use crate::error::{Code, Error};

/// Sweeps `every` so often. A failure is told once, and again when it comes back after a success.
pub fn begin(store: &Arc<Store>, every: Duration) {
    let store = Arc::downgrade(store);
    RUNTIME.spawn(async move {
        sleep(part_of(every)).await;
        let mut failing = false;
        loop {
            let sweep = prune::sweep(|| store.upgrade(), None, |_, _| {});
            let outcome = AssertUnwindSafe(sweep).catch_unwind().await;
            let outcome = outcome.unwrap_or_else(|panic| Err(Error::panicked(&*panic)));
            let Some(store) = store.upgrade() else { return };
            match outcome {
                Err(error) if error.code == Code::Closed => return,
                Err(error) if !failing => {
                    failing = true;
                    store.tell(&error);
                }
                Err(_) => {}
                Ok(()) => failing = false,
            }
            drop(store);
            sleep(every).await;
        }
    });
}

/// A random part, so that processes that start together do not sweep together.
fn part_of(every: Duration) -> Duration {
    let [random, ..] = Uuid::new_v4().into_bytes();
    every * u32::from(random) / u32::from(u8::MAX)
}
