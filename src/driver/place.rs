//! Where a database is, as errors say it: never with what lets anyone in.

use std::path::PathBuf;

use crate::driver::sqlx::mysql::MySqlConnectOptions;
use crate::driver::sqlx::postgres::PgConnectOptions;
use crate::driver::target::Target;
use crate::error::{Code, Error};

/// Host, port and database, or a file: the properties of errors that are about the way to it.
#[derive(Debug, Clone, Default)]
pub struct Place {
    details: Vec<(&'static str, String)>,
}

impl Place {
    pub fn of(target: &Target) -> Self {
        let details = match target {
            Target::Postgres { options, .. } => {
                let place = |one: &PgConnectOptions| (at(one.get_host(), one.get_socket()), one.get_port());
                let database = options.first().and_then(|one| one.get_database());
                servers(options.iter().map(place), database)
            }
            Target::MySql { options, .. } => {
                let place = |one: &MySqlConnectOptions| (at(one.get_host(), one.get_socket()), one.get_port());
                let database = options.first().and_then(|one| one.get_database());
                servers(options.iter().map(place), database)
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

/// A socket's folder or file is in the host's place, as in libpq.
fn at(host: &str, socket: Option<&PathBuf>) -> String {
    socket.map_or_else(|| host.to_owned(), |socket| socket.display().to_string())
}

/// Several hosts, and their ports, are lists, as in the URL.
fn servers(places: impl Iterator<Item = (String, u16)>, database: Option<&str>) -> Vec<(&'static str, String)> {
    let (hosts, ports): (Vec<_>, Vec<_>) = places.map(|(host, port)| (host, port.to_string())).unzip();
    let database = database.map(|database| ("database", database.to_owned()));
    [("host", hosts.join(",")), ("port", ports.join(","))].into_iter().chain(database).collect()
}
