//! What SQL the conditions of a request become.

use crate::engine::predicate::{Predicate, Test};
use crate::table::any_case::Sieve;
use crate::table::builder::Builder;

/// ` WHERE …`, or nothing if there are no predicates: all of the first sort must hold, and one of the alternatives.
pub fn where_clause(built: Builder, prefix: &str, predicates: &[Predicate<'_>]) -> Builder {
    if predicates.is_empty() { built } else { conditions(built.push(" WHERE "), prefix, predicates) }
}

/// The conditions alone; without any, one that always holds.
pub fn conditions(built: Builder, prefix: &str, predicates: &[Predicate<'_>]) -> Builder {
    let (any, all): (Vec<_>, Vec<_>) = predicates.iter().partition(|predicate| predicate.or);
    let joined = |built: Builder, operator: &str, predicates: &[&Predicate<'_>]| {
        built.separated(operator, predicates, |built, predicate| predicate.push(built, prefix))
    };
    match (all.is_empty(), any.is_empty()) {
        (true, true) => built.push("1 = 1"),
        (false, true) => joined(built, " AND ", &all),
        (true, false) => joined(built.push("("), " OR ", &any).push(")"),
        (false, false) => joined(joined(built, " AND ", &all).push(" AND ("), " OR ", &any).push(")"),
    }
}

impl Predicate<'_> {
    fn push(&self, built: Builder, prefix: &str) -> Builder {
        let name = format!("{prefix}{}", self.column.name);
        match self.test {
            Test::IsNull(null) => built.push(&name).push(if null { " IS NULL" } else { " IS NOT NULL" }),
            Test::Equals if self.forms > 1 => self.one_of_forms(built, prefix),
            Test::Differs if self.forms > 1 => self.one_of_forms(built.push("NOT "), prefix),
            Test::Present(same) => {
                let built = built.push("(").push(&name).push(if same { " IS NULL) = (" } else { " IS NULL) <> (" });
                built.argument(self.column, self.first).push(" IS NULL)")
            }
            Test::Equals if self.insensitive => {
                let built = match self.sieve {
                    Some(Sieve { column, template }) => {
                        built.template(template, &format!("{prefix}{column}"), self.first).push(" AND ")
                    }
                    None => built,
                };
                self.caseless(built, &name, " = ")
            }
            Test::Equals if built.is_loose(self.column) => {
                built.push("(").equals(prefix, self.column, self.first).push(")")
            }
            Test::Equals => built.equals(prefix, self.column, self.first),
            Test::Differs if self.insensitive => self.caseless(built, &name, " <> "),
            Test::Differs if built.is_loose(self.column) => {
                let text = built.exact(&name);
                built.push(&text).push(" <> ").exact_argument(self.first)
            }
            Test::Differs => built.push(&name).push(" <> ").argument(self.column, self.first),
            Test::Compares(operator) => {
                built.push(&name).push(" ").push(operator).push(" ").argument(self.column, self.first)
            }
            Test::Like(before, after) => self.like(built, &name, before, after),
            Test::Among { not, places, null } => self.among(built, &name, not, places, null),
        }
    }

    /// The column has one of the stored forms, exactly.
    fn one_of_forms(&self, built: Builder, prefix: &str) -> Builder {
        let forms = || self.first..self.first + self.forms;
        let built = built.push("(");
        if built.dialect().syntax().file {
            // To SQLite's IN, the collation of the column counts, and not those of the list.
            let equals = |built: Builder, form| built.equals(prefix, self.column, form);
            return built.separated(" OR ", forms(), equals).push(")");
        }
        let name = format!("{prefix}{}", self.column.name);
        let stored = |built: Builder, form| built.argument(self.column, form);
        let built = built.push(&name).push(" IN (").separated(", ", forms(), stored).push(")");
        if !built.is_loose(self.column) {
            return built.push(")");
        }
        let text = built.exact(&name);
        built.push(" AND ").push(&text).push(" IN (").separated(", ", forms(), Builder::exact_argument).push("))")
    }

    /// The column's text and the argument in lower case, compared.
    fn caseless(&self, built: Builder, name: &str, operator: &str) -> Builder {
        let lower = built.lower(self.column, name);
        built.push(&lower).push(operator).lower_argument(self.first)
    }

    fn like(&self, built: Builder, name: &str, before: bool, after: bool) -> Builder {
        let syntax = built.dialect().syntax();
        let template = match (before, after) {
            _ if self.insensitive => syntax.like_lower,
            (false, true) => syntax.like_prefix,
            _ => syntax.like,
        };
        let text = built.text(self.column, name);
        built.template(template, &text, self.first)
    }
}
