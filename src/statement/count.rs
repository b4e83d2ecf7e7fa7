//! Records that are numbers.

use crate::statement::shape;
use crate::types::kind::Kind;
use crate::value::Value;

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

/// The number that [`number`] made a record of; 0 without one.
pub fn counted(records: &[(u32, Vec<Value>)]) -> u64 {
    match records.first().map(|(_, values)| values.as_slice()) {
        Some([Value::Int(count)]) => count.cast_unsigned(),
        _ => 0,
    }
}
