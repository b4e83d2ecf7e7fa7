//! Look-ups by a token that may be stored in two forms: rows are asked for by the likelier one alone, and by both only if there is none.

use std::sync::atomic::{AtomicU32, Ordering};

use crate::engine::predicate::{Predicate, Test};
use crate::engine::request::{Method, Request};
use crate::engine::statements::Statements;
use crate::statement::statement::Statement;

/// After a row in the other form, so many queries ask for both forms at once.
const BOTH: u32 = 64;

#[derive(Debug)]
pub struct FirstForm {
    /// Asks for the likelier form, with the arguments of the statement that asks for both.
    pub statement: Statement,
    /// Whether another query takes longer than to ask for both at once.
    far: bool,
    /// How many queries are to ask for both at once.
    both: AtomicU32,
}

impl FirstForm {
    /// `find` makes the statement. `None` unless rows are told apart by one token, in one of its forms.
    pub fn new(
        statements: &Statements<'_>,
        request: &Request,
        find: impl Fn(&Statements<'_>) -> Statement,
    ) -> Option<Self> {
        let is_read = matches!(request.method, Method::FindOne | Method::FindMany) && !request.locks;
        let has_forms = |predicate: &&Predicate<'_>| predicate.forms > 1;
        let mut tokens = statements.predicates.iter().filter(has_forms);
        let (Some(token), None) = (tokens.next(), tokens.next()) else { return None };
        if !is_read || token.test != Test::Equals || statements.predicates.iter().any(|each| each.or) {
            return None;
        }
        let likelier = Statements {
            predicates: statements.predicates.iter().map(Predicate::in_first_form).collect(),
            shown: statements.shown.clone(),
            ..*statements
        };
        let far = !statements.dialect.syntax().file;
        Some(Self { statement: find(&likelier), far, both: AtomicU32::new(0) })
    }

    /// Whether the next query asks for the likelier form alone.
    pub fn is_enough(&self) -> bool {
        self.both.load(Ordering::Relaxed) == 0
    }

    /// Learns from a query whether it found a row in the other form.
    pub fn learn(&self, is_other: bool) {
        if is_other && self.far {
            self.both.store(BOTH, Ordering::Relaxed);
        } else {
            // Another query that has learnt at the same time counts too: one more or less does not matter.
            self.both.store(self.both.load(Ordering::Relaxed).saturating_sub(1), Ordering::Relaxed);
        }
    }
}
