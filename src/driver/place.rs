//! Where a database is, as errors say it, without user and password. Of several hosts, all are named, in their order.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::driver::target::Target;
use crate::error::{Code, Error};

/// Host, port and database, or a file: the properties of errors that are about the way to it.
#[derive(Debug, Clone, Default)]
pub struct Place {
    details: Vec<(&'static str, String)>,
    /// What the kind of database is called in traces. A server may turn out to be another one that speaks the same protocol.
    pub system: &'static str,
}

impl Place {
    pub fn of(target: &Target) -> Self {
        // A socket's folder or file is in the host's place, as in libpq.
        let host = |host: &str, socket: Option<&PathBuf>| {
            socket.map_or_else(|| host.to_owned(), |socket| socket.display().to_string())
        };
        let servers = |hosts: Vec<(String, u16)>, database: Option<&str>| {
            let (hosts, ports): (Vec<_>, Vec<_>) =
                hosts.into_iter().map(|(host, port)| (host, port.to_string())).unzip();
            let database = database.map(|database| ("database", database.to_owned()));
            [("host", hosts.join(",")), ("port", ports.join(","))].into_iter().chain(database).collect()
        };
        let details = match target {
            Target::Postgres { options, .. } => servers(
                options.iter().map(|each| (host(each.get_host(), each.get_socket()), each.get_port())).collect(),
                options.first().and_then(|first| first.get_database()),
            ),
            Target::MySql { options, .. } => servers(
                options.iter().map(|each| (host(each.get_host(), each.get_socket()), each.get_port())).collect(),
                options.first().and_then(|first| first.get_database()),
            ),
            Target::Sqlite(options) if options.in_memory => Vec::new(),
            Target::Sqlite(options) => {
                let path = std::path::absolute(&options.path).unwrap_or_else(|_| options.path.clone());
                vec![("file", path.display().to_string())]
            }
        };
        let system = match target {
            Target::Postgres { .. } => "postgresql",
            Target::MySql { .. } => "mysql",
            Target::Sqlite(_) => "sqlite",
        };
        Self { details, system }
    }

    /// The same for traces: namespace, address and port. Of several hosts there is no port.
    pub fn map(&self) -> BTreeMap<&'static str, String> {
        let traced = |(name, value): &(&'static str, String)| {
            let name = match *name {
                "host" => "address",
                "port" if !value.contains(',') => "port",
                "database" | "file" => "namespace",
                _ => return None,
            };
            Some((name, value.clone()))
        };
        self.details.iter().filter_map(traced).collect()
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
