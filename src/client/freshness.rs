//! How a replica is known to be fresh: what the primary had at a moment, it has too.
//!
//! A replica is watched only while look-ups want one. Nothing is held on to between two looks at it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::time::{sleep, timeout};

use crate::client::client::Client;
use crate::client::replica::Replica;
use crate::database::database::Database;
use crate::database::runtime::RUNTIME;
use crate::dialect::Dialect;
use crate::dialect::syntax::Replication;
use crate::driver::executor::Executor;
use crate::driver::work::{Scope, Work};
use crate::error::{Code, Error, Result};
use crate::statement::statement::{Output, Statement};
use crate::table::builder::Builder;
use crate::value::Value;

/// A look takes as long as connecting may, and this.
const LONGEST_LOOK: Duration = Duration::from_secs(2);

/// Between two looks there is this part of the staleness that is allowed, within these bounds.
const PART: u32 = 4;
const SHORTEST_PAUSE: Duration = Duration::from_millis(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// A replica that does not have the position yet is asked again after this, then after twice as long.
const FIRST_STEP: Duration = Duration::from_millis(2);

/// After so long without look-ups that want a replica, it is not watched any more.
const PATIENCE: Duration = Duration::from_secs(5);

/// The code of the warning.
const WARNING: &str = "RUST_ADAPTER_REPLICA_UNUSED";

/// Where the primary was.
struct Place {
    /// The moment before it was asked.
    since: Instant,
    /// The number of this process's last write by then.
    number: u64,
    position: String,
    /// Which database its session is in.
    identity: String,
}

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
    let Place { since, number, position, identity } = client.database.placed(place(client).await)?;
    let dialect = replica.database.dialect().filter(|dialect| client.database.dialect() == Some(*dialect));
    let Some((dialect, replication)) = dialect.and_then(|dialect| Some((dialect, replication(dialect)?))) else {
        return Err(unusable("it is of another kind than the primary"));
    };
    let question = Reached { statement: reached(dialect, replication), position };
    let mut step = FIRST_STEP;
    loop {
        let (answer, found) = replica.database.run(&question).await?;
        if found != identity {
            return Err(unusable("it is another database than the primary, or finds other tables by their names"));
        }
        match answer.as_str() {
            "has" => {
                replica.confirm(since, number);
                return Ok(true);
            }
            "behind" if since.elapsed() + step < staleness => sleep(step).await,
            "behind" => return Ok(false),
            _ => return Err(unusable("it writes itself")),
        }
        step = (2 * step).min(staleness / PART);
    }
}

/// Asks the primary where it is.
async fn place(client: &Client) -> Result<Place> {
    let database: &Database = &client.database;
    // Beside the pool, whose connections may all be waiting for something.
    let asked = database.introspect_beside(async |connection, dialect| {
        let Some(replication) = replication(dialect) else { return Err(unusable("there are no replicas")) };
        let number = client.replicas.as_ref().map_or(0, |replicas| replicas.writes.number());
        let since = Instant::now();
        let mut rows = connection.texts(replication.position).await?.into_iter();
        Ok((since, number, rows.next().unwrap_or_default()))
    });
    let (since, number, row) = asked.await?;
    let mut row = row.into_iter();
    let position = row.next().flatten().filter(|position| !position.is_empty());
    let Some(position) = position else {
        return Err(unusable("the primary does not count its transactions (log_bin, gtid_mode)"));
    };
    Ok(Place { since, number, position, identity: row.next().flatten().unwrap_or_default() })
}

fn replication(dialect: Dialect) -> Option<&'static Replication> {
    dialect.syntax().replication.as_ref()
}

/// What is said of a replica that is not read.
fn warning(told: Result<()>) -> Error {
    let error = told.err().unwrap_or_else(|| unusable("it has failed"));
    let message = format!("a replica is not read: {}", error.message);
    Error { message: message.into(), ..error }.about("warning", WARNING)
}

fn unusable(why: &'static str) -> Error {
    Error::new(Code::Connect, why)
}

/// The question whether a position is reached, as a statement.
fn reached(dialect: Dialect, replication: &Replication) -> Statement {
    let built = Builder::new(dialect).template(replication.reached, "", 0);
    Statement { columns: [Output::text(), Output::text()].into(), ..built.build() }
}

struct Reached {
    statement: Statement,
    position: String,
}

impl Work for Reached {
    /// The answer, and which database the session is in.
    type Output = (String, String);

    fn scope(&self) -> Scope {
        Scope::Read
    }

    async fn on(&self, executor: &mut impl Executor) -> Result<(String, String)> {
        let rows = executor.rows(&self.statement, &[Value::Text(self.position.clone())]).await?;
        match rows.into_iter().next().unwrap_or_default().as_slice() {
            [Value::Text(answer), Value::Text(identity)] => Ok((answer.clone(), identity.clone())),
            _ => Err(unusable("it does not say which transactions it has")),
        }
    }
}

/// However the watch ends, another one can begin.
struct Watched(Arc<Replica>);

impl Drop for Watched {
    fn drop(&mut self) {
        self.0.unwatch();
    }
}
