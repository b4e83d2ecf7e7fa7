//! Which values a column has room for, and whether it can serve as a field of ours.

use crate::dialect::Dialect;
use crate::error::{Code, Error};
use crate::table::catalog::{Column, Table};
use crate::table::sql_types::codec;
use crate::types::kind::{Kind, Role};
use crate::types::zone::Zone;

/// Whether a column has room for ids that are made here: texts, and UUIDs.
pub fn holds_ids(dialect: Dialect, column: &Column) -> bool {
    let name = column.type_name.split(['(', ' ']).next().unwrap_or_default();
    let texts = ["text", "varchar", "bpchar", "char", "name", "citext", "tinytext", "mediumtext", "longtext", "uuid"];
    dialect.syntax().dynamic_types || texts.contains(&name)
}

/// Whether a column's values are integers to the database.
pub fn is_integer(dialect: Dialect, column: &Column) -> bool {
    let name = column.type_name.split(['(', ' ']).next().unwrap_or_default();
    if dialect.syntax().dynamic_types {
        return column.type_name.contains("int");
    }
    matches!(name, "int2" | "int4" | "int8" | "tinyint" | "smallint" | "mediumint" | "int" | "bigint")
}

/// Types whose texts a database writes in more ways than one, or reads as another value: no two keys of them can be compared.
const NO_KEYS: [&str; 11] =
    ["date", "time", "timetz", "interval", "inet", "cidr", "year", "inet4", "inet6", "set", "money"];

/// Whether the column's type has no `=`: PostgreSQL has none for a domain over an enum.
fn is_incomparable(column: &Column) -> bool {
    column.category == "enum domain"
}

/// The first moment that new rows hold, in seconds: what has no room for it holds no date. It is 2020.
const RECENT: i64 = 1_577_836_800;

/// Of a number of milliseconds, until the year 9999.
const BITS_OF_MILLIS: u32 = 48;

/// The shortest text that is written for an instant: milliseconds, in digits.
const SHORTEST_INSTANT: usize = 13;

/// Whether a column that holds instants by its type has room for the present one, in the shortest form.
pub fn has_room_for_instants(dialect: Dialect, column: &Column) -> bool {
    if dialect.syntax().dynamic_types {
        return true;
    }
    let (name, width) = column.type_name.split_once(['(', ' ']).unwrap_or((&column.type_name, ""));
    let bits = width.strip_suffix(')').and_then(|width| width.parse().ok());
    match name {
        "bit" => bits.is_some_and(|bits: u32| bits >= BITS_OF_MILLIS),
        _ if name.contains("char") => column.length.is_none_or(|length| length >= SHORTEST_INSTANT),
        _ => largest(dialect, column).is_none_or(|largest| largest >= RECENT),
    }
}

/// Whether a column whose values are read as `got`, or cannot be read at all, can serve as a field of ours.
pub fn serves(
    dialect: Dialect,
    (wanted, role, required): (Kind, Role, bool),
    column: &Column,
    got: Option<Kind>,
) -> bool {
    let is_needed = required || role != Role::Free;
    let name = column.type_name.split(['(', ' ']).next().unwrap_or_default();
    match (wanted, got) {
        _ if dialect.syntax().dynamic_types => {}
        (Kind::Text, _) if role != Role::Free && (NO_KEYS.contains(&name) || is_incomparable(column)) => return false,
        (Kind::Time, _) if is_needed && !has_room_for_instants(dialect, column) => return false,
        _ => {}
    }
    match (wanted, got) {
        // One that the application does without is left out.
        (kind, None) => !is_needed && kind != Kind::Time,
        _ if !is_needed => true,
        (Kind::Time, Some(got)) => got == Kind::Time,
        (Kind::Text, Some(got)) if role != Role::Free => matches!(got, Kind::Text | Kind::Int),
        (Kind::Int | Kind::Float, Some(got)) => matches!(got, Kind::Int | Kind::Float | Kind::Text),
        _ => true,
    }
}

/// What is said where a column cannot serve as the field that it is found for.
pub fn unserved(table: &str, column: &Column, field: &str, kind: Kind) -> Error {
    let wanted = match kind {
        Kind::Text => "a text, a UUID or an integer",
        Kind::Time => "a date with a time, an integer or a text",
        Kind::Int | Kind::Float => "a number",
        Kind::Bool => "a boolean",
        Kind::Json => "JSON or a text",
    };
    let message = format!(
        "{table}.{} is of the type {}, which cannot hold {field}: it takes {wanted}",
        column.name, column.type_name
    );
    Error::new(Code::Schema, message).about("table", table).about("field", field.to_owned())
}

/// What is said of a column that is filled by a trigger, if at all.
pub fn left_to_triggers(table: &str, column: &Column, field: &str) -> String {
    format!(
        "{table}.{} must not be null and has no default in the database: it is left to the table's triggers, and creating a row fails \
         unless one of them fills it, or {field} is given",
        column.name
    )
}

/// What is said of a further column that is not used.
pub fn left_alone(dialect: Dialect, table: &Table, column: &Column) -> String {
    let why = if codec(dialect, column, None, Zone::Utc).is_some() {
        "another column has the name that callers would know it by".to_owned()
    } else {
        format!("its type {} is none that JavaScript's values go into", column.type_name)
    };
    let is_missed = !column.nullable && !column.has_default && !column.computed;
    let fails = match is_missed {
        true if table.triggered => {
            "; it must not be null and has no default: creating a row fails unless a trigger fills it"
        }
        true => "; it must not be null and has no default: creating a row fails",
        false => "",
    };
    format!("{}.{} is left alone: {why}{fails}", table.name, column.name)
}

/// The largest integer that a column has room for, where that is less than 64 bits'.
pub fn largest(dialect: Dialect, column: &Column) -> Option<i64> {
    if dialect.syntax().dynamic_types {
        return None;
    }
    let name = column.type_name.split(['(', ' ']).next().unwrap_or_default();
    let signed = match name {
        "tinyint" => i64::from(i8::MAX),
        "int2" | "smallint" => i64::from(i16::MAX),
        "mediumint" => (1 << 23) - 1,
        "int4" | "int" | "integer" => i64::from(i32::MAX),
        _ => return None,
    };
    Some(if column.type_name.contains("unsigned") { 2 * signed + 1 } else { signed })
}
