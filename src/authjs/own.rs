//! Our own tables as they are now. What an application has added to them come and go with the rest; where nothing has a say in
//! what a row becomes, it is what an INSERT was given.

use crate::authjs::layout::{Layout, TableLayout};
use crate::authjs::mapping::Mapping;
use crate::authjs::model::RECORD;
use crate::authjs::model::{Field, Table};
use crate::authjs::{discover, family};
use crate::dialect::Dialect;
use crate::driver::answers::Answers;
use crate::error::Result;
use crate::table::catalog::{CASELESS, Catalog, EXACT};
use crate::table::column::Column;
use crate::table::{catalog, counted, sql_types, stored_forms};
use crate::types::codec::{Codec, Form};
use crate::types::instant::Instant;
use crate::types::kind::{Kind, Role};

/// The digits of a fraction of a second that JavaScript's dates have.
const MILLISECONDS: usize = 3;

/// Our own tables.
pub struct Ours<'catalog> {
    pub layout: Layout,
    /// Our own table of users, also where the caller names another one.
    pub users: Option<&'catalog catalog::Table>,
}

/// The layout of our own tables; `None` if they are not there, or not enough of them to be used.
///
/// A table that the option `tables` names takes the place of ours, and counts as another tool's.
pub async fn layout<'catalog>(
    answers: &mut impl Answers,
    dialect: Dialect,
    schema: Option<&str>,
    catalog: &'catalog Catalog,
    mapping: &Mapping,
) -> Result<Option<Ours<'catalog>>> {
    let Some(home) = home(catalog, schema) else { return Ok(None) };
    let mut tables = [const { None }; 6];
    let mut unusable = Vec::new();
    for table in Table::ALL {
        let named = family::named(catalog, mapping, table)?;
        let Some(found) = named.or_else(|| ours(dialect, catalog, home, table)) else { continue };
        match family::incomplete(mapping, table, found) {
            Some(error) if named.is_some() => return Err(error),
            Some(error) => unusable.push((table, error.into())),
            None => {
                let is_own = found.schema == home && found.name.eq_ignore_ascii_case(table.name());
                let layout = family::all_settled(mapping, table, found);
                match layout.and_then(|()| of(dialect, mapping, table, found, is_own)) {
                    Ok(layout) => tables[table as usize] = Some((found, is_own, layout)),
                    Err(error) if Table::OPTIONAL.contains(&table) => unusable.push((table, error.into())),
                    Err(error) => return Err(error),
                }
            }
        }
    }
    let has = |table: Table| tables[table as usize].is_some();
    if !(has(Table::User) && (has(Table::Session) || has(Table::Account))) {
        return Ok(None);
    }
    let user = tables[Table::User as usize].as_ref().map(|(found, ..)| *found);
    for (found, _, layout) in tables.iter_mut().flatten() {
        layout.owned = discover::owned(mapping, layout.table, found, user);
    }
    let columns = tables.iter_mut().flatten().map(|(found, is_own, table)| {
        let columns = table.columns.iter_mut().filter(|column| {
            // What our migrations made is written in one way only.
            !(*is_own
                && physical(dialect, found, column).is_some_and(|physical| is_as_made(table.table, column, physical)))
        });
        (table.name.as_str(), columns.collect())
    });
    stored_forms::adopt_of(answers, dialect, columns.collect(), mapping.conventions.dates).await?;
    if mapping.conventions.numeric_ids {
        counted::show_numbers(tables.iter_mut().flatten().flat_map(|(_, _, table)| &mut table.columns));
    }
    let is_ours = tables[Table::User as usize].as_ref().is_some_and(|(_, is_own, _)| *is_own);
    let tables = tables.map(|each| {
        let (found, is_own, layout) = each?;
        Some(TableLayout {
            triggered: found.triggered,
            guarded: found.guarded,
            named: is_named(dialect, found, &layout),
            keeps: is_own && !found.triggered && !found.followed.insert && keeps(dialect, found, &layout),
            ..layout
        })
    });
    let layout = Layout::new(tables).made_here(is_ours).without(unusable);
    Ok(Some(Ours { layout, users: ours(dialect, catalog, home, Table::User) }))
}

/// Whether the database keeps two rows from having one identity.
fn is_named(dialect: Dialect, found: &catalog::Table, layout: &TableLayout) -> bool {
    let name = |field: &&str| physical(dialect, found, layout.column(field)).map(|column| column.name.as_str());
    let names = layout.table.identity().iter().map(name).collect::<Option<Vec<_>>>();
    names.is_some_and(|names| found.is_unique(&names))
}

/// The table of the catalog that our migrations made for `table`.
fn ours<'a>(dialect: Dialect, catalog: &'a Catalog, home: &str, table: Table) -> Option<&'a catalog::Table> {
    let is_ours = |each: &&catalog::Table| {
        // Some servers keep the names of tables in lower case.
        let folds = dialect.syntax().lowers_names;
        each.schema == home && (each.name == table.name() || folds && each.name.eq_ignore_ascii_case(table.name()))
    };
    catalog.tables.iter().find(is_ours)
}

/// The schema with our tables: the caller's, else the one whose record of migrations an unqualified name finds.
fn home<'a>(catalog: &'a Catalog, schema: Option<&str>) -> Option<&'a str> {
    let mut records = catalog.tables.iter().filter(|table| table.name == RECORD);
    match schema {
        Some(wanted) => records.find(|record| record.schema == wanted || record.schema.is_empty()),
        None => records.min_by_key(|record| record.reach),
    }
    .map(|record| record.schema.as_str())
}

fn of(dialect: Dialect, mapping: &Mapping, table: Table, found: &catalog::Table, is_own: bool) -> Result<TableLayout> {
    discover::layout(dialect, mapping, table, found, |field, physical| {
        let column = table.column(field, dialect);
        (is_own && is_as_made(table, &column, physical)).then(|| Column {
            name: dialect.quote(&physical.name),
            indexed: found.is_ordered(&physical.name),
            keeps: sql_types::keeps(dialect, physical),
            codec: Codec {
                equality: sql_types::equality(physical),
                collation: physical.collation.clone(),
                ..column.codec
            },
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

/// Whether `column` is one of ours, under any name, and its type and nullability are what our migrations gave it.
fn is_as_made(table: Table, column: &Column, physical: &catalog::Column) -> bool {
    let Some(field) = table.fields().iter().find(|field| field.name == column.field) else { return false };
    let Field { kind, role, required, .. } = *field;
    fits(kind, role, physical)
        && ["", CASELESS, EXACT].contains(&&*physical.category)
        && !physical.computed
        && (physical.nullable || required)
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
            let layout = of(Dialect::Sqlite, &Mapping::default(), Table::Session, &found, true).expect("a layout");
            assert_eq!(layout.columns.len(), 4);
            assert_eq!(keeps(Dialect::Sqlite, &found, &layout), expected, "{:?}", found.columns[3]);
        }
    }

    #[test]
    fn ours_are_known_by_their_types() {
        let made = |physical: &catalog::Column, field| {
            let field = Table::Session.fields().iter().find(|each| each.name == field).expect("a field");
            is_as_made(Table::Session, &Table::Session.column(field, Dialect::Sqlite), physical)
        };
        assert!(made(&column("expires", "integer"), "expires"));
        assert!(!made(&column("expires", "text"), "expires"));
        assert!(!made(&catalog::Column { cast_name: Some("integer".into()), ..column("expires", "int4") }, "expires"));
        assert!(!made(&catalog::Column { category: "nocase".into(), ..column("userId", "text") }, "userId"));
        assert!(!made(&catalog::Column { computed: true, ..column("userId", "text") }, "userId"));
    }
}
