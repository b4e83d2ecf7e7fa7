//! `prisma+postgres://localhost:51213/?api_key=…`, which `prisma dev` prints: the key holds the URL of the database itself.

use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::Deserialize;
use url::{Host, Url};

use crate::error::{Error, Result};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Key {
    database_url: String,
}

/// The URL of the database behind Prisma's own URL.
pub fn plain(text: &str) -> Result<String> {
    let unreadable = || {
        Error::config(
            "the database URL's parameter api_key does not hold the URL of a local database: give the postgres:// URL that \
             prisma dev prints",
        )
        .about("parameter", "api_key")
    };
    let url = Url::parse(text).map_err(|error| Error::config(format!("the database URL cannot be parsed: {error}")))?;
    let is_local = match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost") || name == "127.0.0.1",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    if !is_local {
        return Err(Error::config(
            "the database URL is of Prisma Accelerate, whose protocol only Prisma's client speaks: give the direct URL \
             (postgres://…), which the Prisma Console shows beside it",
        ));
    }
    let key = url.query_pairs().find(|(name, _)| name == "api_key").ok_or_else(unreadable)?.1;
    let json = decoded(&key).ok_or_else(unreadable)?;
    let Key { database_url } = serde_json::from_slice(&json).map_err(|_| unreadable())?;
    let (scheme, _) = database_url.split_once("://").ok_or_else(unreadable)?;
    if !matches!(scheme, "postgres" | "postgresql") {
        return Err(unreadable());
    }
    Ok(database_url)
}

/// Base64 of either alphabet, with its padding or without.
fn decoded(text: &str) -> Option<Vec<u8>> {
    let lenient = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let alphabets = [STANDARD, URL_SAFE];
    alphabets.into_iter().find_map(|alphabet| GeneralPurpose::new(&alphabet, lenient).decode(text).ok())
}
