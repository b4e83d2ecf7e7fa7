//! `postgres://user:password@host:port/database?…`

use url::Url;

use crate::database::pool_options::PoolOptions;
use crate::driver::hosts::Host;
use crate::driver::session::{Session, Sessions};
use crate::driver::sqlx::ConnectOptions as _;
use crate::driver::sqlx::postgres::{PgConnectOptions, PgSslMode};
use crate::driver::target::Target;
use crate::error::Result;
use crate::url::address::Address;
use crate::url::parts::{Authority, decode, flag, number, pool_parameter, unknown, unsupported, wrong};
use crate::url::places::{Place, Places};
use crate::url::tls::Wishes;

/// Where Supabase's transaction pooler listens, and PgBouncer, and nothing else by habit.
const POOLERS_PORTS: [u16; 2] = [6543, 6432];

pub fn parse(url: &Url, authority: Authority, mut places: Places) -> Result<Address> {
    let mut schema = None;
    let mut pool = PoolOptions::default();
    let mut tls = Wishes::default();
    // As far as the URL says so.
    let mut pooler = None;

    // PgBouncer refuses the start-up parameter extra_float_digits; no column of ours is a float.
    let mut options = beginning(url)?
        .extra_float_digits(None)
        .application_name("rust-auth-adapter")
        // Updates and inserts vary by the fields given; a small cache would evict the statements that every request uses.
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
            || tls.take_postgres(parameter, value)?
        {
            continue;
        }
        options = match parameter {
            "host" | "hostaddr" | "port" => {
                *places.list(parameter) = value.to_owned();
                options
            }
            "user" => options.username(value),
            "password" => options.password(value),
            "dbname" => options.database(value),
            "application_name" => options.application_name(value),
            "options" => options.options(run_time_parameters(value)?),
            "schema" => {
                schema = Some(decode(value, "schema")?.into_owned()).filter(|schema| !schema.is_empty());
                options
            }
            "pgbouncer" => {
                pooler = Some(flag(parameter, value)?);
                options
            }
            "statement_cache_size" => {
                // Prisma's way of saying that prepared statements do not survive.
                if number(parameter, value)? == 0 {
                    pooler = Some(true);
                }
                options
            }
            // sqlx speaks SCRAM without channel binding. Neon puts `require` into every URL it shows; over TLS the
            // server is what its certificate (verify-full) says, with or without.
            "channel_binding" if matches!(value, "require" | "prefer" | "disable") => options,
            "channel_binding" => return Err(wrong(parameter, "require, prefer or disable")),
            "gssencmode" if value == "disable" || value == "prefer" => options,
            "gssencmode" => return Err(unsupported(parameter, "GSSAPI encryption is not available")),
            // libpq's meaning of the modes is the one here, and what Prisma's local server asks for is what the pool does.
            "uselibpqcompat" | "single_use_connections" => {
                flag(parameter, value)?;
                options
            }
            // Marks that Supabase and Vercel leave in their URLs.
            "supa" | "workaround" => options,
            _ => return Err(unknown(parameter, value)),
        };
    }
    // What Neon's pooler, which says so in its name, and what listens on PgBouncer's usual port does with prepared statements is
    // learnt from it.
    let each = places.each()?;
    let pooled = pooler.unwrap_or_else(|| each.iter().any(is_pooler));
    let (options, second_mode) = tls.postgres(options)?;
    if !places.addresses.is_empty()
        && !places.hosts.is_empty()
        && matches!(options.get_ssl_mode(), PgSslMode::VerifyFull)
    {
        let why = "with sslmode=verify-full the server's certificate would be compared with the address: leave it out, or the host";
        return Err(unsupported("hostaddr", why));
    }
    let session = if pooled { Session::Lent } else { Session::Own };
    let options: Vec<_> = each.into_iter().map(|place| at(options.clone(), place)).collect();
    let hosts = options.iter().map(|options| match options.get_socket() {
        Some(folder) => Host::at(folder, options.get_port()),
        None => Host::new(options.get_host(), options.get_port()),
    });
    let hosts = places.hosts(hosts.collect());
    Ok(Address {
        target: Target::Postgres { options, hosts, second_mode, sessions: Sessions::new(session) },
        schema,
        in_memory: false,
        read_only: false,
        pool,
    })
}

fn is_pooler(place: &Place) -> bool {
    place.port.is_some_and(|port| POOLERS_PORTS.contains(&port))
        || place.host.as_deref().is_some_and(|host| {
            host.contains("pooler") && !(host.ends_with(".pooler.supabase.com") && place.port == Some(5432))
                || host == "pooled.db.prisma.io"
                || host.ends_with(".db.ondigitalocean.com") && place.port == Some(25061)
                || host.starts_with("pgbouncer.") && host.ends_with(".flympg.net")
        })
}

fn at(options: PgConnectOptions, Place { host, port }: Place) -> PgConnectOptions {
    let options = port.map_or(options.clone(), |port| options.port(port));
    match host {
        Some(folder) if folder.starts_with('/') => options.socket(folder),
        Some(host) => options.host(&host),
        None => options,
    }
}

/// What a proxy (Neon's, Supabase's) takes for itself from clients that do not send it the host's name, among a URL's `options`.
fn is_for_proxy(word: &str) -> bool {
    ["endpoint=", "project=", "reference="].iter().any(|name| word.starts_with(name))
}

/// What the environment says, with the words for a proxy, which sqlx takes as they are only from a URL.
fn beginning(url: &Url) -> Result<PgConnectOptions> {
    let options = PgConnectOptions::new_without_pgpass();
    let given = url.query_pairs().find(|(parameter, _)| parameter == "options").map(|(_, value)| value.into_owned());
    let words: Vec<_> =
        given.iter().flat_map(|value| value.split_whitespace()).filter(|word| is_for_proxy(word)).collect();
    if words.is_empty() {
        return Ok(options);
    }
    let mut with_words = Url::parse("postgres://user:password@host/").expect("a URL");
    with_words.query_pairs_mut().append_pair("options", &words.join(" "));
    let parsed = PgConnectOptions::from_url(&with_words).map_err(|_| wrong("options", "a list of -c name=value"))?;
    let password = std::env::var("PGPASSWORD").unwrap_or_default();
    Ok(parsed.host(options.get_host()).username(options.get_username()).password(&password))
}

/// `-c name=value -c name=value`, as libpq takes them.
fn run_time_parameters(value: &str) -> Result<Vec<(String, String)>> {
    let expected = || wrong("options", "a list of -c name=value");
    let words = words(value);
    let mut words = words.iter().map(String::as_str).filter(|word| !is_for_proxy(word));
    let mut parameters = Vec::new();
    while let Some(word) = words.next() {
        let setting = match word {
            "-c" => words.next(),
            _ => word.strip_prefix("-c").or_else(|| word.strip_prefix("--")),
        };
        let (name, value) = setting.and_then(|setting| setting.split_once('=')).ok_or_else(expected)?;
        // sqlx hands the value on as it is, and the server takes it apart again.
        let value = value.replace('\\', r"\\").replace(' ', r"\ ");
        parameters.push((name.to_owned(), value));
    }
    Ok(parameters)
}

/// The words of `options`: spaces part them, unless a backslash stands before.
fn words(value: &str) -> Vec<String> {
    let (mut words, mut word, mut escaped) = (Vec::new(), String::new(), false);
    for character in value.chars() {
        match character {
            _ if escaped => word.push(character),
            '\\' => {}
            _ if character.is_whitespace() => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
            }
            _ => word.push(character),
        }
        escaped = character == '\\' && !escaped;
    }
    words.extend((!word.is_empty()).then_some(word));
    words
}
