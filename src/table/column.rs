//! A physical column: which inputs it accepts, and as what it stores them.

use std::borrow::Cow;
use std::sync::Arc;

use chrono::{DateTime, NaiveTime, Utc};

use crate::dialect::Dialect;
use crate::encryption::keyring::Keyring;
use crate::encryption::place::Purpose;
use crate::error::{Error, Result};
use crate::table::naming;
use crate::types::affinity::Numbering;
use crate::types::codec::{Codec, Form};
use crate::types::id::IdForm;
use crate::types::instant::{self, FIRST, Instant, LAST};
use crate::types::kind::{KEY_BYTES, Kind, Role};
use crate::types::token_hash::{Hashing, MARK, is_marked};
use crate::value::{Input, Value};

/// What is said of a column that must be filled, and that the database does not fill.
pub const UNFILLED: &str = "is required: its column must not be null and has no default in the database (an ORM's own, such as Drizzle's \
    $defaultFn or Prisma's @default(cuid()), works in that ORM alone); give it one, or give the field";

/// What is to be done about a column that leaves values of each type as they are. SQLite cannot change a type in place.
pub const DECLARE: &str = "declare it TEXT";

/// What an INSERT puts into a column that it is given nothing for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fill {
    /// Nothing: the database has a default, or NULL will do.
    Nothing,
    /// An id. A `strict` one replaces a given id of another form: such are the ids that the table has, or has room for.
    Id {
        form: IdForm,
        strict: bool,
    },
    Now,
    /// What else is known of the row tells it.
    Derived(Derived),
    /// Nothing from here: the column must have a value, and a trigger of the table may give it one.
    Trigger,
    /// Nothing that we know of, and the column must have a value.
    Unknown,
}

/// What a column holds that only one of two contracts has, by what the other has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Derived {
    /// The sort of an account (`oauth`, `oidc`, `credential`, `webauthn`), by the fields that tell it.
    Sort { provider: &'static str, id_token: &'static str },
    /// Whose an account's id is, as Better Auth 1.7.0 to 1.7.2 wrote it down for accounts that no issuer vouches for.
    Issuer { provider: &'static str },
    /// What this field holds.
    Same(&'static str),
}

/// Which values are what they were when they are read back. Only where a write cannot return its row this is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keeps {
    /// Perhaps none: the type rounds or rewrites them, or a trigger may.
    Nothing,
    /// Instants without a fraction of a second.
    WholeSeconds,
    All,
}

/// Where a column of dates as numbers has neither a value nor a default that tells their unit: what it was taken from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Guess {
    /// The declared type.
    Declaration,
    /// Another column, of this table and field. Whether that one holds dates of the same sort: Auth.js's own, or an application's.
    Other { table: Arc<str>, field: String, alike: bool },
}

/// How a column's texts are encrypted.
#[derive(Debug, Clone, PartialEq)]
pub struct Encrypted {
    pub purpose: Purpose,
    pub keyring: Keyring,
    /// The columns of the same table that name the account.
    pub provider: Column,
    pub account: Column,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// The table's name, as errors show it.
    pub table: Arc<str>,
    /// The name JavaScript knows it by.
    pub field: Cow<'static, str>,
    /// The name in the database, quoted.
    pub name: String,
    pub kind: Kind,
    pub role: Role,
    pub required: bool,
    pub codec: Codec,
    /// Whether callers get to see it.
    pub visible: bool,
    /// Whether it holds a secret that leaves the core under no name, and that no caller writes.
    pub sealed: bool,
    pub fill: Fill,
    /// Whether an index has its values in order. Known of Auth.js's own fields.
    pub indexed: bool,
    /// The database makes the value, also against the caller's wish.
    pub generated: bool,
    /// Set to the present moment by each UPDATE, as [`Column::present`] writes it.
    pub touched: bool,
    /// The largest integer that it has room for, if that is less than what JavaScript counts to.
    pub largest: Option<i64>,
    pub keeps: Keeps,
    /// In which form the column's default writes the present moment, if it does.
    pub clock: Option<Instant>,
    /// What the unit of its numbers was taken from, where they are dates and it shows none itself.
    pub guess: Option<Guess>,
    /// What the default computes, in SQL that may be evaluated, if it is about the present moment.
    pub computed: Option<Arc<str>>,
    /// Of a column of tokens: what is stored in their place.
    pub hashing: Option<Hashing>,
    /// How its texts are encrypted, if they are.
    pub encrypted: Option<Arc<Encrypted>>,
    /// Whether its JSON is read as Better Auth reads texts: texts in it that are instants in ISO 8601 are dates, and what is none is null.
    pub revived: bool,
}

impl Column {
    /// A column in the form that the dialect itself has for values of this kind.
    pub fn plain(dialect: Dialect, table: &str, field: &'static str, kind: Kind, role: Role) -> Self {
        Self {
            table: table.into(),
            field: Cow::Borrowed(field),
            name: dialect.quote(field),
            kind,
            role,
            required: false,
            codec: Codec::own(dialect, kind),
            visible: true,
            sealed: false,
            indexed: false,
            fill: Fill::Nothing,
            generated: false,
            touched: false,
            largest: None,
            clock: None,
            guess: None,
            computed: None,
            hashing: None,
            encrypted: None,
            revived: false,
            keeps: Keeps::Nothing,
        }
    }

    /// SQLite: whether it leaves values of each type as they are.
    pub fn is_undeclared(&self) -> bool {
        matches!(self.codec.form, Form::Undeclared { .. })
    }

    /// Whether `stored`, once written, is what a look-up then reads.
    pub fn keeps(&self, stored: &Value) -> bool {
        match (self.keeps, stored) {
            (Keeps::Nothing, _) => false,
            // MySQL cuts spaces off which a column has no room for, and does not call that an error.
            (_, Value::Text(text)) => !text.ends_with(' '),
            (Keeps::WholeSeconds, Value::Time(time)) => time.timestamp_subsec_nanos() == 0,
            (Keeps::WholeSeconds | Keeps::All, _) => true,
        }
    }

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

    /// The stored form of `input` for a comparison, or `None` where no stored value can be equal to it: such a look-up
    /// finds nothing and needs no query.
    pub fn key(&self, input: &Input) -> Option<Value> {
        match input {
            Input::Malformed(_) | Input::Bool(_) | Input::Date(_) => None,
            _ => self.encode(input).ok().filter(|value| *value != Value::Null),
        }
    }

    /// Whether the name says that the value must not be shown, not even to the user whose row it is.
    pub fn is_secret(&self) -> bool {
        let name = naming::bare(&self.field);
        let says = |word: &str| name.contains(word);
        matches!(self.kind, Kind::Text | Kind::Json)
            && name != "tokentype"
            && ["token", "secret", "password", "hash", "sessionstate"].into_iter().any(says)
    }

    pub fn missing(&self) -> Error {
        let why = match self.fill {
            Fill::Unknown => UNFILLED,
            _ => "is required",
        };
        Error::invalid_value(&self.table, &self.field, why)
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

    pub fn expected(&self, what: &str, got: &Input) -> Error {
        self.invalid(format!("must be {what}, not {}", got.describe()))
    }

    pub fn invalid(&self, why: impl std::fmt::Display) -> Error {
        Error::invalid_value(&self.table, &self.field, why)
    }
}

/// A number as JavaScript's `String()` writes it, for the magnitudes that ids have.
fn decimal(number: f64) -> String {
    if number == number.trunc() && number.abs() < 1e21 { format!("{:.0}", number + 0.0) } else { number.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(kind: Kind, role: Role) -> Column {
        Column::plain(Dialect::MySql, "user", "field", kind, role)
    }

    fn text(value: &str) -> Input {
        Input::Text(value.into())
    }

    #[test]
    fn keys_are_stored_as_given_or_refused() {
        let key = column(Kind::Text, Role::Key(4));
        assert_eq!(key.encode(&text("ab 😀")).unwrap(), Value::Text("ab 😀".into()));
        assert_eq!(key.encode(&Input::Number(123.0)).unwrap(), Value::Text("123".into()));
        assert_eq!(key.encode(&Input::Number(-0.0)).unwrap(), Value::Text("0".into()));
        for refused in [text("abcde"), text("a\0"), Input::Malformed("\u{FFFD}".into()), Input::Other("an array")] {
            assert!(key.encode(&refused).is_err(), "{refused:?}");
            assert_eq!(key.key(&refused), None);
        }
        for never in [Input::Null, Input::Bool(true), Input::Date(0.0)] {
            assert_eq!(key.key(&never), None, "{never:?}");
        }
    }

    #[test]
    fn what_may_not_stay_as_it_is_is_not_kept() {
        let (whole, part) = (Value::Time(DateTime::UNIX_EPOCH), Value::Time(DateTime::from_timestamp_nanos(1_000_000)));
        let texts = ["a", "", " a"].map(|text| Value::Text(text.to_owned()));
        let cut = Value::Text("a ".to_owned());
        for (keeps, kept) in
            [(Keeps::Nothing, [false; 3]), (Keeps::WholeSeconds, [true, true, false]), (Keeps::All, [true; 3])]
        {
            let column = Column { keeps, ..column(Kind::Text, Role::Free) };
            assert_eq!([&Value::Null, &whole, &part].map(|value| column.keeps(value)), kept, "{keeps:?}");
            assert!(texts.iter().all(|text| column.keeps(text) == kept[0]) && !column.keeps(&cut), "{keeps:?}");
        }
    }

    #[test]
    fn free_text_takes_what_peers_take() {
        let free = column(Kind::Text, Role::Free);
        assert_eq!(free.encode(&Input::Malformed("a\u{FFFD}".into())).unwrap(), Value::Text("a\u{FFFD}".into()));
        assert_eq!(free.encode(&Input::Bool(false)).unwrap(), Value::Text("false".into()));
        assert!(free.encode(&text("\0")).is_err());
        assert_eq!(free.encode(&text(&"x".repeat(1_000_000))).unwrap(), Value::Text("x".repeat(1_000_000)));
    }

    #[test]
    fn integers_come_in_many_forms() {
        let int = column(Kind::Int, Role::Free);
        for (input, stored) in [
            (Input::Number(1_700_000_000.9), 1_700_000_000),
            (text("4102444800"), 4_102_444_800),
            (Input::BigInt("4294967295".into()), 4_294_967_295),
        ] {
            assert_eq!(int.encode(&input).unwrap(), Value::Int(stored));
        }
        for refused in
            [Input::Number(f64::NAN), Input::Number(1e300), text(""), text("soon"), text("inf"), Input::Bool(true)]
        {
            assert!(int.encode(&refused).is_err(), "{refused:?}");
        }
    }

    #[test]
    fn times_keep_milliseconds_and_stay_in_range() {
        let time = column(Kind::Time, Role::Free);
        let Value::Time(stored) = time.encode(&Input::Date(4_102_444_800_123.0)).unwrap() else { panic!("a time") };
        assert_eq!(stored.timestamp_millis(), 4_102_444_800_123);
        assert!(time.encode(&text("2030-06-07T08:09:10.123Z")).is_ok());
        for refused in [Input::Date(f64::NAN), Input::Date(8.64e15), text("tomorrow"), Input::Number(0.0)] {
            assert!(time.encode(&refused).is_err(), "{refused:?}");
        }
    }
}
