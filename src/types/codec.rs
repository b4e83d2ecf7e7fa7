//! How a column's values are written and read: what travels on the wire, and what it stands for.

use crate::types::wire::Wire;
use std::borrow::Cow;

use chrono::{DateTime, SecondsFormat, Utc};

use crate::dialect::Dialect;
use crate::dialect::syntax::Syntax;
use crate::types::affinity::{Numbering, digits};
use crate::types::instant;
use crate::types::instant::{FIRST, Instant, LAST, from_text};
use crate::types::kind::{Besides, Kind};
use crate::types::past::{Past, Span};
use crate::types::translation::Translation;
use crate::types::zone::Zone;
use crate::value::Value;

/// What a value of the wire's type stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Itself.
    Plain,
    /// A text whose case the database ignores in comparisons (citext).
    Caseless,
    /// A text that the database fills up with spaces, which are none of the value (PostgreSQL's `char(n)`).
    Padded,
    /// A UUID in canonical form.
    Uuid,
    /// An integer for what JavaScript knows as text: an id.
    IntegerId,
    /// A text in a SQLite column that leaves each value as it is. Where it has `integers`, these stand for texts of digits.
    Undeclared {
        integers: bool,
    },
    /// 0 or 1.
    ZeroOne,
    /// A number of 32 bits with a fraction. It is known by the shortest digits that tell it from its neighbours, and compared as what the
    /// column keeps of a number.
    Single,
    /// PostgreSQL's text form of an array, for what JavaScript knows as one.
    Array,
    /// The same, of JSON values.
    JsonArray,
    Instant(Instant),
    /// Milliseconds since the epoch and nothing else, however small the number.
    Millis,
    /// An instant as a clock of another zone shows it.
    Wall(Zone),
    /// An instant, perhaps as such a clock shows it, for what JavaScript knows as a number of seconds.
    Seconds(Option<Zone>),
}

/// What a value is compared as in a column of SQLite's whose texts ignore case.
pub const AS_ITSELF: &str = "{} COLLATE BINARY";

/// PostgreSQL: how a parameter for a text is written whose column has a type of its own. Without the cast, a NULL would be taken for
/// one of that type, and sqlx asks the server what such a type is: by a statement that it gives a name, also in a session that is not ours.
pub const AS_TEXT: &str = "{}::text";

/// Which texts a column's `=` takes for equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Equality {
    /// Those that the dialect's usually does.
    Usual,
    /// Its collation may take different ones for equal.
    Loose,
    /// Its collation compares them byte by byte, spaces at the end included.
    Exact,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Codec {
    pub wire: Wire,
    pub form: Form,
    /// SQL around the column where it is read; `{}` stands for the column.
    pub read: Cow<'static, str>,
    /// SQL around a parameter that is stored in the column or compared with it.
    pub write: Cow<'static, str>,
    /// Which texts `=` takes for equal.
    pub equality: Equality,
    /// SQLite: that the column stores numbers for texts that look like them.
    pub numbering: Option<Numbering>,
    /// What callers know the value as, where that is not what the column means by itself.
    pub translation: Option<Translation>,
    /// MySQL and MariaDB: the collation of a text.
    pub collation: Option<String>,
    /// What else is written. It is read as what the column's values are by themselves.
    pub besides: Besides,
}

impl Codec {
    pub const fn plain(wire: Wire) -> Self {
        let (read, write) = (Cow::Borrowed("{}"), Cow::Borrowed("{}"));
        Self {
            wire,
            form: Form::Plain,
            read,
            write,
            equality: Equality::Usual,
            numbering: None,
            translation: None,
            collation: None,
            besides: Besides::Nothing,
        }
    }

    /// Whether texts are stored as they are, and `=` is true only for the very same, unless it is no text's on that database.
    pub fn is_text(&self) -> bool {
        let equality = if self.equality == Equality::Exact { Equality::Exact } else { Equality::Usual };
        let collation = self.collation.clone();
        let plain = Self { equality, collation, besides: self.besides, ..Self::plain(Wire::Text) };
        *self == plain || self.write == AS_TEXT && *self == plain.writing(AS_TEXT)
    }

    pub fn numbering(mut self, numbering: Option<Numbering>) -> Self {
        // Numbers are read as such: to SQLite they are other texts.
        if numbering.is_some() {
            self.wire = Wire::Any;
        }
        self.numbering = numbering;
        self
    }

    pub fn form(mut self, form: Form) -> Self {
        self.form = form;
        self
    }

    pub fn reading(mut self, template: impl Into<Cow<'static, str>>) -> Self {
        self.read = template.into();
        self
    }

    pub fn writing(mut self, template: impl Into<Cow<'static, str>>) -> Self {
        self.write = template.into();
        self
    }

    /// The codec of a column of our own schema. Where the dialect has casts, one fixes the type of each parameter: without it the
    /// type would be the first value's, and a NULL has none.
    pub fn own(dialect: Dialect, kind: Kind) -> Self {
        let Syntax { int_cast, bool_cast, time_cast, dynamic_types, .. } = dialect.syntax();
        let cast = |wire, cast: &str| Self::plain(wire).writing(format!("{{}}{cast}"));
        match kind {
            Kind::Int if *dynamic_types => Self::plain(Wire::Any),
            Kind::Time if *dynamic_types => Self::plain(Wire::Any).form(Form::Millis),
            Kind::Int => cast(Wire::Int, int_cast),
            Kind::Float => Self::plain(Wire::Float),
            Kind::Bool => cast(Wire::Bool, bool_cast),
            Kind::Time => cast(Wire::Time, time_cast),
            Kind::Text | Kind::Json => Self::plain(Wire::Text),
        }
    }

    /// What is stored for `value`; `None` if no stored value can stand for it.
    pub fn store(&self, value: Value) -> Option<Value> {
        let value = match &self.translation {
            Some(translation) => translation.store(value),
            None => value,
        };
        Some(match (self.form, value) {
            (_, Value::Null) => Value::Null,
            (Form::Uuid, Value::Text(text)) => Value::Text(uuid::Uuid::parse_str(&text).ok()?.hyphenated().to_string()),
            // The database would store it without the spaces.
            (Form::Padded, Value::Text(text)) if text.ends_with(' ') => return None,
            (Form::IntegerId, Value::Text(text)) => {
                let number = self.integer(text.parse().ok()?)?;
                // "007" and "+7" are other ids than "7".
                (decimal(&number)? == text).then_some(number)?
            }
            (Form::Undeclared { integers: true }, Value::Text(text)) => {
                let number: Option<i64> = text.parse().ok();
                let number = number.filter(|number| number.to_string() == text);
                number.map_or(Value::Text(text), Value::Int)
            }
            (Form::ZeroOne, Value::Bool(bool)) => Value::Int(i64::from(bool)),
            (Form::Single, Value::Float(number)) => Value::Float(kept(number)),
            (Form::Array, Value::Text(json)) => Value::Text(array_literal(&json)?),
            (Form::JsonArray, Value::Text(json)) => Value::Text(json_array_literal(&json)?),
            (Form::Instant(instant), Value::Time(time)) => instant.write(time, self.wire),
            (Form::Millis, Value::Time(time)) => Value::Int(time.timestamp_millis()),
            (Form::Wall(zone), Value::Time(time)) => Value::Time(zone.wall(time)),
            (Form::Seconds(zone), Value::Int(seconds)) => {
                let time = DateTime::from_timestamp(seconds, 0).filter(|time| (FIRST..=LAST).contains(time))?;
                Value::Time(zone.map_or(time, |zone| zone.wall(time)))
            }
            (Form::Seconds(Some(zone)), Value::Time(time)) => Value::Time(zone.wall(time)),
            (Form::Plain, Value::Int(int)) if self.wire == Wire::Text => Value::Text(int.to_string()),
            (_, Value::Text(text)) => match &self.numbering {
                Some(numbering) => numbering.store(text)?,
                None => Value::Text(text),
            },
            (_, value) => value,
        })
    }

    /// As what all values of this kind travel once they are stored; `None` where some travel otherwise.
    pub fn sent_as(&self, kind: Kind) -> Option<Wire> {
        let kind = if self.translation == Some(Translation::Presence) { Kind::Time } else { kind };
        let same = match (self.wire, self.form) {
            (Wire::Text, Form::Instant(_)) => kind == Kind::Time,
            (Wire::Text, Form::Plain) => matches!(kind, Kind::Text | Kind::Json | Kind::Int),
            (Wire::Text, Form::Padded | Form::Uuid | Form::Array | Form::JsonArray | Form::Caseless) => {
                matches!(kind, Kind::Text | Kind::Json)
            }
            (Wire::Int, Form::Plain) => kind == Kind::Int,
            (Wire::Int, Form::Instant(_) | Form::Millis) => kind == Kind::Time,
            (Wire::Int, Form::IntegerId) => kind == Kind::Text,
            (Wire::Int, Form::ZeroOne) => kind == Kind::Bool,
            (Wire::Float, Form::Plain | Form::Single) => kind == Kind::Float,
            (Wire::Bool, Form::Plain) => kind == Kind::Bool,
            (Wire::Time, Form::Plain | Form::Wall(_)) => kind == Kind::Time,
            (Wire::Time, Form::Seconds(_)) => matches!(kind, Kind::Time | Kind::Int),
            _ => false,
        };
        same.then_some(self.wire)
    }

    /// An integer as a value of the column; `None` if it has no room for it.
    pub fn integer(&self, number: i128) -> Option<Value> {
        match self.wire {
            Wire::Unsigned => u64::try_from(number).ok().map(Value::unsigned),
            _ if self.numbering.as_ref().is_some_and(|numbering| !numbering.keeps(number)) => None,
            _ => i64::try_from(number).ok().map(Value::Int),
        }
    }

    /// Whether a value that was read is the one that `stored` asks for.
    pub fn is_same(&self, kind: Kind, read: &Value, stored: &Value) -> bool {
        match (self.form, read, stored) {
            (Form::Caseless, Value::Text(read), Value::Text(stored)) => read.to_lowercase() == stored.to_lowercase(),
            _ => read == stored || self.revive(kind, stored.clone()).as_ref() == Some(read),
        }
    }

    fn instant(&self) -> Instant {
        if let Form::Instant(instant) = self.form { instant } else { Instant::Millis }
    }

    /// Where the values of a column of instants are that stand for one before `now`.
    pub fn past(&self, now: DateTime<Utc>) -> Past {
        // Texts that other tools wrote stand for instants, in a column of any form.
        let form = self.instant();
        let numbers = || match self.form {
            Form::Millis => vec![Span { from: None, until: Value::Int(now.timestamp_millis()) }],
            _ => form.numbers_before(now, self.wire),
        };
        match self.wire {
            Wire::Text => Past { spans: Vec::new(), texts: form.texts_before(now) },
            Wire::Any => Past { spans: numbers(), texts: form.texts_before(now) },
            Wire::Int | Wire::Unsigned => Past { spans: numbers(), texts: Vec::new() },
            _ => {
                let until = self.store(Value::Time(now)).unwrap_or(Value::Time(now));
                Past { spans: vec![Span { from: None, until }], texts: Vec::new() }
            }
        }
    }

    /// What a stored value stands for, given that it is a `kind`; `None` if it cannot be told.
    pub fn revive(&self, kind: Kind, value: Value) -> Option<Value> {
        match &self.translation {
            // Any value will do.
            Some(Translation::Presence) => Some(Translation::Presence.revive(value)),
            Some(translation) => self.untranslated(kind, value).map(|value| translation.revive(value)),
            None => self.untranslated(kind, value),
        }
    }

    /// What a stored value stands for by itself.
    fn untranslated(&self, kind: Kind, value: Value) -> Option<Value> {
        if let (Form::Wall(zone), Value::Time(wall)) = (self.form, &value) {
            return Some(Value::Time(zone.instant(*wall)));
        }
        if let (Form::Seconds(zone), Value::Time(time)) = (self.form, &value) {
            return Some(Value::Int(zone.map_or(*time, |zone| zone.instant(*time)).timestamp()));
        }
        Some(match (kind, value) {
            (_, Value::Null) => Value::Null,
            (Kind::Json, Value::Text(text)) if self.form == Form::Array => Value::Text(exact_elements(text)),
            (Kind::Text | Kind::Json, number @ (Value::Int(_) | Value::Unsigned(_))) => Value::Text(decimal(&number)?),
            (Kind::Float, Value::Float(number)) if self.form == Form::Single => Value::Float(shortest(number)),
            (Kind::Text, Value::Float(number)) => Value::Text(digits(number)),
            (Kind::Json, Value::Float(number)) => Value::Text(serde_json::Value::from(number).to_string()),
            (Kind::Text, Value::Time(time)) => Value::Text(time.to_rfc3339_opts(SecondsFormat::Millis, true)),
            (Kind::Text, Value::Bool(bool)) => Value::Text(bool.to_string()),
            (Kind::Bool, Value::Int(int)) => Value::Bool(int != 0),
            (Kind::Bool, Value::Float(number)) => Value::Bool(number != 0.0),
            (Kind::Bool, Value::Text(text)) => Value::Bool(truth(text.trim())?),
            (Kind::Int, Value::Text(text)) => Value::Int(whole(text.trim())?),
            (Kind::Float, Value::Text(text)) => text.trim().parse().map_or(Value::Text(text), Value::Float),
            (Kind::Time, Value::Int(ms)) if self.form == Form::Millis => {
                Value::Time(DateTime::from_timestamp_millis(ms)?)
            }
            (Kind::Time, Value::Int(number)) => Value::Time(self.instant().read_number(number as f64)?),
            (Kind::Time, Value::Float(number)) => Value::Time(self.instant().read_number(number)?),
            (Kind::Time, Value::Unsigned(_)) => return None,
            (Kind::Time, Value::Text(text)) => Value::Time(match instant::number(text.trim()) {
                Some(number) => self.instant().read_number(number)?,
                None => from_text(text.trim())?,
            }),
            (_, value) => value,
        })
    }
}

/// What 32 bits keep of a number. One that they have no room for stays as it is: the database refuses to store it, and compares with it.
fn kept(number: f64) -> f64 {
    let single = number as f32;
    if single.is_finite() { f64::from(single) } else { number }
}

/// A number of 32 bits by its shortest digits: `0.1` rather than `0.10000000149011612`.
fn shortest(number: f64) -> f64 {
    (number as f32).to_string().parse().unwrap_or(number)
}

/// An integer in digits, those of a fraction perhaps that there is not ("7.00").
fn whole(text: &str) -> Option<i64> {
    let (digits, fraction) = text.split_once('.').unwrap_or((text, ""));
    fraction.bytes().all(|digit| digit == b'0').then(|| digits.parse().ok())?
}

/// What a text says where a boolean is meant.
fn truth(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "1" | "t" | "true" => Some(true),
        "0" | "f" | "false" => Some(false),
        _ => None,
    }
}

/// The digits of an integer.
fn decimal(number: &Value) -> Option<String> {
    match number {
        Value::Int(int) => Some(int.to_string()),
        Value::Unsigned(int) => Some(int.to_string()),
        _ => None,
    }
}

/// A JSON array of which integers that JavaScript's numbers skip are texts of their digits, as single ones are read.
fn exact_elements(json: String) -> String {
    const LONGEST_SAFE: usize = 15;
    const SAFE: u64 = (1 << 53) - 1;
    let mut runs = json.split(|each: char| !each.is_ascii_digit());
    if !runs.any(|run| run.len() > LONGEST_SAFE) {
        return json;
    }
    fn exact(value: serde_json::Value) -> serde_json::Value {
        match value {
            serde_json::Value::Array(items) => items.into_iter().map(exact).collect(),
            serde_json::Value::Number(number) if number.as_i64().is_some_and(|int| int.unsigned_abs() > SAFE) => {
                number.to_string().into()
            }
            other => other,
        }
    }
    serde_json::from_str(&json).map_or(json, |value| exact(value).to_string())
}

/// `["a", null]` as `{"a",NULL}`; `None` if it is no array of scalars, or of such arrays.
fn array_literal(json: &str) -> Option<String> {
    literal_of(&serde_json::from_str(json).ok()?)
}

/// `[{"a":1}, null]` as `{"{\"a\":1}",NULL}`; `None` if it is no array.
fn json_array_literal(json: &str) -> Option<String> {
    let items: Vec<&serde_json::value::RawValue> = serde_json::from_str(json).ok()?;
    let item = |item: &&serde_json::value::RawValue| match item.get() {
        "null" => "NULL".to_owned(),
        text => quoted(text),
    };
    Some(format!("{{{}}}", items.iter().map(item).collect::<Vec<_>>().join(",")))
}

/// An element of an array literal.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn literal_of(array: &serde_json::Value) -> Option<String> {
    let serde_json::Value::Array(items) = array else { return None };
    let item = |item: &serde_json::Value| match item {
        serde_json::Value::Null => Some("NULL".to_owned()),
        serde_json::Value::String(text) => Some(quoted(text)),
        serde_json::Value::Bool(_) | serde_json::Value::Number(_) => Some(item.to_string()),
        serde_json::Value::Array(_) => literal_of(item),
        serde_json::Value::Object(_) => None,
    };
    Some(format!("{{{}}}", items.iter().map(item).collect::<Option<Vec<_>>>()?.join(",")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrays_are_quoted() {
        let array = Codec::plain(Wire::Text).form(Form::Array);
        let stored = array.store(Value::Text(r#"["a,b","say \"hi\"","\\","NULL",null,1,true]"#.into()));
        assert_eq!(stored, Some(Value::Text(r#"{"a,b","say \"hi\"","\\","NULL",NULL,1,true}"#.into())));
        assert_eq!(array.store(Value::Text(r#"{"a":1}"#.into())), None);
    }

    #[test]
    fn elements_of_json_keep_their_text() {
        let array = Codec::plain(Wire::Text).form(Form::JsonArray);
        let stored = array.store(Value::Text(r#"[{"b":"x\"y","a":1e400},"t",[1, 2],null,7]"#.into()));
        assert_eq!(stored, Some(Value::Text(r#"{"{\"b\":\"x\\\"y\",\"a\":1e400}","\"t\"","[1, 2]",NULL,"7"}"#.into())));
        assert_eq!(array.store(Value::Text(r#"{"a":1}"#.into())), None);
    }

    #[test]
    fn ids_that_do_not_fit_match_nothing() {
        let integer = Codec::plain(Wire::Int).form(Form::IntegerId);
        assert_eq!(integer.store(Value::Text("42".into())), Some(Value::Int(42)));
        for other in ["042", "+42", "4e1", "", "99999999999999999999", "x"] {
            assert_eq!(integer.store(Value::Text(other.into())), None, "{other}");
        }
        let uuid = Codec::plain(Wire::Text).form(Form::Uuid);
        let id = "0E984725-C51C-4BF4-9960-E1C80E27ABA0";
        assert_eq!(uuid.store(Value::Text(id.into())), Some(Value::Text(id.to_lowercase())));
        assert_eq!(uuid.store(Value::Text("nobody".into())), None);
    }
}
