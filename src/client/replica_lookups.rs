//! Look-ups that a replica answers, and what of them is asked of the primary after all: no row, a failure, and rows that this
//! process has written since.

use std::sync::Arc;
use std::time::Instant;

use tokio::time::timeout;

use crate::authjs::call::Call;
use crate::authjs::operation::Operation;
use crate::client::client::Client;
use crate::client::freshness;
use crate::client::lookups::SharedLookUp;
use crate::client::own_writes::OwnWrites;
use crate::client::replica::{At, Replica};
use crate::client::replicas::Replicas;
use crate::database::batch::{Batch, Shared};
use crate::database::batcher::{self, Question};
use crate::database::database::Database;
use crate::database::queue::{LookUps, Outcome, Pace, Queue, Request, answer, refuse};
use crate::database::route::{Access, Route};
use crate::database::runtime::RUNTIME;
use crate::driver::executor::Executor;
use crate::driver::work::{Scope, Work};
use crate::engine::batched_query::Query;
use crate::error::{Code, Error, Result};
use crate::value::{Fields, Records};

impl Client {
    /// The replicas, if they may answer a call. From now on, for a while, they are watched.
    fn replicas_for(self: &Arc<Self>, access: Access) -> Option<&Replicas> {
        let replicas = self.replicas.as_ref()?;
        if !matches!(Route::of(access, self.capabilities()), Route::Replica { .. }) {
            return None;
        }
        for replica in replicas.wanted() {
            freshness::watch(self, replica);
        }
        Some(replicas)
    }

    /// The answer of a replica to one operation. `None`: the primary has to be asked.
    pub(super) async fn at_replica(self: &Arc<Self>, operation: &Operation, fields: &Fields) -> Option<Records> {
        let replicas = self.replicas_for(operation.access())?;
        let plan = self.known_operations()?;
        let (replica, known) = replicas.choose()?;
        if !replicas.writes.allow(known, replicas.writes.of_fields(fields)) {
            return None;
        }
        let call = Call::prepare(&plan, operation, fields).ok()??;
        let limit = replica.database.operation_timeout();
        match timeout(limit, replica.database.run(&At { replica, work: call })).await {
            Ok(Ok((known, records))) => {
                replica.serves();
                let answers = !records.is_empty() && allows(&replicas.writes, known, &records);
                answers.then_some(records)
            }
            Ok(Err(error)) => {
                leave(replica, &error);
                None
            }
            Err(_) => {
                replica.leave();
                None
            }
        }
    }
}

/// After an error, which may be about the key that was asked for.
fn leave(replica: &Replica, error: &Error) {
    if error.code != Code::InvalidValue {
        replica.leave();
    }
}

/// Whether a replica that has the writes up to the number `known` may have answered these records.
fn allows(writes: &OwnWrites, known: u64, records: &Records) -> bool {
    writes.allow(known, writes.of_records(records))
}

impl SharedLookUp {
    /// The look-ups that a replica may answer, and how; takes them out of `requests`.
    pub fn at_replica(&self, requests: &mut Vec<Request>) -> Option<(ReplicaLookUp, Vec<Request>)> {
        let replicas = self.client.replicas_for(self.look_up.access())?;
        let (replica, known) = replicas.choose()?;
        let allowed = |request: &mut Request| {
            replicas.writes.allow(known, std::iter::once(replicas.writes.of_text(&request.key)))
        };
        let taken: Vec<_> = requests.extract_if(.., allowed).collect();
        let queue = replica.queue(&self.compiled);
        let question = ReplicaLookUp { primary: self.clone(), replica: replica.clone(), queue };
        (!taken.is_empty()).then_some((question, taken))
    }
}

/// A look-up whose callers may share a query at a replica.
#[derive(Clone)]
pub struct ReplicaLookUp {
    primary: SharedLookUp,
    replica: Arc<Replica>,
    queue: LookUps,
}

impl ReplicaLookUp {
    /// Starts the look-ups. The future has to be polled, if there is one.
    pub fn start(self, requests: Vec<Request>) -> Option<impl Future<Output = ()> + Send + use<>> {
        let replica = self.replica.clone();
        batcher::join(&replica.database, self, requests)
    }

    /// Has the primary answer, within the time that is left to them.
    fn ask_primary(&self, requests: Vec<Request>) {
        if !requests.is_empty()
            && let Some(query) = batcher::join(&self.primary.client.database, self.primary.clone(), requests)
        {
            RUNTIME.spawn(query);
        }
    }
}

impl Shared for ReplicaLookUp {
    type Request = Request;

    fn queue(&self) -> &Queue<Request> {
        &self.queue
    }

    fn pace(&self, database: &Database) -> Pace {
        batcher::pace(database)
    }

    fn since(request: &Request) -> Instant {
        request.since
    }

    fn refuse(requests: Vec<Request>, error: &Error) {
        refuse(requests, error);
    }

    fn run(batch: Batch<Self>) -> impl Future<Output = ()> + Send + 'static {
        batcher::run(batch)
    }
}

impl Question for ReplicaLookUp {
    fn query<'a>(&'a self, requests: &'a [Request]) -> impl Work<Output = Vec<Outcome>> + Send + 'a {
        let query = At { replica: &self.replica, work: Query { compiled: &self.primary.compiled, requests } };
        ReplicaQuery { query, replicas: self.primary.client.replicas.as_ref() }
    }

    fn alone(&self, key: String) -> impl Future<Output = Outcome> + Send + 'static {
        self.primary.alone(key)
    }

    fn settle(&self, requests: Vec<Request>, outcomes: Vec<Outcome>) {
        self.replica.serves();
        let (mut answered, mut records, mut others) = (Vec::new(), Vec::new(), Vec::new());
        for (request, outcome) in requests.into_iter().zip(outcomes) {
            match outcome {
                Ok(found) if !found.is_empty() => {
                    answered.push(request);
                    records.push(Ok(found));
                }
                _ => others.push(request),
            }
        }
        answer(answered, records);
        self.ask_primary(others);
    }

    fn hand_over(&self, requests: Vec<Request>, error: &Error) -> Vec<Request> {
        leave(&self.replica, error);
        self.ask_primary(requests);
        Vec::new()
    }
}

/// A query at a replica. What it must not answer is nothing, which is then asked of the primary.
struct ReplicaQuery<'a> {
    query: At<'a, Query<'a>>,
    replicas: Option<&'a Replicas>,
}

impl Work for ReplicaQuery<'_> {
    type Output = Vec<Outcome>;

    fn scope(&self) -> Scope {
        Scope::Read
    }

    async fn on(&self, executor: &mut impl Executor) -> Result<Vec<Outcome>> {
        let (known, mut outcomes) = self.query.on(executor).await?;
        for records in outcomes.iter_mut().flatten() {
            if self.replicas.is_none_or(|replicas| !allows(&replicas.writes, known, records)) {
                records.clear();
            }
        }
        Ok(outcomes)
    }
}
