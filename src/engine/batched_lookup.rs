//! Look-ups by one key that several callers make at once, answered by one query.

use crate::database::queue::{MAX_BATCH, Queue, Request, SIZES};
use crate::dialect::syntax::Lists;
use crate::engine::arguments::comparable;
use crate::engine::select::Single;
use crate::engine::statements::Statements;
use crate::error::{Code, Error, Result};
use crate::statement::preparation::{Bound, Preparation};
use crate::statement::statement::Statement;
use crate::table::column::Column;
use crate::types::token_hash::Hashing;
use crate::value::{Input, Value};

/// What answers several look-ups of one form at once.
#[derive(Debug)]
pub struct Batched {
    key: Column,
    lenient: bool,
    /// Whether the rows of one key come in the order that says which answers.
    pub(super) ordered: bool,
    /// The key's place among the columns of the result.
    pub(super) place: usize,
    /// What is stored in the place of keys that are tokens.
    pub(super) hashing: Option<Hashing>,
    /// For growing numbers of keys: a query that has more places than keys repeats the last.
    statements: Vec<Statement>,
    /// Whether the database may return rows of similar keys.
    pub(super) loose: bool,
    /// The look-ups that wait for a query.
    pub queue: Queue<Request>,
}

impl Batched {
    /// `None` if the look-up is not by one text, or does not show it.
    pub fn new(statements: &Statements<'_>, singles: &[Single<'_>], lenient: bool) -> Option<Self> {
        let [predicate] = statements.predicates.as_slice() else { return None };
        let (key, syntax) = (predicate.column, statements.dialect.syntax());
        // A key that is not simply text has comparisons of its own, for one at a time.
        if !predicate.pins() || !key.codec.is_text() || syntax.single_writer {
            return None;
        }
        let place = statements.place(key)?;
        let hashing = key.hashing.filter(|hashing| hashing.is_on());
        let forms = hashing.map_or(1, Hashing::forms);
        let mut sizes = if syntax.lists == Lists::Array { vec![MAX_BATCH] } else { SIZES.to_vec() };
        // For as many tokens in each of their forms.
        if syntax.lists != Lists::Array && forms > 1 {
            sizes.push(MAX_BATCH * forms);
        }
        Some(Self {
            key: key.clone(),
            lenient,
            ordered: !lenient,
            place,
            hashing,
            statements: sizes.into_iter().map(|count| statements.find_by_keys(singles, key, count, !lenient)).collect(),
            loose: syntax.loose_equality,
            queue: Queue::default(),
        })
    }

    /// The stored form of a key; `None` if no row can have it.
    pub fn key(&self, given: &Input) -> Result<Option<String>> {
        let stored = if self.lenient { self.key.key(given) } else { Some(comparable(&self.key, given)?) };
        Ok(match stored {
            Some(Value::Text(key)) => Some(key),
            _ => None,
        })
    }

    /// The statement for a few keys, to be prepared before it is needed.
    pub fn preparation(&self) -> Option<Preparation> {
        let first = self.statements.first()?;
        Some(Preparation { text: first.text.clone(), values: Box::new([Bound::Keys]) })
    }

    /// The statement with places for `count` stored forms of keys, of which there are at most [`MAX_BATCH`].
    pub(super) fn statement(&self, count: usize) -> Result<&Statement> {
        let fits = |statement: &&Statement| self.statements.len() == 1 || statement.arguments.len() >= count;
        self.statements.iter().find(fits).ok_or_else(|| Error::new(Code::Internal, "a batch is too large"))
    }
}
