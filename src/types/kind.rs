//! What a column's values are to JavaScript, and how strictly they are matched.

use crate::types::instant::Instant;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Text,
    Int,
    Float,
    Bool,
    Json,
    /// An instant, exact to the millisecond.
    Time,
}

/// What a column takes besides the values of its kind: what the ORM that declared it stores there, and the database does not know of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Besides {
    Nothing,
    /// Of texts: objects and arrays, as JSON, and dates, in ISO 8601.
    Texts,
    /// Of integers: booleans, as 0 and 1, and dates where the unit is known, seconds or milliseconds.
    Integers(Option<Instant>),
    /// Of days, which are texts to JavaScript: dates, as their day in UTC.
    Days,
}

/// How strictly a field is matched and stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Compared exactly and indexed: at most this many characters, never altered on the way in.
    Key(usize),
    /// A key of ASCII characters only, such as base64.
    AsciiKey(usize),
    /// Shown or passed on: never compared.
    Free,
}

impl Role {
    /// The most characters that there is room for, where that is known.
    pub fn longest(self) -> Option<usize> {
        match self {
            Role::Key(longest) | Role::AsciiKey(longest) => Some(longest),
            Role::Free => None,
        }
    }
}

/// No index entry of PostgreSQL may exceed 2,704 bytes.
pub const KEY_BYTES: usize = 2500;
