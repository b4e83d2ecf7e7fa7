//! The SQL that makes tables what they ought to be. Nothing is ever dropped or altered: what is there stays.

use crate::authjs::near;
use crate::ddl::desired::{Table, Wanted, in_order, wanted_indexes};
use crate::ddl::guard;
use crate::dialect::{Dialect, syntax};
use crate::engine::locate::{Found, Locator};
use crate::error::Result;
use crate::table::catalog;
use crate::table::catalog::Catalog;
use crate::table::naming::styled;
use crate::table::table::ID;

/// A statement, or one of two, of which the rows that are there decide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    Do(String),
    /// Makes a unique index, unless `doubled` answers a row: then the index that is not unique, if there is none yet.
    Unique {
        doubled: String,
        unique: String,
        otherwise: Option<String>,
    },
}

/// The steps that add to the tables of `catalog` what is wanted and not there.
pub fn missing(dialect: Dialect, schema: Option<&str>, catalog: &Catalog, wanted: &Wanted) -> Result<Vec<Step>> {
    let models: Vec<_> = wanted.tables.iter().filter(|table| table.stands.is_none()).map(Table::as_model).collect();
    let mut locator = Locator::new(catalog, &models, near::told);
    let home = locator.stay();
    if wanted.on.is_none() {
        guard::permit(dialect, catalog, &locator, &wanted.tables, &models)?;
    }
    // An unqualified name leads to the first schema of the search path.
    let home = catalog.tables.iter().find(|table| home > 0 && table.reach == home);
    let schema = schema.or(home.map(|table| table.schema.as_str()));
    let mut builder = Ddl { dialect, schema, catalog, locator, wanted, statements: Vec::new(), indexes: Vec::new() };
    let snake =
        wanted.tables.iter().filter_map(|table| builder.existing(table).ok().flatten()).any(|table| table.is_snake());
    let mut view = None;
    for table in in_order(&wanted.tables) {
        // Which of several tables is meant is not ours to guess.
        match builder.existing(table)? {
            Some(found) => {
                let name = builder.qualified(table, found);
                builder.add_columns(table, found, &name);
                builder.add_indexes(table, found, &name);
                view = view.or(Some(found).filter(|found| !found.is_table()));
            }
            None => builder.create(table, snake),
        }
    }
    if let (Some(view), false) = (view, builder.statements.is_empty()) {
        return Err(guard::behind(view));
    }
    let Ddl { statements, indexes, .. } = builder;
    Ok(statements.into_iter().map(Step::Do).chain(indexes).collect())
}

/// The steps in the making.
pub(super) struct Ddl<'a> {
    pub(super) dialect: Dialect,
    schema: Option<&'a str>,
    catalog: &'a Catalog,
    locator: Locator<'a>,
    pub(super) wanted: &'a Wanted,
    statements: Vec<String>,
    /// They come after all statements.
    pub(super) indexes: Vec<Step>,
}

impl<'a> Ddl<'a> {
    pub(super) fn ddl(&self) -> &'static syntax::Ddl {
        &self.dialect.syntax().ddl
    }

    /// The table that is there already.
    pub(super) fn existing(&self, table: &Table) -> Result<Option<&'a catalog::Table>> {
        if let Some((schema, name)) = &table.stands {
            return Ok(self.catalog.tables.iter().find(|each| each.schema == *schema && each.name == *name));
        }
        Ok(match self.locator.look(&table.as_model())? {
            Found::Table(found) => Some(found),
            Found::Nothing(_) => None,
        })
    }

    /// The schema that a new table of this name is made in, if one is said, and its name there.
    pub(super) fn place<'t>(&self, name: &'t str) -> (Option<&'t str>, &'t str)
    where
        'a: 't,
    {
        name.rsplit_once('.').map_or((self.schema, name), |(schema, name)| (Some(schema), name))
    }

    /// The name of a table that is there, ready for SQL.
    fn qualified(&self, table: &Table, found: &catalog::Table) -> String {
        // An unqualified name leads to the first schema of the search path, and to no table outside of it.
        let is_named = self.schema == Some(found.schema.as_str()) || table.name.contains('.');
        if is_named || found.reach > 0 { found.qualified(self.dialect) } else { self.dialect.quote(&found.name) }
    }

    /// Makes a table that is not there.
    fn create(&mut self, table: &Table, snake: bool) {
        let (schema, bare) = self.place(&table.name);
        if let (Some(schema), true) = (schema, self.dialect.syntax().schemas)
            && !self.catalog.tables.iter().any(|table| table.schema == schema)
        {
            let statement = format!("CREATE SCHEMA IF NOT EXISTS {}", self.dialect.quote(schema));
            if !self.statements.contains(&statement) {
                self.statements.push(statement);
            }
        }
        let short = styled(bare, snake);
        let name = self.dialect.qualified(schema, &short);
        let mut lines = vec![format!("{} {} NOT NULL PRIMARY KEY", self.dialect.quote(ID), self.id())];
        let mut keys = Vec::new();
        for field in &table.fields {
            let column = self.dialect.quote(&styled(&field.name, snake));
            let mut line = format!("{column} {}", self.type_of(table, field));
            if field.required {
                line.push_str(" NOT NULL");
            }
            line.push_str(self.moment(field));
            if field.unique {
                line.push_str(" UNIQUE");
            }
            lines.push(line);
            if let Some(reference) = self.reference(field, snake) {
                keys.push(format!("FOREIGN KEY ({column}) {reference}"));
            }
        }
        lines.extend(keys);
        let mut indexes = Vec::new();
        for index in wanted_indexes(table) {
            let columns: Vec<_> = index.columns.iter().map(|column| (styled(column, snake), false)).collect();
            let is_part = index.unique && self.dialect.syntax().migration_lock.is_by_steps();
            let on = if is_part { None } else { Some(name.as_str()) };
            let text = self.index(on, &short, &columns, index.unique, index.name.as_deref());
            if is_part {
                lines.push(text);
            } else {
                indexes.push(Step::Do(format!("CREATE {text}")));
            }
        }
        self.statements.push(format!("CREATE TABLE {name} (\n  {}\n)", lines.join(",\n  ")));
        self.indexes.extend(indexes);
    }

    /// Adds the columns that `found` lacks, which `name` stands for in SQL.
    fn add_columns(&mut self, table: &Table, found: &catalog::Table, name: &str) {
        let snake = found.is_snake();
        for field in &table.fields {
            if !found.similar(&field.name).is_empty() {
                continue;
            }
            let column = self.dialect.quote(&styled(&field.name, snake));
            let mut statement = format!("ALTER TABLE {name} ADD COLUMN {column} {}", self.type_of(table, field));
            // The rows that are there have no value for it: only a default lets it be required.
            let moment = self.moment(field);
            // One value for all of them would not be unique.
            match self.literal(field).filter(|_| !field.unique) {
                Some(literal) if field.required => statement.push_str(&format!(" DEFAULT {literal} NOT NULL")),
                Some(literal) => statement.push_str(&format!(" DEFAULT {literal}")),
                None if field.required && !moment.is_empty() => statement.push_str(&format!("{moment} NOT NULL")),
                None => statement.push_str(" NULL"),
            }
            if let Some(reference) = self.reference(field, snake) {
                if self.ddl().inline_references {
                    statement.push_str(&format!(" {reference}"));
                } else {
                    statement.push_str(&format!(", ADD FOREIGN KEY ({column}) {reference}"));
                }
            }
            if field.unique {
                let columns = [(styled(&field.name, snake), false)];
                if self.dialect.syntax().migration_lock.is_by_steps() {
                    let index = self.index(None, &found.name, &columns, true, None);
                    statement.push_str(&format!(", ADD {index}"));
                } else {
                    let index = self.index(Some(name), &found.name, &columns, true, None);
                    self.indexes.push(Step::Do(format!("CREATE {index}")));
                }
            }
            self.statements.push(statement);
        }
    }
}
