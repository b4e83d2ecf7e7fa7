//! Of two modes of TLS, which one a connection to PostgreSQL is opened in: libpq's `allow` and `prefer`.

use crate::driver::sqlx::postgres::{PgConnectOptions, PgConnection, PgSslMode};
use crate::driver::sqlx::{ConnectOptions, Error};

/// How a server refuses a connection that none of the rules in its `pg_hba.conf` lets in.
const REFUSED_BY_RULE: &str = "28000";

/// Connects in the mode of `options` or, where that one does not do, in the second.
pub async fn open(options: &PgConnectOptions, second: Option<PgSslMode>) -> Result<PgConnection, Error> {
    // As in libpq, where the sockets of this machine have no TLS.
    if options.get_socket().is_some() || options.get_host().starts_with('/') {
        return options.clone().ssl_mode(PgSslMode::Disable).connect().await;
    }
    match (options.connect().await, second) {
        (Err(error), Some(second)) if wants_another_mode(&error, options.get_ssl_mode()) => {
            match options.clone().ssl_mode(second).connect().await {
                // The server has no TLS: what it said before is why.
                Err(Error::Tls(failure)) if !failure.is::<native_tls::Error>() => Err(error),
                connected => connected,
            }
        }
        (connected, _) => connected,
    }
}

/// Whether another mode than `first` may be what the server takes. A server that speaks TLS is not spoken to in plain text if its
/// certificate is not trusted, nor if it was to be verified, and could not be.
fn wants_another_mode(error: &Error, first: PgSslMode) -> bool {
    let verifies = matches!(first, PgSslMode::VerifyCa | PgSslMode::VerifyFull);
    match error {
        Error::Database(refusal) => refusal.code().is_some_and(|code| code == REFUSED_BY_RULE),
        // Without an error of TLS's own: the server has none.
        Error::Tls(failure) => {
            failure.downcast_ref::<native_tls::Error>().is_none_or(|error| error.is_of_protocol() && !verifies)
        }
        _ => false,
    }
}
