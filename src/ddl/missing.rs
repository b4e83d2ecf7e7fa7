//! The SQL that makes tables what they ought to be. Nothing is ever dropped or altered: what is there stays.

use crate::authjs::near;
use crate::ddl::desired::{Field, Ids, Reference, Table, Type, Wanted, in_order, wanted_indexes};
use crate::ddl::guard;
use crate::dialect::{Dialect, syntax};
use crate::engine::locate::{Found, Locator};
use crate::error::Result;
use crate::table::catalog;
use crate::table::catalog::Catalog;
use crate::table::naming::{fitting, styled};
use crate::table::table::ID;

/// The statements that add to the tables of `catalog` what is wanted and not there.
pub fn missing(dialect: Dialect, schema: Option<&str>, catalog: &Catalog, wanted: &Wanted) -> Result<Vec<String>> {
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
    let Ddl { mut statements, indexes, .. } = builder;
    statements.extend(indexes);
    Ok(statements)
}

struct Ddl<'a> {
    dialect: Dialect,
    schema: Option<&'a str>,
    catalog: &'a Catalog,
    locator: Locator<'a>,
    wanted: &'a Wanted,
    statements: Vec<String>,
    indexes: Vec<String>,
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
        self.statements.push(format!("CREATE TABLE {name} (\n  {}\n)", lines.join(",\n  ")));
        for index in wanted_indexes(table) {
            let columns: Vec<_> = index.columns.iter().map(|column| (styled(column, snake), false)).collect();
            self.index(&name, &short, &columns, index.unique, index.name.as_deref());
        }
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
            match self.literal(field) {
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
            self.statements.push(statement);
            if field.unique {
                self.index(&name, &found.name, &[(styled(&field.name, snake), false)], true, None);
            }
        }
        // The indexes that serve a view are those of the tables behind it.
        for index in wanted_indexes(table).into_iter().filter(|_| found.is_table()) {
            // The values of a column that is there already need not be unique.
            let physical = |column: &String| found.similar(column).into_iter().next();
            let there = index.columns.iter().all(|column| physical(column).is_some());
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
            if !found.indexes.iter().any(covers) {
                self.index(&name, &found.name, &columns, index.unique && !there, index.name.as_deref());
            }
        }
    }

    /// The columns come with whether they are texts without a limit, of which MySQL indexes the beginning.
    fn index(&mut self, table: &str, short: &str, columns: &[(String, bool)], unique: bool, name: Option<&str>) {
        let names: Vec<_> = columns.iter().map(|(column, _)| column.as_str()).collect();
        let suffix = if unique { "uidx" } else { "idx" };
        let title = name.map_or_else(|| fitting(&format!("{short}_{}_{suffix}", names.join("_"))), str::to_owned);
        let part = |(column, long): &(String, bool)| {
            let prefix = if *long { self.ddl().index_prefix } else { "" };
            format!("{}{prefix}", self.dialect.quote(column))
        };
        let parts: Vec<_> = columns.iter().map(part).collect();
        let unique = if unique { "UNIQUE " } else { "" };
        let statement =
            format!("CREATE {unique}INDEX {} ON {table} ({})", self.dialect.quote(&title), parts.join(", "));
        self.indexes.push(statement);
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
        let indexed = field.unique
            || field.indexed
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

#[cfg(test)]
mod tests {
    use super::*;

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
        let statements = missing(Dialect::MySql, None, &Catalog::default(), &wanted).unwrap();
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
        let statements = missing(Dialect::Postgres, None, &Catalog { tables: vec![user] }, &wanted).unwrap();
        assert_eq!(statements[0], "ALTER TABLE \"users\" ADD COLUMN \"email_verified\" boolean DEFAULT false NOT NULL");
        assert!(statements[1].contains("\"user_id\" uuid NOT NULL"), "{}", statements[1]);
        assert!(statements[1].contains("FOREIGN KEY (\"user_id\") REFERENCES \"users\" (\"id\")"), "{}", statements[1]);
    }
}
