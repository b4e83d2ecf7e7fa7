//! The options object: every key known, every value of its type, or an error that names it.

use std::path::PathBuf;
use std::time::Duration;

use napi::bindgen_prelude::{FromNapiValue, Object, Unknown, ValueType};
use napi::{Error, JsValue, Result, Status};

use crate::authjs::model::Table;
use crate::client::options::{Options, Secret};
use crate::database::pool_options::{MOST_CONNECTIONS, PoolOptions};
use crate::driver::sqlite::options::JournalMode;
use crate::encryption::key::{self, Key};
use crate::encryption::keyring::{Keyring, MOST_KEYS};
use crate::js::arguments;
use crate::passwords::settings::{Pepper, Settings};
use crate::types::instant::Instant;
use crate::types::token_hash::Hashing;
use crate::types::zone::Zone;
use crate::value::Input;

pub fn read(object: &Object<'_>) -> Result<Options> {
    let mut options = Options::default();
    for (name, value) in entries(object)? {
        match name.as_str() {
            "migrate" => options.migrate = boolean(&name, value)?,
            "syncReads" => options.sync_reads = Some(boolean(&name, value)?),
            "journalMode" => options.journal_mode = one_of(&name, value, JOURNAL_MODES)?,
            "prune" => options.prune = Some(prune(&name, value)?),
            "pool" => options.pool = pool(&name, value)?,
            "pooler" => {
                options.transaction_pooler = Some(match string(&name, value)?.as_str() {
                    "transaction" => true,
                    "none" => false,
                    _ => return Err(wrong(&name, "\"transaction\" or \"none\"")),
                });
            }
            "replicas" => options.replicas.urls = urls(&name, value)?,
            "maxStalenessMs" => {
                options.replicas.staleness = Some(Duration::from_millis(positive(&name, value)?));
            }
            "sessionsFromReplicas" => options.replicas.sessions = boolean(&name, value)?,
            "sessionTokens" => options.session_tokens = one_of(&name, value, SESSION_TOKENS)?,
            "passwords" => options.passwords = passwords(&name, value)?,
            "encryption" => options.mapping.conventions.encryption = Some(encryption(&name, value)?),
            "snapshot" => options.snapshot = Some(file(&name, value)?),
            "schema" => options.mapping.schema = Some(identifier(&name, value)?),
            "tables" => options.mapping.tables = tables(&name, value)?,
            "columns" => options.mapping.columns = columns(&name, value)?,
            "ids" => {
                options.mapping.conventions.numeric_ids = one_of(&name, value, &[("string", false), ("number", true)])?;
            }
            "emails" => {
                options.mapping.conventions.shared_emails =
                    one_of(&name, value, &[("unique", false), ("shared", true)])?;
            }
            "dates" => options.mapping.conventions.dates = Some(one_of(&name, value, DATES)?),
            "timeZone" => options.mapping.conventions.zone = zone(&name, value)?,
            _ => return Err(unknown(&name)),
        }
    }
    if !options.replicas.urls.is_empty() && options.replicas.staleness.is_none() {
        return Err(Error::new(
            Status::InvalidArg,
            "option replicas needs maxStalenessMs: how old what they answer may be, in milliseconds",
        ));
    }
    Ok(options)
}

/// URLs of databases. `lib/reading.js` has made JSON of the array.
fn urls(name: &str, value: Unknown<'_>) -> Result<Vec<Secret>> {
    let given = match arguments::input(value)? {
        Some(Input::Json(text)) => serde_json::from_str::<Vec<String>>(&text).ok(),
        _ => None,
    };
    let is_given = |urls: &Vec<String>| urls.iter().all(|url| !url.trim().is_empty());
    let urls = given.filter(is_given).ok_or_else(|| wrong(name, "an array of URLs"))?;
    Ok(urls.into_iter().map(Secret::new).collect())
}

const JOURNAL_MODES: &[(&str, JournalMode)] = &[("wal", JournalMode::Wal), ("keep", JournalMode::Keep)];

const SESSION_TOKENS: &[(&str, Hashing)] =
    &[("accept-hashed", Hashing::Accepted), ("hashed", Hashing::Written), ("hashed-only", Hashing::Only)];

const DATES: &[(&str, Instant)] = &[
    ("milliseconds", Instant::Millis),
    ("seconds", Instant::Seconds),
    ("milliseconds-text", Instant::MillisText),
    ("iso", Instant::IsoZ),
    ("iso-offset", Instant::IsoOffset),
    ("spaced", Instant::Spaced),
    ("spaced-seconds", Instant::SpacedSeconds),
    ("spaced-milliseconds", Instant::SpacedMillis),
    ("spaced-microseconds", Instant::SpacedMicros),
];

fn tables(parent: &str, value: Unknown<'_>) -> Result<Vec<(Table, String)>> {
    let entry =
        |(name, value): (String, _)| Ok((table(parent, &name)?, identifier(&format!("{parent}.{name}"), value)?));
    entries(&object(parent, value)?)?.into_iter().map(entry).collect()
}

fn columns(parent: &str, value: Unknown<'_>) -> Result<Vec<(Table, String, String)>> {
    let mut columns = Vec::new();
    for (name, value) in entries(&object(parent, value)?)? {
        let path = format!("{parent}.{name}");
        for (field, value) in entries(&object(&path, value)?)? {
            let column = identifier(&format!("{path}.{field}"), value)?;
            columns.push((table(parent, &name)?, field, column));
        }
    }
    Ok(columns)
}

fn table(parent: &str, name: &str) -> Result<Table> {
    Table::ALL.into_iter().find(|table| table.name() == name).ok_or_else(|| unknown(&format!("{parent}.{name}")))
}

/// The name of something in the database. It is compared with what is there and quoted; what no database can have as a
/// name is refused here.
fn identifier(name: &str, value: Unknown<'_>) -> Result<String> {
    let text = string(name, value)?;
    if text.is_empty() || text.len() > 200 || text.contains(char::is_control) {
        return Err(wrong(name, "a name of 1 to 200 characters"));
    }
    Ok(text)
}

/// `"UTC"`, `"server"`, `"local"`, or an offset such as `"+05:30"`.
fn zone(name: &str, value: Unknown<'_>) -> Result<Zone> {
    let text = string(name, value)?;
    let offset = || -> Option<i32> {
        let (sign, rest) =
            text.strip_prefix('+').map(|rest| (1, rest)).or(text.strip_prefix('-').map(|rest| (-1, rest)))?;
        let (hours, minutes) = rest.split_once(':')?;
        let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
        (rest.len() == 5 && hours < 15 && minutes < 60).then_some(sign * (hours * 60 + minutes))
    };
    match text.as_str() {
        "UTC" | "Z" => Ok(Zone::Utc),
        "server" => Ok(Zone::Server),
        "local" => Ok(Zone::Local),
        _ => offset()
            .map(Zone::Fixed)
            .ok_or_else(|| wrong(name, "\"UTC\", \"server\", \"local\" or an offset like \"+05:30\"")),
    }
}

fn one_of<T: Copy>(name: &str, value: Unknown<'_>, choices: &[(&str, T)]) -> Result<T> {
    let text = string(name, value)?;
    choices.iter().find(|(choice, _)| *choice == text).map(|(_, meaning)| *meaning).ok_or_else(|| {
        let all: Vec<_> = choices.iter().map(|(choice, _)| format!("\"{choice}\"")).collect();
        wrong(name, &all.join(", "))
    })
}

fn prune(parent: &str, value: Unknown<'_>) -> Result<Duration> {
    let mut every = None;
    for (name, value) in entries(&object(parent, value)?)? {
        let path = format!("{parent}.{name}");
        match name.as_str() {
            "everyMs" => every = Some(Duration::from_millis(positive(&path, value)?)),
            _ => return Err(unknown(&path)),
        }
    }
    every.ok_or_else(|| wrong(&format!("{parent}.everyMs"), &format!("a whole number from 1 to {MOST}")))
}

fn pool(parent: &str, value: Unknown<'_>) -> Result<PoolOptions> {
    let mut pool = PoolOptions::default();
    for (name, value) in entries(&object(parent, value)?)? {
        let path = format!("{parent}.{name}");
        if name == "spare" {
            // Said by our own JavaScript.
            pool.spare = boolean(&path, value)?;
            continue;
        }
        if name == "max" {
            pool.max = Some(up_to(MOST_CONNECTIONS as u64, &path, value)? as usize);
            continue;
        }
        let time = Some(Duration::from_millis(positive(&path, value)?));
        match name.as_str() {
            "acquireTimeoutMs" => pool.acquire_timeout = time,
            "connectTimeoutMs" => pool.connect_timeout = time,
            "idleTimeoutMs" => pool.idle_timeout = time,
            "maxLifetimeMs" => pool.max_lifetime = time,
            "operationTimeoutMs" => pool.operation_timeout = time,
            _ => return Err(unknown(&path)),
        }
    }
    Ok(pool)
}

/// How passwords are hashed.
pub fn passwords(parent: &str, value: Unknown<'_>) -> Result<Settings> {
    let mut settings = Settings::default();
    for (name, value) in entries(&object(parent, value)?)? {
        let path = format!("{parent}.{name}");
        match name.as_str() {
            "memoryKiB" => settings.memory_kib = positive(&path, value)? as u32,
            "iterations" => settings.iterations = positive(&path, value)? as u32,
            "parallelism" => settings.parallelism = positive(&path, value)? as u32,
            "queue" => settings.queue = positive(&path, value)? as usize,
            "pepper" => settings.peppers = peppers(&path, value)?,
            _ => return Err(unknown(&path)),
        }
    }
    match settings.objection() {
        Some((name, expected)) => Err(wrong(&format!("{parent}.{name}"), &expected)),
        None => Ok(settings),
    }
}

/// A secret, or several: the first is the one of today. `lib/reading.js` has made JSON of an array.
fn peppers(name: &str, value: Unknown<'_>) -> Result<Vec<Pepper>> {
    let expected = "a string of at least 16 characters, or an object of such: { current, older }";
    let one = |path: &str, value: Unknown<'_>| {
        let secret = string(path, value)?;
        if secret.chars().count() < 16 { Err(wrong(path, expected)) } else { Ok(Pepper::new(&secret)) }
    };
    if value.get_type()? == ValueType::String {
        return Ok(vec![one(name, value)?]);
    }
    let mut peppers = [None, None];
    for (key, value) in entries(&object(name, value)?)? {
        let path = format!("{name}.{key}");
        let place = ["current", "older"].iter().position(|each| *each == key).ok_or_else(|| unknown(&path))?;
        peppers[place] = Some(one(&path, value)?);
    }
    match peppers {
        [Some(current), older] => Ok(std::iter::once(current).chain(older).collect()),
        [None, _] => Err(wrong(name, expected)),
    }
}

/// The keys that tokens of accounts are encrypted with: `{ keys: [{ id, key }, …], plain }`. What is wrong is told without a key.
fn encryption(parent: &str, value: Unknown<'_>) -> Result<Keyring> {
    let (mut keys, mut plain) = (None, true);
    for (name, value) in entries(&object(parent, value)?)? {
        let path = format!("{parent}.{name}");
        match name.as_str() {
            "keys" => keys = Some(self::keys(&path, value)?),
            "plain" => plain = one_of(&path, value, &[("accepted", true), ("refused", false)])?,
            _ => return Err(unknown(&path)),
        }
    }
    let path = format!("{parent}.keys");
    let expected = format!("an array of 1 to {MOST_KEYS} keys with different ids: [{{ id, key }}, …]");
    keys.and_then(|keys| Keyring::new(keys, plain)).ok_or_else(|| wrong(&path, &expected))
}

/// `lib/reading.js` has made JSON of the array, and hex of keys that are bytes.
fn keys(parent: &str, value: Unknown<'_>) -> Result<Vec<Key>> {
    let given = match arguments::input(value)? {
        Some(Input::Json(text)) => serde_json::from_str::<Vec<serde_json::Map<String, serde_json::Value>>>(&text).ok(),
        _ => None,
    };
    let given = given.ok_or_else(|| wrong(parent, "an array of objects: [{ id, key }, …]"))?;
    let key = |(place, given): (usize, serde_json::Map<String, serde_json::Value>)| {
        let path = |name: &str| format!("{parent}[{place}].{name}");
        if let Some(name) = given.keys().find(|name| !["id", "key"].contains(&name.as_str())) {
            return Err(unknown(&path(name)));
        }
        let text = |name: &str| given.get(name).and_then(serde_json::Value::as_str);
        let id = text("id").filter(|id| key::is_id(id));
        let id = id.ok_or_else(|| wrong(&path("id"), "1 to 32 letters, digits, hyphens or underscores"))?;
        let expected = "32 bytes, in base64 or hex, as `npx rust-auth-adapter key` prints them";
        text("key").and_then(|text| Key::new(id, text)).ok_or_else(|| wrong(&path("key"), expected))
    };
    given.into_iter().enumerate().map(key).collect()
}

/// The own properties that are not `undefined`.
fn entries<'env>(object: &Object<'env>) -> Result<Vec<(String, Unknown<'env>)>> {
    let mut entries = arguments::properties(object)?;
    entries.retain(|(_, value)| !matches!(value.get_type(), Ok(ValueType::Undefined)));
    Ok(entries)
}

fn boolean(name: &str, value: Unknown<'_>) -> Result<bool> {
    match value.get_type()? {
        ValueType::Boolean => FromNapiValue::from_unknown(value),
        _ => Err(wrong(name, "true or false")),
    }
}

fn string(name: &str, value: Unknown<'_>) -> Result<String> {
    match value.get_type()? {
        ValueType::String => FromNapiValue::from_unknown(value),
        _ => Err(wrong(name, "a string")),
    }
}

/// The path of a file. `lib/reading.js` has made one of a URL.
fn file(name: &str, value: Unknown<'_>) -> Result<PathBuf> {
    let path = string(name, value)?;
    if path.trim().is_empty() { Err(wrong(name, "the path of a file")) } else { Ok(path.into()) }
}

fn object<'env>(name: &str, value: Unknown<'env>) -> Result<Object<'env>> {
    match value.get_type()? {
        ValueType::Object if !value.is_array()? => FromNapiValue::from_unknown(value),
        _ => Err(wrong(name, "an object")),
    }
}

/// A whole number from 1 on. No sensible limit or time-out exceeds by much what a timer takes, in milliseconds.
fn positive(name: &str, value: Unknown<'_>) -> Result<u64> {
    up_to(MOST, name, value)
}

const MOST: u64 = 2_147_483_647;

fn up_to(most: u64, name: &str, value: Unknown<'_>) -> Result<u64> {
    let number = match value.get_type()? {
        ValueType::Number => f64::from_unknown(value)?,
        _ => f64::NAN,
    };
    if number.fract() == 0.0 && (1.0..=most as f64).contains(&number) {
        Ok(number as u64)
    } else {
        Err(wrong(name, &format!("a whole number from 1 to {most}")))
    }
}

fn unknown(name: &str) -> Error {
    Error::new(Status::InvalidArg, format!("unknown option: {name}"))
}

fn wrong(name: &str, expected: &str) -> Error {
    Error::new(Status::InvalidArg, format!("option {name} must be {expected}"))
}
