//! Whether session tokens may be stored as hashes: whether the column has room for them, and whether tokens are too random to be guessed.

use chrono::Utc;

use crate::authjs::layout::{Layout, TableLayout};
use crate::authjs::model::Table;
use crate::dialect::Dialect;
use crate::error::{Code, Error, Result};
use crate::table::column::{Column, DECLARE};
use crate::types::codec::Form;
use crate::types::kind::{Kind, Role};
use crate::types::token_hash::{Hashing, LENGTH};
use crate::types::wire::Wire;

const TOKEN: &str = "sessionToken";

/// A token is estimated by its characters: so many of them hold 120 random bits if each is drawn from 16, from 36, and from 64 otherwise.
/// Of 3 million times that 16 random bytes are written as hexadecimal digits, one comes to decimal digits alone; of 150,000 times that
/// they are written in base64url, one comes to digits and letters of one case. Two numbers of `Math.random()` in base 36 mostly have 20
/// to 23.
const LEAST_DIGITS: usize = 32;
const LEAST_HEX: usize = 30;
const LEAST_OF_ONE_CASE: usize = 24;
const LEAST_OTHERS: usize = 20;

/// Fewer different characters are not what a generator of random tokens comes up with: of 30 hexadecimal digits, one in 10^12 has.
const LEAST_DIFFERENT: usize = 6;

/// How far a clock may be off that a token begins with: it has just been made.
const JUST_NOW_MS: i64 = 3_600_000;

/// How far a time in a token may be from now: it may say when the session ends. Among hexadecimal digits it must be just now: of a million
/// random tokens, a few hundred have ten digits in a row that stand for a day of these.
const AROUND_NOW_MS: i64 = 400 * 24 * 3_600_000;

/// What stands between the parts of a token.
const SEPARATORS: [char; 4] = ['-', '_', '.', ':'];

/// `layout` with hashes in the place of session tokens, as far as `hashing` says. Refuses a column that has no room for them.
pub fn hashing(dialect: Dialect, mut layout: Layout, hashing: Hashing) -> Result<Layout> {
    for table in layout.all_mut().filter(|table| table.table == Table::Session) {
        if hashing.is_on() {
            require_room(dialect, table)?;
        }
        for column in table.columns.iter_mut().filter(|column| column.field == TOKEN) {
            column.hashing = Some(hashing);
        }
    }
    Ok(layout)
}

/// Refuses a table whose column for tokens has no room for hashes.
pub fn require_room(dialect: Dialect, table: &TableLayout) -> Result<()> {
    let column = table.column(TOKEN);
    let is_text = column.kind == Kind::Text
        && column.codec.wire == Wire::Text
        && matches!(column.codec.form, Form::Plain | Form::Caseless | Form::Padded);
    let lacks = match column.role {
        _ if column.is_undeclared() => "is not declared to be a text".to_owned(),
        _ if !is_text => "is no text".to_owned(),
        Role::Key(most) | Role::AsciiKey(most) if most < LENGTH => format!("has room for {most} characters"),
        _ => return Ok(()),
    };
    let remedy = match lengthened(dialect, table, column) {
        Some(ddl) => format!(": {ddl}"),
        None if column.is_undeclared() => format!(": {DECLARE}"),
        None => String::new(),
    };
    let message = format!(
        "the column {} of {} {lacks}, and hashes of session tokens have {LENGTH} (option sessionTokens){remedy}",
        column.name, table.name
    );
    let error = Error::new(Code::Schema, message).about("table", table.table.name()).about("field", TOKEN);
    Err(error.about("length", LENGTH.to_string()))
}

/// The statement that makes room.
fn lengthened(dialect: Dialect, table: &TableLayout, column: &Column) -> Option<String> {
    let (before, _) = dialect.syntax().ddl.lengthen?;
    let kind = if before == "MODIFY" { "varchar(255) NOT NULL" } else { "TYPE varchar(255)" };
    Some(format!("ALTER TABLE {} {before} {} {kind};", table.name, column.name))
}

/// Refuses a new token of which a hash is to be stored and that a thief of the hash could find by trying.
pub fn require_random(column: &Column, token: &str) -> Result<()> {
    match weakness(token, Utc::now().timestamp_millis()) {
        None => Ok(()),
        Some(why) => Err(column.invalid(format!(
            "{why}: with the option sessionTokens its hash is stored, and a token needs 120 random bits, so that no thief of the \
             table finds it by trying (crypto.randomUUID() has 122, 32 random bytes in base64url have 256)"
        ))),
    }
}

/// Why `token`, which has been made at `now`, is not random enough.
fn weakness(token: &str, now: i64) -> Option<String> {
    let is_now = |time: Option<u64>| time.is_some_and(|time| (time.cast_signed() - now).abs() < JUST_NOW_MS);
    // As digits without hyphens it may be any number.
    if let (true, Ok(uuid)) = (token.contains('-'), uuid::Uuid::try_parse(token)) {
        let version = uuid.get_version_num();
        let is_random = version == 4 && uuid.get_variant() == uuid::Variant::RFC4122;
        return (!is_random).then(|| format!("is a UUID of version {version}, which is not random"));
    }
    if is_now(ulid_time(token)) || is_now(cuid_time(token)) {
        return Some("begins with the time, and has too few random characters besides".to_owned());
    }
    let local = without_host(token);
    let rest = without_times(&local, now);
    let has_time = rest.len() < token.len();
    let besides = match (local.len() < token.len(), has_time) {
        (true, _) => " besides an address",
        (_, true) => " besides the time",
        _ => "",
    };
    let mut characters: Vec<char> = rest.chars().filter(|character| !SEPARATORS.contains(character)).collect();
    let all = |of: fn(&char) -> bool| characters.iter().all(of);
    let count = rest.chars().count();
    let (count, least, what) = if all(char::is_ascii_digit) {
        (characters.len(), LEAST_DIGITS, "digits")
    } else if all(char::is_ascii_hexdigit) {
        (characters.len(), LEAST_HEX, "hexadecimal digits")
    } else if (has_time || count == characters.len()) && (all(is_lower) || all(is_upper)) {
        (characters.len(), LEAST_OF_ONE_CASE, "digits and letters of one case")
    } else {
        (count, LEAST_OTHERS, "characters")
    };
    if count < least {
        return Some(format!("has {count} {what}{besides}, and {least} are needed"));
    }
    characters.sort_unstable();
    characters.dedup();
    (characters.len() < LEAST_DIFFERENT).then(|| format!("has only {} different characters", characters.len()))
}

fn is_lower(character: &char) -> bool {
    character.is_ascii_digit() || character.is_ascii_lowercase()
}

fn is_upper(character: &char) -> bool {
    character.is_ascii_digit() || character.is_ascii_uppercase()
}

/// What is left of a token without the times in it, in seconds or milliseconds.
fn without_times(token: &str, now: i64) -> String {
    let is_hex = token.chars().all(|character| character.is_ascii_hexdigit() || SEPARATORS.contains(&character));
    let most = if is_hex { JUST_NOW_MS } else { AROUND_NOW_MS };
    let is_time = |part: &&str| {
        let unit = match part.len() {
            10 => 1000,
            13 => 1,
            _ => return false,
        };
        part.parse::<i64>().is_ok_and(|number| (number * unit - now).abs() < most)
    };
    let times = token.split(|character: char| !character.is_ascii_digit()).filter(is_time);
    times.fold(token.to_owned(), |rest, time| rest.replacen(time, "", 1))
}

/// The time that a ULID begins with, in milliseconds. It has 80 random bits.
fn ulid_time(token: &str) -> Option<u64> {
    ulid::Ulid::from_string(token).ok().map(|ulid| ulid.timestamp_ms())
}

/// The time that a CUID of the first version begins with, in milliseconds. It has about 41 random bits.
fn cuid_time(token: &str) -> Option<u64> {
    let rest = token.strip_prefix('c').filter(|rest| rest.len() == 24)?;
    u64::from_str_radix(rest.get(..8)?, 36).ok()
}

/// `token` without the host of an e-mail address, which is no secret: names with dots between them, of which the last has letters alone.
fn without_host(token: &str) -> String {
    let Some((before, after)) = token.split_once('@') else { return token.to_owned() };
    let is_host = |character: char| character.is_alphanumeric() || matches!(character, '.' | '-');
    let rest = after.trim_start_matches(is_host);
    let end = after[..after.len() - rest.len()].rsplit_once('.').map_or("", |(_, end)| end);
    let is_address = end.chars().count() > 1 && end.chars().all(char::is_alphabetic);
    if is_address { format!("{before}{rest}") } else { token.to_owned() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: i64 = 1_900_000_000_000;

    fn is_random(token: &str) -> bool {
        weakness(token, NOW).is_none()
    }

    #[test]
    fn what_generators_make_by_default_is_random_enough() {
        for token in [
            "9f0b2c1e-7a64-4d2b-8c3f-5e6a7b8c9d0e",
            "9f0b2c1e7a644d2b8c3f5e6a7b8c9d0e",
            // Nanoid, CUID of the second version.
            "V1StGXR8_Z5jdHi6B-myT",
            "tz4a98xxat96iws9zmbrgj3a",
            // 16 and 32 random bytes.
            "3q2-7wAAAAD_abcd1234xy",
            "kq7m8Jw0Xl5c9s2VbN4tQz1RyU6oPaEiGfDhKjLmAx0",
            // Without a capital, or with none but those; 20 random bytes in base32.
            "v1stgxr8_z5jdhi6b-myt",
            "V1STGXR8-Z5JDHI6B_MYT",
            "mfzwizlomruw4ylpnb2xg43f",
            // Random enough without the time.
            "1900000000000-9f0b2c1e7a644d2b8c3f5e6a7b8c9d0e",
            "session_V1StGXR8_Z5jdHi6B-myT_1900000000",
            // A time of long ago, or none.
            "a1234567890bc1e7a644d2b8c3f5e6a7",
            "f1800000000ac1e7a644d2b8c3f5e6a7",
        ] {
            assert!(is_random(token), "{token}: {:?}", weakness(token, NOW));
        }
    }

    #[test]
    fn what_can_be_tried_is_refused() {
        let ulid = ulid::Ulid::from_parts(NOW as u64, 0x1234_5678_9abc_def0_1234).to_string();
        let cuid = format!("c{}0000t3wq8v6h1m2z", radix36(NOW as u64));
        for token in [
            "",
            "token",
            "1234567890",
            "0123456789012345678901234567890",
            "9f0b2c1e7a644d2b8c3f5e6a7b8c9",
            "V1StGXR8_Z5jdHi6B-m",
            // Versions 1, 7, 5 and nothing.
            "9f0b2c1e-7a64-1d2b-8c3f-5e6a7b8c9d0e",
            "018f0b2c-7a64-7d2b-8c3f-5e6a7b8c9d0e",
            "9f0b2c1e-7a64-5d2b-8c3f-5e6a7b8c9d0e",
            "00000000-0000-0000-0000-000000000000",
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            &"ab12".repeat(20),
            // Addresses, also with the time.
            "ada.lovelace.of.london@example.com",
            "ada@example.com:1900000000000:V1StGXR8",
            // The user and the time, in milliseconds and in seconds, now and when the session ends.
            "session_12345_1900000000000",
            "session-for-user-12345-1900000000",
            "session_12345_1902592000000_ada",
            "user:12345:1902592000:web",
            "ab12cd34ef561234_1900000000000",
            "1900000000000.12345.1900000000000",
            // Of `Math.random()`, twice: in base 36, and the decimals with the point.
            "4fzyo82mvyr4fzyo82mvyq",
            "k2j9x0qwe1zk2j9x0qwe1z",
            "4FZYO82MVYR4FZYO82MVYQ",
            "0.73489237498237",
            &ulid,
            &cuid,
        ] {
            assert!(!is_random(token), "{token}");
        }
    }

    fn radix36(mut number: u64) -> String {
        let mut digits = Vec::new();
        while number > 0 {
            digits.extend(char::from_digit((number % 36) as u32, 36));
            number /= 36;
        }
        digits.into_iter().rev().collect()
    }

    proptest! {
        #[test]
        fn no_random_uuid_is_refused(bytes: [u8; 16]) {
            let uuid = uuid::Builder::from_random_bytes(bytes).into_uuid();
            prop_assume!(bytes.iter().collect::<std::collections::HashSet<_>>().len() > 8);
            prop_assert!(is_random(&uuid.to_string()));
            prop_assert!(is_random(&uuid.simple().to_string()));
        }
    }
}
