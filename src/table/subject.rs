//! What an error of the database is about: the tables and columns that it names, under the names that callers know them by.
//!
//! A database's message holds values beside the names. What is taken from it is compared with names that are known, and
//! dropped otherwise.

use crate::error::{Code, Error};
use crate::table::catalog::Key;
use crate::table::column::Column;

/// A table that an error may be about.
pub struct Known<'a> {
    /// What callers call it.
    pub table: &'a str,
    /// Qualified and quoted.
    pub name: &'a str,
    pub columns: &'a [Column],
    pub keys: &'a [Key],
}

impl Known<'_> {
    fn is(&self, name: &str) -> bool {
        last(self.name).eq_ignore_ascii_case(name)
    }

    fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| last(&column.name).eq_ignore_ascii_case(name))
    }

    /// The columns of a constraint: of a unique index, or of a check that bears its column's name.
    fn constrained(&self, constraint: &str) -> Vec<String> {
        // MySQL 8 puts the table's name before an index's, MariaDB before a check's.
        let bare = constraint.split_once('.').map_or(constraint, |(_, bare)| bare);
        let key = self.keys.iter().find(|(name, _)| name == constraint || name == bare);
        key.map(|(_, columns)| columns.clone())
            .or_else(|| self.column(bare).map(|_| vec![bare.to_owned()]))
            .unwrap_or_default()
    }
}

/// `error` with the names of its subject, if it has one. `own` is the table of the statement.
pub fn named<'a>(error: Error, own: &Known<'a>, others: impl Iterator<Item = Known<'a>>) -> Error {
    let Some(columns) = &error.columns else { return error };
    let detail = |wanted: &str| error.details.iter().find(|(name, _)| *name == wanted).map(|(_, value)| value.as_str());
    let other;
    let known = match detail("table") {
        None => own,
        Some(name) if own.is(name) => own,
        Some(name) => {
            let Some(found) = others.into_iter().find(|known| known.is(name)) else { return error };
            other = found;
            &other
        }
    };
    let columns = match columns.as_slice() {
        [] => detail("constraint").map(|constraint| known.constrained(constraint)).unwrap_or_default(),
        named => named.to_vec(),
    };
    // Of an index that is none of the statement's table: a trigger wrote to another one.
    if error.code == Code::Unique && columns.is_empty() && detail("table").is_none() {
        return error;
    }
    let columns: Option<Vec<&Column>> = columns.iter().map(|name| known.column(name)).collect();
    // A trigger may write to other tables.
    let Some(columns) = columns else { return error };
    let list = |names: Vec<&str>| names.join(", ");
    let fields = list(columns.iter().map(|column| &*column.field).collect());
    let physical: Vec<_> = columns.iter().map(|column| last(&column.name)).collect();
    let mut named = error.clone();
    named.details.retain(|(name, _)| !matches!(*name, "table" | "field"));
    named = named.about("table", known.table);
    if !fields.is_empty() {
        let physical = list(physical.iter().map(String::as_str).collect());
        named = named.about("field", fields.clone());
        if physical != fields {
            named = named.about("column", physical);
        }
    }
    named
}

/// The last of a qualified and quoted name, without its quotes.
fn last(name: &str) -> String {
    let Some(quote) = name.chars().last().filter(|quote| matches!(quote, '"' | '`')) else {
        return name.rsplit('.').next().unwrap_or_default().to_owned();
    };
    let between = format!("{quote}.{quote}");
    let name = name.rsplit(&between).next().unwrap_or_default();
    name.trim_matches(quote).replace(&format!("{quote}{quote}"), &quote.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lose_their_quotes() {
        for (name, bare) in [
            ("\"user\"", "user"),
            ("\"auth\".\"User\"", "User"),
            ("`a.b`", "a.b"),
            ("`s`.`a``b`", "a`b"),
            ("user", "user"),
        ] {
            assert_eq!(last(name), bare);
        }
    }
}
