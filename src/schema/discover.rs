//! From what the database has to a layout: which column stands for which field, and how its values are written.

use std::borrow::Cow;
use std::sync::Arc;

use super::catalog::{self, Catalog};
use super::codec::{Form, Instant};
use super::column::{Column, Fill};
use super::ids::IdForm;
use super::layout::{Layout, TableLayout};
use super::mapping::Mapping;
use super::model::{Kind, Role, Table};
use super::{names, types};
use crate::dialect::Dialect;
use crate::dialect::connection::Connection;
use crate::error::Result;

/// The layout of the tables that somebody else created; `None` if there are none.
pub async fn discover(
    connection: &mut Connection,
    dialect: Dialect,
    catalog: &Catalog,
    mapping: &Mapping,
) -> Result<Option<Layout>> {
    let Some(family) = names::family(catalog, mapping)? else { return Ok(None) };
    let mut tables = [const { None }; 5];
    for table in Table::ALL {
        if let Some(found) = family.table(table) {
            for field in table.fields() {
                names::settled(mapping, table, found, field.name)?;
            }
            tables[table as usize] = Some(layout(dialect, mapping, table, found));
        }
    }
    let found = tables.iter_mut().flatten().map(|table| (table.name.as_str(), table.columns.as_mut_slice()));
    adopt_habits(connection, dialect, found, mapping.dates).await?;
    Ok(Some(Layout::new(tables)))
}

fn layout(dialect: Dialect, mapping: &Mapping, table: Table, found: &catalog::Table) -> TableLayout {
    let schema = Some(found.schema.as_str()).filter(|schema| !schema.is_empty() && dialect == Dialect::Postgres);
    let mut columns = Vec::with_capacity(found.columns.len());
    let mut known = Vec::new();
    for field in table.fields() {
        let Some(physical) = names::column(mapping, table, found, field.name) else { continue };
        known.push(physical.name.as_str());
        if let Some(column) =
            column(dialect, mapping, table.name().into(), Cow::Borrowed(field.name), physical, Some(field.kind))
        {
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
        let meant = is_moment(&physical.name).then_some(Kind::Time);
        if let Some(column) =
            column(dialect, mapping, table.name().into(), Cow::Owned(field), physical, meant.or(id_kind(physical)))
        {
            // What a verification token's row holds besides is nobody's business.
            columns.push(Column { visible: table != Table::VerificationToken, ..column });
        }
    }
    let physical = |field: &str| names::column(mapping, table, found, field).map(|column| column.name.as_str());
    let is_unique = |key: &&[&str]| match key.iter().map(|field| physical(field)).collect::<Option<Vec<_>>>() {
        Some(columns) => found.is_unique(&columns),
        None => true,
    };
    let unguarded = table.keys().iter().copied().filter(|key| !is_unique(key)).collect();
    TableLayout {
        table,
        name: dialect.qualified(schema, &found.name),
        columns,
        unguarded,
        numbered: !found.without_rowid,
        // Other people's tables have defaults, and types that round and cut off.
        keeps: false,
    }
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
        fill,
    })
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

/// Ids of rows are text to JavaScript, whatever they are to the database.
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

/// Looks, in one query, at one value of each column that can be written in several ways, and goes on as others began.
///
/// Each table comes with its name, ready for SQL.
pub async fn adopt_habits(
    connection: &mut Connection,
    dialect: Dialect,
    tables: impl Iterator<Item = (&str, &mut [Column])>,
    chosen: Option<Instant>,
) -> Result<()> {
    let mut samples = Vec::new();
    let mut tables: Vec<_> = tables.collect();
    for (at, (table, columns)) in tables.iter_mut().enumerate() {
        for (position, column) in columns.iter_mut().enumerate() {
            match (column.codec.form, chosen) {
                (Form::Instant(_), Some(chosen)) => column.codec.form = Form::Instant(chosen),
                (Form::Instant(_), None) => samples.push(sample(dialect, at, position, table, &column.name)),
                (Form::Plain | Form::Uuid, _) if matches!(column.fill, Fill::Id { .. }) => {
                    samples.push(sample(dialect, at, position, table, &column.name));
                }
                _ => {}
            }
        }
    }
    if samples.is_empty() {
        return Ok(());
    }
    for row in connection.texts(&samples.join(" UNION ALL ")).await? {
        let [Some(place), Some(value)] = row.as_slice() else { continue };
        let Some((at, position)) = place.split_once(':') else { continue };
        let (Ok(at), Ok(position)) = (at.parse::<usize>(), position.parse::<usize>()) else { continue };
        if let Some(column) = tables.get_mut(at).and_then(|(_, columns)| columns.get_mut(position)) {
            adopt(column, value);
        }
    }
    Ok(())
}

/// One value of a column, with the place of the column in the layout.
fn sample(dialect: Dialect, at: usize, position: usize, table: &str, column: &str) -> String {
    let text = if matches!(dialect, Dialect::MySql | Dialect::MariaDb) { "CHAR" } else { "TEXT" };
    format!(
        "SELECT * FROM (SELECT '{at}:{position}' AS place, CAST({column} AS {text}) AS value \
         FROM {table} WHERE {column} IS NOT NULL LIMIT 1) sample_{at}_{position}"
    )
}

fn adopt(column: &mut Column, value: &str) {
    if let Form::Instant(now) = column.codec.form {
        match Instant::of(value) {
            Some(Instant::Millis) if now == Instant::MillisText => {}
            Some(found) => column.codec.form = Form::Instant(found),
            None => {}
        }
        return;
    }
    match (column.codec.form, IdForm::recognise(value)) {
        // A column of UUIDs refuses by itself what is none, and takes every version.
        (Form::Uuid, Some(IdForm::Uuid)) | (_, None) => {}
        (_, Some(form)) => column.fill = Fill::Id { form, strict: true },
    }
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
