//! Our own schema as it is now: where nobody has altered a table, a new row is what an INSERT was given.

use super::catalog::{self, Catalog};
use super::layout::Layout;
use super::mapping::Zone;
use super::model::{Field, Kind, Role, Table};
use super::types;
use crate::dialect::Dialect;
use crate::dialect::connection::Connection;
use crate::error::Result;

/// The digits of a fraction of a second that JavaScript's dates have.
const MILLISECONDS: usize = 3;

/// The layout of our own tables, which are in the catalog. What somebody has altered is read back after each INSERT.
pub async fn layout(
    connection: &mut Connection,
    dialect: Dialect,
    schema: Option<&str>,
    catalog: &Catalog,
) -> Result<Layout> {
    Table::ALL.into_iter().try_for_each(|table| is_readable(dialect, table, catalog))?;
    let triggered = triggered(connection, dialect).await?;
    Ok(Layout::own(dialect, schema, |table| {
        // Of several schemas' tables of this name, one is ours: all have to do.
        let mut named = catalog.tables.iter().filter(|each| each.name == table.name()).peekable();
        named.peek().is_some()
            && !triggered.iter().any(|name| name == table.name())
            && named.all(|found| is_as_made(table, found))
    }))
}

/// Refuses a table of which somebody has given a column another type, one that no value of ours goes into.
fn is_readable(dialect: Dialect, table: Table, catalog: &Catalog) -> Result<()> {
    let unserved = |found: &catalog::Table| {
        let unserved = |field: &Field| {
            let column = found.column(field.name)?;
            let kind = types::codec(dialect, column, Some(field.kind), Zone::Utc).map(|(kind, _)| kind);
            (!types::serves(field, kind)).then(|| types::unserved(&found.name, column, field.name, field.kind))
        };
        table.fields().iter().find_map(unserved)
    };
    // Of several schemas' tables of this name, one is ours.
    let named = catalog.tables.iter().filter(|each| each.name == table.name());
    named.map(unserved).collect::<Option<Vec<_>>>().and_then(|errors| errors.into_iter().next()).map_or(Ok(()), Err)
}

/// Whether the columns have no say in what an INSERT stores: none has a default, and none has another type than our
/// migrations gave it, which might round or cut off.
fn is_as_made(table: Table, found: &catalog::Table) -> bool {
    table.fields().iter().all(|field| found.column(field.name).is_some_and(|column| is_as_given(field, column)))
}

fn is_as_given(field: &Field, column: &catalog::Column) -> bool {
    // Of a domain, which may have a default of its own, PostgreSQL's cast has the name.
    let declared = column.cast_name.as_ref().unwrap_or(&column.type_name);
    let holds = |least: usize| column.length.is_some_and(|length| length >= least);
    let fits = match (field.kind, field.role, declared.split('(').next().unwrap_or_default()) {
        (Kind::Text, _, "text" | "mediumtext" | "longtext") => true,
        (Kind::Text, Role::Key(longest) | Role::AsciiKey(longest), "varchar") => holds(longest),
        // Of SQLite's.
        (Kind::Int | Kind::Bool | Kind::Time, _, "integer") => true,
        (Kind::Int, _, "bigint") | (Kind::Bool, _, "boolean" | "tinyint") => true,
        (Kind::Time, _, "timestamp with time zone" | "datetime") => holds(MILLISECONDS),
        _ => false,
    };
    fits && !column.has_default && !column.computed && !column.on_update
}

/// The names of the tables of which something besides an INSERT may have a say in what it stores, or of which that cannot be
/// told.
async fn triggered(connection: &mut Connection, dialect: Dialect) -> Result<Vec<String>> {
    let rows = match dialect {
        Dialect::Postgres => connection.texts(POSTGRES_TRIGGERED).await?,
        Dialect::MySql | Dialect::MariaDb => {
            connection.texts(&MYSQL_TRIGGERED.replace("{grantee}", MYSQL_GRANTEE)).await?
        }
        // A trigger changes no row that is about to be stored, and what it does afterwards RETURNING would not show either.
        Dialect::Sqlite => Vec::new(),
    };
    Ok(rows.into_iter().filter_map(|row| row.into_iter().next().flatten()).collect())
}

/// The triggers that keep foreign keys are internal. A partition may have triggers that its table does not show.
const POSTGRES_TRIGGERED: &str = "\
SELECT c.relname::text FROM pg_catalog.pg_class c
WHERE c.relkind = 'p' OR c.relkind = 'r' AND (c.relhasrules
  OR EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal))";

/// Triggers are shown to those only who may make them, and roles' privileges not at all.
const MYSQL_TRIGGERED: &str = "\
SELECT t.TABLE_NAME FROM information_schema.TABLES t
WHERE t.TABLE_SCHEMA = DATABASE() AND (
  t.TABLE_NAME IN (SELECT EVENT_OBJECT_TABLE FROM information_schema.TRIGGERS WHERE EVENT_OBJECT_SCHEMA = DATABASE())
  OR 'TRIGGER' NOT IN (
    SELECT PRIVILEGE_TYPE FROM information_schema.USER_PRIVILEGES WHERE GRANTEE = {grantee}
    UNION SELECT PRIVILEGE_TYPE FROM information_schema.SCHEMA_PRIVILEGES
    WHERE GRANTEE = {grantee} AND DATABASE() LIKE TABLE_SCHEMA))";

/// `'user'@'host'`; the user's name may have an @ in it. One with a quote is not recognized.
const MYSQL_GRANTEE: &str = "\
CONCAT('''', LEFT(CURRENT_USER(), CHAR_LENGTH(CURRENT_USER()) - CHAR_LENGTH(SUBSTRING_INDEX(CURRENT_USER(), '@', -1)) - 1),
'''@''', SUBSTRING_INDEX(CURRENT_USER(), '@', -1), '''')";
