//! Database URLs: what people have in `DATABASE_URL`, and what it means here.
//!
//! Every parameter is either honoured or refused by name. A message never holds more of the URL than the name of the
//! part that is wrong: the rest may be a password.

mod mysql;
mod postgres;
mod sqlite;

use std::borrow::Cow;
use std::time::Duration;

use ::url::Url;

use crate::database::pool_options::PoolOptions;
use crate::dialect::Family;
use crate::driver::target::Target;
use crate::error::{Error, Result};
use crate::types::zone::Zone;

/// A URL, understood.
#[derive(Debug, Clone)]
pub struct Address {
    pub target: Target,
    /// The PostgreSQL schema that holds the tables (`?schema=`).
    pub schema: Option<String>,
    /// Whether a pooler lends a server connection for one transaction at a time.
    pub transaction_pooler: bool,
    pub in_memory: bool,
    /// Whether a SQLite file is opened for reading only.
    pub read_only: bool,
    /// Pool settings that the URL carries (`connection_limit`, `pool_timeout`, …).
    pub pool: PoolOptions,
}

impl Address {
    /// The same address, known to be reached through a transaction pooler or known not to be.
    pub fn behind_transaction_pooler(mut self, pooled: bool) -> Self {
        self.transaction_pooler = pooled;
        if let Target::Postgres { own_session, .. } = &mut self.target {
            *own_session = !pooled;
        }
        self
    }

    /// The same address, for tables whose clock is `zone`'s.
    pub fn in_zone(mut self, zone: Zone) -> Self {
        if let Target::MySql { server_zone, .. } = &mut self.target {
            *server_zone = zone == Zone::Server;
        }
        self
    }
}

const EXPECTED: &str = "expected postgres://, postgresql://, mysql://, mariadb://, sqlite:, file: or :memory:";

pub fn parse(text: &str) -> Result<Address> {
    let text = text.trim();
    if text.is_empty() {
        return Err(missing());
    }
    if text == ":memory:" {
        return sqlite::parse("sqlite::memory:");
    }
    let Some((scheme, _)) = text.split_once(':') else {
        return Err(Error::config(format!("the database URL has no scheme; {EXPECTED}")));
    };
    match family(scheme) {
        Some(Family::Sqlite) => sqlite::parse(text),
        Some(Family::Postgres) => postgres::parse(&server(text)?),
        Some(Family::MySql) => mysql::parse(&server(text)?),
        // The scheme may be part of a password, as in "user:secret@host".
        None => Err(Error::config(format!("the database URL's scheme is not known; {EXPECTED}"))),
    }
}

pub fn missing() -> Error {
    Error::config("the database URL is missing; is DATABASE_URL set?")
}

fn family(scheme: &str) -> Option<Family> {
    match scheme.to_ascii_lowercase().as_str() {
        "postgres" | "postgresql" => Some(Family::Postgres),
        "mysql" | "mariadb" => Some(Family::MySql),
        "sqlite" | "file" => Some(Family::Sqlite),
        _ => None,
    }
}

fn server(text: &str) -> Result<Url> {
    // libpq's form for a socket given as ?host=/directory: a user, but no host.
    let parsed = match Url::parse(text) {
        Err(::url::ParseError::EmptyHost) => Url::parse(&text.replacen("@/", "@localhost/", 1)),
        parsed => parsed,
    };
    parsed.map_err(|error| {
        let hint = match error {
            ::url::ParseError::InvalidPort => {
                "its port is not a number from 0 to 65535; a '/', '#', '?', '@' or ':' in the password must be \
                 percent-encoded"
                    .into()
            }
            ::url::ParseError::EmptyHost => "it names no host".into(),
            other => other.to_string(),
        };
        Error::config(format!("the database URL cannot be parsed: {hint}"))
    })
}

/// The user, password, host and database of a server's URL, percent-decoded.
struct Authority {
    user: Option<String>,
    password: Option<String>,
    host: Option<String>,
    database: Option<String>,
}

impl Authority {
    fn of(url: &Url) -> Result<Self> {
        let some = |part: &str, name| match part {
            "" => Ok(None),
            part => decode(part, name).map(|part| Some(part.into_owned())),
        };
        Ok(Self {
            user: some(url.username(), "user")?,
            password: some(url.password().unwrap_or_default(), "password")?,
            host: some(url.host_str().unwrap_or_default(), "host")?
                .map(|host| host.trim_matches(['[', ']']).to_owned()),
            database: some(url.path().trim_start_matches('/'), "database")?,
        })
    }
}

fn decode<'a>(part: &'a str, name: &str) -> Result<Cow<'a, str>> {
    percent_encoding::percent_decode_str(part)
        .decode_utf8()
        .map_err(|_| Error::config(format!("the {name} in the database URL is not valid UTF-8 once percent-decoded")))
}

fn unknown(parameter: &str) -> Error {
    Error::config(format!("the database URL has an unknown parameter: {parameter}")).about("parameter", parameter)
}

fn wrong(parameter: &str, expected: &str) -> Error {
    Error::config(format!("the database URL's parameter {parameter} must be {expected}")).about("parameter", parameter)
}

fn unsupported(parameter: &str, why: &str) -> Error {
    Error::config(format!("the database URL's parameter {parameter} is not supported: {why}"))
        .about("parameter", parameter)
}

fn flag(parameter: &str, value: &str) -> Result<bool> {
    match value {
        "true" | "1" | "yes" | "on" => Ok(true),
        "false" | "0" | "no" | "off" => Ok(false),
        _ => Err(wrong(parameter, "true or false")),
    }
}

fn number(parameter: &str, value: &str) -> Result<u64> {
    value.parse().map_err(|_| wrong(parameter, "a whole number"))
}

/// Prisma's pool parameters, which mean the same for every server. `None` if `parameter` is not one of them.
fn pool_parameter(pool: &mut PoolOptions, parameter: &str, value: &str) -> Result<Option<()>> {
    let seconds = |value| number(parameter, value).map(|seconds| (seconds > 0).then(|| Duration::from_secs(seconds)));
    match parameter {
        "connection_limit" | "connectionLimit" => match number(parameter, value)? {
            0 => return Err(wrong(parameter, "at least 1")),
            limit => pool.max = Some(limit as usize),
        },
        "pool_timeout" => pool.acquire_timeout = seconds(value)?,
        "connect_timeout" => pool.connect_timeout = seconds(value)?,
        "socket_timeout" => pool.operation_timeout = seconds(value)?,
        "max_connection_lifetime" => pool.max_lifetime = seconds(value)?,
        "max_idle_connection_lifetime" => pool.idle_timeout = seconds(value)?,
        _ => return Ok(None),
    }
    Ok(Some(()))
}

#[cfg(test)]
mod tests;
