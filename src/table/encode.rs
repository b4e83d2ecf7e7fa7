//! Which inputs a column accepts, and as what it stores them.

use std::borrow::Cow;

use chrono::{DateTime, NaiveTime, Utc};

use crate::error::{Error, Result};
use crate::table::column::{Column, Fill};
use crate::types::affinity::Numbering;
use crate::types::codec::Form;
use crate::types::instant::{self, FIRST, LAST};
use crate::types::kind::{KEY_BYTES, Kind, Role};
use crate::types::token_hash::{MARK, is_marked};
use crate::value::{Input, Value};

/// What is said of a column that must be filled, and that the database does not fill.
pub const UNFILLED: &str = "is required: its column must not be null and has no default in the database (an ORM's own, such as Drizzle's \
    $defaultFn or Prisma's @default(cuid()), works in that ORM alone); give it one, or give the field";

impl Column {
    /// The stored form of `input` for an INSERT or UPDATE.
    pub fn encode(&self, input: &Input) -> Result<Value> {
        let value = self.judge(input)?;
        self.codec.store(value).ok_or_else(|| match &self.codec.numbering {
            Some(Numbering { declared, .. }) if self.codec.form != Form::IntegerId => self.invalid(format!(
                "looks like a number, and the column {} is declared {declared}, as which SQLite would store another number or text: \
                 nothing was stored; declare the column TEXT",
                self.name
            )),
            _ => self.invalid("is not of the form that the column holds"),
        })
    }

    /// The present moment as the column holds it: a column of days, which are texts to JavaScript, gets the day in UTC.
    pub fn present(&self) -> Result<Value> {
        let now = Utc::now();
        self.encode(&match self.kind {
            Kind::Text => Input::Text(now.format("%Y-%m-%d").to_string()),
            _ => Input::Date(now.timestamp_millis() as f64),
        })
    }

    /// The stored form of `input` for a comparison, or `None` where no stored value can be equal to it: such a look-up
    /// finds nothing and needs no query.
    pub fn key(&self, input: &Input) -> Option<Value> {
        match input {
            Input::Malformed(_) | Input::Bool(_) | Input::Date(_) => None,
            _ => self.encode(input).ok().filter(|value| *value != Value::Null),
        }
    }

    /// `input` as a value of the column's kind, before the codec brings it into its stored form.
    fn judge(&self, input: &Input) -> Result<Value> {
        if let Input::Null = input {
            return if self.required { Err(self.missing()) } else { Ok(Value::Null) };
        }
        if let Some(value) = self.encode_besides(input) {
            return value;
        }
        match self.kind {
            Kind::Text => self.encode_text(input),
            // A number that says when: some writers have a date for it.
            Kind::Int if matches!((self.codec.form, input), (Form::Instant(_) | Form::Seconds(_), Input::Date(_))) => {
                self.encode_time(input)
            }
            Kind::Int => self.encode_int(input),
            Kind::Bool => match input {
                Input::Bool(value) => Ok(Value::Bool(*value)),
                // When the address was verified, in a column that says whether it was.
                Input::Date(ms) if self.field == "emailVerified" && !ms.is_nan() => Ok(Value::Bool(true)),
                _ => Err(self.expected("a boolean", input)),
            },
            Kind::Time => self.encode_time(input),
            Kind::Float => self.encode_float(input),
            Kind::Json => self.encode_json(input),
        }
    }

    fn encode_text(&self, input: &Input) -> Result<Value> {
        let text = match input {
            Input::Text(text) => Cow::Borrowed(text),
            Input::Malformed(_) if self.role != Role::Free => {
                return Err(self.invalid("holds a lone surrogate, which no database can store"));
            }
            Input::Malformed(text) | Input::BigInt(text) => Cow::Borrowed(text),
            Input::Number(number) if number.is_finite() => Cow::Owned(decimal(*number)),
            Input::Bool(value) => Cow::Owned(value.to_string()),
            _ => return Err(self.expected("a string", input)),
        };
        if text.contains('\0') {
            return Err(self.invalid("holds a NUL character"));
        }
        // Under any option: the rows may have been hashed by another process, or at another time.
        if self.hashing.is_some() && is_marked(&text) {
            return Err(
                self.invalid(format!("begins with {MARK}, as the hashes do that are stored in the place of tokens"))
            );
        }
        match self.role {
            Role::AsciiKey(_) if !text.is_ascii() => Err(self.invalid("holds a character that is not ASCII")),
            Role::Key(max) | Role::AsciiKey(max) if text.len() > max && text.chars().nth(max).is_some() => {
                Err(self.invalid(format!("is longer than {max} characters")))
            }
            Role::Key(_) if text.len() > KEY_BYTES => Err(self.invalid(format!("is longer than {KEY_BYTES} bytes"))),
            _ => Ok(Value::Text(text.into_owned())),
        }
    }

    /// An instant, in milliseconds: a date, or a text in RFC 3339, of which a day alone is its midnight in UTC.
    pub fn encode_time(&self, input: &Input) -> Result<Value> {
        let time = match input {
            Input::Date(ms) if ms.is_nan() => return Err(self.invalid("is an Invalid Date")),
            Input::Date(ms) => DateTime::from_timestamp_millis(*ms as i64),
            // Dates that travelled through JSON or a token.
            Input::Text(text) => Some(match instant::day(text) {
                // As JavaScript reads it.
                Some(day) => day.and_time(NaiveTime::MIN).and_utc(),
                None => {
                    DateTime::parse_from_rfc3339(text).map_err(|_| self.expected("a Date", input))?.with_timezone(&Utc)
                }
            }),
            _ => return Err(self.expected("a Date", input)),
        };
        // DATETIME spans the years 1000 to 9999; what one database refuses none accepts.
        time.and_then(|time| DateTime::from_timestamp_millis(time.timestamp_millis()))
            .filter(|time| (FIRST..=LAST).contains(time))
            .map(Value::Time)
            .ok_or_else(|| self.invalid("is outside the years 1000 to 9999"))
    }

    fn encode_json(&self, input: &Input) -> Result<Value> {
        Ok(Value::Text(match input {
            Input::Json(text) => text.clone(),
            Input::Text(text) | Input::Malformed(text) => serde_json::Value::from(text.as_str()).to_string(),
            Input::Number(number) => serde_json::Value::from(*number).to_string(),
            Input::Bool(bool) => bool.to_string(),
            _ => return Err(self.expected("a value that JSON can hold", input)),
        }))
    }

    /// The error of a value of another type.
    pub fn expected(&self, what: &str, got: &Input) -> Error {
        self.invalid(format!("must be {what}, not {}", got.describe()))
    }

    /// The error of a value that is not accepted.
    pub fn invalid(&self, why: impl std::fmt::Display) -> Error {
        Error::invalid_value(&self.table, &self.field, why)
    }

    /// The error of a value that is not given.
    pub fn missing(&self) -> Error {
        self.invalid(if self.fill == Fill::Unknown { UNFILLED } else { "is required" })
    }
}

/// A number as JavaScript's `String()` writes it, for the magnitudes that ids have.
fn decimal(number: f64) -> String {
    if number == number.trunc() && number.abs() < 1e21 { format!("{:.0}", number + 0.0) } else { number.to_string() }
}

#[cfg(test)]
mod tests;
