//! How a replica is known to be fresh: what the primary had at a moment, it has too.
//!
//! A replica is watched only while look-ups want one. Nothing is held on to between two looks at it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::time::{sleep, timeout};

use crate::client::client::Client;
use crate::client::reached::{Place, Question, unusable};
use crate::client::replica::{Confirmed, Replica};
use crate::database::runtime::RUNTIME;
use crate::error::{Code, Error, Result};

/// A look takes as long as connecting may, and this.
const LONGEST_LOOK: Duration = Duration::from_secs(2);

/// Between two looks there is this part of the staleness that is allowed, within these bounds.
const PART: u32 = 4;
const SHORTEST_PAUSE: Duration = Duration::from_millis(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// A replica that does not have the position yet is asked again after this, then after twice as long.
const FIRST_STEP: Duration = Duration::from_millis(2);

/// At this step the primary is asked whether it keeps something back.
const KEPT_BACK: Duration = Duration::from_millis(16);

/// After so long without look-ups that want a replica, it is not watched any more.
const PATIENCE: Duration = Duration::from_secs(5);

/// The code of the warning.
const WARNING: &str = "RUST_ADAPTER_REPLICA_UNUSED";

/// Watches `replica`, until no look-up has wanted one for a while, or `client` is gone.
pub fn watch(client: &Arc<Client>, replica: &Arc<Replica>) {
    let (client, watched) = (Arc::downgrade(client), Watched(replica.clone()));
    RUNTIME.spawn(async move {
        let Watched(replica) = &watched;
        while let Some(client) = client.upgrade() {
            let Some(replicas) = &client.replicas else { return };
            let staleness = replicas.staleness;
            let limit = client.database.connect_timeout() + LONGEST_LOOK;
            let look = timeout(limit, look(&client, replica, staleness));
            let pause = match look.await.unwrap_or_else(|_| Err(Error::too_slow(limit))) {
                Ok(true) => (staleness / PART).clamp(SHORTEST_PAUSE, LONGEST_PAUSE),
                Ok(false) => replica.leave(),
                Err(error) if error.code == Code::Closed => return,
                Err(error) => {
                    let pause = replica.leave();
                    if replica.tells() {
                        let told = replica.database.placed(Err::<(), _>(error));
                        client.attendants.tell(&warning(told));
                    }
                    pause
                }
            };
            drop(client);
            sleep(pause).await;
            if replica.is_idle(PATIENCE.max(2 * staleness)) {
                return;
            }
        }
    });
}

/// Looks whether the replica has what the primary has now. Whether it got there in time.
async fn look(client: &Arc<Client>, replica: &Replica, staleness: Duration) -> Result<bool> {
    if replica.database.dialect().is_none() {
        replica.database.introspect(async |connection, _| connection.texts("SELECT 1").await).await?;
    }
    // The number of this process's last write, and the moment, before the primary is asked.
    let before = || (client.replicas.as_ref().map_or(0, |replicas| replicas.writes.number()), Instant::now());
    let asked = Place::of_primary(&client.database, before).await;
    let ((number, since), place) = client.database.placed(asked)?;
    let dialect = replica.database.dialect().filter(|dialect| client.database.dialect() == Some(*dialect));
    let Some(dialect) = dialect else { return Err(unusable("it is of another kind than the primary")) };
    let question = Question::new(dialect, place)?;
    let (mut step, mut has_asked) = (FIRST_STEP, false);
    loop {
        let asked = Instant::now();
        if replica.database.run(&question).await? {
            replica.confirm(Confirmed { since, number, asked, question });
            return Ok(true);
        }
        if since.elapsed() + step >= staleness {
            return Ok(false);
        }
        if !has_asked && step >= KEPT_BACK.min(staleness / PART) {
            has_asked = true;
            // If it fails, the replica is found to be behind.
            let _ = question.send(&client.database).await;
        }
        sleep(step).await;
        step = (2 * step).min(staleness / PART);
    }
}

/// What is said of a replica that is not read.
fn warning(told: Result<()>) -> Error {
    let error = told.err().unwrap_or_else(|| unusable("it has failed"));
    let message = format!("a replica is not read: {}", error.message);
    Error { message: message.into(), ..error }.about("warning", WARNING)
}

/// However the watch ends, another one can begin.
struct Watched(Arc<Replica>);

impl Drop for Watched {
    fn drop(&mut self) {
        self.0.unwatch();
    }
}
