//! Every failure the adapter can report: a stable code, a sentence, and the things it is about.
//!
//! Invariant: no message holds a statement argument, a token, an e-mail address or a password. Database messages are
//! quoted only for classes of errors that never repeat a value (see [`crate::dialect`]).

use std::borrow::Cow;
use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The stable, public name of a kind of failure. docs/errors.md lists the remedies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// Missing or malformed URL, unknown parameter, invalid option.
    Config,
    /// The server could not be reached, refused the connection, or hung up.
    Connect,
    /// No connection was free in time, or the operation took too long.
    Timeout,
    /// Tables or columns are missing or are not ours.
    Schema,
    Unique,
    ForeignKey,
    NotNull,
    /// An update that must find its row did not.
    NotFound,
    /// The database passed over a row that was to be written.
    NotStored,
    /// The argument of a method has the wrong shape.
    InvalidArgument,
    /// A value does not fit its column.
    InvalidValue,
    /// A stored value could not be read back.
    Decode,
    /// A stored value could not be decrypted.
    Decrypt,
    /// The database answered with a row that was not asked for.
    Mismatch,
    ReadOnly,
    Closed,
    /// More passwords wait to be hashed than may.
    Busy,
    /// Any other error of the database.
    Database,
    /// A defect of this package.
    Internal,
}

/// A code that is missing among them does not compile: the last one would have another place.
const _: () = assert!(Code::Internal as usize + 1 == Code::ALL.len());

impl Code {
    /// In their order, by which they are counted.
    pub const ALL: [Code; 19] = [
        Code::Config,
        Code::Connect,
        Code::Timeout,
        Code::Schema,
        Code::Unique,
        Code::ForeignKey,
        Code::NotNull,
        Code::NotFound,
        Code::NotStored,
        Code::InvalidArgument,
        Code::InvalidValue,
        Code::Decode,
        Code::Decrypt,
        Code::Mismatch,
        Code::ReadOnly,
        Code::Closed,
        Code::Busy,
        Code::Database,
        Code::Internal,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Code::Config => "ERR_CONFIG",
            Code::Connect => "ERR_CONNECT",
            Code::Timeout => "ERR_TIMEOUT",
            Code::Schema => "ERR_SCHEMA",
            Code::Unique => "ERR_UNIQUE",
            Code::ForeignKey => "ERR_FOREIGN_KEY",
            Code::NotNull => "ERR_NOT_NULL",
            Code::NotFound => "ERR_NOT_FOUND",
            Code::NotStored => "ERR_NOT_STORED",
            Code::InvalidArgument => "ERR_INVALID_ARGUMENT",
            Code::InvalidValue => "ERR_INVALID_VALUE",
            Code::Decode => "ERR_DECODE",
            Code::Decrypt => "ERR_DECRYPT",
            Code::Mismatch => "ERR_MISMATCH",
            Code::ReadOnly => "ERR_READ_ONLY",
            Code::Closed => "ERR_CLOSED",
            Code::Busy => "ERR_BUSY",
            Code::Database => "ERR_DATABASE",
            Code::Internal => "ERR_INTERNAL",
        }
    }
}

#[derive(Debug, Clone, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    pub code: Code,
    pub message: Cow<'static, str>,
    /// What the error is about, under the names that the JavaScript error shows: `table`, `field`, `sqlState`, `constraint`.
    pub details: Vec<(&'static str, String)>,
    /// What the database or the network said, free of values.
    pub cause: Option<String>,
    /// Whether the connection that failed may serve again.
    pub connection: Health,
    /// Nothing of the work has happened, or all of it has been undone, as that of a conflict's victim: doing it again is safe.
    pub undone: bool,
    /// A write that may have taken effect although it failed: the connection was lost before its answer came.
    pub in_doubt: bool,
    /// The statement was refused before it did anything, since the tables are not what they were taken for: they may have
    /// changed meanwhile.
    pub stale: bool,
    /// The statement was not sent at all: a transaction goes on as if it had never been wanted.
    pub unsent: bool,
    /// Where the database objects to a row: the columns that it names, under its own names. See [`crate::table::subject`].
    pub columns: Option<Vec<String>>,
    /// The type that did not take a value, as PostgreSQL calls it where it names no column.
    pub refused: Option<Box<Refused>>,
}

/// A type of a column that did not take a value, as the database's message shows both.
#[derive(Clone, PartialEq, Eq)]
pub struct Refused {
    /// `None` of a date or a time, where the message names no type.
    pub type_name: Option<String>,
    /// To tell which column was given it. Never shown.
    pub value: Option<String>,
    /// How many characters it has room for, where that is why.
    pub length: Option<usize>,
}

/// What an error says about the connection on which it happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// The protocol is in step: the connection may be used again.
    Sound,
    /// The state is unknown: the connection must be discarded.
    Broken,
    /// The peer is gone: so are, most likely, the other idle connections.
    Lost,
}

impl std::fmt::Debug for Refused {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Refused").field("type_name", &self.type_name).finish_non_exhaustive()
    }
}

impl Error {
    pub fn new(code: Code, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code,
            message: message.into(),
            details: Vec::new(),
            cause: None,
            connection: Health::Sound,
            undone: false,
            in_doubt: false,
            stale: false,
            unsent: false,
            columns: None,
            refused: None,
        }
    }

    /// An operation that took longer than it may.
    pub fn too_slow(limit: std::time::Duration) -> Self {
        Self::new(Code::Timeout, format!("the operation took longer than {} ms", limit.as_millis()))
    }

    pub fn config(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Code::Config, message)
    }

    /// A panic that was caught: `payload` is what it carried.
    pub fn panicked(payload: &(dyn std::any::Any + Send)) -> Self {
        let message = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let message = message.or_else(|| payload.downcast_ref::<String>().cloned());
        Self::new(Code::Internal, "a defect in rust-auth-adapter; please report it")
            .because(message.unwrap_or_default())
    }

    pub fn invalid_value(table: &str, field: &str, why: impl std::fmt::Display) -> Self {
        Self::new(Code::InvalidValue, format!("{table}.{field} {why}")).about("table", table).about("field", field)
    }

    /// The database took a statement that writes a row, and has not written it.
    pub fn not_stored(table: &str) -> Self {
        let message =
            format!("the database stored no row in {table}: a trigger, a rule or a policy of its own passed it over");
        Self::new(Code::NotStored, message).about("table", table)
    }

    /// The database took a statement that deletes a row, and the row is still there.
    pub fn not_deleted(table: &str) -> Self {
        let message =
            format!("the database kept a row in {table}: a trigger, a rule or a policy of its own does not let it go");
        Self::new(Code::NotStored, message).about("table", table)
    }

    pub fn about(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.details.push((name, value.into()));
        self
    }

    pub fn because(mut self, cause: impl Into<String>) -> Self {
        self.cause = Some(cause.into());
        self
    }

    pub fn on(mut self, connection: Health) -> Self {
        self.connection = connection;
        self
    }
}

/// A panic ends its own request; without an outcome, its promise would wait for ever and keep the process alive.
pub async fn caught<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    AssertUnwindSafe(work).catch_unwind().await.unwrap_or_else(|panic| Err(Error::panicked(&*panic)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_an_outcome() {
        let work = async { panic!("attempt {}", 1) };
        let error = crate::database::runtime::RUNTIME.block_on(caught::<()>(work)).expect_err("it panicked");
        assert_eq!((error.code, error.cause.as_deref()), (Code::Internal, Some("attempt 1")));
    }
}
