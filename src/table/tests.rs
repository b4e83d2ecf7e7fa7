//! What holds of every column that a catalog can show: what it accepts comes back, and each key is that of one value.

use chrono::{DateTime, Utc};
use proptest::prelude::*;
use rusqlite::types::Value as Stored;

use crate::dialect::Dialect;
use crate::table::catalog;
use crate::table::column::Column;
use crate::table::numbers::SAFE;
use crate::table::sql_types;
use crate::types::codec::Form;
use crate::types::instant::{FIRST_MILLIS, Instant};
use crate::types::kind::{Kind, Role};
use crate::types::tests::{config, instants, pairs, second, texts};
use crate::types::wire::Wire;
use crate::types::zone::Zone;
use crate::value::{Input, Value};

/// A column of a type, which is meant to hold a `meant`; `None` if it cannot.
fn column(dialect: Dialect, type_name: &str, meant: Kind) -> Option<Column> {
    let physical = catalog::Column { name: "v".into(), type_name: type_name.into(), ..Default::default() };
    let (kind, codec) = sql_types::codec(dialect, &physical, Some(meant), Zone::Fixed(-570))?;
    let plain = Column::plain(dialect, "t", "v", kind, Role::Free);
    Some(Column { codec, ..plain }).filter(|column| column.kind == meant)
}

fn types(dialect: Dialect) -> &'static [&'static str] {
    match dialect {
        Dialect::Postgres => &[
            "text",
            "varchar",
            "bpchar",
            "citext",
            "uuid",
            "int2",
            "int4",
            "int8",
            "numeric",
            "float8",
            "bool",
            "timestamptz",
            "timestamp",
            "jsonb",
        ],
        Dialect::MySql | Dialect::MariaDb => &[
            "varchar(191)",
            "text",
            "char(36)",
            "tinyint(1)",
            "int",
            "bigint",
            "bigint unsigned",
            "bit(1)",
            "double",
            "decimal(20,4)",
            "datetime(3)",
            "timestamp(3)",
            "json",
        ],
        Dialect::Sqlite => SQLITE,
    }
}

const SQLITE: &[&str] = &[
    "",
    "text",
    "varchar(191)",
    "integer",
    "bigint",
    "boolean",
    "real",
    "double",
    "numeric",
    "date",
    "datetime",
    "json",
];

const KINDS: [Kind; 6] = [Kind::Text, Kind::Int, Kind::Float, Kind::Bool, Kind::Json, Kind::Time];

fn every_column() -> impl Iterator<Item = (Dialect, &'static str, Column)> {
    Dialect::ALL.into_iter().flat_map(|dialect| {
        let columns = types(dialect).iter().flat_map(move |name| KINDS.map(|kind| (name, column(dialect, name, kind))));
        columns.filter_map(move |(name, column)| Some((dialect, *name, column?)))
    })
}

/// A value of each kind, as callers give them.
#[derive(Debug, Clone)]
struct Sample {
    text: String,
    int: i64,
    float: f64,
    bool: bool,
    time: DateTime<Utc>,
}

fn samples() -> impl Strategy<Value = Sample> {
    let floats = any::<f64>().prop_filter("JSON and databases have none", |float| float.is_finite());
    (texts(), any::<i64>(), floats, any::<bool>(), instants()).prop_map(|(text, int, float, bool, time)| Sample {
        text,
        int,
        float,
        bool,
        time,
    })
}

impl Sample {
    /// As callers may give it to a column, and as they know it then.
    fn of(&self, column: &Column) -> Vec<(Input, Value)> {
        let json = serde_json::Value::from(self.text.as_str());
        match column.kind {
            Kind::Text => vec![(Input::Text(self.text.clone()), Value::Text(self.text.clone()))],
            Kind::Int => {
                let mut given = vec![
                    (Input::BigInt(self.int.to_string()), Value::Int(self.int)),
                    (Input::Text(self.int.to_string()), Value::Int(self.int)),
                ];
                if self.int.unsigned_abs() <= SAFE.unsigned_abs() {
                    given.push((Input::Number(self.int as f64), Value::Int(self.int)));
                }
                given
            }
            Kind::Float => vec![(Input::Number(self.float), Value::Float(self.float))],
            Kind::Bool => vec![(Input::Bool(self.bool), Value::Bool(self.bool))],
            Kind::Json => vec![
                (Input::Text(self.text.clone()), Value::Text(json.to_string())),
                (Input::Json(format!("{{\"a\":[{json},null]}}")), Value::Text(format!("{{\"a\":[{json},null]}}"))),
            ],
            Kind::Time => {
                let is_second = match column.codec.form {
                    Form::Instant(Instant::Seconds | Instant::SpacedSeconds) => true,
                    Form::Instant(_) if matches!(column.codec.wire, Wire::Int | Wire::Unsigned) => {
                        self.time.timestamp_millis().unsigned_abs() < FIRST_MILLIS.unsigned_abs()
                    }
                    _ => false,
                };
                let expected = Value::Time(if is_second { second(self.time) } else { self.time });
                let iso = self.time.to_rfc3339();
                vec![(Input::Date(self.time.timestamp_millis() as f64), expected.clone()), (Input::Text(iso), expected)]
            }
        }
    }
}

/// Numbers count, however they are stored.
fn is_equal(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Int(int), Value::Float(float)) | (Value::Float(float), Value::Int(int)) => {
            *int as f64 == *float && *float as i128 == i128::from(*int)
        }
        _ => one == other,
    }
}

fn bound(value: Value) -> Stored {
    match value {
        Value::Null => Stored::Null,
        Value::Text(text) => Stored::Text(text),
        Value::Int(int) => Stored::Integer(int),
        Value::Float(float) => Stored::Real(float),
        Value::Bool(bool) => Stored::Integer(bool.into()),
        other => panic!("SQLite is never given {other:?}"),
    }
}

fn read(stored: Stored) -> Value {
    match stored {
        Stored::Null => Value::Null,
        Stored::Text(text) => Value::Text(text),
        Stored::Integer(int) => Value::Int(int),
        Stored::Real(real) => Value::Float(real),
        Stored::Blob(_) => panic!("a blob"),
    }
}

proptest! {
    #![proptest_config(config(256))]

    #[test]
    fn what_a_column_accepts_comes_back(sample in samples()) {
        for (dialect, name, column) in every_column() {
            for (input, expected) in sample.of(&column) {
                let Ok(stored) = column.encode(&input) else { continue };
                let revived = column.codec.revive(column.kind, stored.clone());
                let expected = match (column.codec.form, expected) {
                    (Form::Uuid, Value::Text(text)) => {
                        Value::Text(uuid::Uuid::parse_str(&text).expect("a UUID").to_string())
                    }
                    (_, expected) => expected,
                };
                prop_assert!(
                    revived.as_ref().is_some_and(|revived| is_equal(revived, &expected)),
                    "{:?} {} {:?}: {:?} as {:?} is {:?}", dialect, name, column.kind, input, stored, revived
                );
            }
        }
    }

    #[test]
    fn what_sqlite_stores_comes_back(sample in samples()) {
        let file = rusqlite::Connection::open_in_memory().expect("a database");
        for (number, name) in SQLITE.iter().enumerate() {
            file.execute_batch(&format!("CREATE TABLE t{number} (v {name})")).expect("a table");
            for column in KINDS.iter().filter_map(|kind| column(Dialect::Sqlite, name, *kind)) {
                for (input, expected) in sample.of(&column) {
                    let Ok(stored) = column.encode(&input) else { continue };
                    let insert = format!("INSERT INTO t{number} VALUES (?) RETURNING v");
                    let found = file.query_row(&insert, [bound(stored.clone())], |row| row.get::<_, Stored>(0));
                    let found = found.expect("a row");
                    let revived = column.codec.revive(column.kind, read(found.clone()));
                    prop_assert!(
                        revived.as_ref().is_some_and(|revived| is_equal(revived, &expected)),
                        "{} {:?}: {:?} as {:?} was stored as {:?} and is {:?}",
                        name, column.kind, input, stored, found, revived
                    );
                    // And a look-up by the same value finds it.
                    let count = format!("SELECT count(*) FROM t{number} WHERE v = ?");
                    let rows = file.query_row(&count, [bound(stored)], |row| row.get::<_, i64>(0)).expect("a number");
                    prop_assert!(rows > 0, "{} {:?}: {:?} is not found", name, column.kind, input);
                }
            }
        }
    }

    #[test]
    fn a_key_is_that_of_one_text((one, other) in pairs()) {
        for (dialect, name, column) in every_column().filter(|(_, _, column)| column.kind == Kind::Text) {
            if column.codec.form == Form::Uuid {
                continue;
            }
            let key = |text: &String| column.key(&Input::Text(text.clone()));
            let (Some(first), Some(second)) = (key(&one), key(&other)) else { continue };
            prop_assert_eq!(first == second, one == other, "{:?} {}: {:?} {:?}", dialect, name, one, other);
        }
    }
}
