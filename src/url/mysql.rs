//! `mysql://user:password@host:port/database?…`, for MySQL and MariaDB.

use url::Url;

use crate::database::pool_options::PoolOptions;
use crate::driver::asked::Asked;
use crate::driver::hosts::Host;
use crate::driver::sqlx::mysql::MySqlConnectOptions;
use crate::driver::target::Target;
use crate::error::{Error, Result};
use crate::url::address::Address;
use crate::url::parts::{Authority, pool_parameter, unknown, unsupported};
use crate::url::places::{Place, Places};
use crate::url::tls::Wishes;

pub fn parse(url: &Url, authority: Authority, mut places: Places) -> Result<Address> {
    let mut pool = PoolOptions::default();
    let mut tls = Wishes::default();
    // The session's settings are made in one statement of our own (dialect::mysql::SESSION), not in sqlx's.
    let mut options = MySqlConnectOptions::new()
        .pipes_as_concat(false)
        .no_engine_substitution(false)
        .timezone(None)
        .set_names(false)
        .statement_cache_capacity(256);
    if let Some(user) = &authority.user {
        options = options.username(user);
    }
    if let Some(password) = &authority.password {
        options = options.password(password);
    }
    if let Some(database) = &authority.database {
        options = options.database(database);
    }

    for (parameter, value) in url.query_pairs() {
        let (parameter, value) = (&*parameter, &*value);
        if pool_parameter(&mut pool, parameter, value)?.is_some()
            || places.choice_parameter(parameter, value)?
            || tls.take_mysql(parameter, value)?
        {
            continue;
        }
        options = match parameter {
            "socket" | "socketPath" | "unix_socket" => options.socket(value),
            "charset" if value.to_ascii_lowercase().starts_with("utf8mb4") => options,
            "charset" => {
                return Err(unsupported(parameter, "the connection speaks utf8mb4 for tables of any character set"));
            }
            // A plus sign that was not encoded has become a space.
            "timezone" if matches!(value, "Z" | "UTC" | "utc" | "+00:00" | " 00:00" | "local") => options,
            "timezone" => return Err(unsupported(parameter, "instants are stored in UTC")),
            _ => return Err(unknown(parameter, value)),
        };
    }
    if options.get_database().is_none() {
        return Err(Error::config("the database URL names no database"));
    }
    let options = tls.mysql(options)?;
    let each = places.each()?;
    if each.len() > 1 && options.get_socket().is_some() {
        return Err(unsupported("socket", "the URL names several hosts"));
    }
    let each = each.into_iter().map(|Place { host, port }| {
        let options = host.map_or(options.clone(), |host| options.clone().host(&host));
        port.map_or(options.clone(), |port| options.port(port))
    });
    let options: Vec<_> = each.collect();
    let hosts = options.iter().map(|options| Host::new(options.get_host(), options.get_port()));
    let hosts = places.hosts(hosts.collect());
    Ok(Address {
        target: Target::MySql { options, hosts, server_zone: false, asked: Asked::default() },
        schema: None,
        in_memory: false,
        read_only: false,
        pool,
    })
}
