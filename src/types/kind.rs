//! What a column's values are to JavaScript, and how strictly they are matched.

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
