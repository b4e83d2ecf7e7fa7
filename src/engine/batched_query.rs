//! One query for several look-ups, and which of them each row answers.

use std::sync::Arc;

use crate::database::queue::{Outcome, Request};
use crate::driver::executor::Executor;
use crate::driver::work::{Scope, Work};
use crate::engine::batched_lookup::Batched;
use crate::engine::call::Call;
use crate::engine::compiled::Compiled;
use crate::engine::first_form::FirstForm;
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
        let keys: Vec<&str> = self.requests.iter().map(|request| request.key.as_str()).collect();
        let (answers, rows) = match batched.hashing {
            Some(hashing) => self.of_tokens(batched, hashing, &keys, executor).await?,
            None => ask(batched, &keys, executor).await?,
        };
        let statement = batched.statement(keys.len())?;
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

impl Query<'_> {
    /// The rows of tokens that may be stored in several forms. They show the tokens.
    async fn of_tokens(
        &self,
        batched: &Batched,
        hashing: Hashing,
        tokens: &[&str],
        executor: &mut impl Executor,
    ) -> Result<Answering> {
        let first_form = self.compiled.first_form.as_ref();
        let is_first_alone = first_form.is_some_and(FirstForm::is_enough);
        let forms = if is_first_alone { 1 } else { hashing.forms() };
        let (mut answers, mut rows) = in_forms(batched, hashing, forms, tokens, executor).await?;
        let missing: Vec<usize> = (0..tokens.len()).filter(|index| answers[*index].is_none()).collect();
        let is_other = is_first_alone && !missing.is_empty() && {
            let tokens: Vec<_> = missing.iter().map(|index| tokens[*index]).collect();
            // In both forms: what has been brought into the first meanwhile is found too.
            let (found, further) = in_forms(batched, hashing, hashing.forms(), &tokens, executor).await?;
            for (index, row) in missing.iter().zip(found) {
                answers[*index] = row.map(|row| rows.len() + row);
            }
            rows.extend(further);
            missing.iter().any(|index| answers[*index].is_some())
        };
        if let Some(first_form) = first_form {
            first_form.learn(is_other);
        }
        for (row, token) in answers.iter().zip(tokens).filter_map(|(row, token)| Some(((*row)?, token))) {
            rows[row][batched.place] = Value::Text((*token).to_owned());
        }
        Ok((answers, rows))
    }
}

/// The rows of tokens, each asked for in so many of its forms.
async fn in_forms(
    batched: &Batched,
    hashing: Hashing,
    forms: usize,
    tokens: &[&str],
    executor: &mut impl Executor,
) -> Result<Answering> {
    let stored: Vec<String> = tokens.iter().flat_map(|token| hashing.forms_of(token).take(forms)).collect();
    let keys: Vec<&str> = stored.iter().map(String::as_str).collect();
    let (found, rows) = ask(batched, &keys, executor).await?;
    // A token is found in one of its forms.
    Ok((found.chunks(forms).map(|forms| forms.iter().find_map(|row| *row)).collect(), rows))
}

/// The rows of keys as they are stored.
async fn ask(batched: &Batched, keys: &[&str], executor: &mut impl Executor) -> Result<Answering> {
    let statement = batched.statement(keys.len())?;
    let rows = executor.rows_of_keys(statement, keys).await?;
    answering(batched, statement, keys, rows)
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
