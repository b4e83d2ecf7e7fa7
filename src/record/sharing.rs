//! Look-ups by one key that several callers make at once, answered by one query.

use std::sync::Arc;

use tokio::time::timeout;

use super::arguments::{Argument, comparable, list};
use super::compile::Joined;
use super::engine;
use super::filter::{Predicate, width};
use super::request::Numbered;
use super::statements::{Single, Statements};
use crate::auth::adapter::Records;
use crate::auth::lookup::Outcome;
use crate::dialect::Dialect;
use crate::dialect::connection::{Connection, Verbs};
use crate::error::Result;
use crate::schema::codec::{Codec, Wire};
use crate::schema::column::Column;
use crate::sql::Statement;
use crate::store::{Scope, Store, Work, too_slow};
use crate::value::{Input, Value};

/// How many keys the statements have places for, where one value cannot hold a list of any length.
const SIZES: [usize; 3] = [4, 16, MOST];

/// The most callers of one query.
pub const MOST: usize = 64;

/// What answers several look-ups of one form at once.
#[derive(Debug)]
pub struct Shared {
    key: Column,
    /// The key's place among the columns of the result.
    place: usize,
    /// For growing numbers of keys.
    statements: Vec<Statement>,
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
        let sizes = if width(statements.dialect, MOST) == 1 { vec![MOST] } else { SIZES.into() };
        let of = |places| Statements {
            predicates: vec![Predicate::member(key, places)],
            shown: statements.shown.clone(),
            ..*statements
        };
        let statements = sizes.into_iter().map(|places| of(places).find(singles, |built| built)).collect();
        Some(Self { key: key.clone(), place, statements })
    }
}

/// Looks for several keys, of which each caller gets the record of its own.
pub async fn perform(store: Arc<Store>, request: Numbered, given: Vec<(u32, Input)>) -> Vec<(u32, Outcome)> {
    let limit = store.operation_timeout();
    let keys: Vec<_> = given.iter().map(|(_, key)| key).collect();
    match timeout(limit, together(&store, &request, &keys)).await {
        Ok(Ok(Some(found))) => given.into_iter().map(|(id, _)| id).zip(found.into_iter().map(Ok)).collect(),
        Err(_) => given.into_iter().map(|(id, _)| (id, Err(too_slow(limit)))).collect(),
        // What concerns one must not concern all: each asks by itself.
        Ok(_) => {
            let alone = given.into_iter().map(|(id, key)| {
                let (store, request) = (store.clone(), request.clone());
                async move {
                    // Of each of the joins, there is one record.
                    let limits = request.request.join.iter().map(|_| Input::Number(1.0));
                    let arguments = std::iter::once(key).chain(limits).map(Argument::One).collect();
                    (id, engine::perform(store, request, arguments, None).await)
                }
            });
            futures_util::future::join_all(alone).await
        }
    }
}

/// The records for each of `keys`, in their order; `None` if they have to be looked for one by one.
async fn together(store: &Arc<Store>, request: &Numbered, keys: &[&Input]) -> Result<Option<Vec<Records>>> {
    let plan = store.plans.get(store, request, None).await?;
    let compiled = plan.compiled(request)?;
    let Some(shared) = compiled.shared.as_ref().filter(|_| keys.len() > 1) else { return Ok(None) };
    let Shared { key, place, statements } = shared;
    let keys = keys.iter().map(|input| comparable(key, input)).collect::<Result<Vec<_>>>()?;
    let mut wanted: Vec<Value> = Vec::with_capacity(keys.len());
    for each in keys.iter().filter(|each| **each != Value::Null) {
        if !wanted.contains(each) {
            wanted.push(each.clone());
        }
    }
    // An exact comparison takes an argument twice.
    let places = |statement: &Statement| statement.arguments.iter().max().map_or(1, |last| last + 1);
    let fits = |statement: &&Statement| statements.len() == 1 || places(statement) >= wanted.len();
    let Some(statement) = statements.iter().find(fits) else { return Ok(None) };
    let (mut values, places) = (Vec::with_capacity(MOST), places(statement));
    list(plan.dialect, key, wanted, places, &mut values)?;
    let query = Query { statement, values: &values, place: *place, joins: &compiled.joins };
    let found = store.run(&query, &plan.begin, None).await?;
    let records = |wanted: &Value| {
        let found = found.iter().find(|(key, _)| *wanted != Value::Null && key == wanted);
        found.map(|(_, records)| records.clone()).unwrap_or_default()
    };
    Ok(Some(keys.iter().map(records).collect()))
}

struct Query<'a> {
    statement: &'a Statement,
    values: &'a [Value],
    /// The key's place among the columns of the result.
    place: usize,
    joins: &'a [Joined],
}

impl Work for Query<'_> {
    /// What was found, each with its key.
    type Output = Vec<(Value, Records)>;

    fn scope(&self) -> Scope {
        Scope::Read
    }

    async fn run(&self, connection: &mut Connection) -> Result<Self::Output> {
        let rows = connection.rows(self.statement, self.values).await?;
        let keys: Vec<_> = rows.iter().map(|row| row[self.place].clone()).collect();
        // Of each of the joins there is one record, whose number nothing limits.
        let records = engine::joined(connection, self.joins, self.statement, rows, &[]).await?;
        Ok(keys.into_iter().zip(records).collect())
    }
}
