//! Our own schema: what exists, and how it comes to be.
//!
//! Migrations are applied in order and recorded in `rust_auth_adapter_migration`. Two
//! processes may run them at once: one waits for the other. Tables that we did not create are never touched, and
//! where people are in them already, none are made beside them.

use std::fmt;

use crate::authjs::choice::Known;
use crate::authjs::discover::{self, Found, Rows};
use crate::authjs::layout::Layout;
use crate::authjs::mapping::Mapping;
use crate::authjs::migrations::{Migration, Which, wanted};
use crate::authjs::model::{RECORD, Table};
use crate::authjs::outside;
use crate::authjs::{advice, choice, family, guard, own};
use crate::dialect::Dialect;
use crate::driver::answers::Answers;
use crate::driver::connection::Connection;
use crate::driver::migration_lock::exclusively;
use crate::error::Result;
use crate::table::catalog::Catalog;
use crate::table::introspect;

/// The schema as SQL: what `run` does on an empty database, records included.
pub fn generate(dialect: Dialect, which: Which<'_>) -> String {
    let texts = wanted(which);
    // Without a time of its own, so that the same text comes out each time.
    let recorded = |migration| recorded(dialect, migration, "CURRENT_TIMESTAMP");
    let texts = texts.map(|migration| format!("{}\n{}", migration.text(dialect), recorded(migration)));
    std::iter::once(records(dialect)).chain(texts).collect::<Vec<_>>().join("\n")
}

/// Creates the table of records.
fn records(dialect: Dialect) -> String {
    let text = dialect.syntax().ddl.record_text;
    let record = dialect.quote(RECORD);
    format!("CREATE TABLE IF NOT EXISTS {record} (name {text} NOT NULL PRIMARY KEY, applied_at {text} NOT NULL);\n")
}

fn now() -> String {
    format!("'{}'", chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Secs, true))
}

/// Records that `migration` was applied at a time, an expression.
fn recorded(dialect: Dialect, migration: &Migration, at: &str) -> String {
    let record = dialect.quote(RECORD);
    format!("INSERT INTO {record} (name, applied_at) VALUES ('{}', {at});\n", migration.name)
}

/// Whether our tables are to be created although the application has not said so: a file without any table can only be meant
/// for them.
pub fn goes_without_saying(dialect: Dialect, mapping: &Mapping, catalog: &Catalog) -> bool {
    dialect.syntax().file && catalog.tables.is_empty() && !mapping.names_tables()
}

/// What tables are looked for.
#[derive(Debug, Clone, Copy)]
pub struct Sought<'a> {
    /// Our own, also beside others.
    pub ours: bool,
    /// What this process has used so far.
    pub used: Option<&'a Layout>,
    pub rows: Rows,
}

/// Which of the tables in the catalog are meant: our own, or those that another tool created unless ours are sought. Where there
/// are both, that is not settled by who made them.
pub async fn find(
    answers: &mut impl Answers,
    dialect: Dialect,
    schema: Option<&str>,
    mapping: &Mapping,
    catalog: &Catalog,
    Sought { ours: wanted, used, rows }: Sought<'_>,
) -> Result<Found> {
    let ours = own::layout(answers, dialect, schema, catalog, mapping).await?;
    if ours.is_some() || !wanted {
        let known = Known { ours: ours.as_ref().and_then(|ours| ours.users), used };
        let chosen = choice::choose(answers, dialect, catalog, mapping, known).await?;
        match (ours, chosen) {
            (Some(own::Ours { layout, .. }), chosen) if chosen.as_ref().is_none_or(|chosen| chosen.is_ours) => {
                let (further, notice) = chosen.map_or((Vec::new(), None), |chosen| (chosen.further, chosen.notice));
                return Ok(Found { layout, further, notice });
            }
            (_, Some(chosen)) => return discover::discover(answers, dialect, catalog, mapping, chosen, rows).await,
            (_, None) => {}
        }
    }
    // What our migrations made may have been altered since.
    let named = |table: Table| catalog.tables.iter().find(|each| each.name == table.name());
    let incomplete = |table| named(table).and_then(|found| family::incomplete(mapping, table, found));
    if catalog.tables.iter().any(|table| table.name == RECORD)
        && let Some(error) = Table::ALL.into_iter().find_map(incomplete)
    {
        return Err(error);
    }
    Err(advice::nothing(dialect, catalog, mapping))
}

/// What has been applied, and the tables that were made by it.
#[derive(Debug, Default)]
pub struct Applied {
    pub migrations: Vec<&'static str>,
    pub tables: Vec<String>,
}

impl fmt::Display for Applied {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.migrations.is_empty() {
            return formatter.write_str("the schema is up to date: nothing was to be done");
        }
        write!(formatter, "applied {}", self.migrations.join(" and "))?;
        if !self.tables.is_empty() {
            write!(formatter, ", which made {}", self.tables.join(", "))?;
        }
        Ok(())
    }
}

/// Applies what is missing.
pub async fn run(
    connection: &mut Connection,
    dialect: Dialect,
    schema: Option<&str>,
    which: Which<'_>,
) -> Result<Applied> {
    exclusively(connection, dialect, schema, async |connection| apply(connection, dialect, schema, which).await).await
}

async fn apply(
    connection: &mut Connection,
    dialect: Dialect,
    schema: Option<&str>,
    which: Which<'_>,
) -> Result<Applied> {
    let existing = connection.first_texts(&dialect.tables(schema)).await?;
    if !existing.iter().any(|table| table == RECORD) {
        let catalog = introspect::read(connection, dialect, schema, &[]).await?;
        if let Some(objection) = guard::objection(dialect, &catalog) {
            return Err(objection);
        }
        if let Some(objection) = outside::look(connection, dialect, schema, None).await?.objection() {
            return Err(objection);
        }
        connection.batch(&records(dialect)).await?;
    }
    let applied = connection.first_texts(&format!("SELECT name FROM {}", dialect.quote(RECORD))).await?;
    let mut migrations = Vec::new();
    let missing = |migration: &&'static Migration| !applied.iter().any(|name| name == migration.name);
    for migration in wanted(which).filter(missing) {
        let catalog = match migration.looks() {
            true => introspect::read(connection, dialect, schema, &[]).await?,
            false => Catalog::default(),
        };
        if !migration.is_there(&catalog) {
            connection.batch(&migration.text(dialect)).await?;
        }
        if let Some(copied) = migration.copied(dialect, &catalog) {
            connection.batch(&copied).await?;
        }
        connection.batch(&recorded(dialect, migration, &now())).await?;
        migrations.push(migration.name);
    }
    if migrations.is_empty() {
        return Ok(Applied::default());
    }
    let mut tables = connection.first_texts(&dialect.tables(schema)).await?;
    tables.retain(|table| !existing.contains(table));
    tables.sort_unstable();
    Ok(Applied { migrations, tables })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authjs::migrations::ALL;

    #[test]
    fn every_dialect_has_the_file_of_its_family() {
        for dialect in Dialect::ALL {
            let sql = generate(dialect, ALL);
            let date = |type_name: &str| {
                sql.contains(&format!("`expires` {type_name}")) || sql.contains(&format!("\"expires\" {type_name}"))
            };
            let found =
                ["timestamptz(3)", "datetime(3)", "integer"].into_iter().filter(|each| date(each)).collect::<Vec<_>>();
            let expected = ["timestamptz(3)", "datetime(3)", "integer"][dialect.family() as usize];
            assert_eq!(found, [expected], "{dialect:?}");
            let collation = dialect.syntax().ddl.exact_collation;
            assert_eq!(sql.contains("COLLATE utf8mb4"), !collation.is_empty(), "{dialect:?}");
            assert!(sql.contains(collation), "{dialect:?}");
        }
    }

    #[test]
    fn every_dialect_has_the_whole_schema() {
        for dialect in Dialect::ALL {
            let sql = generate(dialect, ALL);
            assert!(!sql.contains('{'), "{dialect:?}");
            let quoted = |name: &str| sql.contains(&format!("`{name}`")) || sql.contains(&format!("\"{name}\""));
            for table in Table::ALL {
                assert!(quoted(table.name()), "{dialect:?}: {}", table.name());
                for field in table.fields() {
                    assert!(quoted(field.name), "{dialect:?}: {}.{}", table.name(), field.name);
                }
            }
        }
    }
}
