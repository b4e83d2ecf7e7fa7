//! How each kind of database binds, decodes and complains.

use crate::driver::sqlx;
use crate::driver::sqlx::Database;
use crate::driver::sqlx::database::HasStatementCache;
use crate::error::{Code, Error, Health, Result};
use crate::statement::calls::Calls;
use crate::statement::statement::Statement;
use crate::types::wire::Wire;
use crate::value::Value;

/// How a server binds, decodes and complains.
pub trait Codec: Database + HasStatementCache {
    fn bind(arguments: &mut Self::Arguments<'_>, value: &Value) -> Result<(), sqlx::error::BoxDynError>;

    /// Binds the keys of a query for many, which has `places` for them.
    fn bind_keys(
        arguments: &mut Self::Arguments<'_>,
        keys: &[&str],
        places: usize,
    ) -> Result<(), sqlx::error::BoxDynError>;

    /// Binds the arguments of several calls that share a statement.
    fn bind_calls(
        arguments: &mut Self::Arguments<'_>,
        statement: &Statement,
        calls: Calls<'_>,
    ) -> Result<(), sqlx::error::BoxDynError>;

    /// The types that the arguments of one call are sent as, and those of several, where the server is told.
    fn types(statement: &Statement, arguments: &[Value]) -> Vec<Self::TypeInfo>;
    fn types_of_calls(statement: &Statement, wires: &[Wire]) -> Vec<Self::TypeInfo>;

    /// Before a statement that changes rows is performed: refuses one whose answer could not be read, since columns are of other
    /// types than the plan takes them for. `text` is sent for it. Takes no turn of its own.
    fn foresee(
        connection: &mut Self::Connection,
        statement: &Statement,
        text: &str,
        types: Vec<Self::TypeInfo>,
    ) -> impl Future<Output = Result<()>> + Send;

    /// The value at `index`, which travels as `wire`.
    fn decode(row: &Self::Row, index: usize, wire: Wire) -> Result<Value, sqlx::Error>;

    /// What an error of the database means; its values left out.
    fn explain(error: &dyn sqlx::error::DatabaseError) -> Error;
}

/// What sqlx says of a PostgreSQL connection that ends where the server would say whether it speaks TLS: it takes the byte that did
/// not come for one. Load balancers without a server behind them accept connections and close them so.
const SILENCE: &str = "unexpected response from SSLRequest: 0x00";

/// What sqlx says where PGlite's socket refuses a client that is one too many. It does so by the plain text "Too many connections": sqlx
/// takes the first letter for a kind of message, and the next four for its length.
const CROWDED_LENGTH: &str = "expected to read 1869553774 bytes";
pub const CROWDED: &str = "Too many connections";

/// Translates an error of the driver. What is not an answer of the database leaves the connection in doubt.
pub fn failed<DB: Codec>(error: sqlx::Error) -> Error {
    match error {
        sqlx::Error::Database(error) => DB::explain(&*error),
        sqlx::Error::Io(error) if error.to_string().starts_with(CROWDED_LENGTH) => {
            Error::new(Code::Connect, "the database takes no more connections").because(CROWDED).on(Health::Lost)
        }
        sqlx::Error::Io(error) => Error::new(Code::Connect, "the connection to the database failed")
            .because(error.to_string())
            .on(Health::Lost),
        // A connection that broke in the middle of it.
        sqlx::Error::Tls(error) if broken(&*error).is_some() => {
            Error::new(Code::Connect, "the connection to the database failed")
                .because(error.to_string())
                .on(Health::Lost)
        }
        sqlx::Error::Protocol(text) if text.starts_with(SILENCE) => {
            Error::new(Code::Connect, "the connection to the database failed")
                .because("it was closed before the server said a word".to_owned())
                .on(Health::Lost)
        }
        sqlx::Error::Tls(error) => Error::new(Code::Connect, "the secure connection to the database could not be made")
            .because(error.to_string())
            .on(Health::Broken),
        sqlx::Error::Configuration(error) => {
            Error::config("the database URL cannot be used").because(error.to_string())
        }
        sqlx::Error::Protocol(message) if let Some(method) = unknown_method(&message) => unsupported(&method),
        other => Error::new(Code::Database, "the database's answer could not be understood")
            .because(kind(&other))
            .on(Health::Broken),
    }
}

fn broken<'a>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a std::io::Error> {
    error.downcast_ref::<native_tls::Error>().and_then(native_tls::Error::io)
}

/// The name of an unexpected driver error; its text might quote data.
fn kind(error: &sqlx::Error) -> &'static str {
    match error {
        sqlx::Error::Protocol(_) => "protocol error",
        sqlx::Error::Encode(_) => "encoding error",
        sqlx::Error::Decode(_) | sqlx::Error::ColumnDecode { .. } => "decoding error",
        _ => "driver error",
    }
}

/// How a server wants clients to prove who they are, where that is none of the driver's ways.
fn unknown_method(protocol: &str) -> Option<String> {
    if let Some(plugin) = protocol.strip_prefix("unknown authentication plugin: ") {
        return Some(plugin.to_owned());
    }
    // PostgreSQL numbers them.
    Some(match protocol.strip_prefix("unknown authentication method: ")? {
        "2" => "Kerberos V5".to_owned(),
        "6" => "SCM credentials".to_owned(),
        "7" | "8" => "GSSAPI".to_owned(),
        "9" => "SSPI".to_owned(),
        number => format!("number {number}"),
    })
}

fn unsupported(method: &str) -> Error {
    let message = format!(
        "the server wants the authentication method {} of this user, which is none of those that this adapter has: give the user \
         mysql_native_password or caching_sha2_password (MySQL, MariaDB), scram-sha-256 or md5 (PostgreSQL)",
        method.escape_debug()
    );
    Error::new(Code::Connect, message).on(Health::Broken)
}
