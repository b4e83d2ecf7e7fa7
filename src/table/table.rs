//! A physical table, ready for statements.

use std::sync::Arc;

use crate::error::{Code, Error, Result};
use crate::table::catalog::Followed;
use crate::table::catalog::Key;
use crate::table::column::Column;
use crate::table::shared::Shared;
use crate::table::subject::{Facts, Known};

/// What is compared to find a row again.
pub const ID: &str = "id";

#[derive(Debug, Clone)]
pub struct Table {
    /// The model's name.
    pub model: Arc<str>,
    /// Qualified and quoted, ready for SQL.
    pub name: String,
    /// Those of the model's fields that the database has, in the model's order; then those that only the database knows
    /// of.
    pub columns: Vec<Column>,
    /// What requests call the columns of the first kind.
    pub names: Vec<String>,
    /// Fields that the database has no column for, and that read as null.
    pub absent: Vec<Column>,
    /// What requests call them, and their keys.
    pub absent_names: Vec<(String, String)>,
    /// Those of them whose columns are of types that cannot hold them, by what requests call them: what is said to who writes one.
    pub unserved: Vec<(String, Error)>,
    /// Columns, by position, of which no two rows can agree.
    pub unique: Vec<Vec<usize>>,
    /// Columns, by position, of which no two rows should agree, although the database allows it: a write of them has to look
    /// first.
    pub unguarded: Vec<Vec<usize>>,
    /// Columns, by position, that name one row.
    pub identity: Vec<usize>,
    /// Whether a second row with the same identity does no harm.
    pub repeatable: bool,
    /// Whether rows have numbers (SQLite: all tables but those WITHOUT ROWID).
    pub numbered: bool,
    /// Whether its rows are in partitions.
    pub partitioned: bool,
    /// Whether an INSERT stores what it is given and nothing else, so that it need not be read back.
    pub keeps: bool,
    /// The unique indexes.
    pub keys: Vec<Key>,
    /// Whether triggers, rules or foreign keys may change what is written, or write elsewhere.
    pub triggered: bool,
    /// What is written once more after RETURNING has shown it, so that a write reads it back.
    pub followed: Followed,
    /// Whether the database keeps two rows from having one identity, although no key is asked for.
    pub named: bool,
    /// Whether row security has a say in a write, or a constraint that is not looked at for each row as it is written.
    pub guarded: bool,
    /// What it has of its own where it serves two contracts.
    pub shared: Shared,
    /// For errors of the database.
    pub facts: Facts,
}

impl Table {
    /// The column of a field, or an error that names it.
    pub fn column(&self, field: &str) -> Result<&Column> {
        self.position(field).map(|position| &self.columns[position]).ok_or_else(|| {
            if let Some((_, error)) = self.unserved.iter().find(|(name, _)| name == field) {
                return error.clone();
            }
            Error::new(Code::Schema, format!("the table {} has no column for {field}", self.model))
                .about("table", &*self.model)
                .about("field", field)
        })
    }

    /// The column of a field that is only read: one that the database has none for reads as null.
    pub fn read(&self, field: &str) -> Result<&Column> {
        let (_, key) = match self.absent_names.iter().find(|(name, _)| name == field) {
            Some(absent) => absent,
            None => return self.column(field),
        };
        self.absent.iter().find(|column| column.field == *key).map_or_else(|| self.column(field), Ok)
    }

    pub fn position(&self, field: &str) -> Option<usize> {
        self.names.iter().position(|name| name == field)
    }

    /// For errors of the database.
    pub fn subject(&self) -> Known<'_> {
        Known { table: &self.model, name: &self.name, columns: &self.columns, keys: &self.keys, facts: &self.facts }
    }

    fn known(&self) -> &[Column] {
        &self.columns[..self.names.len()]
    }

    /// What a record shows.
    pub fn visible(&self) -> impl Iterator<Item = &Column> + Clone {
        self.known().iter().filter(|column| column.visible).chain(&self.absent)
    }

    /// What names a row by itself: its id, or what stands in for it.
    pub fn id(&self) -> Result<&Column> {
        match self.shared.name {
            Some(position) => Ok(&self.columns[position]),
            None => self.column(ID),
        }
    }

    /// What names a row: its id, what stands in for it, or what the id is made of.
    pub fn handle(&self) -> Result<Vec<&Column>> {
        match self.shared.made.as_slice() {
            [] => self.id().map(|id| vec![id]),
            made => Ok(made.iter().map(|position| &self.columns[*position]).collect()),
        }
    }

    /// The id that is made of other columns.
    pub fn made_id(&self) -> Option<&Column> {
        if self.shared.made.is_empty() { None } else { self.absent.iter().find(|column| column.field == ID) }
    }

    /// The columns that name one row.
    pub fn identity(&self) -> impl Iterator<Item = &Column> {
        self.identity.iter().map(|position| &self.columns[*position])
    }

    /// Whether something besides a statement has a say in what becomes of the rows that it writes: a trigger, a rule or a policy, or a
    /// constraint that is looked at later.
    pub fn has_interference(&self) -> bool {
        let Followed { insert, update, delete } = self.followed;
        self.triggered || self.guarded || insert || update || delete
    }

    /// Whether no two rows can agree in all of the columns with these names in the database.
    pub fn is_unique(&self, names: &[&str]) -> bool {
        let covered = |position: &usize| names.contains(&&*self.columns[*position].name);
        self.unique.iter().any(|key| key.iter().all(covered))
    }
}
