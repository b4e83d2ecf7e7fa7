//! Look-ups that several callers make at once: one query for all, and which of them each row answers.

use std::sync::Arc;

use crate::authjs::operation::Operation;
use crate::authjs::plan::{Lookup, Plan};
use crate::authjs::planning::speaks_of_tables;
use crate::authjs::{first, perform};
use crate::database::batcher::Question;
use crate::database::database::Store;
use crate::database::queue::{Outcome, Queue, Request, answer, refuse};
use crate::database::runtime::RUNTIME;
use crate::driver::connection::Connection;
use crate::driver::executor::Verbs;
use crate::driver::work::{Scope, Work};
use crate::error::{Code, Error, Result, caught};
use crate::statement::statement::Statement;
use crate::value::{Input, Records, Value};

/// An operation of which the answers may come by one query.
#[derive(Clone)]
pub struct Asked {
    operation: &'static Operation,
    queue: Arc<Queue>,
}

impl Asked {
    /// `None` where each has to ask alone: before the first contact, and where the key is of a kind that does not allow it.
    pub fn new(store: &Store, plan: &Plan, operation: &'static Operation) -> Option<Self> {
        plan.lookup(operation)?;
        Some(Self { operation, queue: store.queue(operation)?.clone() })
    }
}

impl Asked {
    fn ask_alone(&self, store: &Arc<Store>, requests: Vec<Request>) {
        for Request { key, id, inbox, running, .. } in requests {
            let fields = self.operation.keys.iter().map(|field| ((*field).into(), Input::Text(key.clone())));
            let alone = perform::perform(store.clone(), self.operation, fields.collect());
            RUNTIME.spawn(async move {
                inbox.arrive(vec![(id, caught(alone).await)]);
                drop(running);
            });
        }
    }
}

impl Question for Asked {
    type Plan = Arc<Plan>;

    fn queue(&self) -> &Queue {
        &self.queue
    }

    async fn plan(&self, store: &Arc<Store>) -> Result<Arc<Plan>> {
        store.plan().await
    }

    fn begin<'a>(&'a self, plan: &'a Arc<Plan>) -> &'a str {
        &plan.begin
    }

    fn query<'a>(
        &'a self,
        plan: &'a Arc<Plan>,
        requests: &'a [Request],
    ) -> impl Work<Output = Vec<Outcome>> + Send + 'a {
        Query { plan, operation: self.operation, requests }
    }

    /// Those whose rows are not what they were taken for ask by themselves, by a plan for what the tables are now.
    fn settle(&self, store: &Arc<Store>, requests: Vec<Request>, outcomes: Vec<Outcome>) {
        let is_doubtful = |outcome: &Outcome| outcome.as_ref().is_err_and(speaks_of_tables);
        if !outcomes.iter().any(is_doubtful) {
            return answer(requests, outcomes);
        }
        let (doubtful, settled): (Vec<_>, Vec<_>) =
            requests.into_iter().zip(outcomes).partition(|(_, outcome)| is_doubtful(outcome));
        let (requests, outcomes) = settled.into_iter().unzip();
        answer(requests, outcomes);
        self.ask_alone(store, doubtful.into_iter().map(|(request, _)| request).collect());
    }

    fn fail(&self, store: &Arc<Store>, requests: Vec<Request>, error: &Error) {
        if speaks_of_tables(error) { self.ask_alone(store, requests) } else { refuse(requests, error) }
    }
}

struct Query<'a> {
    plan: &'a Plan,
    operation: &'a Operation,
    requests: &'a [Request],
}

impl Work for Query<'_> {
    /// In the order of the requests.
    type Output = Vec<Outcome>;

    fn scope(&self) -> Scope {
        Scope::Read
    }

    async fn run(&self, connection: &mut Connection) -> Result<Vec<Outcome>> {
        let Some(lookup) = self.plan.lookup(self.operation) else {
            // The key's column has changed since they were asked together.
            let error = Error::new(Code::Schema, "the key's column is not what it was");
            return Err(Error { stale: true, ..error });
        };
        match self.requests {
            [] => Ok(Vec::new()),
            [request] => Ok(vec![Ok(one(connection, &lookup.single, &request.key).await?)]),
            requests => match many(connection, lookup, requests).await {
                // One unreadable row is no reason to fail the others.
                Err(error) if error.code == Code::Decode => {
                    let mut outcomes = Vec::with_capacity(requests.len());
                    for request in requests {
                        outcomes.push(match one(connection, &lookup.single, &request.key).await {
                            Err(error) if error.code != Code::Decode => return Err(error),
                            outcome => outcome,
                        });
                    }
                    Ok(outcomes)
                }
                outcome => outcome,
            },
        }
    }
}

async fn one(connection: &mut Connection, statement: &Statement, key: &str) -> Outcome {
    Ok(first::records(statement, connection.rows(statement, &[Value::Text(key.to_owned())]).await?))
}

async fn many(connection: &mut Connection, lookup: &Lookup, requests: &[Request]) -> Result<Vec<Outcome>> {
    let keys: Vec<&str> = requests.iter().map(|request| request.key.as_str()).collect();
    let statement = lookup.many(keys.len());
    let rows = connection.rows_of_keys(statement, &keys).await?;
    // Sorted by key, so that each row finds all who asked for it.
    let mut order: Vec<usize> = (0..keys.len()).collect();
    order.sort_unstable_by_key(|index| keys[*index]);
    // By the place in that order where a key's seekers begin: the row that answers them.
    let mut answers: Vec<Option<Vec<Value>>> = vec![None; keys.len()];
    for row in rows {
        let Some(Value::Text(key)) = row.get(lookup.key) else { continue };
        let place = order.partition_point(|index| keys[*index] < key.as_str());
        if order.get(place).is_none_or(|index| keys[*index] != key.as_str()) {
            // Where `=` is loose, the row of a similar key is no surprise, and of no concern to anybody.
            if lookup.loose {
                continue;
            }
            return Err(statement.mismatch(lookup.key));
        }
        let earlier = answers[place].as_ref();
        if earlier.is_none_or(|earlier| first::compare(statement, &row, earlier).is_lt()) {
            answers[place] = Some(row);
        }
    }
    let mut outcomes: Vec<Outcome> = keys.iter().map(|_| Ok(Records::new())).collect();
    for (place, row) in answers.into_iter().enumerate() {
        let Some(row) = row else { continue };
        let key = keys[order[place]];
        let seekers: Vec<usize> = order[place..].iter().take_while(|index| keys[**index] == key).copied().collect();
        let Some((last, others)) = seekers.split_last() else { continue };
        for seeker in others {
            outcomes[*seeker] = Ok(statement.split(row.clone()).collect());
        }
        outcomes[*last] = Ok(statement.split(row).collect());
    }
    Ok(outcomes)
}
