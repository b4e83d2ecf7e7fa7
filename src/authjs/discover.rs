//! From what the database has to a layout: which column stands for which field, and how its values are written.

use std::borrow::Cow;

use crate::authjs::choice::Choice;
use crate::authjs::layout::{Layout, Owned, TableLayout};
use crate::authjs::mapping::Mapping;
use crate::authjs::model::{Field, Table, tokens};
use crate::authjs::{family, near, password_column};
use crate::dialect::Dialect;
use crate::driver::answers::Answers;
use crate::error::Result;
use crate::table::catalog::{Catalog, Relation};
use crate::table::column::{Column, Fill};
use crate::table::infer::{bounded, column, forget_keeping, id_kind, is_moment, of_provider};
use crate::table::naming::camel_case;
use crate::table::subject::Facts;
use crate::table::{capacity, catalog, counted, encrypted, stored_forms};
use crate::types::codec::Form;
use crate::types::kind::{Besides, Kind};
use crate::types::wire::Wire;

/// The tables that are used.
#[derive(Debug)]
pub struct Found {
    pub layout: Layout,
    /// Each further set of tables, in words.
    pub further: Vec<String>,
    /// What the application's owner should hear of how the tables were chosen.
    pub notice: Option<String>,
}

/// When rows are asked for what neither types nor defaults tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rows {
    Now,
    /// If look-ups do without: see [`learn_ids`].
    Later,
}

/// The layout of the tables that another tool created and that have been chosen, and which others could have been meant.
pub async fn discover(
    answers: &mut impl Answers,
    dialect: Dialect,
    catalog: &Catalog,
    mapping: &Mapping,
    chosen: Choice<'_>,
    rows: Rows,
) -> Result<Found> {
    let mut tables = [const { None }; 6];
    let mut unusable = Vec::new();
    for table in Table::ALL {
        let Some(found) = chosen.table(table) else { continue };
        let layout = family::all_settled(mapping, table, found)
            .and_then(|()| layout(dialect, mapping, table, found, |_, _| None));
        match layout {
            Ok(layout) => {
                let owned = owned(mapping, table, found, chosen.table(Table::User));
                tables[table as usize] = Some(TableLayout { owned, ..layout });
            }
            // Signing in goes on without it.
            Err(error) if Table::OPTIONAL.contains(&table) => unusable.push((table, error.into())),
            Err(error) => return Err(error),
        }
    }
    let columns = tables.iter().flatten().flat_map(|table| &table.columns);
    let ids_are_unknown = rows == Rows::Later && stored_forms::tell_only_new_ids(dialect, columns);
    if !ids_are_unknown {
        let found = tables.iter_mut().flatten().map(|table| (table.name.as_str(), table.columns.as_mut_slice()));
        stored_forms::adopt(answers, dialect, found, mapping.conventions.dates).await?;
    }
    if mapping.conventions.numeric_ids {
        counted::show_numbers(tables.iter_mut().flatten().flat_map(|table| &mut table.columns));
    }
    let mut layout = Layout::new(tables).without(unusable);
    layout = layout.explaining(|table| near::instead_of(catalog, mapping, table));
    layout.ids_are_unknown = ids_are_unknown;
    Ok(Found { layout, further: chosen.further, notice: chosen.notice })
}

/// Asks the rows of a layout what new ids look like.
pub async fn learn_ids(
    answers: &mut impl Answers,
    dialect: Dialect,
    layout: &Layout,
    mapping: &Mapping,
) -> Result<Layout> {
    let mut layout = layout.clone();
    layout.ids_are_unknown = false;
    let found = layout.all_mut().map(|table| (table.name.as_str(), table.columns.as_mut_slice()));
    stored_forms::adopt(answers, dialect, found, mapping.conventions.dates).await?;
    Ok(layout)
}

/// By which foreign key the rows of a table are tied to their users.
pub fn owned(mapping: &Mapping, table: Table, found: &catalog::Table, user: Option<&catalog::Table>) -> Owned {
    Owned::by(user.and_then(|user| family::reference(mapping, table, found, user)))
}

/// What `found` is, as the table that stands for `table`. Of Auth.js's own columns, `known_as` may know better.
pub fn layout(
    dialect: Dialect,
    mapping: &Mapping,
    table: Table,
    found: &catalog::Table,
    known_as: impl Fn(&Field, &catalog::Column) -> Option<Column>,
) -> Result<TableLayout> {
    let schema = Some(found.schema.as_str()).filter(|schema| !schema.is_empty() && dialect.syntax().schemas);
    let mut columns = Vec::with_capacity(found.columns.len());
    let mut known = Vec::new();
    for field in table.fields() {
        let Some(physical) = family::column(mapping, table, found, field.name) else { continue };
        known.push(physical.name.as_str());
        if let Some(column) = known_as(field, physical) {
            columns.push(column);
            continue;
        }
        let column = column(
            dialect,
            &mapping.conventions,
            table.name().into(),
            Cow::Borrowed(field.name),
            physical,
            Some(field.kind),
            found.triggered && found.is_table(),
        );
        let wanted = (field.kind, field.role, field.required);
        if !capacity::serves(dialect, wanted, physical, column.as_ref().map(|column| column.kind)) {
            return Err(capacity::unserved(&found.name, physical, field.name, field.kind));
        }
        if let Some(mut column) = column {
            // A date of Auth.js's is no day, and a text of its own no object.
            column.codec.besides = Besides::Nothing;
            let column = if field.kind == Kind::Int { in_seconds(column) } else { column };
            let required = field.required || column.fill == Fill::Unknown;
            let fill = match column.fill {
                Fill::Unknown => Fill::Nothing,
                // Signing in gives each of these a value, but for the id of a new user.
                Fill::Trigger if field.required && field.name != "id" => Fill::Nothing,
                fill => fill,
            };
            let indexed = found.is_ordered(&physical.name);
            columns.push(Column { role: bounded(field.role, physical), required, fill, indexed, ..column });
        }
    }
    let camel =
        found.columns.iter().any(|column| known.contains(&&*column.name) && column.name.contains(char::is_uppercase));
    let is_further = |column: &&catalog::Column| !known.contains(&&*column.name) && column.category != catalog::HIDDEN;
    for physical in found.columns.iter().filter(is_further) {
        let field = match mapping.field(table, &physical.name) {
            Some(field) => field.to_owned(),
            // What accounts hold besides comes from providers, whose names have underscores themselves.
            None if camel || (table == Table::Account && !is_moment(&physical.name)) => physical.name.clone(),
            // Two columns never share a field.
            None if found.column(&camel_case(&physical.name)).is_some() => physical.name.clone(),
            None => camel_case(&physical.name),
        };
        // Another column stands for the field, since the caller says so.
        let is_anothers = mapping.field(table, &physical.name).is_none()
            && found.columns.iter().any(|other| mapping.field(table, &other.name) == Some(&field));
        if is_anothers || columns.iter().any(|column: &Column| column.field == *field) {
            continue;
        }
        let meant = is_moment(&physical.name).then_some(Kind::Time);
        if let Some(column) = column(
            dialect,
            &mapping.conventions,
            table.name().into(),
            Cow::Owned(field),
            physical,
            meant.or(id_kind(physical)),
            found.triggered && found.is_table(),
        ) {
            let column = if table == Table::Account { of_provider(dialect, column, physical) } else { column };
            let column = match table {
                Table::User if password_column::is_one(mapping, &physical.name, &column) => {
                    columns.push(password_column::sealed(column, physical));
                    continue;
                }
                _ => column,
            };
            // What a verification token's row holds besides is not for callers, and no hash of a password is.
            let visible = table != Table::VerificationToken && !password_column::is_others(table, &column);
            columns.push(Column { visible, ..column });
        }
    }
    let physical = |field: &str| family::column(mapping, table, found, field).map(|column| column.name.as_str());
    let is_unique = |key: &&[&str]| match key.iter().map(|field| physical(field)).collect::<Option<Vec<_>>>() {
        Some(columns) => found.is_unique(&columns),
        None => true,
    };
    if found.triggered {
        forget_keeping(&mut columns);
    }
    let encryption = mapping.conventions.encryption.clone().filter(|_| table == Table::Account);
    if encryption.is_some() {
        for (field, _) in tokens().fields {
            let column = columns.iter().find(|column| *column.field == *field);
            if let (Some(column), Some(physical)) = (column, family::column(mapping, table, found, &field)) {
                encrypted::verify(dialect, found, column, physical)?;
            }
        }
    }
    let unguarded = table.keys().iter().copied().filter(|key| !is_unique(key)).collect();
    Ok(TableLayout {
        table,
        name: dialect.qualified(schema, &found.name),
        columns,
        unguarded,
        shared: (mapping.conventions.shared_emails && table == Table::User).then_some(EMAIL),
        keys: found.keys(),
        numbered: !found.without_rowid,
        partitioned: found.relation == Relation::Partitioned,
        // Other people's tables have defaults, and types that round and cut off.
        keeps: false,
        triggered: found.triggered,
        followed: found.followed,
        guarded: found.guarded,
        named: is_unique(&table.identity()),
        owned: Owned::Loosely,
        facts: Facts::of(found),
        encryption,
    })
}

/// The key that the option `emails` is about.
const EMAIL: &[&str] = &["email"];

/// A column for a number of seconds, as providers give them, that may be one of dates.
fn in_seconds(column: Column) -> Column {
    let zone = match column.codec.form {
        Form::Plain => None,
        Form::Wall(zone) => Some(zone),
        _ => return column,
    };
    if column.codec.wire != Wire::Time {
        return column;
    }
    Column { kind: Kind::Int, codec: column.codec.form(Form::Seconds(zone)), ..column }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_for_javascript() {
        assert_eq!(camel_case("created_at"), "createdAt");
        assert_eq!(camel_case("role"), "role");
    }
}
