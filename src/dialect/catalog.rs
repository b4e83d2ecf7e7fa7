//! The queries that read a database's catalog. Each answers texts, in the columns that are named here.

/// The place of a schema that is not in the search path.
pub const OUT_OF_PATH: usize = 1000;

/// How many columns each of the three queries answers.
pub const WIDTHS: [usize; 3] = [17, 5, 9];

pub struct Queries {
    /// schema, table, column, type, cast, category, length, nullable, has a default, computed, on update, default, without
    /// rowid, reach, strict, kind, collation.
    pub columns: String,
    /// schema, table, index, column, unique; an index's columns in their order.
    pub keys: String,
    /// schema, table, foreign key, column, schema and table it refers to, column there, what happens to rows whose row there gets
    /// another value (as the DDL says it, and nothing for its default), and is deleted; then the tables with triggers: a null in the place of a foreign key, and after it whether something follows an
    /// INSERT, and an UPDATE, that may change the row once more; then those where something else is done in place of a DELETE.
    pub references: String,
    /// Where the first query leaves out views.
    pub views: Option<Views>,
}

impl Queries {
    /// Those that are asked in one message, the first ones in the order of [`WIDTHS`].
    pub fn texts(&self) -> Vec<&str> {
        let views = self.views.as_ref().map(|views| views.names);
        [&*self.columns, &self.keys, &self.references].into_iter().chain(views).collect()
    }
}

/// The views by their names, and the columns of `{name}` as [`Queries::columns`] answers them.
pub struct Views {
    pub names: &'static str,
    pub columns: &'static str,
}

/// A name as a literal, where a backslash escapes.
pub fn literal(name: &str) -> String {
    format!("'{}'", name.replace('\\', "\\\\").replace('\'', "''"))
}
