//! What Better Auth needs of tables that are Auth.js's: columns that may be null, so that Auth.js goes on writing rows as ever.

use crate::ddl::desired::{Field, Table, Type, Wanted};
use crate::ddl::passwords;
use crate::dialect::{Dialect, Family};
use crate::driver::connection::Connection;
use crate::engine::borrowed::Borrowed;
use crate::error::Result;
use crate::table::any_case;
use crate::table::naming::styled;
use crate::table::table::ID;

/// `wanted`, of which the tables that stand for models keep what they have.
pub fn wanted(wanted: &Wanted, borrowed: &[(&str, Borrowed<'_>)]) -> Wanted {
    let of = |key: &str| borrowed.iter().find(|(each, _)| *each == key).map(|(_, lent)| lent);
    let table = |table: &Table| match of(&table.key) {
        Some(lent) => standing(table, lent),
        None => table.clone(),
    };
    Wanted { tables: wanted.tables.iter().map(table).collect(), ids: wanted.ids, on: wanted.on.clone() }
}

fn standing(table: &Table, lent: &Borrowed<'_>) -> Table {
    let is_there = |name: &str| lent.stands.iter().any(|stand| stand.field == name && stand.column.is_some());
    let physical = |name: &String| {
        let stand = lent.stands.iter().find(|stand| stand.field == *name).and_then(|stand| stand.column);
        stand.map_or_else(|| name.clone(), |column| column.name.clone())
    };
    let left = table.fields.iter().filter(|field| !is_there(&field.key));
    let mut fields: Vec<_> = left
        .map(|field| Field { required: false, essential: false, unique: false, now: false, ..field.clone() })
        .collect();
    if !lent.makes_ids && lent.table.similar(ID).is_empty() {
        fields.insert(0, id());
    }
    let indexes = table.indexes.iter().map(|index| {
        let mut index = index.clone();
        index.columns = index.columns.iter().map(physical).collect();
        index
    });
    Table {
        fields,
        indexes: indexes.collect(),
        stands: Some((lent.table.schema.clone(), lent.table.name.clone())),
        ..table.clone()
    }
}

/// The column that is wanted for passwords, in the style of the table.
fn place(table: &Table, lent: &Borrowed<'_>) -> Option<String> {
    let ([password, _], _) = lent.secret.as_ref()?;
    let field = table.fields.iter().find(|field| field.key == *password)?;
    Some(styled(&field.name, lent.table.is_snake()))
}

/// An id beside what names the rows already.
fn id() -> Field {
    Field {
        name: ID.to_owned(),
        key: ID.to_owned(),
        kind: Type::Key,
        required: false,
        essential: false,
        unique: false,
        indexed: false,
        references: None,
        now: false,
        default: None,
    }
}

/// What columns alone do not do: rows that are there get the id that they lack, addresses are found in any case, and passwords are
/// found by both.
pub async fn beside(
    connection: &mut Connection,
    dialect: Dialect,
    wanted: &Wanted,
    borrowed: &[(&str, Borrowed<'_>)],
) -> Result<Vec<String>> {
    let is_by_steps = dialect.syntax().migration_lock.is_by_steps();
    let mut statements = Vec::new();
    for (key, lent) in borrowed {
        let name = lent.table.qualified(dialect);
        if !lent.makes_ids && lacks_ids(connection, dialect, lent, &name).await? {
            let id = lent.table.similar(ID).first().map_or_else(|| dialect.quote(ID), |id| dialect.quote(&id.name));
            let made = match dialect.family() {
                Family::Postgres => "gen_random_uuid()::text",
                Family::MySql => "uuid()",
                Family::Sqlite => "lower(hex(randomblob(16)))",
            };
            statements.push(format!("UPDATE {name} SET {id} = {made} WHERE {id} IS NULL"));
        }
        statements.extend(unserved(connection, dialect, lent).await?);
        let place = wanted.tables.iter().find(|table| table.key == *key).and_then(|table| place(table, lent));
        let copying = place.and_then(|column| passwords::copying(dialect, lent, &column));
        if let Some(copying) = copying
            && (!copying.is_there || is_by_steps && !connection.first_texts(&copying.left).await?.is_empty())
        {
            statements.push(copying.statement);
        }
    }
    Ok(statements)
}

/// Whether rows have no id: all of them, or those that a migration has left that ended before it was done.
async fn lacks_ids(connection: &mut Connection, dialect: Dialect, lent: &Borrowed<'_>, name: &str) -> Result<bool> {
    let ids = lent.table.similar(ID);
    let Some(id) = ids.first() else { return Ok(true) };
    let is_text = ["text", "varchar", "char"].iter().any(|text| id.type_name.starts_with(text));
    if !is_text || !id.nullable || id.has_default || id.computed || !lent.table.is_table() {
        return Ok(false);
    }
    let id = dialect.quote(&id.name);
    let left = connection.first_texts(&format!("SELECT 'left' FROM {name} WHERE {id} IS NULL LIMIT 1")).await?;
    Ok(!left.is_empty())
}

/// What has to be added for an address to be found in any case by an index.
pub async fn unserved(connection: &mut Connection, dialect: Dialect, lent: &Borrowed<'_>) -> Result<Vec<String>> {
    let address = lent.address.and_then(|address| lent.stands.iter().find(|stand| stand.field == address)?.column);
    let Some(column) = address else { return Ok(Vec::new()) };
    let name = lent.table.qualified(dialect);
    Ok(any_case::missing(dialect, lent.table, column, &name, &indexes(connection, dialect).await?))
}

/// The names of all indexes, those of expressions among them, each after its schema.
async fn indexes(connection: &mut Connection, dialect: Dialect) -> Result<Vec<String>> {
    connection
        .first_texts(match dialect.family() {
            Family::Postgres => "SELECT schemaname || '.' || indexname FROM pg_catalog.pg_indexes",
            Family::Sqlite => "SELECT '.' || name FROM sqlite_master WHERE type = 'index'",
            Family::MySql => "SELECT CONCAT(index_schema, '.', index_name) FROM information_schema.statistics",
        })
        .await
}
