//! The tables as the database says they are.

use crate::dialect::Dialect;
use crate::table::naming::bare;

/// Tables that may hold authentication data, with their columns and indexes.
#[derive(Debug, Default)]
pub struct Catalog {
    pub tables: Vec<Table>,
}

/// What it is that rows are read from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Relation {
    #[default]
    Table,
    /// A table whose rows are in others, its partitions.
    Partitioned,
    View,
    Materialized,
    Foreign,
}

impl Relation {
    /// By PostgreSQL's letter for it.
    pub fn of(kind: Option<&str>) -> Self {
        match kind {
            Some("p") => Relation::Partitioned,
            Some("v") => Relation::View,
            Some("m") => Relation::Materialized,
            Some("f") => Relation::Foreign,
            _ => Relation::Table,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Relation::Table | Relation::Partitioned => "table",
            Relation::View => "view",
            Relation::Materialized => "materialized view",
            Relation::Foreign => "foreign table",
        }
    }
}

/// A text of MySQL's or MariaDB's whose collation ignores the case.
pub const CASELESS: &str = "caseless";

/// A text of PostgreSQL's whose collation takes some different texts for equal.
pub const LOOSE: &str = "loose";

/// A text of MySQL's or MariaDB's whose collation compares the bytes, spaces at the end included.
pub const EXACT: &str = "exact";

/// A column of MySQL's or MariaDB's that is computed, and shown only where it is named.
pub const HIDDEN: &str = "hidden";

#[derive(Debug, Default, Hash)]
pub struct Table {
    pub schema: String,
    /// The place of the schema in the search path, from 0. [`crate::dialect::catalog::OUT_OF_PATH`] where an unqualified name does not lead to it.
    pub reach: usize,
    pub name: String,
    pub relation: Relation,
    pub columns: Vec<Column>,
    /// The primary key's included.
    pub indexes: Vec<Index>,
    pub foreign_keys: Vec<ForeignKey>,
    /// Whether triggers or rules may have a say in what a write stores. Not asked of SQLite, whose triggers have none.
    pub triggered: bool,
    pub followed: Followed,
    /// Whether row security has a say in a write, or a constraint that is not looked at for each row as it is written.
    pub guarded: bool,
    /// Rows have no numbers: SQLite's WITHOUT ROWID, and views.
    pub without_rowid: bool,
}

/// After which statements triggers or rules may change the row that has been written, and that RETURNING has shown.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Followed {
    pub insert: bool,
    pub update: bool,
    /// Something else is done in place of a DELETE, which answers nothing then: a rule's or a view's trigger's.
    pub delete: bool,
}

#[derive(Debug, Default, Hash)]
pub struct Index {
    /// What errors call it; PostgreSQL's name their columns instead.
    pub name: String,
    pub columns: Vec<String>,
    /// Whether it keeps rows from agreeing in all columns, without exceptions.
    pub unique: bool,
    /// PostgreSQL: whether it has not all rows in the order of its columns, but is one of some rows, of another kind than a B-tree, or
    /// not valid.
    pub unordered: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Column {
    pub name: String,
    /// The type's own name in lower case: `timestamptz`, `varchar`, `tinyint(1)`, or what SQLite's DDL says.
    pub type_name: String,
    /// How a cast writes the type, where that differs from its name.
    pub cast_name: Option<String>,
    /// `enum`, `enum domain`, `array`, `json` (MariaDB's, which are texts), `nocase` (of SQLite's texts: some column of the table ignores
    /// case), [`CASELESS`], [`LOOSE`], [`EXACT`], [`HIDDEN`] or nothing.
    pub category: String,
    /// Characters of a text, digits of a fraction of a second.
    pub length: Option<usize>,
    pub nullable: bool,
    /// The database fills the column in if an INSERT leaves it out.
    pub has_default: bool,
    /// The default, as the database shows it.
    pub default: Option<String>,
    /// An INSERT must leave the column out.
    pub computed: bool,
    /// The database changes the column with each UPDATE.
    pub on_update: bool,
    /// MySQL and MariaDB: the collation of a text.
    pub collation: Option<String>,
    /// SQLite: the table takes the types of its columns at their word.
    pub strict: bool,
}

impl Table {
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The column of that very name; without one, all that differ in case and underscores alone. One that is hidden counts where there is
    /// no other.
    pub fn similar(&self, field: &str) -> Vec<&Column> {
        if let Some(exact) = self.column(field) {
            return vec![exact];
        }
        let wanted = bare(field);
        let all: Vec<_> = self.columns.iter().filter(|column| bare(&column.name) == wanted).collect();
        let shown: Vec<_> = all.iter().copied().filter(|column| column.category != HIDDEN).collect();
        if shown.is_empty() { all } else { shown }
    }

    /// The columns whose names differ in case and underscores alone, together.
    pub fn twins(&self) -> Vec<Vec<&Column>> {
        let mut groups: Vec<Vec<&Column>> = Vec::new();
        for column in self.columns.iter().filter(|column| column.category != HIDDEN) {
            match groups.iter_mut().find(|group| bare(&group[0].name) == bare(&column.name)) {
                Some(group) => group.push(column),
                None => groups.push(vec![column]),
            }
        }
        groups.retain(|group| group.len() > 1);
        groups
    }

    /// The name, with its schema if it has one, ready for SQL.
    pub fn qualified(&self, dialect: Dialect) -> String {
        dialect.qualified(Some(self.schema.as_str()).filter(|schema| !schema.is_empty()), &self.name)
    }

    /// Whether `name`, ready for SQL, is this table's.
    pub fn is_named(&self, dialect: Dialect, name: &str) -> bool {
        self.qualified(dialect) == name || dialect.quote(&self.name) == name
    }

    /// Whether its rows are its own, and not those of other tables or another server.
    pub fn is_table(&self) -> bool {
        matches!(self.relation, Relation::Table | Relation::Partitioned)
    }

    /// Whether no two rows can agree in all of `columns`.
    pub fn is_unique(&self, columns: &[&str]) -> bool {
        let covers = |index: &Index| index.columns.iter().all(|column| columns.contains(&column.as_str()));
        self.indexes.iter().any(|index| index.unique && covers(index))
    }

    /// The unique indexes by their names.
    pub fn keys(&self) -> Vec<Key> {
        let unique = self.indexes.iter().filter(|index| index.unique);
        unique.map(|index| (index.name.clone(), index.columns.clone())).collect()
    }

    /// The foreign key that keeps each value of `column` among those of `referred` in `table`, if there is one.
    pub fn reference(&self, column: &str, table: &Table, referred: &str) -> Option<&ForeignKey> {
        // SQLite finds the other table by its name in any case.
        let is_same = |key: &ForeignKey| match key.schema == table.schema {
            true if key.schema.is_empty() => key.table.eq_ignore_ascii_case(&table.name),
            same => same && key.table == table.name,
        };
        let refers =
            |key: &ForeignKey| key.referred == [referred] || (key.referred.is_empty() && table.is_unique(&[referred]));
        self.foreign_keys.iter().find(|key| key.columns == [column] && is_same(key) && refers(key))
    }

    /// Whether the columns' names have underscores where others have capitals.
    pub fn is_snake(&self) -> bool {
        let names = || self.columns.iter().map(|column| column.name.as_str());
        names().any(|name| name.contains('_')) && !names().any(|name| name.contains(char::is_uppercase))
    }

    /// Whether an index finds the rows that have a given value in `column`.
    pub fn is_indexed(&self, column: &str) -> bool {
        self.led_by(column).next().is_some()
    }

    /// Whether an index has all rows in the order of `column`.
    pub fn is_ordered(&self, column: &str) -> bool {
        self.led_by(column).any(|index| !index.unordered)
    }

    fn led_by(&self, column: &str) -> impl Iterator<Item = &Index> {
        self.indexes.iter().filter(move |index| index.columns.first().is_some_and(|first| first == column))
    }
}

/// A unique index: its name, and its columns'.
pub type Key = (String, Vec<String>);

/// An enforced reference from a table's columns to another table's.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct ForeignKey {
    pub columns: Vec<String>,
    pub schema: String,
    pub table: String,
    /// In the order of `columns`. SQLite leaves them out where they are the primary key's.
    pub referred: Vec<String>,
    /// Whether the rows leave with the one that they refer to.
    pub cascades: bool,
    /// The constraint's name; a number in SQLite.
    pub name: String,
    /// What happens when the value that they refer to changes, as the DDL says it; nothing where it says nothing.
    pub on_update: String,
}
