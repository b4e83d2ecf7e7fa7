//! The values of a request: judged by the column that each is meant for, and brought into the form that it stores.

use crate::dialect::Dialect;
use crate::dialect::syntax::{ESCAPE, Lists};
use crate::error::{Code, Error, Result};
use crate::table::column::Column;
use crate::table::numbers::SAFE;
use crate::table::shared::pair_of;
use crate::table::table::ID;
use crate::types::codec::Form;
use crate::types::kind::Kind;
use crate::types::token_hash::Hashing;
use crate::types::wire::Wire;
use crate::value::{Input, Value};

/// What a caller passed for one place of a request.
#[derive(Debug, Clone, PartialEq)]
pub enum Argument {
    One(Input),
    Many(Vec<Input>),
}

/// What becomes of an argument.
#[derive(Debug, Clone)]
pub enum Encoder {
    /// A column's new value.
    Store(Column),
    /// What is added to a column's value.
    Add(Column),
    /// What a column is compared with.
    Compare(Column, Comparison),
    /// The same, of a lenient request: what the column cannot hold is in no row.
    Key(Column),
    /// Whether a moment is there that callers know by its presence.
    Presence(Column),
    /// An id that is made of the values of two columns, as those.
    Pair(Box<[Column; 2]>),
    /// What a column's text holds, begins or ends with.
    Pattern(Column, Pattern),
    /// What a column equals one of, with so many places for the stored forms that tokens may have.
    List(Column, usize, Hashing),
    /// How many records, or how many are left out first.
    Amount(&'static str),
}

impl Encoder {
    /// As what its one value travels; `None` where it has another number of them.
    pub fn wire(&self) -> Option<Wire> {
        match self {
            Encoder::Store(column) | Encoder::Compare(column, _) | Encoder::Key(column) | Encoder::Presence(column) => {
                column.codec.sent_as(column.kind)
            }
            Encoder::Add(_) | Encoder::Pair(..) => None,
            Encoder::Pattern(..) => Some(Wire::Text),
            Encoder::List(..) => None,
            Encoder::Amount(_) => Some(Wire::Int),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// A value that no column can hold equals none.
    Equal,
    Other,
}

#[derive(Debug, Clone, Copy)]
pub struct Pattern {
    pub before: bool,
    pub after: bool,
    /// Whether it is SQLite's GLOB that reads it, which minds the case.
    pub glob: bool,
}

/// The most values that a list may have on a database that needs a place for each, of the 65,535 that the protocol has.
const MAX_PLACES: usize = 32_768;

/// The stored forms of `arguments`, in the order in which statements count them. `None` if no row can match them.
pub fn encode(dialect: Dialect, encoders: &[Encoder], arguments: &[Argument]) -> Result<Option<Vec<Value>>> {
    if encoders.len() != arguments.len() {
        return Err(Error::new(Code::Internal, "a request came with another number of values than it has places"));
    }
    let mut values = Vec::with_capacity(arguments.len());
    for (encoder, argument) in encoders.iter().zip(arguments) {
        match (encoder, argument) {
            (Encoder::List(column, places, hashing), Argument::Many(inputs)) => {
                let items = inputs.iter().map(|input| comparable(column, input));
                // What the column cannot hold is in no row.
                let items = items.filter(|item| !matches!(item, Ok(Value::Null))).collect::<Result<Vec<_>>>()?;
                let items = items.iter().flat_map(|item| hashing.values_of(item)).collect();
                list(dialect, column, items, *places, &mut values)?;
            }
            (Encoder::Store(column) | Encoder::Presence(column), Argument::One(input)) => {
                values.push(stored(column, input)?);
            }
            (Encoder::Pair(columns), Argument::One(input)) => values.extend(pair(columns, input)?),
            (Encoder::Add(column), Argument::One(input)) => values.push(delta(column, input)?),
            (Encoder::Key(column), Argument::One(input)) => match column.key(input) {
                Some(value) => values.push(value),
                None => return Ok(None),
            },
            (Encoder::Compare(column, comparison), Argument::One(input)) => {
                let value = comparable(column, input)?;
                if value == Value::Null && *comparison != Comparison::Equal {
                    return Err(column.invalid("is compared with a value that the column cannot hold"));
                }
                values.push(value);
            }
            (Encoder::Pattern(column, pattern), Argument::One(input)) => {
                let Input::Text(text) = input else {
                    return Err(column.invalid(format!("can be searched for a string, not {}", input.describe())));
                };
                values.push(Value::Text(pattern.of(text)));
            }
            (Encoder::Amount(name), Argument::One(input)) => values.push(Value::Int(amount(name, input)?)),
            (Encoder::List(..), Argument::One(input)) => {
                return Err(Error::new(Code::InvalidArgument, format!("in takes a list, not {}", input.describe())));
            }
            (_, Argument::Many(_)) => return Err(Error::new(Code::InvalidArgument, "a list stands for one value")),
        }
    }
    Ok(Some(values))
}

/// What an id is made of: nothing that any row has, if it is none.
fn pair([first, second]: &[Column; 2], input: &Input) -> Result<[Value; 2]> {
    let Input::Text(id) = input else {
        return Err(first.invalid(format!("is told by an id, not {}", input.describe())));
    };
    let Some((name, id)) = pair_of(id) else { return Ok([Value::Null, Value::Null]) };
    // The name is the stored one already.
    let mut stored = first.clone();
    stored.codec.translation = None;
    Ok([comparable(&stored, &Input::Text(name))?, comparable(second, &Input::Text(id.to_owned()))?])
}

/// A list in the form in which the dialect's statements take it.
pub fn list(
    dialect: Dialect,
    column: &Column,
    mut items: Vec<Value>,
    places: usize,
    values: &mut Vec<Value>,
) -> Result<()> {
    match dialect.syntax().lists {
        Lists::Array => values.push(Value::Text(array(&items))),
        Lists::Json => values.push(Value::Text(json(&items))),
        Lists::Places => {
            if places > MAX_PLACES {
                let why = format!(
                    "is compared with more values at once than there are places for ({MAX_PLACES}; a token may need two)"
                );
                return Err(column.invalid(why));
            }
            // A place too many repeats the last value. Of values that no row has, NULL is one.
            let last = items.last().cloned().unwrap_or(Value::Null);
            items.resize(places.max(items.len()), last);
            values.append(&mut items);
        }
    }
    Ok(())
}

fn array(items: &[Value]) -> String {
    let item = |value: &Value| match value {
        Value::Null | Value::Unreadable(_) => "NULL".to_owned(),
        Value::Text(text) => format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")),
        Value::Int(int) => int.to_string(),
        Value::Unsigned(int) => int.to_string(),
        Value::Float(float) => float.to_string(),
        Value::Bool(bool) => bool.to_string(),
        Value::Time(time) => format!("\"{}\"", time.to_rfc3339()),
    };
    format!("{{{}}}", items.iter().map(item).collect::<Vec<_>>().join(","))
}

fn json(items: &[Value]) -> String {
    let item = |value: &Value| match value {
        Value::Null | Value::Unreadable(_) => serde_json::Value::Null,
        Value::Text(text) => text.as_str().into(),
        Value::Int(int) => (*int).into(),
        Value::Unsigned(int) => (*int).into(),
        Value::Float(float) => (*float).into(),
        Value::Bool(bool) => (*bool).into(),
        Value::Time(time) => time.timestamp_millis().into(),
    };
    serde_json::Value::Array(items.iter().map(item).collect()).to_string()
}

impl Pattern {
    fn of(self, text: &str) -> String {
        let any = if self.glob { '*' } else { '%' };
        let mut pattern = String::with_capacity(text.len() + 2);
        if self.before {
            pattern.push(any);
        }
        for character in text.chars() {
            match character {
                '*' | '?' | '[' if self.glob => pattern.extend(['[', character, ']']),
                '%' | '_' | ESCAPE if !self.glob => pattern.extend([ESCAPE, character]),
                other => pattern.push(other),
            }
        }
        if self.after {
            pattern.push(any);
        }
        pattern
    }
}

fn stored(column: &Column, input: &Input) -> Result<Value> {
    if *input == Input::Null {
        return Ok(Value::Null);
    }
    fits(column, input)?;
    if let Input::Malformed(_) = input {
        return Err(column.invalid("holds a lone surrogate, which no database can store"));
    }
    // If it is of the right type and yet not of the right form, the column may be another one than it was.
    let value = column
        .encode(input)
        .map_err(|error| Error { stale: !matches!(column.codec.form, Form::Plain | Form::Millis), ..error })?;
    match (column.largest, &value) {
        (Some(largest), Value::Int(int))
            if column.kind == Kind::Int && int.unsigned_abs() > largest.unsigned_abs() + 1 =>
        {
            Err(column.invalid(format!("has no room for integers beyond {largest}")))
        }
        _ => Ok(value),
    }
}

/// The stored form of what a column is compared with; NULL, which nothing equals, if the column cannot hold it although
/// it is of the right type.
pub fn comparable(column: &Column, input: &Input) -> Result<Value> {
    fits(column, input)?;
    match input {
        Input::Text(_) | Input::Malformed(_) if column.kind == Kind::Text => {
            Ok(column.encode(input).unwrap_or(Value::Null))
        }
        _ => column.encode(input),
    }
}

fn delta(column: &Column, input: &Input) -> Result<Value> {
    if !matches!(column.kind, Kind::Int | Kind::Float) {
        return Err(column.invalid("is no number that could be incremented"));
    }
    stored(column, input)
}

/// Whether a value is of the column's type. Columns are more lenient by themselves: they take what any adapter may send.
fn fits(column: &Column, input: &Input) -> Result<()> {
    if column.takes_besides(input) {
        return Ok(());
    }
    let (fits, expected) = match column.kind {
        Kind::Text => {
            let number = matches!(input, Input::Number(_) | Input::BigInt(_));
            let id = column.codec.form == Form::IntegerId || column.field == ID;
            (matches!(input, Input::Text(_) | Input::Malformed(_)) || (number && id), "a string")
        }
        Kind::Int => {
            let whole = |number: f64| number.fract() == 0.0;
            let fits = match input {
                Input::Number(number) => whole(*number),
                Input::Text(text) | Input::BigInt(text) => text.trim().parse().is_ok_and(whole),
                _ => false,
            };
            (fits, "a whole number")
        }
        Kind::Float => {
            let fits = match input {
                Input::Number(number) => number.is_finite(),
                // Its digits are what an integer is given as that is beyond JavaScript's numbers.
                Input::Text(text) | Input::BigInt(text) => text.parse::<i128>().is_ok(),
                _ => false,
            };
            (fits, "a number")
        }
        Kind::Bool => (matches!(input, Input::Bool(_)), "a boolean"),
        Kind::Time => (matches!(input, Input::Date(_) | Input::Text(_)), "a Date"),
        Kind::Json => (!matches!(input, Input::Date(_) | Input::BigInt(_) | Input::Other(_)), "a JSON value"),
    };
    if fits { Ok(()) } else { Err(column.expected(expected, input)) }
}

/// No table has more rows than JavaScript counts exactly.
fn amount(name: &str, input: &Input) -> Result<i64> {
    match input {
        Input::Number(number) if number.fract() == 0.0 && *number >= 0.0 => Ok((*number).min(SAFE as f64) as i64),
        _ => Err(Error::new(Code::InvalidArgument, format!("{name} must be a whole number that is not negative"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_are_literal() {
        let pattern = |glob| Pattern { before: true, after: false, glob };
        assert_eq!(pattern(false).of("50%_a|b*"), "%50|%|_a||b*");
        assert_eq!(pattern(true).of("50%_a|b*[x]?"), "*50%_a|b[*][[]x][?]");
    }

    #[test]
    fn lists_are_quoted() {
        let items = [Value::Text("a,\"b\\".into()), Value::Text(String::new()), Value::Int(7)];
        assert_eq!(array(&items), r#"{"a,\"b\\","",7}"#);
        assert_eq!(json(&items), r#"["a,\"b\\","",7]"#);
    }
}
