//! Look-ups by one key: what each way of answering one needs, on the calling thread, in a shared query, or alone.
//! The boundary tries the ways in order.

use std::sync::Arc;
use std::time::Instant;

use tokio::time::timeout;

use crate::authjs;
use crate::authjs::operation::Operation;
use crate::client::client::Client;
use crate::database::batch::{Batch, Shared};
use crate::database::batcher::{self, Question};
use crate::database::database::Database;
use crate::database::queue::{Outcome, Pace, Queue, Request, refuse};
use crate::database::route::{Access, Route};
use crate::dialect::Dialect;
use crate::driver::sqlite::reader::Reader;
use crate::driver::work::Work;
use crate::engine;
use crate::engine::arguments::Argument;
use crate::engine::batched_lookup::Batched;
use crate::engine::batched_query::Query;
use crate::engine::compiled::Compiled;
use crate::engine::registered::Numbered;
use crate::error::{Code, Error, Result};
use crate::value::{Fields, Input, Records};

/// A look-up by one key, of either contract.
#[derive(Clone)]
pub enum LookUp {
    Operation(&'static Operation),
    Request(Numbered),
}

/// A look-up with the plan that was known when it began.
pub enum Prepared {
    Operation(&'static Operation, Arc<authjs::plan::Plan>),
    Request(Arc<Compiled>, Dialect, Numbered),
}

impl LookUp {
    pub fn access(&self) -> Access {
        match self {
            LookUp::Operation(operation) => operation.access(),
            LookUp::Request(request) => request.request.access(),
        }
    }

    /// `None` before there has been a look at the tables.
    pub fn prepare(&self, client: &Arc<Client>) -> Option<Prepared> {
        Some(match self {
            LookUp::Operation(operation) => Prepared::Operation(operation, client.known_operations()?),
            LookUp::Request(request) => {
                let plan = client.known_look_ups(request.schema_number)?;
                Prepared::Request(plan.compiled(request).ok()?, plan.tables.dialect, request.clone())
            }
        })
    }

    /// Whether those of several callers share queries, as far as that can be told without the tables.
    pub fn shares(&self, client: &Client) -> bool {
        matches!(Route::of(self.access(), client.capabilities()), Route::Batched | Route::Replica { share: true })
    }

    /// Waits for the first look at the tables.
    pub async fn first_look(&self, client: &Arc<Client>) -> Result<()> {
        let limit = client.database.operation_timeout();
        let look = async {
            match self {
                LookUp::Operation(_) => client.operations().await.map(drop),
                LookUp::Request(request) => client.requests(request, None).await.map(drop),
            }
        };
        timeout(limit, look).await.unwrap_or_else(|_| Err(Error::too_slow(limit)))
    }

    /// The look-up for one key, without others.
    pub fn alone(&self, client: Arc<Client>, key: Input) -> impl Future<Output = Outcome> + Send + use<> {
        let look_up = self.clone();
        async move {
            match look_up {
                LookUp::Operation(operation) => client.operate(operation, fields(operation, key)).await,
                LookUp::Request(request) => {
                    let arguments = arguments(&request, key);
                    client.request(request, arguments, None).await
                }
            }
        }
    }
}

impl Prepared {
    /// What this thread answers without waiting; `None` if it cannot.
    pub fn at_once(&self, reader: &mut Option<Reader>, key: &Input) -> Option<Outcome> {
        match self {
            Prepared::Operation(operation, plan) => {
                operation_at_once(plan, reader, operation, &fields(operation, key.clone()))
            }
            Prepared::Request(compiled, dialect, request) => {
                request_at_once(compiled, *dialect, reader, &arguments(request, key.clone()))
            }
        }
    }

    /// How the look-up shares queries, if it does.
    pub fn batched(&self, client: &Arc<Client>) -> Option<SharedLookUp> {
        let (compiled, look_up) = match self {
            Prepared::Operation(operation, plan) => match plan.prepared(operation) {
                authjs::plan::Prepared::Fixed(compiled) => (compiled, LookUp::Operation(operation)),
                _ => return None,
            },
            Prepared::Request(compiled, _, request) => (compiled, LookUp::Request(request.clone())),
        };
        let batched = compiled.batched.clone()?;
        Some(SharedLookUp { client: client.clone(), compiled: compiled.clone(), batched, look_up })
    }
}

/// The answer of an operation that only reads, if this thread can give it without waiting.
pub fn operation_at_once(
    plan: &authjs::plan::Plan,
    reader: &mut Option<Reader>,
    operation: &Operation,
    fields: &Fields,
) -> Option<Outcome> {
    match authjs::call::Call::prepare(plan, operation, fields) {
        Ok(Some(call)) => call.at_once(reader.as_mut()?).map(Ok),
        Ok(None) => Some(Ok(Records::new())),
        // The tables may be there by now: the pool looks.
        Err(error) if error.code == Code::Schema => None,
        Err(error) => Some(Err(error)),
    }
}

/// The answer of a request that only reads, if this thread can give it without waiting.
pub fn request_at_once(
    compiled: &Arc<Compiled>,
    dialect: Dialect,
    reader: &mut Option<Reader>,
    arguments: &[Argument],
) -> Option<Outcome> {
    let reader = reader.as_mut()?;
    let call = engine::call::Call::prepare(dialect, compiled.clone(), arguments).ok()??;
    call.at_once(reader).map(Ok)
}

fn fields(operation: &Operation, key: Input) -> Fields {
    operation.keys.iter().take(1).map(|field| ((*field).into(), key.clone())).collect()
}

/// The arguments of the look-up for one key. Of each of the joins, there is one record.
fn arguments(request: &Numbered, key: Input) -> Vec<Argument> {
    let limits = request.request.join.iter().map(|_| Input::Number(1.0));
    std::iter::once(key).chain(limits).map(Argument::One).collect()
}

/// A look-up whose callers may share a query.
#[derive(Clone)]
pub struct SharedLookUp {
    pub(super) client: Arc<Client>,
    pub(super) compiled: Arc<Compiled>,
    batched: Arc<Batched>,
    pub(super) look_up: LookUp,
}

impl SharedLookUp {
    /// The stored form of a key; `None` if no row can have it.
    pub fn key(&self, given: &Input) -> Result<Option<String>> {
        self.batched.key(given)
    }
}

impl Shared for SharedLookUp {
    type Request = Request;

    fn queue(&self) -> &Queue<Request> {
        &self.batched.queue
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

impl Question for SharedLookUp {
    fn query<'a>(&'a self, requests: &'a [Request]) -> impl Work<Output = Vec<Outcome>> + Send + 'a {
        Query { compiled: &self.compiled, requests }
    }

    fn alone(&self, key: String) -> impl Future<Output = Outcome> + Send + 'static {
        self.look_up.alone(self.client.clone(), Input::Text(key))
    }
}
