//! What a condition asks of a column: one that has been found to make sense, with the places of its arguments.

use crate::table::any_case::Sieve;
use crate::table::column::Column;
use crate::types::kind::Kind;

/// A condition that has been found to make sense, with where its arguments begin.
#[derive(Debug, Clone)]
pub struct Predicate<'plan> {
    pub column: &'plan Column,
    pub test: Test,
    /// Whether it is one of the alternatives, of which one must hold.
    pub or: bool,
    pub(super) insensitive: bool,
    /// What an index serves, beside a comparison in any case.
    pub(super) sieve: Option<&'plan Sieve>,
    pub first: usize,
    /// Of a token, how many stored forms it may have: an argument for each.
    pub forms: usize,
    /// Whether each value of a list is named once, since the statement has no place for it to be named again. Where `=` is loose, the exact
    /// comparison stands alone then, and no index serves it.
    pub(super) once: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Test {
    IsNull(bool),
    Equals,
    Differs,
    /// `<`, `<=`, `>`, `>=`.
    Compares(&'static str),
    /// Whether there is a moment is, or is not, what the argument says.
    Present(bool),
    /// Whether anything may come before what the argument says, and after it.
    Like(bool, bool),
    Among {
        not: bool,
        places: usize,
        null: bool,
    },
}

impl Test {
    /// Whether it asks for one value, or for all others.
    pub fn is_equality(self) -> bool {
        matches!(self, Test::Equals | Test::Differs)
    }
}

impl<'plan> Predicate<'plan> {
    /// One that must hold, in the column's own case, with arguments in one stored form from `first` on.
    pub fn new(column: &'plan Column, test: Test, first: usize) -> Self {
        Self { column, test, or: false, insensitive: false, sieve: None, first, forms: 1, once: false }
    }

    /// Whether each row that is found has the very value that was asked for.
    pub fn pins(&self) -> bool {
        let key = matches!(self.column.kind, Kind::Text | Kind::Int);
        self.test == Test::Equals && !self.or && !self.insensitive && key
    }

    /// The same of the likeliest stored form alone.
    pub fn in_first_form(&self) -> Self {
        Self { forms: 1, ..self.clone() }
    }

    /// The same in any case.
    pub fn in_any_case(&self, sieve: Option<&'plan Sieve>) -> Self {
        Self { insensitive: true, sieve, ..self.clone() }
    }
}
