//! Database URLs: what people have in `DATABASE_URL`, and what it means here.
//!
//! Every parameter is either honoured or refused by name. A message never holds more of the URL than the name of the
//! part that is wrong: the rest may be a password.

pub mod address;
mod mysql;
mod parts;
mod places;
mod postgres;
mod prisma;
mod sqlite;
mod tls;

use ::url::Url;

use crate::dialect::Family;
use crate::error::{Error, Result};
use crate::url::address::Address;
use crate::url::parts::Authority;
use crate::url::places::Places;

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
        Some(Family::Postgres) => server(text, postgres::parse),
        Some(Family::MySql) => server(text, mysql::parse),
        None if matches!(scheme, "prisma+postgres" | "prisma") => server(&prisma::plain(text)?, postgres::parse),
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

fn server(text: &str, parse: impl FnOnce(&Url, Authority, Places) -> Result<Address>) -> Result<Address> {
    if let Some(hint) = torn(text) {
        return Err(Error::config(format!("the database URL cannot be parsed: {hint}")));
    }
    let (url, places) = match Places::take(text)? {
        Some((text, places)) => (understood(&text)?, Some(places)),
        None => (understood(text)?, None),
    };
    let authority = Authority::of(&url)?;
    let places = places.unwrap_or_else(|| Places::of(&url, &authority));
    parse(&url, authority, places)
}

/// Why a part of a password would be taken for the database's name or a parameter's, which messages and the server's log show.
fn torn(text: &str) -> Option<&'static str> {
    const ENCODED: &str = "a '/', '#', '?' or '@' in the password must be percent-encoded";
    let Some((_, rest)) = text.split_once("://") else { return Some("what follows its scheme must begin with ://") };
    let after = &rest[rest.find(['/', '?', '#']).unwrap_or(rest.len())..];
    let (path, query) = after.split_once('?').unwrap_or((after, ""));
    // A password of digits up to there, which would be a port.
    let authority = &rest[..rest.len() - after.len()];
    let is_port = path.is_empty() && !authority.contains('@') && authority.contains(':') && query.contains('@');
    let names = query.split('&').map(|pair| pair.split('=').next().unwrap_or_default());
    (is_port || path.contains('@') || names.into_iter().any(|name| name.contains('@'))).then_some(ENCODED)
}

fn understood(text: &str) -> Result<Url> {
    // libpq's forms: a user or a port, but no host.
    let parsed = match Url::parse(text) {
        Err(::url::ParseError::EmptyHost) => Url::parse(&with_a_host(text)),
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

/// A URL without a host, with the usual one.
fn with_a_host(text: &str) -> String {
    let start = text.find("://").map_or(0, |at| at + 3);
    let authority = &text[start..][..text[start..].find(['/', '?', '#']).unwrap_or(text.len() - start)];
    let host = start + authority.rfind('@').map_or(0, |at| at + 1);
    format!("{}localhost{}", &text[..host], &text[host..])
}

#[cfg(test)]
mod providers;
#[cfg(test)]
mod tests;
