//! The token that a request is about, where a hash may be stored in its place: statements get the stored forms, and callers get
//! the token that they came with.

use crate::engine::filter::{Predicate, Test};
use crate::engine::request::{Method, Request};
use crate::engine::statements::Statements;
use crate::table::column::Column;
use crate::types::token_hash::Hashing;
use crate::value::{Records, Value};

#[derive(Debug, Clone, Copy)]
pub struct Token {
    hashing: Hashing,
    /// The place of the token among the values of a call, as what rows are compared with.
    key: Option<usize>,
    /// How many forms the statements compare rows with, one after the other from that place on.
    forms: usize,
    /// The place of the token that is stored.
    set: Option<usize>,
    /// The token's place in a record.
    shown: Option<usize>,
}

impl Token {
    /// `written`: the columns that the values at their positions are stored in. `None` if no hash takes the place of anything.
    pub fn of(statements: &Statements<'_>, request: &Request, written: &[&Column]) -> Option<Self> {
        let of_tokens = |column: &Column| column.hashing.is_some_and(Hashing::is_on) && !request.as_stored;
        let key = statements.predicates.iter().find(|predicate| of_tokens(predicate.column) && is_exact(predicate));
        let set = written.iter().position(|column| of_tokens(column) && column.hashing.is_some_and(Hashing::writes));
        let column = key.map(|predicate| predicate.column).or(set.map(|place| written[place]))?;
        let answers_rows = !matches!(request.method, Method::Count | Method::UpdateMany | Method::DeleteMany);
        let place = || statements.shown.iter().position(|shown| shown.name == column.name);
        Some(Self {
            hashing: column.hashing?,
            key: key.map(|predicate| predicate.first),
            forms: key.map_or(1, |predicate| predicate.forms),
            set,
            shown: if answers_rows { place() } else { None },
        })
    }

    /// How many values a statement has for the argument at `place` of the caller's.
    pub fn width(&self, place: usize) -> usize {
        if self.key == Some(place) { self.forms } else { 1 }
    }

    /// Puts the stored forms into the place of the token. Returns the token.
    pub fn store(&self, values: &mut Vec<Value>) -> Value {
        let mut token = Value::Null;
        if let Some(place) = self.set {
            let form = self.hashing.values_of(&values[place]).swap_remove(0);
            token = std::mem::replace(&mut values[place], form);
        }
        if let Some(place) = self.key {
            token = values[place].clone();
            values.splice(place..=place, self.hashing.values_of(&token).into_iter().take(self.forms));
        }
        token
    }

    /// Shows the token in the row that answers.
    pub fn show(&self, token: &Value, records: &mut Records) {
        if let (Some(place), Some((_, record))) = (self.shown, records.first_mut())
            && let Some(value) = record.get_mut(place)
        {
            *value = token.clone();
        }
    }
}

/// Whether rows are told apart by the very token.
fn is_exact(predicate: &Predicate<'_>) -> bool {
    matches!(predicate.test, Test::Equals | Test::Compares("<>"))
}
