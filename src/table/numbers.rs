//! Numbers on their way into a column: to the last digit, or not at all.

use crate::error::{Error, Result};
use crate::table::column::Column;
use crate::types::wire::Wire;
use crate::value::{Input, Value};

/// The largest integer of which a JavaScript number holds the next one too: beyond, numbers are decimal strings.
pub const SAFE: i64 = 9_007_199_254_740_991;

impl Column {
    /// Providers send `expires_at` as a number, as a numeric string, or with a fraction; a fraction of a second of an
    /// expiry is cut off. Digits are taken as they are, however many.
    pub fn encode_int(&self, input: &Input) -> Result<Value> {
        let number = match input {
            Input::Number(number) if number.is_finite() => *number,
            Input::BigInt(text) | Input::Text(text) => {
                let text = text.trim();
                if let Some(number) = digits(text) {
                    return number.and_then(|number| self.codec.integer(number)).ok_or_else(|| self.too_large());
                }
                text.parse()
                    .ok()
                    .filter(|number: &f64| number.is_finite())
                    .ok_or_else(|| self.expected("an integer", input))?
            }
            _ => return Err(self.expected("an integer", input)),
        };
        if number.abs() > SAFE as f64 {
            return Err(self.invalid("is beyond the integers that a number holds exactly: give a bigint or its digits"));
        }
        self.codec.integer(number.trunc() as i128).ok_or_else(|| self.too_large())
    }

    pub fn encode_float(&self, input: &Input) -> Result<Value> {
        match input {
            Input::Number(number) => Ok(Value::Float(*number)),
            Input::BigInt(text) | Input::Text(text) => match digits(text.trim()) {
                Some(Some(number)) if number.unsigned_abs() <= u128::from(SAFE.unsigned_abs()) => {
                    Ok(Value::Float(number as f64))
                }
                // SQLite's columns hold integers as such.
                Some(number) if self.codec.wire == Wire::Any => {
                    number.and_then(|number| self.codec.integer(number)).ok_or_else(|| self.too_large())
                }
                Some(_) => Err(self.invalid("has no room for an integer of so many digits")),
                None => Err(self.expected("a number", input)),
            },
            _ => Err(self.expected("a number", input)),
        }
    }

    pub fn too_large(&self) -> Error {
        if let Some(numbering) = self.codec.numbering.as_ref().filter(|numbering| numbering.is_real()) {
            let declared = &numbering.declared;
            return self.invalid(format!(
                "has more digits than the column {} keeps, which is declared {declared}: declare it INTEGER",
                self.name
            ));
        }
        self.invalid(match self.codec.wire {
            Wire::Unsigned => "is outside the integers from 0 to 18446744073709551615, which the column holds",
            _ => "is outside the integers of 64 bits, which are what the column holds at most",
        })
    }
}

/// The integer that a text of digits is, perhaps with a sign; the inner `None` is one too long for any column.
fn digits(text: &str) -> Option<Option<i128>> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    (!digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::Dialect;
    use crate::types::codec::Codec;
    use crate::types::kind::{Kind, Role};

    #[test]
    fn integers_keep_all_of_their_digits_or_are_refused() {
        let int = Column::plain(Dialect::MySql, "user", "field", Kind::Int, Role::Free);
        let text = |text: &str| Input::Text(text.into());
        let unsigned = Column { codec: Codec::plain(Wire::Unsigned), ..int.clone() };
        for number in
            [0, 1, -1, i128::from(SAFE) + 2, i64::MAX.into(), i64::MIN.into(), u64::MAX.into(), 1 << 70, -(1 << 70)]
        {
            for input in [text(&number.to_string()), Input::BigInt(number.to_string())] {
                assert_eq!(int.encode(&input).ok(), i64::try_from(number).ok().map(Value::Int), "{number}");
                assert_eq!(unsigned.encode(&input).ok(), u64::try_from(number).ok().map(Value::unsigned), "{number}");
            }
        }
        let long = text(&"9".repeat(60));
        assert!(int.encode(&long).is_err() && unsigned.encode(&long).is_err());
        // A number that large has been rounded already.
        assert!(int.encode(&Input::Number(9_007_199_254_740_993.0)).is_err());
    }
}
