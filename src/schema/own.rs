//! Our own tables as they are now. What an application has added to them come and go with the rest; where nothing has a say in
//! what a row becomes, it is what an INSERT was given.

use super::catalog::{self, Catalog};
use super::codec::{Form, Instant};
use super::column::Column;
use super::discover;
use super::layout::{Layout, TableLayout};
use super::mapping::Mapping;
use super::migrate::RECORD;
use super::model::{Field, Kind, Role, Table};
use super::names;
use crate::dialect::Dialect;
use crate::dialect::connection::Connection;
use crate::error::Result;

/// The digits of a fraction of a second that JavaScript's dates have.
const MILLISECONDS: usize = 3;

/// The layout of our own tables; `None` if they are not there, or not enough of them to be used.
///
/// A table that the option `tables` names takes the place of ours, and is somebody else's.
pub async fn layout(
    connection: &mut Connection,
    dialect: Dialect,
    schema: Option<&str>,
    catalog: &Catalog,
    mapping: &Mapping,
) -> Result<Option<Layout>> {
    if !catalog.tables.iter().any(|table| table.name == RECORD) {
        return Ok(None);
    }
    let active = active(connection, dialect).await?;
    let Some(home) = home(catalog, schema, &active) else { return Ok(None) };
    let mut tables = [const { None }; 5];
    let mut lacking = Vec::new();
    for table in Table::ALL {
        let named = names::named(catalog, mapping, table)?;
        let Some(found) = named.or_else(|| ours(dialect, catalog, home, table)) else { continue };
        match names::incomplete(mapping, table, found) {
            Some(error) if named.is_some() => return Err(error),
            Some(error) => lacking.push((table, error.message.into_owned())),
            None => {
                for field in table.fields() {
                    names::settled(mapping, table, found, field.name)?;
                }
                let is_own = found.schema == home && found.name.eq_ignore_ascii_case(table.name());
                tables[table as usize] = Some((found, is_own, of(dialect, mapping, table, found, is_own)));
            }
        }
    }
    let has = |table: Table| tables[table as usize].is_some();
    if !(has(Table::User) && (has(Table::Session) || has(Table::Account))) {
        return Ok(None);
    }
    let columns = tables.iter_mut().flatten().map(|(found, is_own, table)| {
        let columns = table.columns.iter_mut().filter(|column| {
            // What our migrations made is written in one way only.
            !(*is_own
                && physical(dialect, found, column).is_some_and(|physical| is_as_made(table.table, column, physical)))
        });
        (table.name.as_str(), columns.collect())
    });
    discover::adopt_habits_of(connection, dialect, columns.collect(), mapping.dates).await?;
    let tables = tables.map(|each| {
        let (found, is_own, layout) = each?;
        let is_active = active.contains(&(found.schema.clone(), Some(found.name.clone())));
        Some(TableLayout { keeps: is_own && !is_active && keeps(dialect, found, &layout), ..layout })
    });
    Ok(Some(Layout::new(tables).ours().lacking(lacking)))
}

/// The table of the catalog that our migrations made for `table`.
fn ours<'a>(dialect: Dialect, catalog: &'a Catalog, home: &str, table: Table) -> Option<&'a catalog::Table> {
    let is_ours = |each: &&catalog::Table| {
        // Some MySQL servers keep the names of tables in lower case.
        let folds = matches!(dialect, Dialect::MySql | Dialect::MariaDb);
        each.schema == home && (each.name == table.name() || folds && each.name.eq_ignore_ascii_case(table.name()))
    };
    catalog.tables.iter().find(is_ours)
}

/// The schema with our tables: the caller's, else the one whose record of migrations an unqualified name finds.
fn home<'a>(catalog: &'a Catalog, schema: Option<&str>, active: &[Active]) -> Option<&'a str> {
    let visible = active.iter().find(|(_, table)| table.is_none()).map(|(schema, _)| schema.as_str());
    let mut records = catalog.tables.iter().filter(|table| table.name == RECORD);
    match schema.or(visible) {
        Some(wanted) => records.find(|record| record.schema == wanted || record.schema.is_empty()),
        None => records.next(),
    }
    .map(|record| record.schema.as_str())
}

fn of(dialect: Dialect, mapping: &Mapping, table: Table, found: &catalog::Table, is_own: bool) -> TableLayout {
    discover::layout(dialect, mapping, table, found, |field, physical| {
        let column = Column::own(table, field, dialect);
        (is_own && is_as_made(table, &column, physical)).then(|| Column {
            name: dialect.quote(&physical.name),
            indexed: found.is_indexed(&physical.name),
            ..column
        })
    })
}

fn physical<'a>(dialect: Dialect, found: &'a catalog::Table, column: &Column) -> Option<&'a catalog::Column> {
    found.columns.iter().find(|each| dialect.quote(&each.name) == column.name)
}

/// Whether the columns have no say in what an INSERT stores, as far as callers get to see it.
fn keeps(dialect: Dialect, found: &catalog::Table, layout: &TableLayout) -> bool {
    let as_given = |column| physical(dialect, found, column).is_some_and(|physical| is_as_given(column, physical));
    layout.visible().all(as_given)
}

/// Whether `column` is one of ours, under whatever name, and its type and nullability are what our migrations gave it.
fn is_as_made(table: Table, column: &Column, physical: &catalog::Column) -> bool {
    let Some(field) = table.fields().iter().find(|field| field.name == column.field) else { return false };
    let Field { kind, role, required, .. } = *field;
    fits(kind, role, physical) && physical.category.is_empty() && !physical.computed && (physical.nullable || required)
}

/// Whether the column has no default, and a type that neither rounds nor cuts off.
fn is_as_given(column: &Column, physical: &catalog::Column) -> bool {
    let stores = match column.codec.form {
        // Some that are in use do not count milliseconds.
        Form::Instant(form) if form != Instant::Millis => false,
        Form::Plain if column.kind == Kind::Int => {
            matches!(base(physical), "integer" | "int" | "smallint" | "mediumint" | "bigint")
        }
        _ => fits(column.kind, column.role, physical),
    };
    stores && !physical.has_default && !physical.computed && !physical.on_update
}

/// Whether the type is what our migrations gave to such a field.
fn fits(kind: Kind, role: Role, physical: &catalog::Column) -> bool {
    let holds = |least: usize| physical.length.is_some_and(|length| length >= least);
    match (kind, role, base(physical)) {
        (Kind::Text, _, "text" | "mediumtext" | "longtext") => true,
        (Kind::Text, Role::Key(longest) | Role::AsciiKey(longest), "varchar") => holds(longest),
        // Of SQLite's.
        (Kind::Int | Kind::Bool | Kind::Time, _, "integer") => physical.cast_name.is_none(),
        (Kind::Int, _, "bigint") | (Kind::Bool, _, "boolean" | "tinyint") => true,
        (Kind::Time, _, "timestamp with time zone" | "datetime") => holds(MILLISECONDS),
        _ => false,
    }
}

/// The type without lengths. Of a domain, which may have a default of its own, PostgreSQL's cast has the name.
fn base(physical: &catalog::Column) -> &str {
    let declared = physical.cast_name.as_ref().unwrap_or(&physical.type_name);
    declared.split('(').next().unwrap_or_default().trim_end_matches(" unsigned")
}

/// A table, by schema and name, of which something besides an INSERT may have a say in what it stores, or of which that
/// cannot be told. Without a name: the schema in which PostgreSQL looks for our tables.
pub type Active = (String, Option<String>);

pub async fn active(connection: &mut Connection, dialect: Dialect) -> Result<Vec<Active>> {
    let rows = match dialect {
        Dialect::Postgres => connection.texts(&POSTGRES_ACTIVE.replace("{record}", RECORD)).await?,
        Dialect::MySql | Dialect::MariaDb => {
            connection.texts(&MYSQL_ACTIVE.replace("{grantee}", MYSQL_GRANTEE)).await?
        }
        // A trigger changes no row that is about to be stored, and what it does afterwards RETURNING would not show either.
        Dialect::Sqlite => Vec::new(),
    };
    let entry = |row: Vec<Option<String>>| {
        let mut texts = row.into_iter();
        Some((texts.next()??, texts.next()?))
    };
    Ok(rows.into_iter().filter_map(entry).collect())
}

/// The triggers that keep foreign keys are internal. A partition may have triggers that its table does not show.
const POSTGRES_ACTIVE: &str = "\
SELECT n.nspname::text, c.relname::text FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'p' OR c.relkind = 'r' AND (c.relhasrules
  OR EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal))
UNION ALL
SELECT n.nspname::text, NULL FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relname = '{record}' AND pg_catalog.pg_table_is_visible(c.oid)";

/// Triggers are shown to those only who may make them, and roles' privileges not at all.
const MYSQL_ACTIVE: &str = "\
SELECT t.TABLE_SCHEMA, t.TABLE_NAME FROM information_schema.TABLES t
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

#[cfg(test)]
mod tests {
    use super::*;

    fn column(name: &str, type_name: &str) -> catalog::Column {
        catalog::Column { name: name.into(), type_name: type_name.into(), nullable: true, ..Default::default() }
    }

    /// The table of sessions on SQLite, as our migrations make it, and one more column.
    fn sessions(more: catalog::Column) -> catalog::Table {
        let required = |column| catalog::Column { nullable: false, ..column };
        let columns = vec![
            required(column("sessionToken", "text")),
            required(column("userId", "text")),
            required(column("expires", "integer")),
            more,
        ];
        catalog::Table { name: "session".into(), columns, ..Default::default() }
    }

    #[test]
    fn what_is_added_decides_whether_a_row_is_what_was_given() {
        let with_default = |column| catalog::Column { has_default: true, ..column };
        let computed = |column| catalog::Column { computed: true, ..column };
        for (more, expected) in [
            (column("agent", "text"), true),
            (column("hits", "int"), true),
            (column("seen", "boolean"), true),
            (column("createdAt", "integer"), true),
            (catalog::Column { nullable: false, ..column("createdAt", "integer") }, true),
            (column("updatedAt", "text"), false),
            (column("agent", "varchar(20)"), false),
            (column("price", "decimal(5,2)"), false),
            (column("ratio", "real"), false),
            (with_default(column("agent", "text")), false),
            (computed(column("agent", "text")), false),
        ] {
            let found = sessions(more);
            let layout = of(Dialect::Sqlite, &Mapping::default(), Table::Session, &found, true);
            assert_eq!(layout.columns.len(), 4);
            assert_eq!(keeps(Dialect::Sqlite, &found, &layout), expected, "{:?}", found.columns[3]);
        }
    }

    #[test]
    fn ours_are_known_by_their_types() {
        let made = |physical: &catalog::Column, field| {
            let field = Table::Session.fields().iter().find(|each| each.name == field).expect("a field");
            is_as_made(Table::Session, &Column::own(Table::Session, field, Dialect::Sqlite), physical)
        };
        assert!(made(&column("expires", "integer"), "expires"));
        assert!(!made(&column("expires", "text"), "expires"));
        assert!(!made(&catalog::Column { cast_name: Some("integer".into()), ..column("expires", "int4") }, "expires"));
        assert!(!made(&catalog::Column { category: "nocase".into(), ..column("userId", "text") }, "userId"));
        assert!(!made(&catalog::Column { computed: true, ..column("userId", "text") }, "userId"));
    }
}
