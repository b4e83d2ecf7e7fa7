//! Our own schema as it is now: where nobody has altered a table, a new row is what an INSERT was given.

use super::catalog::{self, Catalog};
use super::layout::{Layout, Owned};
use super::mapping::Zone;
use super::model::{Field, Kind, Role, Table};
use super::types;
use crate::dialect::Dialect;
use crate::error::Result;

/// The digits of a fraction of a second that JavaScript's dates have.
const MILLISECONDS: usize = 3;

/// The layout of our own tables, which are in the catalog. What somebody has altered is read back after each INSERT.
pub fn layout(dialect: Dialect, schema: Option<&str>, catalog: &Catalog) -> Result<Layout> {
    Table::ALL.into_iter().try_for_each(|table| is_readable(dialect, table, catalog))?;
    // Of several schemas' tables of this name, one is ours: all have to do.
    let named = |table: Table| catalog.tables.iter().filter(move |each| each.name == table.name());
    let mut layout = Layout::own(dialect, schema, |table| {
        named(table).next().is_some() && named(table).all(|found| is_as_made(table, found))
    });
    for table in Table::OF_A_USER {
        let mut each = named(table).map(|found| {
            let user = named(Table::User).find(|user| user.schema == found.schema);
            Owned::by(user.and_then(|user| found.reference("userId", user, "id")))
        });
        let first = each.next().unwrap_or(Owned::Loosely);
        layout.set_owned(table, if each.all(|other| other == first) { first } else { Owned::Loosely });
    }
    Ok(layout)
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
    !found.triggered
        && table.fields().iter().all(|field| found.column(field.name).is_some_and(|column| is_as_given(field, column)))
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
