//! Look-ups by one key that several callers make at once, answered by one query.

use std::collections::HashMap;
use std::sync::Arc;

use crate::database::batcher::Question;
use crate::database::database::Store;
use crate::database::queue::{MAX_BATCH, Outcome, Queue, Request, SIZES, refuse};
use crate::database::runtime::RUNTIME;
use crate::dialect::Dialect;
use crate::driver::connection::Connection;
use crate::driver::executor::Verbs;
use crate::driver::work::{Scope, Work};
use crate::engine::arguments::{Argument, comparable, list};
use crate::engine::compile::{Compiled, Steps};
use crate::engine::execute;
use crate::engine::filter::{Predicate, width};
use crate::engine::joins::joined;
use crate::engine::plan::Plan;
use crate::engine::request::Numbered;
use crate::engine::statements::{Single, Statements};
use crate::error::{Code, Error, Health, Result, caught};
use crate::statement::statement::Statement;
use crate::table::column::Column;
use crate::types::codec::{Codec, Wire};
use crate::value::{Input, Value};

/// What answers several look-ups of one form at once.
#[derive(Debug)]
pub struct Shared {
    key: Column,
    /// The key's place among the columns of the result.
    place: usize,
    /// For growing numbers of keys.
    statements: Vec<Statement>,
    /// Where those wait who ask it.
    queue: Queue,
}

impl Shared {
    /// `None` if the look-up is not by one text, or does not show it.
    pub fn new(statements: &Statements<'_>, singles: &[Single<'_>]) -> Option<Self> {
        let [predicate] = statements.predicates.as_slice() else { return None };
        let key = predicate.column;
        // A key that is not simply text has comparisons of its own, for one at a time.
        if !predicate.pins() || key.codec != Codec::plain(Wire::Text) || statements.dialect == Dialect::Sqlite {
            return None;
        }
        let place = statements.shown.iter().position(|column| column.name == key.name)?;
        let sizes = if width(statements.dialect, MAX_BATCH) == 1 { vec![MAX_BATCH] } else { SIZES.into() };
        let prefix = if singles.is_empty() { "" } else { "b." };
        let of = |places| Statements {
            predicates: vec![Predicate::member(key, places)],
            shown: statements.shown.clone(),
            ..*statements
        };
        let statements = sizes
            .into_iter()
            .map(|places| of(places).find(singles, |built| statements.in_order(built, prefix)))
            .collect();
        Some(Self { key: key.clone(), place, statements, queue: Queue::default() })
    }

    /// The statement for so many keys, which are at most [`MAX_BATCH`], and how many it has places for.
    fn statement(&self, count: usize) -> Option<(&Statement, usize)> {
        // An exact comparison takes an argument twice.
        let places = |statement: &Statement| statement.arguments.iter().max().map_or(1, |last| last + 1);
        let mut sized = self.statements.iter().map(|statement| (statement, places(statement)));
        sized.find(|(_, places)| self.statements.len() == 1 || *places >= count)
    }
}

/// A look-up of which the answers may come by one query.
#[derive(Clone)]
pub struct Asked {
    plan: Arc<Plan>,
    compiled: Arc<Compiled>,
    shared: Arc<Shared>,
    request: Numbered,
}

impl Asked {
    /// `None` where each has to ask alone: before the first look at the tables, and where the key does not allow it.
    pub fn new(store: &Store, request: &Numbered) -> Option<Self> {
        let plan = store.plans.known(request.schema_number)?;
        let compiled = plan.compiled(request).ok()?;
        let shared = compiled.shared.clone()?;
        Some(Self { plan, compiled, shared, request: request.clone() })
    }

    /// The stored form of a key; `None` if no row can have it.
    pub fn key(&self, given: &Input) -> Result<Option<String>> {
        Ok(match comparable(&self.shared.key, given)? {
            Value::Text(key) => Some(key),
            _ => None,
        })
    }
}

/// The arguments of the look-up for one key.
pub fn arguments(request: &Numbered, key: Input) -> Vec<Argument> {
    // Of each of the joins, there is one record.
    let limits = request.request.join.iter().map(|_| Input::Number(1.0));
    std::iter::once(key).chain(limits).map(Argument::One).collect()
}

/// The look-up for one key.
pub fn alone(store: &Arc<Store>, request: &Numbered, key: Input) -> impl Future<Output = Outcome> + Send + use<> {
    execute::perform(store.clone(), request.clone(), arguments(request, key), None)
}

impl Question for Asked {
    type Plan = ();

    fn queue(&self) -> &Queue {
        &self.shared.queue
    }

    async fn plan(&self, _: &Arc<Store>) -> Result<()> {
        Ok(())
    }

    fn begin<'a>(&'a self, (): &'a ()) -> &'a str {
        &self.plan.begin
    }

    fn query<'a>(&'a self, (): &'a (), requests: &'a [Request]) -> impl Work<Output = Vec<Outcome>> + Send + 'a {
        Query { asked: self, requests }
    }

    /// What concerns one, or a table that has changed, must not concern all: each asks by itself.
    fn fail(&self, store: &Arc<Store>, requests: Vec<Request>, error: &Error) {
        if error.connection != Health::Sound || error.code == Code::Timeout {
            return refuse(requests, error);
        }
        for Request { key, id, inbox, running, .. } in requests {
            let alone = alone(store, &self.request, Input::Text(key));
            RUNTIME.spawn(async move {
                inbox.arrive(vec![(id, caught(alone).await)]);
                drop(running);
            });
        }
    }
}

struct Query<'a> {
    asked: &'a Asked,
    requests: &'a [Request],
}

impl Work for Query<'_> {
    /// In the order of the requests.
    type Output = Vec<Outcome>;

    fn scope(&self) -> Scope {
        Scope::Read
    }

    async fn run(&self, connection: &mut Connection) -> Result<Vec<Outcome>> {
        let Asked { plan, compiled, shared, .. } = self.asked;
        let text = |request: &Request| Value::Text(request.key.clone());
        let (Steps::Find(single), [first, others @ ..]) = (&compiled.steps, self.requests) else {
            return Ok(Vec::new());
        };
        if others.is_empty() {
            let values: Vec<_> =
                std::iter::once(text(first)).chain(compiled.joins.iter().map(|_| Value::Int(1))).collect();
            let rows = connection.rows(single, &values).await?;
            let records = joined(connection, &compiled.joins, single, rows, &values).await?;
            return Ok(vec![Ok(records.into_iter().flatten().collect())]);
        }
        let mut wanted: Vec<_> = self.requests.iter().map(|request| request.key.as_str()).collect();
        wanted.sort_unstable();
        wanted.dedup();
        let Some((statement, places)) = shared.statement(wanted.len()) else { return Ok(Vec::new()) };
        let mut values = Vec::with_capacity(places);
        list(
            plan.dialect,
            &shared.key,
            wanted.into_iter().map(|key| Value::Text(key.to_owned())).collect(),
            places,
            &mut values,
        )?;
        let rows = connection.rows(statement, &values).await?;
        let keys: Vec<_> = rows.iter().map(|row| row[shared.place].clone()).collect();
        let records = joined(connection, &compiled.joins, statement, rows, &[]).await?;
        let found = keys.iter().zip(&records).filter_map(|(key, records)| match key {
            Value::Text(key) => Some((key.as_str(), records)),
            _ => None,
        });
        // Of rows with the same key, the first answers, as it would to a lone caller.
        let found: HashMap<_, _> = found.rev().collect();
        let of = |request: &Request| found.get(request.key.as_str()).map(|records| (*records).clone());
        Ok(self.requests.iter().map(|request| Ok(of(request).unwrap_or_default())).collect())
    }
}
