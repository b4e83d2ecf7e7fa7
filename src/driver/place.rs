//! Where a database is, as errors say it: never with what lets anyone in.

use std::path::Path;

use crate::driver::target::Target;
use crate::error::{Code, Error};

/// Host, port and database, or a file: the properties of errors that are about the way to it.
#[derive(Debug, Clone, Default)]
pub struct Place {
    details: Vec<(&'static str, String)>,
}

impl Place {
    pub fn of(target: &Target) -> Self {
        let server = |host: &str, socket: Option<&Path>, port: u16, database: Option<&str>| {
            // A socket's folder or file is in the host's place, as in libpq.
            let host = socket.map_or_else(|| host.to_owned(), |socket| socket.display().to_string());
            let database = database.map(|database| ("database", database.to_owned()));
            [("host", host), ("port", port.to_string())].into_iter().chain(database).collect()
        };
        let details = match target {
            Target::Postgres { options, .. } => {
                let socket = options.get_socket().map(|socket| socket.as_path());
                server(options.get_host(), socket, options.get_port(), options.get_database())
            }
            Target::MySql { options, .. } => {
                let socket = options.get_socket().map(|socket| socket.as_path());
                server(options.get_host(), socket, options.get_port(), options.get_database())
            }
            Target::Sqlite(options) if options.in_memory => Vec::new(),
            Target::Sqlite(options) => {
                let path = std::path::absolute(&options.path).unwrap_or_else(|_| options.path.clone());
                vec![("file", path.display().to_string())]
            }
        };
        Self { details }
    }

    /// `error` with the place, if it is about the way to the database or what is waited for there.
    pub fn named(&self, error: Error) -> Error {
        let is_there = |name: &str| error.details.iter().any(|(each, _)| *each == name);
        if !matches!(error.code, Code::Connect | Code::Timeout)
            || self.details.first().is_none_or(|(name, _)| is_there(name))
        {
            return error;
        }
        let place: Vec<_> =
            self.details.iter().map(|(name, value)| format!("{name} {}", value.escape_debug())).collect();
        let message = format!("{} ({})", error.message, place.join(", "));
        let named = self.details.iter().cloned().fold(error, |error, (name, value)| error.about(name, value));
        Error { message: message.into(), ..named }
    }
}
