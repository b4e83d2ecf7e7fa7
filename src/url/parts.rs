//! The parts of a URL, and what is wrong with them.

use std::borrow::Cow;
use std::time::Duration;

use ::url::Url;

use crate::database::pool_options::{MOST_CONNECTIONS, PoolOptions};
use crate::error::{Error, Result};

/// The user, password, host and database of a server's URL, percent-decoded.
pub struct Authority {
    pub user: Option<String>,
    pub password: Option<String>,
    pub host: Option<String>,
    pub database: Option<String>,
}

impl Authority {
    pub fn of(url: &Url) -> Result<Self> {
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

pub fn decode<'a>(part: &'a str, name: &str) -> Result<Cow<'a, str>> {
    percent_encoding::percent_decode_str(part)
        .decode_utf8()
        .map_err(|_| Error::config(format!("the {name} in the database URL is not valid UTF-8 once percent-decoded")))
}

/// A name that is none, or that has no value, may be a part of a password.
pub fn unknown(parameter: &str, value: &str) -> Error {
    let is_name = |character: char| character.is_ascii_alphanumeric() || matches!(character, '_' | '-');
    if value.is_empty()
        || !parameter.starts_with(|first: char| first.is_ascii_alphabetic())
        || !parameter.chars().all(is_name)
    {
        return Error::config(
            "the database URL has an unknown parameter; a '?', '&' or '#' in a password must be percent-encoded",
        );
    }
    Error::config(format!("the database URL has an unknown parameter: {parameter}")).about("parameter", parameter)
}

pub fn wrong(parameter: &str, expected: &str) -> Error {
    Error::config(format!("the database URL's parameter {parameter} must be {expected}")).about("parameter", parameter)
}

pub fn unsupported(parameter: &str, why: &str) -> Error {
    Error::config(format!("the database URL's parameter {parameter} is not supported: {why}"))
        .about("parameter", parameter)
}

pub fn flag(parameter: &str, value: &str) -> Result<bool> {
    match value {
        "true" | "1" | "yes" | "on" => Ok(true),
        "false" | "0" | "no" | "off" => Ok(false),
        _ => Err(wrong(parameter, "true or false")),
    }
}

/// At most what the options take.
pub fn number(parameter: &str, value: &str) -> Result<u64> {
    value.parse::<u32>().map(u64::from).map_err(|_| wrong(parameter, "a whole number up to 4294967295"))
}

/// A time that has to be within what the options take, in milliseconds.
pub fn milliseconds(parameter: &str, number: u64) -> Result<Duration> {
    let expected = "at most 2147483647 milliseconds";
    i32::try_from(number).map_err(|_| wrong(parameter, expected))?;
    Ok(Duration::from_millis(number))
}

/// Prisma's pool parameters, which mean the same for every server. `None` if `parameter` is not one of them.
pub fn pool_parameter(pool: &mut PoolOptions, parameter: &str, value: &str) -> Result<Option<()>> {
    let seconds = |value| {
        let time = milliseconds(parameter, number(parameter, value)? * 1000)?;
        Ok::<_, Error>((!time.is_zero()).then_some(time))
    };
    match parameter {
        "connection_limit" | "connectionLimit" => match number(parameter, value)? {
            limit if (1..=MOST_CONNECTIONS as u64).contains(&limit) => pool.max = Some(limit as usize),
            _ => return Err(wrong(parameter, &format!("from 1 to {MOST_CONNECTIONS}"))),
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
