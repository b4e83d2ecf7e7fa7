//! How a column's values are written and read: what travels on the wire, and what it stands for.

use std::borrow::Cow;

use chrono::{DateTime, NaiveDateTime, SecondsFormat, TimeDelta, Utc};

use super::mapping::Zone;
use super::model::Kind;
use crate::dialect::Dialect;
use crate::value::Value;

/// What the driver binds and decodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wire {
    Text,
    Int,
    Float,
    Bool,
    Time,
    /// Whatever storage class the value has (SQLite).
    Any,
}

/// What a value of the wire's type stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Itself.
    Plain,
    /// A text whose case the database ignores in comparisons (citext).
    Caseless,
    /// A UUID in canonical form.
    Uuid,
    /// An integer for what JavaScript knows as text: an id.
    IntegerId,
    /// 0 or 1.
    ZeroOne,
    /// PostgreSQL's text form of an array, for what JavaScript knows as one.
    Array,
    Instant(Instant),
    /// An instant as a clock of another zone shows it.
    Wall(Zone),
}

/// How a column without a native type for it writes an instant. All forms are read, whichever is written, but that a
/// number in a column of milliseconds is never taken for seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Instant {
    /// Milliseconds since the epoch.
    Millis,
    /// Seconds since the epoch.
    Seconds,
    /// Milliseconds since the epoch, in digits.
    MillisText,
    /// `2030-06-07T08:09:10.123Z`
    IsoZ,
    /// `2030-06-07T08:09:10.123+00:00`
    IsoOffset,
    /// `2030-06-07 08:09:10.123 +00:00`
    Spaced,
    /// `2030-06-07 08:09:10`
    SpacedSeconds,
    /// `2030-06-07 08:09:10.123000` (SQLAlchemy)
    SpacedMicros,
}

/// Where the stored values are that stand for instants before another one.
#[derive(Debug, PartialEq)]
pub struct Past {
    /// Values that compare as the instants do.
    pub spans: Vec<Span>,
    /// Texts before this one may be such, and some that are not are among them: each has to be read.
    pub texts: Option<Value>,
}

/// Values from the first on, if there is one, up to the other, which is not included.
#[derive(Debug, PartialEq)]
pub struct Span {
    pub from: Option<Value>,
    pub until: Value,
}

impl Span {
    pub fn arguments(&self) -> Vec<Value> {
        [Some(self.until.clone()), self.from.clone()].into_iter().flatten().collect()
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Codec {
    pub wire: Wire,
    pub form: Form,
    /// SQL around the column where it is read; `{}` stands for the column.
    pub read: Cow<'static, str>,
    /// SQL around a parameter that is stored in the column or compared with it.
    pub write: Cow<'static, str>,
}

impl Codec {
    pub const fn plain(wire: Wire) -> Self {
        Self { wire, form: Form::Plain, read: Cow::Borrowed("{}"), write: Cow::Borrowed("{}") }
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

    /// The codec of a column of our own schema. On PostgreSQL a cast fixes the type of each parameter: without it the
    /// type would be the first value's, and a NULL has none.
    pub fn own(dialect: Dialect, kind: Kind) -> Self {
        match (dialect, kind) {
            (Dialect::Postgres, Kind::Int) => Self::plain(Wire::Int).writing("{}::int8"),
            (Dialect::Postgres, Kind::Bool) => Self::plain(Wire::Bool).writing("{}::bool"),
            (Dialect::Postgres, Kind::Time) => Self::plain(Wire::Time).writing("{}::timestamptz"),
            (Dialect::Sqlite, Kind::Int) => Self::plain(Wire::Any),
            (Dialect::Sqlite, Kind::Time) => Self::plain(Wire::Any).form(Form::Instant(Instant::Millis)),
            (_, Kind::Int) => Self::plain(Wire::Int),
            (_, Kind::Float) => Self::plain(Wire::Float),
            (_, Kind::Bool) => Self::plain(Wire::Bool),
            (_, Kind::Time) => Self::plain(Wire::Time),
            (_, Kind::Text | Kind::Json) => Self::plain(Wire::Text),
        }
    }

    /// What is stored for `value`; `None` if no stored value can stand for it.
    pub fn store(&self, value: Value) -> Option<Value> {
        Some(match (self.form, value) {
            (_, Value::Null) => Value::Null,
            (Form::Uuid, Value::Text(text)) => Value::Text(uuid::Uuid::parse_str(&text).ok()?.hyphenated().to_string()),
            (Form::IntegerId, Value::Text(text)) => {
                let number: i64 = text.parse().ok()?;
                // "007" and "+7" are other ids than "7".
                (number.to_string() == text).then_some(Value::Int(number))?
            }
            (Form::ZeroOne, Value::Bool(bool)) => Value::Int(i64::from(bool)),
            (Form::Array, Value::Text(json)) => Value::Text(array_literal(&json)?),
            (Form::Instant(instant), Value::Time(time)) => instant.write(time),
            (Form::Wall(zone), Value::Time(time)) => Value::Time(zone.wall(time)),
            (Form::Plain, Value::Int(int)) if self.wire == Wire::Text => Value::Text(int.to_string()),
            (_, value) => value,
        })
    }

    /// Whether a value that was read is the one that `stored` asks for.
    pub fn is_same(&self, kind: Kind, read: &Value, stored: &Value) -> bool {
        match (self.form, read, stored) {
            (Form::Caseless, Value::Text(read), Value::Text(stored)) => read.to_lowercase() == stored.to_lowercase(),
            _ => read == stored || self.revive(kind, stored.clone()).as_ref() == Some(read),
        }
    }

    /// Where the values of a column of instants are that stand for one before `now`.
    pub fn past(&self, now: DateTime<Utc>) -> Past {
        let millis = Value::Int(now.timestamp_millis());
        let numbers = || match self.form {
            Form::Instant(Instant::Millis) => vec![Span { from: None, until: millis }],
            _ => vec![
                Span { from: None, until: Value::Int(now.timestamp()) },
                Span { from: Some(Value::Int(FIRST_MILLIS)), until: millis },
            ],
        };
        // A day later, for those who write another zone's clock, or the hour next to the day instead of a T.
        let texts = || {
            match self.form {
                Form::Instant(Instant::MillisText) => Instant::MillisText,
                Form::Instant(Instant::IsoZ) => Instant::IsoZ,
                _ => Instant::Spaced,
            }
            .write(now + TimeDelta::days(1))
        };
        match self.wire {
            Wire::Text => Past { spans: Vec::new(), texts: Some(texts()) },
            Wire::Any => Past { spans: numbers(), texts: Some(texts()) },
            Wire::Int => Past { spans: numbers(), texts: None },
            _ => {
                let until = self.store(Value::Time(now)).unwrap_or(Value::Time(now));
                Past { spans: vec![Span { from: None, until }], texts: None }
            }
        }
    }

    /// What a stored value stands for, given that it is a `kind`; `None` if it cannot be told.
    pub fn revive(&self, kind: Kind, value: Value) -> Option<Value> {
        if let (Form::Wall(zone), Value::Time(wall)) = (self.form, &value) {
            return Some(Value::Time(zone.instant(*wall)));
        }
        Some(match (kind, value) {
            (_, Value::Null) => Value::Null,
            (Kind::Text, Value::Int(int)) => Value::Text(int.to_string()),
            (Kind::Bool, Value::Int(int)) => Value::Bool(int != 0),
            (Kind::Int, Value::Text(text)) => Value::Int(text.trim().parse().ok()?),
            (Kind::Time, Value::Int(ms)) if self.form == Form::Instant(Instant::Millis) => {
                Value::Time(DateTime::from_timestamp_millis(ms)?)
            }
            (Kind::Time, Value::Int(number)) => Value::Time(from_number(number)?),
            (Kind::Time, Value::Float(number)) => Value::Time(from_number(number as i64)?),
            (Kind::Time, Value::Text(text)) => Value::Time(from_text(text.trim())?),
            (_, value) => value,
        })
    }
}

impl Instant {
    fn write(self, time: DateTime<Utc>) -> Value {
        match self {
            Instant::Millis => Value::Int(time.timestamp_millis()),
            Instant::Seconds => Value::Int(time.timestamp()),
            Instant::MillisText => Value::Text(time.timestamp_millis().to_string()),
            Instant::IsoZ => Value::Text(time.to_rfc3339_opts(SecondsFormat::Millis, true)),
            Instant::IsoOffset => Value::Text(time.to_rfc3339_opts(SecondsFormat::Millis, false)),
            Instant::Spaced => Value::Text(time.format("%Y-%m-%d %H:%M:%S%.3f +00:00").to_string()),
            Instant::SpacedSeconds => Value::Text(time.format("%Y-%m-%d %H:%M:%S").to_string()),
            Instant::SpacedMicros => Value::Text(time.format("%Y-%m-%d %H:%M:%S%.6f").to_string()),
        }
    }

    /// The form that a stored text or number has.
    pub fn of(stored: &str) -> Option<Self> {
        if let Ok(number) = stored.parse::<i64>() {
            return Some(if is_seconds(number) { Instant::Seconds } else { Instant::Millis });
        }
        from_text(stored)?;
        Some(match (stored.contains('T'), stored.ends_with('Z'), stored.contains('+')) {
            (true, true, _) => Instant::IsoZ,
            (true, false, _) => Instant::IsoOffset,
            (false, _, true) => Instant::Spaced,
            (false, _, false) if stored.len() == "2030-06-07 08:09:10.123000".len() => Instant::SpacedMicros,
            (false, _, false) => Instant::SpacedSeconds,
        })
    }
}

/// `["a", null]` as `{"a",NULL}`; `None` if it is no array of scalars.
fn array_literal(json: &str) -> Option<String> {
    let serde_json::Value::Array(items) = serde_json::from_str(json).ok()? else { return None };
    let item = |item: &serde_json::Value| match item {
        serde_json::Value::Null => Some("NULL".to_owned()),
        serde_json::Value::String(text) => Some(format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))),
        serde_json::Value::Bool(_) | serde_json::Value::Number(_) => Some(item.to_string()),
        serde_json::Value::Array(_) | serde_json::Value::Object(_) => None,
    };
    Some(format!("{{{}}}", items.iter().map(item).collect::<Option<Vec<_>>>()?.join(",")))
}

/// Before that, milliseconds would mean before March 1973: those are seconds.
const FIRST_MILLIS: i64 = 100_000_000_000;

fn is_seconds(number: i64) -> bool {
    number.abs() < FIRST_MILLIS
}

fn from_number(number: i64) -> Option<DateTime<Utc>> {
    if is_seconds(number) { DateTime::from_timestamp(number, 0) } else { DateTime::from_timestamp_millis(number) }
}

fn from_text(text: &str) -> Option<DateTime<Utc>> {
    if let Ok(number) = text.parse() {
        return from_number(number);
    }
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Some(time.to_utc());
    }
    if let Ok(time) = DateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f %:z") {
        return Some(time.to_utc());
    }
    let naive = ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f"];
    naive.iter().find_map(|format| NaiveDateTime::parse_from_str(text, format).ok()).map(|time| time.and_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORMS: [Instant; 7] = [
        Instant::Millis,
        Instant::Seconds,
        Instant::MillisText,
        Instant::IsoZ,
        Instant::IsoOffset,
        Instant::Spaced,
        Instant::SpacedMicros,
    ];

    #[test]
    fn every_form_is_read_and_recognised() {
        let time = DateTime::from_timestamp_millis(1_907_050_150_000).unwrap();
        for form in FORMS {
            let codec = Codec::plain(Wire::Any).form(Form::Instant(form));
            let stored = codec.store(Value::Time(time)).unwrap();
            assert_eq!(codec.revive(Kind::Time, stored.clone()), Some(Value::Time(time)), "{form:?}");
            let text = match stored {
                Value::Int(int) => int.to_string(),
                Value::Text(text) => text,
                other => panic!("{other:?}"),
            };
            let recognised = Instant::of(&text);
            let expected = if form == Instant::MillisText { Instant::Millis } else { form };
            assert_eq!(recognised, Some(expected), "{text}");
        }
        assert_eq!(Instant::of("soon"), None);
    }

    #[test]
    fn arrays_are_quoted() {
        let array = Codec::plain(Wire::Text).form(Form::Array);
        let stored = array.store(Value::Text(r#"["a,b","say \"hi\"","\\","NULL",null,1,true]"#.into()));
        assert_eq!(stored, Some(Value::Text(r#"{"a,b","say \"hi\"","\\","NULL",NULL,1,true}"#.into())));
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
