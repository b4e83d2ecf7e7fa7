//! The SQL that makes tables what they ought to be. Nothing is ever dropped or altered: what is there stays.

use crate::authjs::near;
use crate::ddl::desired::{Field, Ids, Reference, Table, Type, Wanted, in_order, wanted_indexes};
use crate::ddl::guard;
use crate::dialect::syntax::MigrationLock;
use crate::dialect::{Dialect, syntax};
use crate::engine::locate::{Found, Locator};
use crate::error::Result;
use crate::table::catalog;
use crate::table::catalog::{Catalog, Relation};
use crate::table::naming::{fitting, styled};
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
                builder.add_columns(table, found);
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

struct Ddl<'a> {
    dialect: Dialect,
    schema: Option<&'a str>,
    catalog: &'a Catalog,
    locator: Locator<'a>,
    wanted: &'a Wanted,
    statements: Vec<String>,
    indexes: Vec<Step>,
}

impl<'a> Ddl<'a> {
    fn ddl(&self) -> &'static syntax::Ddl {
        &self.dialect.syntax().ddl
    }

    fn existing(&self, table: &Table) -> Result<Option<&'a catalog::Table>> {
        if let Some((schema, name)) = &table.stands {
            return Ok(self.catalog.tables.iter().find(|each| each.schema == *schema && each.name == *name));
        }
        Ok(match self.locator.look(&table.as_model())? {
            Found::Table(found) => Some(found),
            Found::Nothing(_) => None,
        })
    }

    fn create(&mut self, table: &Table, snake: bool) {
        let (schema, bare) = match table.name.rsplit_once('.') {
            Some((schema, name)) => (Some(schema), name),
            None => (self.schema, table.name.as_str()),
        };
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
            let (title, parts) = self.parts(&short, &columns, index.unique, index.name.as_deref());
            if index.unique && self.is_by_steps() {
                lines.push(format!("UNIQUE INDEX {title} ({parts})"));
            } else {
                indexes.push(Step::Do(created(&name, (&title, &parts), index.unique)));
            }
        }
        self.statements.push(format!("CREATE TABLE {name} (\n  {}\n)", lines.join(",\n  ")));
        self.indexes.extend(indexes);
    }

    fn add_columns(&mut self, table: &Table, found: &catalog::Table) {
        let snake = found.is_snake();
        let schema = Some(found.schema.as_str()).filter(|schema| !schema.is_empty());
        // An unqualified name leads to the first schema of the search path, and to no table outside of it.
        let is_named = |schema: &str| self.schema == Some(schema) || table.name.contains('.');
        let schema = schema.filter(|schema| is_named(schema) || found.reach > 0);
        let name = self.dialect.qualified(schema, &found.name);
        for field in &table.fields {
            if found.similar(&field.name).into_iter().next().is_some() {
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
                let (title, parts) = self.parts(&found.name, &columns, true, None);
                if self.is_by_steps() {
                    statement.push_str(&format!(", ADD UNIQUE INDEX {title} ({parts})"));
                } else {
                    self.indexes.push(Step::Do(created(&name, (&title, &parts), true)));
                }
            }
            self.statements.push(statement);
        }
        // The indexes that serve a view are those of the tables behind it.
        for index in wanted_indexes(table).into_iter().filter(|_| found.is_table()) {
            let physical = |column: &String| found.similar(column).into_iter().next();
            let columns: Vec<_> = index
                .columns
                .iter()
                .map(|column| match physical(column) {
                    Some(physical) => (physical.name.clone(), physical.type_name.ends_with("text")),
                    None => (styled(column, snake), false),
                })
                .collect();
            let covers = |each: &catalog::Index| {
                each.columns.len() >= columns.len() && each.columns.iter().zip(&columns).all(|(a, (b, _))| a == b)
            };
            let is_served = found.indexes.iter().any(covers);
            let is_unique = found.indexes.iter().any(|each| {
                each.unique && each.columns.iter().all(|one| columns.iter().any(|(other, _)| other == one))
            });
            // An index of the beginnings of texts would refuse different ones.
            let is_cut = !self.ddl().index_prefix.is_empty() && columns.iter().any(|(_, long)| *long);
            // A key of a partitioned table has to hold what its partitions are told by.
            let is_cut = is_cut || found.relation == Relation::Partitioned;
            // Auth.js goes on writing the columns that it has as ever.
            let there = index.columns.iter().all(|column| physical(column).is_some());
            let is_theirs = table.stands.is_some() && there;
            let plain = || {
                let (title, parts) = self.parts(&found.name, &columns, false, index.name.as_deref());
                created(&name, (&title, &parts), false)
            };
            if !index.unique || is_unique || is_cut || is_theirs {
                let plain = (!is_served && !is_unique).then(plain);
                self.indexes.extend(plain.map(Step::Do));
                continue;
            }
            // An index that is not unique may have the name already.
            let title = index.name.as_deref().filter(|title| found.indexes.iter().all(|each| each.name != **title));
            let (title, parts) = self.parts(&found.name, &columns, true, title);
            let unique = created(&name, (&title, &parts), true);
            let given = |column: &String| {
                let field = table.fields.iter().find(|field| field.name == *column);
                field.is_some_and(|field| self.literal(field).is_some() || field.required && field.now)
            };
            let (old, new): (Vec<_>, Vec<_>) = index.columns.iter().partition(|column| physical(column).is_some());
            let step = if new.iter().all(|column| given(column)) {
                let old: Vec<_> = old.into_iter().filter_map(physical).collect();
                Step::Unique { doubled: self.doubled(&name, &old), unique, otherwise: (!is_served).then(plain) }
            } else {
                // In the rows that are there, one of them is null.
                Step::Do(unique)
            };
            self.indexes.push(step);
        }
    }

    /// Whether each statement commits by itself: a migration may end after any of them.
    fn is_by_steps(&self) -> bool {
        matches!(self.dialect.syntax().migration_lock, MigrationLock::Session { .. })
    }

    /// Answers a row if two rows agree in all of these columns.
    fn doubled(&self, table: &str, columns: &[&catalog::Column]) -> String {
        let names: Vec<_> = columns.iter().map(|column| self.dialect.quote(&column.name)).collect();
        if names.is_empty() {
            return format!("SELECT 'doubled' FROM {table} LIMIT 1 OFFSET 1");
        }
        let given: Vec<_> = names.iter().map(|name| format!("{name} IS NOT NULL")).collect();
        format!(
            "SELECT 'doubled' FROM {table} WHERE {} GROUP BY {} HAVING COUNT(*) > 1 LIMIT 1",
            given.join(" AND "),
            names.join(", ")
        )
    }

    /// The name of an index and what it is on. The columns come with whether they are texts without a limit, of which MySQL indexes the
    /// beginning.
    fn parts(&self, short: &str, columns: &[(String, bool)], unique: bool, name: Option<&str>) -> (String, String) {
        let names: Vec<_> = columns.iter().map(|(column, _)| column.as_str()).collect();
        let suffix = if unique { "uidx" } else { "idx" };
        let title = name.map_or_else(|| fitting(&format!("{short}_{}_{suffix}", names.join("_"))), str::to_owned);
        let part = |(column, long): &(String, bool)| {
            let prefix = if *long { self.ddl().index_prefix } else { "" };
            format!("{}{prefix}", self.dialect.quote(column))
        };
        let parts: Vec<_> = columns.iter().map(part).collect();
        (self.dialect.quote(&title), parts.join(", "))
    }

    fn id(&self) -> &'static str {
        match self.wanted.ids {
            Ids::Text => self.ddl().id,
            Ids::Uuid => self.ddl().made_uuid,
            Ids::Serial => self.ddl().counted_id,
        }
    }

    fn type_of(&self, table: &Table, field: &Field) -> String {
        if let Some(reference) = &field.references
            && let Some(physical) = self.referred(reference)
        {
            // A key that refers must be of the very type, and collation, that it refers to.
            let collation = physical.collation.as_ref().map(|name| format!(" COLLATE {name}")).unwrap_or_default();
            return physical.cast_name.clone().unwrap_or_else(|| format!("{}{collation}", physical.type_name));
        }
        // MySQL makes an index for a foreign key.
        let indexed = field.unique
            || field.indexed
            || field.references.is_some()
            || field.kind == Type::Key
            || table.indexes.iter().any(|index| index.columns.contains(&field.name));
        match (field.kind, self.wanted.ids) {
            (Type::Id, Ids::Text) => self.ddl().id,
            (Type::Id, Ids::Uuid) => self.ddl().uuid,
            (Type::Text | Type::Key, _) if indexed => self.ddl().indexed_text,
            (Type::Text | Type::Key, _) => "text",
            (Type::Integer, _) | (Type::Id, Ids::Serial) => "integer",
            (Type::Bigint, _) => "bigint",
            (Type::Bool, _) => self.ddl().bool,
            (Type::Date, _) => self.ddl().date,
            (Type::Json, _) => self.ddl().json,
        }
        .to_owned()
    }

    fn moment(&self, field: &Field) -> &'static str {
        if field.now { self.ddl().now } else { "" }
    }

    fn literal(&self, field: &Field) -> Option<String> {
        let long = self.ddl().parenthesized_defaults && matches!(field.kind, Type::Text | Type::Json);
        match field.default.as_ref()? {
            serde_json::Value::Bool(bool) => Some(self.ddl().bools[usize::from(*bool)].to_owned()),
            serde_json::Value::Number(number) => Some(number.to_string()),
            // In parentheses, MySQL's long texts may have one.
            serde_json::Value::String(text) => {
                let quoted = format!("'{}'", text.replace('\'', "''"));
                let plain = !text.contains('\\');
                plain.then(|| if long { format!("({quoted})") } else { quoted })
            }
            _ => None,
        }
    }

    fn referred(&self, reference: &Reference) -> Option<&'a catalog::Column> {
        let table = self.wanted.tables.iter().find(|table| table.name == reference.table)?;
        self.existing(table).ok()??.similar(&reference.field).into_iter().next()
    }

    fn reference(&self, field: &Field, snake: bool) -> Option<String> {
        let reference = field.references.as_ref()?;
        let table = self.wanted.tables.iter().find(|table| table.name == reference.table);
        let (name, column) = match table.and_then(|table| self.existing(table).ok().flatten()) {
            Some(found) => {
                let schema = Some(found.schema.as_str()).filter(|schema| !schema.is_empty());
                let column = found.similar(&reference.field).into_iter().next().map(|column| column.name.clone());
                (self.dialect.qualified(schema, &found.name), column.unwrap_or_else(|| reference.field.clone()))
            }
            None => {
                let (schema, bare) = match reference.table.rsplit_once('.') {
                    Some((schema, name)) => (Some(schema), name),
                    None => (self.schema, reference.table.as_str()),
                };
                (self.dialect.qualified(schema, &styled(bare, snake)), styled(&reference.field, snake))
            }
        };
        let action = match reference.on_delete.as_str() {
            "set null" => "SET NULL",
            "restrict" => "RESTRICT",
            "no action" => "NO ACTION",
            "set default" => "SET DEFAULT",
            _ => "CASCADE",
        };
        Some(format!("REFERENCES {name} ({}) ON DELETE {action}", self.dialect.quote(&column)))
    }
}

fn created(table: &str, (title, parts): (&str, &str), unique: bool) -> String {
    format!("CREATE {}INDEX {title} ON {table} ({parts})", if unique { "UNIQUE " } else { "" })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(steps: Vec<Step>) -> Vec<String> {
        let text = |step| match step {
            Step::Do(text) | Step::Unique { unique: text, .. } => text,
        };
        steps.into_iter().map(text).collect()
    }

    const WANTED: &str = r#"{"tables":[
        {"name":"session","fields":[
            {"name":"token","type":"text","required":true,"unique":true},
            {"name":"expiresAt","type":"date","required":true,"indexed":true},
            {"name":"userId","type":"id","required":true,"indexed":true,
             "references":{"table":"user","field":"id","on_delete":"cascade"}}]},
        {"name":"user","fields":[
            {"name":"email","type":"text","required":true,"unique":true},
            {"name":"emailVerified","type":"bool","required":true,"default":false}]}]}"#;

    fn column(name: &str, type_name: &str) -> catalog::Column {
        catalog::Column { name: name.into(), type_name: type_name.into(), ..Default::default() }
    }

    #[test]
    fn tables_come_after_those_they_refer_to() {
        let wanted: Wanted = serde_json::from_str(WANTED).unwrap();
        let statements = texts(missing(Dialect::MySql, None, &Catalog::default(), &wanted).unwrap());
        assert!(statements[0].starts_with("CREATE TABLE `user` (\n  `id` varchar(64) NOT NULL PRIMARY KEY,"));
        assert!(statements[1].contains("FOREIGN KEY (`userId`) REFERENCES `user` (`id`) ON DELETE CASCADE"));
        assert_eq!(statements[2], "CREATE INDEX `session_expiresAt_idx` ON `session` (`expiresAt`)");
        assert_eq!(statements.len(), 4);
    }

    #[test]
    fn what_is_there_is_completed_in_its_own_style() {
        let wanted: Wanted = serde_json::from_str(WANTED).unwrap();
        let user = catalog::Table {
            name: "users".into(),
            columns: vec![column("id", "uuid"), column("email", "text"), column("created_at", "timestamptz")],
            ..Default::default()
        };
        let statements = texts(missing(Dialect::Postgres, None, &Catalog { tables: vec![user] }, &wanted).unwrap());
        assert_eq!(statements[0], "ALTER TABLE \"users\" ADD COLUMN \"email_verified\" boolean DEFAULT false NOT NULL");
        assert!(statements[1].contains("\"user_id\" uuid NOT NULL"), "{}", statements[1]);
        assert!(statements[1].contains("FOREIGN KEY (\"user_id\") REFERENCES \"users\" (\"id\")"), "{}", statements[1]);
    }
}
