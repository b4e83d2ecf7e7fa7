//! What the database's types mean: from a column of the catalog to a codec.

use std::borrow::Cow;

use crate::dialect::Dialect;
use crate::table::catalog::{Column, EXACT, LOOSE};
use crate::table::column::Keeps;
use crate::table::defaults;
use crate::table::naming;
use crate::types::affinity::Numbering;
use crate::types::codec::{AS_ITSELF, AS_TEXT, Codec, Equality, Form};
use crate::types::instant::Instant;
use crate::types::kind::{Besides, Kind};
use crate::types::wire::Wire;
use crate::types::zone::Zone;

/// The characters of an instant in ISO 8601, as it is written.
const ISO: usize = 24;

/// How to read and write `column`, which is meant to hold a `meant` where that is known. `None` if its type is none that
/// JavaScript's values go into.
///
/// `zone` is whose wall clock MySQL's DATETIME columns show; a TIMESTAMP shows the session's.
pub fn codec(dialect: Dialect, column: &Column, meant: Option<Kind>, zone: Zone) -> Option<(Kind, Codec)> {
    let (kind, codec) = match dialect {
        Dialect::Postgres => postgres(column, meant),
        Dialect::MySql | Dialect::MariaDb => mysql(column, meant, zone),
        Dialect::Sqlite => sqlite(column, meant),
    }?;
    let besides = besides(dialect, column, meant, (kind, &codec));
    Some((kind, Codec { besides, collation: column.collation.clone(), ..codec }))
}

/// What an ORM may store in a column that is not meant for anything in particular, and in one of days that is meant for dates.
fn besides(dialect: Dialect, column: &Column, meant: Option<Kind>, (kind, codec): (Kind, &Codec)) -> Besides {
    match (meant, kind) {
        (None | Some(Kind::Time), Kind::Text) if is_day(dialect, column) => Besides::Days,
        (None, Kind::Text) if is_text(dialect, column, codec) => Besides::Texts,
        (None, Kind::Int) => Besides::Integers(None),
        _ => Besides::Nothing,
    }
}

/// Whether a column holds days, which JavaScript knows as texts: `2030-06-07`. SQLite's hold what each value is.
pub fn is_day(dialect: Dialect, column: &Column) -> bool {
    !dialect.syntax().dynamic_types && column.type_name == "date"
}

/// Whether a column keeps any text as it is.
fn is_text(dialect: Dialect, column: &Column, codec: &Codec) -> bool {
    let name = column.type_name.split(['(', ' ']).next().unwrap_or_default();
    let texts = ["text", "varchar", "bpchar", "char", "name", "citext", "tinytext", "mediumtext", "longtext"];
    let is_own = !matches!(column.category.as_str(), "enum" | "enum domain");
    if dialect.syntax().dynamic_types { codec.numbering.is_none() } else { is_own && texts.contains(&name) }
}

fn postgres(column: &Column, meant: Option<Kind>) -> Option<(Kind, Codec)> {
    let cast = column.cast_name.as_deref().unwrap_or(&column.type_name);
    let equality = if column.category == LOOSE { Equality::Loose } else { Equality::Usual };
    // Through text, so that the parameter's own type is always the same.
    let text = || Codec::plain(Wire::Text).reading("{}::text").writing(Cow::Owned(format!("{{}}::text::{cast}")));
    if matches!(column.category.as_str(), "enum" | "enum domain") {
        return Some((Kind::Text, text()));
    }
    if column.category == "array" && matches!(column.type_name.as_str(), "_json" | "_jsonb") {
        return Some((Kind::Json, text().reading("to_json({})::text").form(Form::JsonArray)));
    }
    if column.category == "array" {
        // As a single one is read.
        let is_exact = !matches!(meant, Some(Kind::Json | Kind::Float)) && column.type_name == "_numeric";
        let read = if is_exact { "to_json({}::text[])::text" } else { "to_json({})::text" };
        return Some((Kind::Json, text().reading(read).form(Form::Array)));
    }
    Some(match column.type_name.as_str() {
        "bpchar" => textual(
            Codec { equality, ..Codec::plain(Wire::Text) }.reading("{}::text").writing("{}::bpchar").form(Form::Padded),
            meant,
            Instant::MillisText,
        ),
        "text" | "varchar" | "name" => {
            let is_own = ["text", "varchar", "character varying", "name"].contains(&cast);
            let codec = Codec { equality, ..Codec::plain(Wire::Text) };
            let codec = if is_own { codec } else { codec.writing(AS_TEXT) };
            textual(codec, meant, Instant::MillisText)
        }
        "citext" => (Kind::Text, text().form(Form::Caseless)),
        "uuid" => (Kind::Text, text().form(Form::Uuid)),
        "int2" | "int4" | "int8" => {
            let instant = if column.type_name == "int8" { Instant::Millis } else { Instant::Seconds };
            integral(Codec::plain(Wire::Int).reading("{}::int8").writing("{}::int8"), meant, instant)
        }
        "numeric" => match meant {
            Some(Kind::Int) => (Kind::Int, Codec::plain(Wire::Int).reading("{}::int8").writing("{}::int8")),
            Some(Kind::Float) => {
                (Kind::Float, Codec::plain(Wire::Float).reading("{}::float8").writing("{}::float8::numeric"))
            }
            _ => (Kind::Text, text()),
        },
        "float4" | "float8" => {
            let form = if column.type_name == "float4" { Form::Single } else { Form::Plain };
            (Kind::Float, Codec::plain(Wire::Float).reading("{}::float8").writing("{}::float8").form(form))
        }
        "bool" => (Kind::Bool, Codec::plain(Wire::Bool).writing("{}::bool")),
        "timestamptz" => (Kind::Time, Codec::plain(Wire::Time).writing("{}::timestamptz")),
        // Every known adapter that writes this type writes UTC into it.
        "timestamp" => (
            Kind::Time,
            Codec::plain(Wire::Time).reading("({} AT TIME ZONE 'UTC')").writing("({}::timestamptz AT TIME ZONE 'UTC')"),
        ),
        "json" | "jsonb" => (Kind::Json, text()),
        "date" | "time" | "timetz" | "interval" | "inet" | "cidr" => (Kind::Text, text()),
        _ => return None,
    })
}

/// Whether a boolean may be meant: also where Auth.js has a date, as applications do with `emailVerified`.
fn may_be_boolean(column: &Column, meant: Option<Kind>) -> bool {
    meant.is_none() || meant == Some(Kind::Time) && naming::bare(&column.name).contains("verified")
}

fn mysql(column: &Column, meant: Option<Kind>, zone: Zone) -> Option<(Kind, Codec)> {
    let full = column.type_name.as_str();
    let base = full.split(['(', ' ']).next().unwrap_or_default();
    let as_text = || Codec::plain(Wire::Text).reading("CAST({} AS CHAR)");
    if column.category == "json" {
        return Some((Kind::Json, Codec::plain(Wire::Text)));
    }
    Some(match base {
        "enum" | "set" | "uuid" => (Kind::Text, Codec::plain(Wire::Text)),
        "char" | "varchar" | "tinytext" | "text" | "mediumtext" | "longtext" => textual(
            Codec { equality: equality(column), ..Codec::plain(Wire::Text) },
            meant,
            // A `char` may have no room for more.
            match column.length {
                Some(length) if base == "varchar" || length < ISO => Instant::MillisText,
                _ => Instant::IsoZ,
            },
        ),
        "tinyint" if meant == Some(Kind::Bool) || (may_be_boolean(column, meant) && full.starts_with("tinyint(1)")) => {
            (Kind::Bool, Codec::plain(Wire::Int).form(Form::ZeroOne))
        }
        "bigint" if full.contains("unsigned") => integral(Codec::plain(Wire::Unsigned), meant, Instant::Millis),
        "tinyint" | "smallint" | "mediumint" | "int" | "bigint" => {
            // Milliseconds need more than 32 bits.
            let instant = if base == "bigint" { Instant::Millis } else { Instant::Seconds };
            integral(Codec::plain(Wire::Int).reading("CAST({} AS SIGNED)"), meant, instant)
        }
        "bit" if full != "bit(1)" && meant != Some(Kind::Bool) => {
            integral(Codec::plain(Wire::Unsigned).reading("CAST({} AS UNSIGNED)"), meant, Instant::Millis)
        }
        "bit" => (Kind::Bool, Codec::plain(Wire::Int).reading("CAST({} AS SIGNED)").form(Form::ZeroOne)),
        "float" => (Kind::Float, Codec::plain(Wire::Float).form(Form::Single)),
        "double" => (Kind::Float, Codec::plain(Wire::Float)),
        "decimal" if meant == Some(Kind::Float) => {
            (Kind::Float, Codec::plain(Wire::Float).reading("CAST({} AS DOUBLE)"))
        }
        "decimal" => (Kind::Text, as_text()),
        "datetime" if zone != Zone::Utc => (Kind::Time, Codec::plain(Wire::Time).form(Form::Wall(zone))),
        "datetime" | "timestamp" => (Kind::Time, Codec::plain(Wire::Time)),
        "date" | "time" | "year" | "inet4" | "inet6" => (Kind::Text, as_text()),
        "json" => (Kind::Json, as_text()),
        _ => return None,
    })
}

/// Of a text of MySQL's.
pub fn equality(column: &Column) -> Equality {
    if column.category == EXACT { Equality::Exact } else { Equality::Usual }
}

/// SQLite's types are what its DDL says; each value has a storage class of its own.
fn sqlite(column: &Column, meant: Option<Kind>) -> Option<(Kind, Codec)> {
    let declared = column.type_name.as_str();
    let says = |words: &[&str]| words.iter().any(|word| declared.contains(word));
    if says(&["blob"]) {
        return None;
    }
    let instant = if says(&["int", "real", "floa", "doub"]) {
        Instant::Millis
    } else if declared == "datetime" {
        Instant::IsoOffset
    } else if says(&["varchar"]) {
        Instant::MillisText
    } else {
        Instant::IsoZ
    };
    // In a strict table ANY changes nothing.
    let is_undeclared = declared.is_empty() || (column.strict && declared == "any");
    let numbering = if is_undeclared { None } else { Numbering::of(declared) };
    let meant = meant.filter(|meant| !(says(&["bool"]) && may_be_boolean(column, Some(*meant))));
    let kind = meant.unwrap_or_else(|| {
        if says(&["bool"]) || (says(&["int"]) && column.default.as_deref().is_some_and(defaults::is_boolean)) {
            Kind::Bool
        } else if says(&["int"]) {
            Kind::Int
        } else if says(&["date", "timestamp"]) {
            Kind::Time
        } else if says(&["real", "floa", "doub"]) {
            Kind::Float
        } else if says(&["json"]) {
            Kind::Json
        } else {
            Kind::Text
        }
    });
    Some(match kind {
        // It may turn out to hold texts.
        Kind::Time => (kind, Codec::plain(Wire::Any).form(Form::Instant(instant)).numbering(numbering)),
        Kind::Bool => (kind, Codec::plain(Wire::Int).form(Form::ZeroOne)),
        Kind::Int | Kind::Float => (kind, Codec::plain(Wire::Any).numbering(numbering)),
        Kind::Text if says(&["int"]) => (kind, Codec { numbering, ..Codec::plain(Wire::Int).form(Form::IntegerId) }),
        // The application wants one user for both spellings of an address. Keys are matched exactly all the same.
        Kind::Text if column.category == "nocase" && naming::bare(&column.name) == "email" => {
            (kind, Codec::plain(Wire::Text).form(Form::Caseless).numbering(numbering))
        }
        Kind::Text if column.category == "nocase" => {
            (kind, Codec::plain(Wire::Text).writing(AS_ITSELF).numbering(numbering))
        }
        Kind::Text if is_undeclared => (kind, Codec::plain(Wire::Any).form(Form::Undeclared { integers: false })),
        Kind::Text => (kind, Codec::plain(Wire::Text).numbering(numbering)),
        // A number is the same JSON in each of its spellings.
        Kind::Json if numbering.is_some() => (kind, Codec::plain(Wire::Any)),
        Kind::Json => (kind, Codec::plain(Wire::Text)),
    })
}

/// A text column, which may be meant for something else.
fn textual(codec: Codec, meant: Option<Kind>, instant: Instant) -> (Kind, Codec) {
    match meant {
        Some(Kind::Time) => (Kind::Time, codec.form(Form::Instant(instant))),
        Some(Kind::Int) => (Kind::Int, codec),
        Some(Kind::Json) => (Kind::Json, codec),
        _ => (Kind::Text, codec),
    }
}

fn integral(codec: Codec, meant: Option<Kind>, instant: Instant) -> (Kind, Codec) {
    match meant {
        Some(Kind::Time) => (Kind::Time, codec.form(Form::Instant(instant))),
        Some(Kind::Bool) => (Kind::Bool, codec.form(Form::ZeroOne)),
        Some(Kind::Text) => (Kind::Text, codec.form(Form::IntegerId)),
        _ => (Kind::Int, codec),
    }
}

/// Which values a column keeps as they are, where only a look-up can tell what a write stored.
pub fn keeps(dialect: Dialect, column: &Column) -> Keeps {
    // Whether a NULL becomes the present moment is a setting of the server's.
    if dialect.syntax().update_returning || (column.type_name.starts_with("timestamp") && !column.nullable) {
        return Keeps::Nothing;
    }
    match column.type_name.split(['(', ' ']).next().unwrap_or_default() {
        "char" | "varchar" | "tinytext" | "text" | "mediumtext" | "longtext" => Keeps::All,
        "tinyint" | "smallint" | "mediumint" | "int" | "bigint" => Keeps::All,
        "double" if !column.type_name.contains('(') => Keeps::All,
        "datetime" | "timestamp" if column.length.is_some_and(|digits| digits >= 3) => Keeps::All,
        "datetime" | "timestamp" => Keeps::WholeSeconds,
        // Of `enum` the case, of `json` the spaces, of `float` and `decimal` the digits.
        _ => Keeps::Nothing,
    }
}
