//! What an error of the database is about: the tables and columns that it names, under the names that callers know them by.
//!
//! A database's message holds values beside the names. What is taken from it is compared with names that are known, and
//! dropped otherwise.

use std::sync::Arc;

use crate::error::{Code, Error, Refused};
use crate::table::catalog;
use crate::table::catalog::Key;
use crate::table::column::Column;
use crate::table::encode::UNFILLED;
use crate::value::Input;

/// A table that an error may be about.
pub struct Known<'a> {
    /// What callers call it.
    pub table: &'a str,
    /// Qualified and quoted.
    pub name: &'a str,
    pub columns: &'a [Column],
    pub keys: &'a [Key],
    pub facts: &'a Facts,
}

/// What the catalog says of a table beyond the columns that are used.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Facts {
    /// All columns, those that are left alone among them.
    pub columns: Arc<[catalog::Column]>,
    /// The columns of each foreign key.
    pub references: Arc<[Vec<String>]>,
    /// Triggers or rules may write to other tables.
    pub triggered: bool,
}

impl Facts {
    pub fn of(table: &catalog::Table) -> Self {
        Self {
            columns: table.columns.clone().into(),
            references: table.foreign_keys.iter().map(|key| key.columns.clone()).collect(),
            triggered: table.triggered,
        }
    }
}

/// What a call was given, by the names of the fields.
pub type Given<'a> = [(&'a str, &'a Input)];

impl Known<'_> {
    fn is(&self, name: &str) -> bool {
        last(self.name).eq_ignore_ascii_case(name)
    }

    /// What callers call a column, and what the database does.
    fn field(&self, name: &str) -> Option<(String, String)> {
        let is_it = |column: &&Column| last(&column.name).eq_ignore_ascii_case(name);
        if let Some(column) = self.columns.iter().find(is_it) {
            return Some((column.field.to_string(), last(&column.name)));
        }
        // One that is left alone has no other name.
        let left = self.facts.columns.iter().find(|column| column.name.eq_ignore_ascii_case(name));
        left.map(|column| (column.name.clone(), column.name.clone()))
    }

    /// The columns of a constraint: of a unique index, or of a check that bears its column's name.
    fn constrained(&self, constraint: &str) -> Vec<String> {
        // MySQL 8 puts the table's name before an index's, MariaDB before a check's.
        let bare = constraint.split_once('.').map_or(constraint, |(_, bare)| bare);
        let key = self.keys.iter().find(|(name, _)| name == constraint || name == bare);
        key.map(|(_, columns)| columns.clone())
            .or_else(|| self.field(bare).map(|_| vec![bare.to_owned()]))
            .unwrap_or_default()
    }

    /// The column of the one foreign key that a value was given for.
    fn referring(&self, given: &Given<'_>) -> Vec<String> {
        match &*self.facts.references {
            [columns] if columns.iter().any(|column| self.value(given, column).is_some()) => columns.clone(),
            _ => Vec::new(),
        }
    }

    /// The one column that has the type which refused a value, among those that were given one which can be it.
    fn refusing(&self, refused: &Refused, given: &Given<'_>) -> Vec<String> {
        let can_be = |column: &&catalog::Column| {
            let fits = match (refused, self.value(given, &column.name)) {
                (_, None | Some(Input::Null)) => false,
                (Refused { value: Some(value), .. }, Some(Input::Text(text) | Input::BigInt(text))) => value == text,
                (Refused { value: Some(value), .. }, Some(Input::Number(number))) => *value == number.to_string(),
                // An element of an array.
                (Refused { value: Some(value), .. }, Some(Input::Json(text))) => text.contains(value.as_str()),
                (Refused { value: Some(_), .. }, _) => false,
                (Refused { length: Some(length), .. }, Some(Input::Text(text) | Input::Malformed(text))) => {
                    column.length == Some(*length) && text.chars().nth(*length).is_some()
                }
                // What becomes a text here, of dates and JSON.
                (Refused { length: Some(length), .. }, Some(Input::Date(_) | Input::Json(_))) => {
                    column.length == Some(*length) && !self.facts.triggered
                }
                // It may be a trigger's.
                (Refused { length, .. }, Some(_)) => length.is_none() && !self.facts.triggered,
            };
            fits && match &refused.type_name {
                Some(name) => is_called(column, name),
                None => ["date", "time", "timetz", "timestamp", "timestamptz"].contains(&&*column.type_name),
            }
        };
        match self.facts.columns.iter().filter(can_be).collect::<Vec<_>>().as_slice() {
            [column] => vec![column.name.clone()],
            _ => Vec::new(),
        }
    }

    fn value<'a>(&self, given: &'a Given<'_>, column: &str) -> Option<&'a Input> {
        let (field, _) = self.field(column)?;
        given.iter().find(|(name, _)| *name == field).map(|(_, value)| *value)
    }
}

/// Whether PostgreSQL's messages call the column's type so. Of a domain, they name what it is over.
fn is_called(column: &catalog::Column, name: &str) -> bool {
    let short = match name {
        "character varying" => "varchar",
        "character" => "bpchar",
        "smallint" => "int2",
        "integer" => "int4",
        "bigint" => "int8",
        "real" => "float4",
        "double precision" => "float8",
        "boolean" => "bool",
        "timestamp with time zone" => "timestamptz",
        "timestamp without time zone" => "timestamp",
        "time with time zone" => "timetz",
        "time without time zone" => "time",
        other => other,
    };
    let element = if column.category == "array" { column.type_name.strip_prefix('_') } else { None };
    element.unwrap_or(&column.type_name) == short || column.cast_name.as_deref() == Some(name)
}

/// `error` with the names of its subject, if it has one. `own` is the table of the statement, and `given` what was to be stored.
pub fn named<'a>(error: Error, own: &Known<'a>, others: impl Iterator<Item = Known<'a>>, given: &Given<'_>) -> Error {
    let of_type = error.refused.as_ref().map(|refused| own.refusing(refused, given));
    let said = error.columns.as_ref().filter(|columns| !columns.is_empty() || of_type.is_none());
    let Some(columns) = said.or(of_type.as_ref()) else { return error };
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
        [] if error.code == Code::ForeignKey && detail("constraint").is_none() => known.referring(given),
        [] => detail("constraint").map(|constraint| known.constrained(constraint)).unwrap_or_default(),
        named => named.to_vec(),
    };
    // Of an index that is none of the statement's table, or a value that may be none of its: a trigger wrote to another one.
    let may_be_elsewhere = error.code == Code::Unique || known.facts.triggered && error.refused.is_some();
    if may_be_elsewhere && columns.is_empty() && detail("table").is_none() {
        return error;
    }
    let fields: Option<Vec<_>> = columns.iter().map(|name| known.field(name)).collect();
    // A trigger may write to other tables.
    let Some(fields) = fields else { return error };
    let (fields, physical): (Vec<_>, Vec<_>) = fields.into_iter().unzip();
    let (fields, physical) = (fields.join(", "), physical.join(", "));
    let mut named = error.clone();
    if error.code == Code::NotNull && !fields.is_empty() && !given.iter().any(|(name, _)| *name == fields) {
        named.message = format!("{}.{fields} {UNFILLED}", known.table).into();
    }
    named.details.retain(|(name, _)| !matches!(*name, "table" | "field"));
    named = named.about("table", known.table);
    if !fields.is_empty() {
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
