//! SQL text: every statement the adapter sends, built from a dialect and a layout.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use crate::encryption::keyring::Keyring;
use crate::encryption::place::{Place, Purpose};
use crate::error::{Code, Error, Result};
use crate::statement::shape::HIDDEN;
use crate::types::codec::Codec;
use crate::types::kind::Kind;
use crate::types::translation::Translation;
use crate::types::wire::Wire;
use crate::value::{Unreadable, Value};

/// A column of a result.
#[derive(Debug, Clone)]
pub struct Output {
    pub table: Arc<str>,
    pub field: String,
    pub kind: Kind,
    pub codec: Codec,
    /// An instant that every row has. Null in its place is MySQL's zero date, as which sqlx reads it.
    pub always: bool,
}

impl Output {
    /// A number of no table.
    pub fn number() -> Self {
        Self::unnamed(Kind::Int, Wire::Int)
    }

    /// A text as it is, not what it stands for.
    pub fn text() -> Self {
        Self::unnamed(Kind::Text, Wire::Text)
    }

    /// A stored value as callers know it. `None`: it could not even be read.
    pub fn revive(&self, stored: Option<Value>) -> Result<Value> {
        let revived = stored.and_then(|value| self.codec.revive(self.kind, value));
        revived.filter(|value| !(self.always && *value == Value::Null)).ok_or_else(|| self.undecodable())
    }

    /// The driver's own message is left out: it may quote the value.
    fn undecodable(&self) -> Error {
        Error::new(Code::Decode, format!("{}.{} could not be read", self.table, self.field))
            .about("table", &*self.table)
            .about("field", self.field.clone())
            .because("the stored value is not of the type that the column is read as")
    }

    /// The error of a statement that is not performed, since the column's type has changed.
    pub fn retyped(&self) -> Error {
        let message = format!("{}.{} is of another type than when the tables were looked at", self.table, self.field);
        let error = Error::new(Code::Schema, message).about("table", &*self.table).about("field", self.field.clone());
        Error { stale: true, unsent: true, ..error }
    }

    fn unnamed(kind: Kind, wire: Wire) -> Self {
        Self { table: "".into(), field: String::new(), kind, codec: Codec::plain(wire), always: false }
    }
}

/// Text with everything needed to run it and to read its answer.
#[derive(Debug, Clone)]
pub struct Statement {
    pub text: Arc<str>,
    /// Which argument each placeholder stands for, in order of appearance.
    pub arguments: Arc<[usize]>,
    pub columns: Arc<[Output]>,
    /// The records that a row consists of: the shape and the number of columns of each. Columns beyond them serve
    /// [`Statement::verify`] alone.
    pub records: Arc<[(u32, usize)]>,
    /// Column, and the arguments of which it must equal one in each row.
    pub keys: Arc<[(usize, Range<usize>)]>,
    /// Whether it changes rows. What it answers of them cannot be asked for again.
    pub writes: bool,
    /// Whether a value that cannot be read is null, rather than an error: one odd row must not hide a list.
    pub lenient: bool,
    /// Which of the columns are encrypted.
    pub sealed: Arc<[Sealed]>,
    /// Whether it is sent but once, so that it is given no name.
    pub once: bool,
}

/// A column of encrypted texts.
#[derive(Debug, Clone)]
pub struct Sealed {
    /// Its place among the columns, and those of what names the account that it belongs to.
    pub column: usize,
    pub provider: usize,
    /// What callers know the provider as, where that is another name than the stored one, which tokens are encrypted for.
    pub translation: Option<Translation>,
    pub account: usize,
    pub purpose: Purpose,
    pub keyring: Keyring,
}

impl Sealed {
    /// What the column's value in `row` says.
    fn open(&self, row: &[Value], output: &Output) -> Value {
        let Value::Text(stored) = &row[self.column] else { return row[self.column].clone() };
        let provider = stored_name(self.translation.as_ref(), &row[self.provider]);
        let account = name(&row[self.account]);
        let place = Place { purpose: self.purpose, provider: &provider, account: &account };
        match self.keyring.open(place, stored) {
            Ok(text) => Value::Text(text),
            Err(refused) => Value::Unreadable(Box::new(Unreadable {
                table: output.table.clone(),
                field: output.field.clone(),
                key: refused.key,
                why: refused.why.sentence(),
            })),
        }
    }
}

/// What names an account in its table, by what callers know it as: tokens are encrypted for the stored name.
pub fn stored_name<'a>(translation: Option<&Translation>, known: &'a Value) -> Cow<'a, str> {
    match translation {
        Some(translation) => name(&translation.store(known.clone())).into_owned().into(),
        None => name(known),
    }
}

/// What names an account, as text.
pub fn name(value: &Value) -> Cow<'_, str> {
    match value {
        Value::Text(text) => text.into(),
        Value::Int(int) => int.to_string().into(),
        Value::Unsigned(int) => int.to_string().into(),
        // No account is named by such.
        _ => "".into(),
    }
}

impl Statement {
    /// Refuses a row that was not asked for: a pooler that mixes up its clients' statements must never sign one user
    /// in as another.
    pub fn verify(&self, row: &[Value], arguments: &[Value]) -> Result<()> {
        let differs = |(column, asked): &&(usize, Range<usize>)| {
            let Output { kind, codec, .. } = &self.columns[*column];
            !arguments[asked.clone()].iter().any(|argument| codec.is_same(*kind, &row[*column], argument))
        };
        match self.keys.iter().find(differs) {
            None => Ok(()),
            Some((column, _)) => Err(self.mismatch(*column)),
        }
    }

    /// This one, and if it has matched a row, `read`: one message, by what MariaDB calls a compound statement. `read` answers.
    pub fn then(&self, [before, between, after]: [&str; 3], read: &Statement) -> Statement {
        Statement {
            text: [before, &self.text, between, &read.text, after].concat().into(),
            arguments: self.arguments.iter().chain(&*read.arguments).copied().collect(),
            writes: true,
            ..read.clone()
        }
    }

    /// The error of a row that no caller asked for, to judge by its `column`.
    pub fn mismatch(&self, column: usize) -> Error {
        let Output { table, field, .. } = &self.columns[column];
        Error::new(
            Code::Mismatch,
            format!("the database answered with another row than the one asked for, by {table}.{field}; is there a transaction pooler in between (option pooler: \"transaction\")?"),
        )
        .about("table", &**table)
        .about("field", field.clone())
        .on(crate::error::Health::Lost)
    }

    /// The stored values of `row` from the column at `first` on: those of what names it come after its records.
    pub fn stored(&self, row: &[Value], first: usize) -> Vec<Value> {
        let named = self.columns[first..].iter().zip(&row[first..]);
        named.map(|(column, value)| column.codec.store(value.clone()).unwrap_or(Value::Null)).collect()
    }

    /// The records that a row consists of.
    pub fn split(&self, mut row: Vec<Value>) -> impl Iterator<Item = (u32, Vec<Value>)> {
        for sealed in &*self.sealed {
            row[sealed.column] = sealed.open(&row, &self.columns[sealed.column]);
        }
        let mut values = row.into_iter();
        let records = self.records.iter().map(move |(shape, width)| (*shape, values.by_ref().take(*width).collect()));
        records.filter(|(shape, _)| *shape != HIDDEN)
    }
}
