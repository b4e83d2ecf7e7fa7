//! The sweep in the background that the option `prune` asks for: one for each client, for as long as an adapter uses it.
//!
//! It holds on to nothing between its steps, so that a client whose last adapter has gone goes too, and the sweep with it.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use chrono::Utc;
use futures_util::FutureExt;
use tokio::time::sleep;
use uuid::Uuid;

use crate::authjs::model::Table;
use crate::authjs::prune::{Pruning, TABLES};
use crate::client::client::Client;
use crate::database::runtime::RUNTIME;
use crate::error::{Code, Error, Result};

/// Sweeps `every` so often. A failure is told once, and again when it comes back after a success.
pub fn begin(client: &Arc<Client>, every: Duration) {
    let client = Arc::downgrade(client);
    RUNTIME.spawn(async move {
        sleep(part_of(every)).await;
        let mut failing = false;
        loop {
            let sweep = sweep(|| client.upgrade(), None, |_, _| {});
            let outcome = AssertUnwindSafe(sweep).catch_unwind().await;
            let outcome = outcome.unwrap_or_else(|panic| Err(Error::panicked(&*panic)));
            let Some(client) = client.upgrade() else { return };
            client.counts.swept(outcome.as_ref().err().map(|error| error.code));
            match outcome {
                Err(error) if error.code == Code::Closed => return,
                Err(error) if !failing => {
                    failing = true;
                    client.attendants.tell(&error);
                }
                Err(_) => {}
                Ok(()) => failing = false,
            }
            drop(client);
            sleep(every).await;
        }
    });
}

/// Deletes all that has expired by now, as long as `client` is there to do it. `tell` hears of each step.
pub async fn sweep(
    client: impl Fn() -> Option<Arc<Client>>,
    limit: Option<u32>,
    mut tell: impl FnMut(Table, u64),
) -> Result<()> {
    let now = Utc::now();
    for table in TABLES {
        let mut pruning = Pruning::new(table, now, limit);
        while !pruning.done {
            let Some(client) = client() else { return Ok(()) };
            let turn = client.sweeping.lock().await;
            tell(table, client.prune_step(&mut pruning).await?);
            drop(turn);
            drop(client);
            sleep(pruning.rest).await;
        }
    }
    Ok(())
}

/// A random part, so that processes that start together do not sweep together.
fn part_of(every: Duration) -> Duration {
    let [random, ..] = Uuid::new_v4().into_bytes();
    every * u32::from(random) / u32::from(u8::MAX)
}
