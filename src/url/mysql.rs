//! `mysql://user:password@host:port/database?…`, for MySQL and MariaDB.

use url::Url;

use crate::database::pool_options::PoolOptions;
use crate::driver::hosts::Host;
use crate::driver::sqlx::mysql::{MySqlConnectOptions, MySqlSslMode};
use crate::driver::target::Target;
use crate::error::{Error, Result};
use crate::url::address::Address;
use crate::url::parts::{Authority, flag, pool_parameter, unknown, unsupported, wrong};
use crate::url::places::{Place, Places};

pub fn parse(url: &Url, authority: Authority, mut places: Places) -> Result<Address> {
    let mut pool = PoolOptions::default();
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
        if pool_parameter(&mut pool, parameter, value)?.is_some() || places.choice_parameter(parameter, value)? {
            continue;
        }
        options = match parameter {
            "ssl-mode" | "sslmode" | "ssl_mode" | "sslMode" => options.ssl_mode(ssl_mode(parameter, value)?),
            "ssl" => options.ssl_mode(ssl_object(parameter, value)?),
            "sslaccept" => match value {
                "strict" => options.ssl_mode(MySqlSslMode::VerifyIdentity),
                "accept_invalid_certs" => options.ssl_mode(MySqlSslMode::Required),
                _ => return Err(wrong(parameter, "strict or accept_invalid_certs")),
            },
            "ssl-ca" | "sslca" | "ssl_ca" | "sslcert" => options.ssl_ca(value),
            "ssl-cert" | "ssl_cert" => options.ssl_client_cert(value),
            "ssl-key" | "ssl_key" => options.ssl_client_key(value),
            "sslidentity" | "sslpassword" => {
                return Err(unsupported(
                    parameter,
                    "give the certificate and key as PEM files with ssl-cert and ssl-key",
                ));
            }
            "socket" | "socketPath" => options.socket(value),
            "charset" if value.to_ascii_lowercase().starts_with("utf8mb4") => options,
            "charset" => {
                return Err(unsupported(parameter, "the connection speaks utf8mb4 for tables of any character set"));
            }
            "timezone" if matches!(value, "Z" | "UTC" | "utc" | "+00:00" | "local") => options,
            "timezone" => return Err(unsupported(parameter, "instants are stored in UTC")),
            _ => return Err(unknown(parameter)),
        };
    }
    if options.get_database().is_none() {
        return Err(Error::config("the database URL names no database"));
    }
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
        target: Target::MySql { options, hosts, server_zone: false },
        schema: None,
        in_memory: false,
        read_only: false,
        pool,
    })
}

fn ssl_mode(parameter: &str, value: &str) -> Result<MySqlSslMode> {
    Ok(match value.to_ascii_lowercase().replace('-', "_").as_str() {
        "disabled" | "disable" => MySqlSslMode::Disabled,
        "preferred" | "prefer" => MySqlSslMode::Preferred,
        "required" | "require" => MySqlSslMode::Required,
        "verify_ca" => MySqlSslMode::VerifyCa,
        "verify_identity" | "verify_full" => MySqlSslMode::VerifyIdentity,
        _ => return Err(wrong(parameter, "disabled, preferred, required, verify_ca or verify_identity")),
    })
}

/// mysql2's `ssl` parameter: a flag, or a JSON object of which only `rejectUnauthorized` makes sense in a URL.
fn ssl_object(parameter: &str, value: &str) -> Result<MySqlSslMode> {
    let compact: String = value.chars().filter(|character| !character.is_whitespace()).collect();
    Ok(match compact.as_str() {
        "{}" | r#"{"rejectUnauthorized":true}"# => MySqlSslMode::VerifyIdentity,
        r#"{"rejectUnauthorized":false}"# => MySqlSslMode::Required,
        _ => match flag(parameter, value) {
            Ok(true) => MySqlSslMode::VerifyIdentity,
            Ok(false) => MySqlSslMode::Disabled,
            Err(_) => return Err(wrong(parameter, r#"true, false or {"rejectUnauthorized":true}"#)),
        },
    })
}
