//! The parts of a URL, and what is wrong with them.

use std::borrow::Cow;
use std::time::Duration;

use ::url::Url;

use crate::database::pool_options::PoolOptions;
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

pub fn unknown(parameter: &str) -> Error {
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

pub fn number(parameter: &str, value: &str) -> Result<u64> {
    value.parse().map_err(|_| wrong(parameter, "a whole number"))
}

/// Prisma's pool parameters, which mean the same for every server. `None` if `parameter` is not one of them.
pub fn pool_parameter(pool: &mut PoolOptions, parameter: &str, value: &str) -> Result<Option<()>> {
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
