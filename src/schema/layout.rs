//! The tables in use: which table and column of the database stands for which of Auth.js.

use super::column::Column;
use super::model::Table;
#[cfg(test)]
use crate::dialect::Dialect;

#[derive(Debug, Clone, PartialEq)]
pub struct TableLayout {
    pub table: Table,
    /// Qualified and quoted, ready for SQL.
    pub name: String,
    pub columns: Vec<Column>,
    /// Keys that ought to be unique and that the database does not keep so: an INSERT has to look first.
    pub unguarded: Vec<&'static [&'static str]>,
    /// Whether rows have numbers (SQLite: all tables but those WITHOUT ROWID).
    pub numbered: bool,
    /// Whether an INSERT stores what it is given and nothing else, so that nobody has to read it back.
    pub keeps: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Layout {
    tables: [Option<TableLayout>; 5],
    /// Whether our migrations made the tables.
    is_own: bool,
    /// Of tables that are there and cannot be used, the reason.
    lacking: Vec<(Table, String)>,
}

impl Layout {
    pub fn new(tables: [Option<TableLayout>; 5]) -> Self {
        Self { tables, is_own: false, lacking: Vec::new() }
    }

    /// Our migrations made the tables.
    pub fn ours(self) -> Self {
        Self { is_own: true, ..self }
    }

    pub fn is_own(&self) -> bool {
        self.is_own
    }

    pub fn lacking(self, lacking: Vec<(Table, String)>) -> Self {
        Self { lacking, ..self }
    }

    /// The layout of our own schema as `migrate` creates it: every table and column under its Auth.js name.
    #[cfg(test)]
    pub fn own(dialect: Dialect, schema: Option<&str>, keeps: impl Fn(Table) -> bool) -> Self {
        Self::new(Table::ALL.map(|table| {
            let column = |field| Column::own(table, field, dialect);
            let columns = table.fields().iter().map(column).collect();
            Some(TableLayout {
                table,
                name: dialect.qualified(schema, table.name()),
                columns,
                unguarded: Vec::new(),
                // Some are WITHOUT ROWID; all have keys.
                numbered: false,
                keeps: keeps(table),
            })
        }))
    }

    /// Why the database has no such table that could be used.
    pub fn why_not(&self, table: Table) -> String {
        let lacking = self.lacking.iter().find(|(each, _)| *each == table);
        lacking.map_or_else(|| format!("there is no {}", table.name()), |(_, why)| why.clone())
    }

    pub fn has(&self, table: Table) -> bool {
        self.tables[table as usize].is_some()
    }

    /// # Panics
    /// If the database does not have the table; see [`Layout::has`].
    pub fn table(&self, table: Table) -> &TableLayout {
        match &self.tables[table as usize] {
            Some(layout) => layout,
            None => panic!("the layout has no {}", table.name()),
        }
    }
}

impl TableLayout {
    /// The columns that callers get to see.
    pub fn visible(&self) -> impl Iterator<Item = &Column> + Clone {
        self.columns.iter().filter(|column| column.visible)
    }

    /// The columns that may be shown to the user whose row it is: nothing secret, but for the token that a session's id
    /// is made of. That id takes the place of the row's own.
    pub fn listed(&self) -> impl Iterator<Item = &Column> {
        let sessions = self.table == Table::Session;
        self.visible().filter(move |column| match &*column.field {
            "sessionToken" => true,
            "id" | "current" => !sessions,
            _ => !column.is_secret(),
        })
    }

    pub fn position(&self, field: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.field == field)
    }

    /// A column that every layout has.
    ///
    /// # Panics
    /// If `field` is not one of the table's own: a defect of this package.
    pub fn column(&self, field: &str) -> &Column {
        match self.position(field) {
            Some(position) => &self.columns[position],
            None => panic!("{}.{field} is not part of the layout", self.table.name()),
        }
    }
}
