//! Outcomes on their way to JavaScript: elements in a row, outcome after outcome.
//!
//! ```text
//! id, n,  (shape, value…) × n                                   n records
//! id, -1, code, message, cause | null, k, (name, value) × k     an error with k details
//! -1, -1, …                                                     the same, which no call asked for
//! ```
//!
//! They are passed as the arguments of one call, since the engine makes one array of them at once, while setting them one
//! by one in an array costs more than all else.

#![allow(unsafe_code)] // Making elements needs the raw API; nothing else here does.

use napi::bindgen_prelude::{JsValuesTupleIntoVec, Result, sys};
use napi::check_status;

use crate::database::queue::Outcome;
use crate::error::Error;
use crate::statement::shape::{self, Shown};
use crate::table::numbers::SAFE;
use crate::types::kind::Kind;
use crate::value::{Unreadable, Value};

/// Arguments lie on the stack of JavaScript. More elements than this go as one array.
const MAX_ARGUMENTS: usize = 10_000;

/// The outcomes that were ready when JavaScript came to fetch them, each with the id of its request.
pub struct Batch(pub Vec<(u32, Outcome)>);

/// Key, kind, key, kind, … of a shape; the kinds are those that `lib/native/row-factory.js` revives.
pub fn shape(number: u32) -> Vec<String> {
    let shape = shape::get(number);
    let entries = shape.iter().flat_map(|shape| shape.iter());
    entries
        .flat_map(|(key, kind)| {
            let kind = match kind {
                Shown::As(Kind::Time) => "date",
                Shown::As(Kind::Json) => "json",
                Shown::TextJson => "textJson",
                Shown::Decrypted => "decrypted",
                _ => "plain",
            };
            [key.clone(), kind.to_owned()]
        })
        .collect()
}

impl JsValuesTupleIntoVec for Batch {
    fn into_vec(self, env: sys::napi_env) -> Result<Vec<sys::napi_value>> {
        let count = self.0.iter().map(|(_, outcome)| length(outcome)).sum();
        let mut elements = Elements { env, values: Vec::with_capacity(count) };
        for (id, outcome) in self.0 {
            elements.small(id.cast_signed())?;
            match outcome {
                Ok(records) => {
                    elements.small(records.len() as i32)?;
                    for (shape, values) in records {
                        elements.small(shape.cast_signed())?;
                        values.iter().try_for_each(|value| elements.value(value))?;
                    }
                }
                Err(error) => {
                    elements.small(-1)?;
                    elements.string(error.code.as_str())?;
                    elements.string(&error.message)?;
                    match &error.cause {
                        Some(cause) => elements.string(cause)?,
                        None => elements.null()?,
                    }
                    elements.small(details(&error) as i32)?;
                    for (name, value) in &error.details {
                        elements.string(name)?;
                        elements.string(value)?;
                    }
                    if error.in_doubt {
                        elements.string("mayHaveTakenEffect")?;
                        elements.value(&Value::Bool(true))?;
                    }
                }
            }
        }
        if count > MAX_ARGUMENTS { Ok(vec![elements.into_array()?]) } else { Ok(elements.values) }
    }
}

/// How many elements an outcome takes; at least two.
fn length(outcome: &Outcome) -> usize {
    match outcome {
        Ok(records) => 2 + records.iter().map(|(_, values)| 1 + values.len()).sum::<usize>(),
        Err(error) => 6 + 2 * details(error),
    }
}

fn details(error: &Error) -> usize {
    error.details.len() + usize::from(error.in_doubt)
}

/// JavaScript's values in the making.
///
/// napi makes one only within a call from or into JavaScript: `env` is live then, on its own thread, with a handle scope
/// open for as long as the values are used.
struct Elements {
    env: sys::napi_env,
    values: Vec<sys::napi_value>,
}

impl Elements {
    fn value(&mut self, value: &Value) -> Result<()> {
        match value {
            Value::Null => self.null(),
            Value::Text(text) => self.string(text),
            Value::Int(int) => match i32::try_from(*int) {
                Ok(small) => self.small(small),
                Err(_) if int.unsigned_abs() <= SAFE.unsigned_abs() => self.number(*int as f64),
                // A number would be another one.
                Err(_) => self.string(&int.to_string()),
            },
            Value::Unsigned(int) => self.string(&int.to_string()),
            Value::Float(float) => self.number(*float),
            Value::Bool(bool) => self.push(|env, result| {
                // SAFETY: see `push`.
                unsafe { sys::napi_get_boolean(env, *bool, result) }
            }),
            Value::Time(time) => self.number(time.timestamp_millis() as f64),
            Value::Unreadable(unreadable) => self.unreadable(unreadable),
        }
    }

    /// `[message, table, field, id of the key | null]`
    fn unreadable(&mut self, Unreadable { table, field, key, why }: &Unreadable) -> Result<()> {
        let mut parts = Elements { env: self.env, values: Vec::with_capacity(4) };
        parts.string(&format!("{table}.{field} cannot be decrypted: {why}"))?;
        parts.string(table)?;
        parts.string(field)?;
        match key {
            Some(key) => parts.string(key)?,
            None => parts.null()?,
        }
        self.values.push(parts.into_array()?);
        Ok(())
    }

    fn null(&mut self) -> Result<()> {
        // SAFETY: see `push`.
        self.push(|env, result| unsafe { sys::napi_get_null(env, result) })
    }

    fn number(&mut self, number: f64) -> Result<()> {
        // SAFETY: see `push`.
        self.push(|env, result| unsafe { sys::napi_create_double(env, number, result) })
    }

    fn small(&mut self, number: i32) -> Result<()> {
        // SAFETY: see `push`.
        self.push(|env, result| unsafe { sys::napi_create_int32(env, number, result) })
    }

    fn string(&mut self, text: &str) -> Result<()> {
        let (start, length) = (text.as_ptr().cast(), text.len() as isize);
        // ASCII is what tokens, ids and most names are; as Latin-1 it is copied without being decoded.
        // SAFETY: see `push`; `start` points to `length` bytes, which the engine copies before it returns.
        self.push(|env, result| unsafe {
            if text.is_ascii() {
                sys::napi_create_string_latin1(env, start, length, result)
            } else {
                sys::napi_create_string_utf8(env, start, length, result)
            }
        })
    }

    /// Appends what `create` makes, which is called with the live `env` and a valid place for its result.
    fn push(&mut self, create: impl FnOnce(sys::napi_env, *mut sys::napi_value) -> sys::napi_status) -> Result<()> {
        let mut value = std::ptr::null_mut();
        check_status!(create(self.env, &mut value))?;
        self.values.push(value);
        Ok(())
    }

    fn into_array(self) -> Result<sys::napi_value> {
        let mut array = std::ptr::null_mut();
        // SAFETY: `env` is live, and `array` is a valid place for the result.
        check_status!(unsafe { sys::napi_create_array_with_length(self.env, self.values.len(), &mut array) })?;
        for (index, value) in (0..).zip(self.values) {
            // SAFETY: `env` is live, and `array` and `value` were made in the same scope.
            check_status!(unsafe { sys::napi_set_element(self.env, array, index, value) })?;
        }
        Ok(array)
    }
}
