//! A physical column, ready for statements.

use std::borrow::Cow;
use std::sync::Arc;

use crate::dialect::Dialect;
use crate::encryption::keyring::Keyring;
use crate::encryption::place::Purpose;
use crate::table::naming;
use crate::types::codec::{Codec, Form};
use crate::types::id::IdForm;
use crate::types::instant::Instant;
use crate::types::kind::{Kind, Role};
use crate::types::token_hash::Hashing;
use crate::value::Value;

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
    pub fn plain(
        dialect: Dialect,
        table: impl Into<Arc<str>>,
        field: impl Into<Cow<'static, str>>,
        kind: Kind,
        role: Role,
    ) -> Self {
        let field = field.into();
        Self {
            table: table.into(),
            name: dialect.quote(&field),
            field,
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

    /// Whether the name says that the value must not be shown, not even to the user whose row it is.
    pub fn is_secret(&self) -> bool {
        let name = naming::bare(&self.field);
        let says = |word: &str| name.contains(word);
        matches!(self.kind, Kind::Text | Kind::Json)
            && name != "tokentype"
            && ["token", "secret", "password", "hash", "sessionstate"].into_iter().any(says)
    }
}

#[cfg(test)]
mod tests;
