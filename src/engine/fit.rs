//! Whether a table is the one that a model means, told by its columns.

use crate::engine::schema::{Field, FieldKind, Model};
use crate::table::catalog::Table;
use crate::table::table::ID;

impl Model {
    /// The schema and the name within it.
    pub fn parts(&self) -> (Option<&str>, &str) {
        match self.name.rsplit_once('.') {
            Some((schema, name)) => (Some(schema), name),
            None => (None, &self.name),
        }
    }

    /// Whether it belongs together with others, and is told from tables of other applications by its columns.
    pub fn is_core(&self) -> bool {
        self.fields.iter().any(|field| field.essential)
    }

    /// The columns that `table` lacks, without which it is another application's.
    pub fn lacks(&self, table: &Table) -> Vec<&str> {
        let essential = |field: &&Field| field.essential || (field.name == ID && self.is_core());
        without(self.fields.iter().filter(essential), table)
    }

    pub fn key_of(&self, column: &str) -> &str {
        self.fields.iter().find(|field| field.name == column).map_or("", |field| &field.key)
    }

    /// Whether its columns tell it under any name. A user's do not.
    pub fn is_telling(&self) -> bool {
        self.fields.iter().filter(|field| field.essential).count() > 2
    }

    /// Whether `table` lacks one column at most by which the model is told.
    pub fn nearly(&self, table: &Table) -> bool {
        self.lacks(table).len() <= usize::from(self.is_telling())
    }

    /// Whether `table` has what every record has.
    pub fn fits(&self, table: &Table) -> bool {
        let needed = self.fields.iter().filter(|field| field.required || field.kind == FieldKind::Id);
        without(needed, table).is_empty() && self.lacks(table).is_empty()
    }
}

/// The names of the fields that `table` has no column for.
pub fn without<'a>(fields: impl Iterator<Item = &'a Field>, table: &Table) -> Vec<&'a str> {
    fields.map(|field| field.name.as_str()).filter(|field| table.similar(field).into_iter().next().is_none()).collect()
}
