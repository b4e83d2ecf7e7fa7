//! What a caller says of the tables, where their names and types do not say enough.

use crate::authjs::model::Table;
use crate::table::conventions::Conventions;

#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Mapping {
    /// The PostgreSQL schema; overrules the URL's.
    pub schema: Option<String>,
    /// The table in the database, `schema.table` if need be, for a table of ours.
    pub tables: Vec<(Table, String)>,
    /// The column in the database for a field, or the field that callers see for a column of theirs.
    pub columns: Vec<(Table, String, String)>,
    pub conventions: Conventions,
}

impl Mapping {
    /// Whether tables or columns are named, so that they are to be looked for.
    pub fn names_tables(&self) -> bool {
        !self.tables.is_empty() || !self.columns.is_empty()
    }

    pub fn table(&self, table: Table) -> Option<&str> {
        self.tables.iter().find(|(each, _)| *each == table).map(|(_, name)| name.as_str())
    }

    /// The schemas, or MySQL's databases, that the names of tables say, which need not be those that are looked through by themselves.
    pub fn schemas(&self) -> Vec<&str> {
        let mut schemas: Vec<_> = self.tables.iter().filter_map(|(_, name)| Some(name.split_once('.')?.0)).collect();
        schemas.sort_unstable();
        schemas.dedup();
        schemas
    }

    pub fn column(&self, table: Table, field: &str) -> Option<&str> {
        self.columns
            .iter()
            .find(|(each, name, _)| *each == table && name == field)
            .map(|(_, _, column)| column.as_str())
    }

    /// The field that the caller chose for a column.
    pub fn field(&self, table: Table, column: &str) -> Option<&str> {
        self.columns.iter().find(|(each, _, name)| *each == table && name == column).map(|(_, field, _)| field.as_str())
    }
}
