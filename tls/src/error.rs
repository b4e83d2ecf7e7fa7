//! What can go wrong.

use std::error::Error as StdError;
use std::fmt;
use std::io;

use crate::stream::MidHandshakeTlsStream;

pub type Result<T> = std::result::Result<T, Error>;

/// Why there is no secure connection.
#[derive(Debug)]
pub struct Error(Kind);

#[derive(Debug)]
enum Kind {
    /// The connection broke.
    Io(io::Error),
    /// The server's certificate or its part of the protocol was not accepted, or ours was not.
    Tls(rustls::Error),
    /// Something that the caller named cannot be used.
    Unusable { what: &'static str, why: String },
}

impl Error {
    pub(crate) fn unusable(what: &'static str, why: impl fmt::Display) -> Self {
        Self(Kind::Unusable { what, why: why.to_string() })
    }

    /// What happened to the connection, if that is what went wrong: another attempt may succeed.
    pub fn io(&self) -> Option<&io::Error> {
        if let Kind::Io(error) = &self.0 { Some(error) } else { None }
    }

    /// Whether the two sides could not agree on how to speak TLS, which is no fault of the server's certificate.
    pub fn is_of_protocol(&self) -> bool {
        match &self.0 {
            Kind::Tls(error) => !matches!(error, rustls::Error::InvalidCertificate(_)),
            Kind::Io(_) | Kind::Unusable { .. } => false,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Io(error) => error.fmt(formatter),
            Kind::Tls(error) => error.fmt(formatter),
            Kind::Unusable { what, why } => write!(formatter, "{what}: {why}"),
        }
    }
}

impl StdError for Error {}

impl From<rustls::Error> for Error {
    fn from(error: rustls::Error) -> Self {
        Self(Kind::Tls(error))
    }
}

/// What reading and writing reported: either the connection's errors or, wrapped in them, TLS's.
impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        match error.downcast::<rustls::Error>() {
            Ok(error) => error.into(),
            Err(error) => Self(Kind::Io(error)),
        }
    }
}

/// A handshake that is not done.
#[derive(Debug)]
pub enum HandshakeError<S> {
    Failure(Error),
    /// The socket was not ready. The handshake goes on once it is.
    WouldBlock(MidHandshakeTlsStream<S>),
}
