//! Values on their way in and out.

use chrono::{DateTime, Utc};

/// What a caller handed over, before the column it is meant for has judged it.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    Null,
    Text(String),
    /// A string with lone surrogates, each replaced by U+FFFD. Never equal to anything stored in a key column.
    Malformed(String),
    Number(f64),
    /// A `bigint`, in decimal form.
    BigInt(String),
    Bool(bool),
    /// Milliseconds since the epoch; NaN for an Invalid Date.
    Date(f64),
    /// An array or a plain object, as JSON.
    Json(String),
    /// Anything that no column stores, with its description ("an object").
    Other(&'static str),
}

/// The own enumerable properties of the object a caller handed over, `undefined` ones left out.
pub type Fields = Vec<(std::borrow::Cow<'static, str>, Input)>;

/// What a column stores.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Null,
    Text(String),
    Int(i64),
    /// An integer beyond what [`Value::Int`] holds (MySQL's `bigint unsigned`).
    Unsigned(u64),
    Float(f64),
    Bool(bool),
    Time(DateTime<Utc>),
    /// An encrypted text of a record that cannot be decrypted: the caller hears of it when it is looked at.
    Unreadable(Box<Unreadable>),
}

/// An encrypted text that cannot be decrypted.
#[derive(Debug, Clone, PartialEq)]
pub struct Unreadable {
    pub table: std::sync::Arc<str>,
    pub field: String,
    /// The id of the key that the stored text names, if it names one.
    pub key: Option<String>,
    /// Why, in a sentence that holds no value.
    pub why: &'static str,
}

impl Value {
    pub fn unsigned(number: u64) -> Self {
        i64::try_from(number).map_or(Value::Unsigned(number), Value::Int)
    }
}

impl Input {
    pub fn describe(&self) -> &'static str {
        match self {
            Input::Null => "null",
            Input::Text(_) | Input::Malformed(_) => "a string",
            Input::Number(_) => "a number",
            Input::BigInt(_) => "a bigint",
            Input::Bool(_) => "a boolean",
            Input::Date(ms) if ms.is_nan() => "an Invalid Date",
            Input::Date(_) => "a Date",
            Input::Json(text) if text.starts_with('[') => "an array",
            Input::Json(_) => "an object",
            Input::Other(what) => what,
        }
    }
}
/// The records found or written, each with its shape.
pub type Records = Vec<(u32, Vec<Value>)>;
