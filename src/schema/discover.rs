//! From what the database has to a layout: which column stands for which field, and how its values are written.

use std::borrow::Cow;
use std::sync::Arc;

use super::catalog::{self, Catalog};
use super::codec::Form;
use super::column::{Column, Fill, Keeps};
use super::ids::IdForm;
use super::instant::Instant;
use super::layout::{Layout, Owned, TableLayout};
use super::mapping::Mapping;
use super::model::{Field, Kind, Role, Table};
use super::{choice, defaults, habits, names, near, types};
use crate::dialect::Dialect;
use crate::dialect::connection::Connection;
use crate::error::Result;

/// The tables that are used.
#[derive(Debug)]
pub struct Found {
    pub layout: Layout,
    /// Each further set of tables, in words.
    pub further: Vec<String>,
    /// What the application's owner should hear of how the tables were chosen.
    pub notice: Option<String>,
}

/// The layout of the tables that another tool created, and which others could have been meant; `None` if there are none.
pub async fn discover(
    connection: &mut Connection,
    dialect: Dialect,
    catalog: &Catalog,
    mapping: &Mapping,
) -> Result<Option<Found>> {
    let Some(chosen) = choice::choose(connection, dialect, catalog, mapping).await? else { return Ok(None) };
    let mut tables = [const { None }; 5];
    for table in Table::ALL {
        if let Some(found) = chosen.table(table) {
            for field in table.fields() {
                names::settled(mapping, table, found, field.name)?;
            }
            let mut layout = layout(dialect, mapping, table, found, |_, _| None)?;
            layout.owned = owned(mapping, table, found, chosen.table(Table::User));
            tables[table as usize] = Some(layout);
        }
    }
    let found = tables.iter_mut().flatten().map(|table| (table.name.as_str(), table.columns.as_mut_slice()));
    habits::adopt(connection, dialect, found, mapping.dates).await?;
    let layout = Layout::new(tables).explaining(|table| near::instead_of(catalog, mapping, table));
    Ok(Some(Found { layout, further: chosen.further, notice: chosen.notice }))
}

/// By which foreign key the rows of a table are tied to their users.
pub fn owned(mapping: &Mapping, table: Table, found: &catalog::Table, user: Option<&catalog::Table>) -> Owned {
    let name = |table: Table, found, field| names::column(mapping, table, found, field).map(|column| &*column.name);
    let key =
        user.and_then(|user| found.reference(name(table, found, "userId")?, user, name(Table::User, user, "id")?));
    Owned::by(key)
}

/// What `found` is, as the table that stands for `table`. Of Auth.js's own columns, `known_as` may know better.
pub fn layout(
    dialect: Dialect,
    mapping: &Mapping,
    table: Table,
    found: &catalog::Table,
    known_as: impl Fn(&Field, &catalog::Column) -> Option<Column>,
) -> Result<TableLayout> {
    let schema = Some(found.schema.as_str()).filter(|schema| !schema.is_empty() && dialect == Dialect::Postgres);
    let mut columns = Vec::with_capacity(found.columns.len());
    let mut known = Vec::new();
    for field in table.fields() {
        let Some(physical) = names::column(mapping, table, found, field.name) else { continue };
        known.push(physical.name.as_str());
        if let Some(column) = known_as(field, physical) {
            columns.push(column);
            continue;
        }
        let column =
            column(dialect, mapping, table.name().into(), Cow::Borrowed(field.name), physical, Some(field.kind));
        if !types::serves(field, column.as_ref().map(|column| column.kind)) {
            return Err(types::unserved(&found.name, physical, field.name, field.kind));
        }
        if let Some(column) = column {
            let required = field.required || column.fill == Fill::Unknown;
            let fill = if column.fill == Fill::Unknown { Fill::Nothing } else { column.fill };
            let indexed = found.is_indexed(&physical.name);
            columns.push(Column { role: bounded(field.role, physical), required, fill, indexed, ..column });
        }
    }
    let camel =
        found.columns.iter().any(|column| known.contains(&&*column.name) && column.name.contains(char::is_uppercase));
    for physical in found.columns.iter().filter(|column| !known.contains(&&*column.name)) {
        let field = match mapping.field(table, &physical.name) {
            Some(field) => field.to_owned(),
            // What accounts hold besides comes from providers, whose names have underscores themselves.
            None if camel || (table == Table::Account && !is_moment(&physical.name)) => physical.name.clone(),
            // Two columns never share a field.
            None if found.column(&camel_case(&physical.name)).is_some() => physical.name.clone(),
            None => camel_case(&physical.name),
        };
        // Another column stands for the field, since the caller says so.
        if columns.iter().any(|column: &Column| column.field == *field) {
            continue;
        }
        let meant = is_moment(&physical.name).then_some(Kind::Time);
        if let Some(column) =
            column(dialect, mapping, table.name().into(), Cow::Owned(field), physical, meant.or(id_kind(physical)))
        {
            let column = if table == Table::Account { of_provider(dialect, column, physical) } else { column };
            // What a verification token's row holds besides is not for callers.
            columns.push(Column { visible: table != Table::VerificationToken, ..column });
        }
    }
    let physical = |field: &str| names::column(mapping, table, found, field).map(|column| column.name.as_str());
    let is_unique = |key: &&[&str]| match key.iter().map(|field| physical(field)).collect::<Option<Vec<_>>>() {
        Some(columns) => found.is_unique(&columns),
        None => true,
    };
    if found.triggered {
        forget_keeping(&mut columns);
    }
    let unguarded = table.keys().iter().copied().filter(|key| !is_unique(key)).collect();
    Ok(TableLayout {
        table,
        name: dialect.qualified(schema, &found.name),
        columns,
        unguarded,
        numbered: !found.without_rowid,
        // Other people's tables have defaults, and types that round and cut off.
        keeps: false,
        owned: Owned::Loosely,
    })
}

/// A column of accounts. Integers are a provider's numbers there, also those that say when: GitLab's `created_at`.
fn of_provider(dialect: Dialect, column: Column, physical: &catalog::Column) -> Column {
    if column.kind != Kind::Time || !types::is_integer(dialect, physical) {
        return column;
    }
    let mut codec = column.codec;
    codec.form = Form::Instant(Instant::Seconds);
    Column { kind: Kind::Int, codec, ..column }
}

pub fn column(
    dialect: Dialect,
    mapping: &Mapping,
    table: Arc<str>,
    field: Cow<'static, str>,
    physical: &catalog::Column,
    meant: Option<Kind>,
) -> Option<Column> {
    let (kind, mut codec) = types::codec(dialect, physical, meant, mapping.zone)?;
    let id = field == "id";
    // An INSERT that cannot return the id the database made would lose sight of the row; a counted one it can ask for.
    let made = physical.has_default && (dialect != Dialect::MySql || codec.form == Form::IntegerId);
    let fill = if physical.computed || if id { made } else { physical.has_default } {
        Fill::Nothing
    } else if id && kind == Kind::Text && codec.form != Form::IntegerId {
        let form = IdForm::for_length(physical.length);
        Fill::Id { form, strict: form != IdForm::Uuid }
    } else if physical.nullable {
        Fill::Nothing
    } else if is_moment(&physical.name) {
        Fill::Now
    } else {
        Fill::Unknown
    };
    let generated = physical.computed || (id && made);
    let kind = match codec.form {
        Form::IntegerId if mapping.numeric_ids => {
            codec.form = Form::Plain;
            Kind::Int
        }
        _ => kind,
    };
    Some(Column {
        table,
        touched: is_update_moment(&physical.name) && !physical.on_update,
        generated,
        field,
        name: dialect.quote(&physical.name),
        kind,
        role: bounded(Role::Free, physical),
        required: false,
        codec,
        visible: true,
        indexed: false,
        largest: types::largest(dialect, physical),
        keeps: types::keeps(dialect, physical),
        clock: physical.default.as_deref().and_then(defaults::instant),
        fill,
    })
}

/// A trigger may write what it likes.
pub fn forget_keeping(columns: &mut [Column]) {
    columns.iter_mut().for_each(|column| column.keeps = Keeps::Nothing);
}

/// What our model says of a field, as far as the column has room for it.
fn bounded(role: Role, physical: &catalog::Column) -> Role {
    let text = physical.type_name.contains("char");
    match (role, physical.length.filter(|_| text)) {
        (Role::Key(max), Some(length)) => Role::Key(max.min(length)),
        (Role::AsciiKey(max), Some(length)) => Role::AsciiKey(max.min(length)),
        (role, _) => role,
    }
}

/// Ids of rows are text to JavaScript, of any type in the database.
fn id_kind(physical: &catalog::Column) -> Option<Kind> {
    physical.name.eq_ignore_ascii_case("id").then_some(Kind::Text)
}

pub fn is_moment(name: &str) -> bool {
    matches!(names::bare(name).as_str(), "createdat" | "updatedat")
}

fn is_update_moment(name: &str) -> bool {
    names::bare(name) == "updatedat"
}

fn camel_case(name: &str) -> String {
    let mut words = name.split('_').filter(|word| !word.is_empty());
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |text, word| {
        let mut characters = word.chars();
        text + &characters.next().map(char::to_uppercase).map(String::from_iter).unwrap_or_default()
            + characters.as_str()
    })
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
