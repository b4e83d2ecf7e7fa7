//! The tokens that a request is about, where hashes may be stored in their place: statements get the stored forms, and callers get
//! the tokens that they came with.

use std::collections::HashMap;
use std::sync::Arc;

use crate::engine::arguments::{Argument, Encoder};
use crate::engine::request::{Method, Request};
use crate::engine::statements::Statements;
use crate::table::column::Column;
use crate::types::token_hash::{Hashing, is_marked};
use crate::value::{Input, Records, Value};

#[derive(Debug, Clone)]
pub struct Token {
    hashing: Hashing,
    /// The places of the tokens that rows are compared with, in order, among the values of a statement: each is followed by its other
    /// stored forms.
    keys: Arc<[usize]>,
    /// The place of the token that is stored.
    set: Option<usize>,
    /// The token's place in a record.
    shown: Option<usize>,
}

/// The tokens that a caller came with.
#[derive(Debug, Clone)]
pub struct Given {
    /// By the hashes that may be stored in their places.
    tokens: HashMap<String, Value>,
    shown: Option<usize>,
}

impl Token {
    /// `written`: the columns that the values at their positions are stored in. `None` if no hash takes the place of anything.
    pub fn of(statements: &Statements<'_>, request: &Request, written: &[&Column]) -> Option<Self> {
        let of_tokens = |column: &Column| column.hashing.is_some_and(Hashing::is_on) && !request.as_stored;
        let compared = statements.predicates.iter().filter(|predicate| of_tokens(predicate.column));
        let keys = compared.clone().filter(|predicate| predicate.test.is_equality());
        let set = written.iter().position(|column| of_tokens(column) && column.hashing.is_some_and(Hashing::writes));
        let column = compared.clone().next().map(|first| first.column).or(set.map(|place| written[place]))?;
        let answers_rows = !matches!(request.method, Method::Count | Method::UpdateMany | Method::DeleteMany);
        Some(Self {
            hashing: column.hashing?,
            keys: keys.map(|predicate| predicate.first).collect(),
            set,
            shown: if answers_rows { statements.place(column) } else { None },
        })
    }

    /// How many values a statement has for the one of the caller's that begins at `place` of its values.
    pub fn width(&self, place: usize) -> usize {
        if self.keys.contains(&place) { self.hashing.forms() } else { 1 }
    }

    /// Puts the stored forms into the places of the tokens, which it returns.
    pub fn store(&self, values: &mut Vec<Value>) -> Given {
        let mut given = Given { tokens: HashMap::new(), shown: self.shown };
        if let Some(place) = self.set {
            let forms = self.hashing.values_of(&values[place]);
            given.take(&forms, &values[place]);
            values[place] = forms.into_iter().next().unwrap_or(Value::Null);
        }
        for place in self.keys.iter().copied() {
            let forms = self.hashing.values_of(&values[place]);
            given.take(&forms, &values[place]);
            values.splice(place..=place, forms);
        }
        given
    }
}

impl Given {
    /// A token with its stored forms. Where no row is shown, none has to be known again.
    fn take(&mut self, forms: &[Value], token: &Value) {
        for form in forms.iter().filter(|_| self.shown.is_some()) {
            if let Value::Text(hash) = form
                && is_marked(hash)
            {
                self.tokens.insert(hash.clone(), token.clone());
            }
        }
    }

    /// The tokens of lists.
    pub fn take_lists(&mut self, encoders: &[Encoder], arguments: &[Argument]) {
        for pair in encoders.iter().zip(arguments) {
            let (Encoder::List(_, _, hashing), Argument::Many(items)) = pair else { continue };
            for item in items.iter().filter(|_| hashing.is_on()) {
                if let Input::Text(text) = item {
                    let token = Value::Text(text.clone());
                    self.take(&hashing.values_of(&token), &token);
                }
            }
        }
    }

    /// Shows the tokens in the rows that answer.
    pub fn show(&self, records: &mut Records) {
        let Some(place) = self.shown.filter(|_| !self.tokens.is_empty()) else { return };
        for (_, record) in records {
            if let Some(value) = record.get_mut(place)
                && let Value::Text(stored) = &*value
                && let Some(token) = self.tokens.get(stored)
            {
                *value = token.clone();
            }
        }
    }
}
