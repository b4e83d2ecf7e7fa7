//! The tables in use: which table and column of the database stands for which of Auth.js.

use crate::authjs::model::{Table, tokens};
use crate::dialect::Dialect;
use crate::encryption::keyring::Keyring;
use crate::error::{Code, Error, Result};
use crate::table::catalog;
use crate::table::catalog::Followed;
use crate::table::catalog::ForeignKey;
use crate::table::catalog::Key;
#[cfg(test)]
use crate::table::column::Keeps;
use crate::table::column::{Column, Fill};
use crate::table::encrypted;
use crate::table::subject::{Facts, Known};
use crate::table::table as physical;
use crate::types::codec::Codec;
use crate::types::wire::Wire;

/// How a table's rows are tied to the user whom they belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owned {
    /// By no foreign key: an INSERT has to see that the user is there, and hold on to it.
    Loosely,
    /// By a foreign key that does not let the user go before them.
    Firmly,
    /// By a foreign key that takes them along when the user goes.
    Cascading,
}

impl Owned {
    pub fn by(key: Option<&ForeignKey>) -> Self {
        match key {
            None => Owned::Loosely,
            Some(key) if key.cascades => Owned::Cascading,
            Some(_) => Owned::Firmly,
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct TableLayout {
    pub table: Table,
    /// Qualified and quoted, ready for SQL.
    pub name: String,
    pub columns: Vec<Column>,
    /// Keys that ought to be unique and that the database does not keep so: an INSERT has to look first.
    pub unguarded: Vec<&'static [&'static str]>,
    /// Of these, a key that rows may well agree in, as the caller says.
    pub shared: Option<&'static [&'static str]>,
    /// The unique indexes that the database keeps.
    pub keys: Vec<Key>,
    /// Whether rows have numbers (SQLite: all tables but those WITHOUT ROWID).
    pub numbered: bool,
    /// Whether its rows are in partitions.
    pub partitioned: bool,
    /// Whether an INSERT stores what it is given and nothing else, so that no statement has to read it back.
    pub keeps: bool,
    /// Whether triggers or rules may have a say in what a write stores, or do something besides.
    pub triggered: bool,
    /// What is written once more after RETURNING has shown it, so that a write reads it back.
    pub followed: Followed,
    /// Whether the database keeps two rows from having one identity.
    pub named: bool,
    /// Whether row security has a say in a write, or a constraint that is not looked at for each row as it is written.
    pub guarded: bool,
    /// For the tables of which rows belong to a user.
    pub owned: Owned,
    /// For errors of the database.
    pub facts: Facts,
    /// The keys that the accounts' tokens are encrypted with, if they are.
    pub encryption: Option<Keyring>,
}

/// Why a table that is there cannot be used.
#[derive(Debug, Clone, PartialEq)]
pub struct Unusable {
    pub why: String,
    /// What it is about, as errors show it.
    details: Vec<(&'static str, String)>,
}

impl From<Error> for Unusable {
    fn from(error: Error) -> Self {
        Self { why: error.message.into_owned(), details: error.details }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Layout {
    tables: [Option<TableLayout>; 6],
    /// For a table that is not there: what could be meant, and what it lacks.
    instead: [Option<String>; 6],
    /// The tables that are there and cannot be used, which count as absent.
    unusable: Vec<(Table, Unusable)>,
    /// Whether our migrations made the users' table.
    pub is_ours: bool,
    /// Whether the rows have not been asked yet what new ids look like.
    pub ids_are_unknown: bool,
}

impl Layout {
    pub fn new(tables: [Option<TableLayout>; 6]) -> Self {
        Self { tables, instead: [const { None }; 6], unusable: Vec::new(), is_ours: false, ids_are_unknown: false }
    }

    /// With a word on the tables that are not there.
    pub fn explaining(mut self, instead: impl Fn(Table) -> Option<String>) -> Self {
        self.instead = Table::ALL.map(|table| if self.has(table) { None } else { instead(table) });
        self
    }

    /// What could be meant by a table that is not there, and what it lacks.
    pub fn instead_of(&self, table: Table) -> Option<&str> {
        self.instead[table as usize].as_deref()
    }

    /// With the reasons for which tables that are there cannot be used.
    pub fn without(self, unusable: Vec<(Table, Unusable)>) -> Self {
        Self { unusable, ..self }
    }

    /// Of tables that our migrations made, or of which they made some.
    pub fn made_here(self, is_ours: bool) -> Self {
        Self { is_ours, ..self }
    }

    /// Why a table that is there cannot be used.
    pub fn unusable(&self, table: Table) -> Option<&Unusable> {
        self.unusable.iter().find(|(each, _)| *each == table).map(|(_, unusable)| unusable)
    }

    /// The layout of our own schema as `migrate` creates it: every table and column under its Auth.js name.
    #[cfg(test)]
    pub fn own(dialect: Dialect, schema: Option<&str>, keeps: impl Fn(Table) -> bool) -> Self {
        Self::new(Table::ALL.map(|table| {
            let kept = if keeps(table) { Keeps::All } else { Keeps::Nothing };
            let column = |field| Column { keeps: kept, ..table.column(field, dialect) };
            let columns = table.fields().iter().map(column).collect();
            Some(TableLayout {
                table,
                name: dialect.qualified(schema, table.name()),
                columns,
                unguarded: Vec::new(),
                shared: None,
                keys: Vec::new(),
                // Some are WITHOUT ROWID; all have keys.
                numbered: dialect != Dialect::Sqlite,
                partitioned: false,
                keeps: keeps(table),
                triggered: false,
                followed: Followed::default(),
                guarded: false,
                named: false,
                owned: Owned::Cascading,
                facts: Facts::default(),
                encryption: None,
            })
        }))
    }

    /// Says how the rows of `table` are tied to their users.
    #[cfg(test)]
    pub fn set_owned(&mut self, table: Table, owned: Owned) {
        if let Some(layout) = &mut self.tables[table as usize] {
            layout.owned = owned;
        }
    }

    /// Why the database has no such table that could be used.
    pub fn why_not(&self, table: Table) -> String {
        if let Some(Unusable { why, .. }) = self.unusable(table) {
            return why.clone();
        }
        let instead = self.instead_of(table).map(|instead| format!("; {instead}"));
        format!("there is no {}{}", table.name(), instead.unwrap_or_default())
    }

    /// What says that there is no such table for `method`.
    pub fn missing(&self, table: Table, method: &str) -> Error {
        let message = format!("the database has no table for {method}: {}", self.why_not(table));
        let error = Error::new(Code::Schema, message);
        match self.unusable(table) {
            Some(Unusable { details, .. }) => Error { details: details.clone(), ..error },
            None => error.about("table", table.name()),
        }
    }

    /// Whether one of the tables is `table` of the catalog.
    pub fn uses(&self, dialect: Dialect, table: &catalog::Table) -> bool {
        self.tables.iter().flatten().any(|each| table.is_named(dialect, &each.name))
    }

    pub fn all(&self) -> impl Iterator<Item = &TableLayout> {
        self.tables.iter().flatten()
    }

    pub fn all_mut(&mut self) -> impl Iterator<Item = &mut TableLayout> {
        self.tables.iter_mut().flatten()
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
    /// The table as requests know it.
    pub fn to_table(&self) -> Result<physical::Table> {
        let mut table = self.plain();
        if let (Some(keyring), Table::Account) = (&self.encryption, self.table) {
            encrypted::encrypt(&mut table, &tokens(), keyring)?;
        }
        Ok(table)
    }

    /// The same, as if nothing were encrypted.
    fn plain(&self) -> physical::Table {
        let positions = |key: &[&str]| key.iter().map(|field| self.position(field)).collect::<Option<Vec<_>>>();
        let guarded = self.table.keys().iter().filter(|key| !self.unguarded.contains(key));
        let identity = positions(self.table.identity()).unwrap_or_default();
        physical::Table {
            model: self.table.name().into(),
            name: self.name.clone(),
            columns: self.columns.clone(),
            names: self.columns.iter().map(|column| column.field.to_string()).collect(),
            absent: self.masked(),
            absent_names: Vec::new(),
            unserved: Vec::new(),
            unique: guarded.filter_map(|key| positions(key)).collect(),
            unguarded: self.looked_at().filter_map(positions).collect(),
            keys: self.keys.clone(),
            identity,
            repeatable: self.table.keys().is_empty(),
            numbered: self.numbered,
            partitioned: self.partitioned,
            keeps: self.keeps,
            triggered: self.triggered,
            followed: self.followed,
            guarded: self.guarded,
            named: self.named,
            shared: Default::default(),
            facts: self.facts.clone(),
        }
    }

    /// The keys of which a write has to look whether they are free.
    fn looked_at(&self) -> impl Iterator<Item = &'static [&'static str]> {
        self.unguarded.iter().copied().filter(|key| self.shared != Some(*key))
    }

    /// For errors of the database.
    pub fn known(&self) -> Known<'_> {
        Known {
            table: self.table.name(),
            name: &self.name,
            columns: &self.columns,
            keys: &self.keys,
            facts: &self.facts,
        }
    }

    /// The columns that callers get to see.
    pub fn visible(&self) -> impl Iterator<Item = &Column> + Clone {
        self.columns.iter().filter(|column| column.visible)
    }

    /// What stands in answers for columns that leave the core in none: nothing, under their names.
    pub fn masked(&self) -> Vec<Column> {
        let sealed = self.columns.iter().filter(|column| column.sealed);
        let mask = |column: &Column| Column {
            name: String::new(),
            codec: Codec::plain(Wire::Text).reading("NULL"),
            visible: true,
            required: false,
            fill: Fill::Nothing,
            generated: true,
            ..column.clone()
        };
        sealed.map(mask).collect()
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
