//! Records that are numbers.

use crate::statement::shape;
use crate::types::kind::Kind;
use crate::value::{Records, Value};

/// A record that says no more than that it is there.
pub fn nothing() -> (u32, Vec<Value>) {
    number(0)
}

/// A record that is a number.
pub fn number(count: u64) -> (u32, Vec<Value>) {
    static SHAPE: std::sync::OnceLock<u32> = std::sync::OnceLock::new();
    let shape = *SHAPE.get_or_init(|| shape::number(vec![("count".to_owned(), Kind::Int)]));
    (shape, vec![Value::Int(count as i64)])
}

/// How many rows there were, for JavaScript.
pub fn count(rows: u64) -> Records {
    vec![(shape::number(vec![("count".to_owned(), Kind::Int)]), vec![Value::Int(rows.cast_signed())])]
}
