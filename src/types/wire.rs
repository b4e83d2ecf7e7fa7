//! As what a value travels between the database and us.

/// What the driver binds and decodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wire {
    Text,
    Int,
    /// An integer that has no sign and may need all of its 64 bits (MySQL).
    Unsigned,
    Float,
    Bool,
    Time,
    /// Any storage class that the value has (SQLite).
    Any,
}
