//! One query for several look-ups, and which of them each row answers.

use std::sync::Arc;

use crate::database::queue::{Outcome, Request};
use crate::driver::executor::Executor;
use crate::driver::work::{Scope, Work};
use crate::engine::batched_lookup::Batched;
use crate::engine::call::Call;
use crate::engine::compiled::Compiled;
use crate::engine::joins::joined;
use crate::error::Result;
use crate::statement::first;
use crate::statement::statement::Statement;
use crate::types::token_hash::Hashing;
use crate::value::Value;

/// One query for all of `requests`.
pub struct Query<'a> {
    pub compiled: &'a Arc<Compiled>,
    pub requests: &'a [Request],
}

impl Work for Query<'_> {
    /// In the order of the requests.
    type Output = Vec<Outcome>;

    fn scope(&self) -> Scope {
        Scope::Read
    }

    async fn on(&self, executor: &mut impl Executor) -> Result<Vec<Outcome>> {
        let (Some(batched), [request, others @ ..]) = (&self.compiled.batched, self.requests) else {
            return Ok(Vec::new());
        };
        if others.is_empty() {
            // Of each of the joins, there is one record.
            let limits = self.compiled.encoders.iter().skip(1).map(|_| Value::Int(1));
            let values = std::iter::once(Value::Text(request.key.clone())).chain(limits).collect();
            return Ok(vec![Ok(Call::encoded(self.compiled.clone(), values)?.on(executor).await?)]);
        }
        let given = self.requests.iter().map(|request| request.key.as_str());
        let forms = batched.hashing.map_or(1, Hashing::forms);
        let stored: Vec<String> = match batched.hashing {
            Some(hashing) => given.clone().flat_map(|key| hashing.forms_of(key)).collect(),
            None => Vec::new(),
        };
        let keys: Vec<&str> =
            if stored.is_empty() { given.clone().collect() } else { stored.iter().map(String::as_str).collect() };
        let statement = batched.statement(keys.len())?;
        let rows = executor.rows_of_keys(statement, &keys).await?;
        let (found, mut rows) = answering(batched, statement, &keys, rows)?;
        // A token is found in one of its forms.
        let answers: Vec<_> = found.chunks(forms).map(|forms| forms.iter().find_map(|row| *row)).collect();
        if batched.hashing.is_some() {
            for (row, token) in answers.iter().zip(given).filter_map(|(row, token)| Some(((*row)?, token))) {
                rows[row][batched.place] = Value::Text(token.to_owned());
            }
        }
        let mut records = joined(executor, &self.compiled.joins, statement, rows, &[]).await?;
        let mut callers = vec![0; records.len()];
        for row in answers.iter().flatten() {
            callers[*row] += 1;
        }
        let mut of = |row: usize| {
            callers[row] -= 1;
            if callers[row] == 0 { std::mem::take(&mut records[row]) } else { records[row].clone() }
        };
        Ok(answers.into_iter().map(|answer| Ok(answer.map(&mut of).unwrap_or_default())).collect())
    }
}

/// For each key the place of the row that answers, and those rows.
type Answering = (Vec<Option<usize>>, Vec<Vec<Value>>);

/// The rows that answer, and for each of `keys` which of them does.
fn answering(batched: &Batched, statement: &Statement, keys: &[&str], rows: Vec<Vec<Value>>) -> Result<Answering> {
    // Sorted by key, so that each row finds all look-ups that asked for it.
    let mut order: Vec<usize> = (0..keys.len()).collect();
    order.sort_unstable_by_key(|index| keys[*index]);
    // By the place in that order where a key's look-ups begin: the row that answers them.
    let mut found: Vec<Option<Vec<Value>>> = vec![None; keys.len()];
    for row in rows {
        let Some(Value::Text(key)) = row.get(batched.place) else { continue };
        let place = order.partition_point(|index| keys[*index] < key.as_str());
        if order.get(place).is_none_or(|index| keys[*index] != key.as_str()) {
            // Where `=` is loose, the row of a similar key is no surprise, and belongs to no caller.
            if batched.loose {
                continue;
            }
            return Err(statement.mismatch(batched.place));
        }
        let comes_first = |earlier: &Vec<Value>| !batched.ordered && first::compare(statement, &row, earlier).is_lt();
        if found[place].as_ref().is_none_or(comes_first) {
            found[place] = Some(row);
        }
    }
    let mut answers = vec![None; keys.len()];
    let mut rows = Vec::new();
    for (place, row) in found.into_iter().enumerate() {
        let Some(row) = row else { continue };
        let key = keys[order[place]];
        for index in order[place..].iter().take_while(|index| keys[**index] == key) {
            answers[*index] = Some(rows.len());
        }
        rows.push(row);
    }
    Ok((answers, rows))
}
