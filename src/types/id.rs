//! Ids for tables that do not make their own, in the fashion of those that are there.

use std::fmt;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

use ulid::Ulid;
use uuid::{Uuid, Variant, Version};

use crate::error::Result;
use crate::types::random;
use crate::types::random::{BASE36, LETTERS, URL_SAFE};

/// What an id looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdForm {
    /// A random one, version 4. Tables with UUIDs of any other version but 7 get these, too.
    Uuid,
    /// One that begins with the time, version 7.
    UuidV7,
    /// Version 4, as 32 digits without hyphens.
    UuidHex,
    /// Version 7, as 32 digits without hyphens.
    UuidV7Hex,
    /// In upper case, as the specification has it, or in lower case.
    Ulid { upper: bool },
    /// As MongoDB's: time, a random number of the process and a counter, in 24 hexadecimal digits.
    ObjectId,
    /// As Prisma's `cuid()`: `c`, time, counter, fingerprint and randomness in base 36; 25 characters.
    Cuid,
    /// As `@paralleldrive/cuid2`: a letter and 23 characters of base 36.
    Cuid2,
    /// As `nanoid(n)`.
    Nanoid(usize),
}

impl IdForm {
    /// The form for a column of at most `length` characters, of which nothing else is known.
    pub fn for_length(length: Option<usize>) -> Self {
        match length {
            Some(length) if length < 36 => IdForm::Nanoid(length.min(21)),
            _ => IdForm::Uuid,
        }
    }

    /// The form that one id of a table shows, if it is one of ours.
    ///
    /// One id can mislead where forms overlap. What decides:
    /// - UUIDs tell their version themselves. A version 7 also has to tell a time of this century, since 32 random digits
    ///   look like one now and then; so has an ULID, since text in lower case does.
    /// - 24 hexadecimal digits are an ObjectId, also if the first is a letter. Of cuid2's, one in 500 million has only such
    ///   digits; of random hexadecimal ids, more than a third begin with a letter.
    pub fn recognise(id: &str) -> Option<Self> {
        if let Ok(uuid) = Uuid::parse_str(id) {
            let hyphenless = id.len() == 32;
            return Some(match (is_version_7(uuid), hyphenless) {
                (false, false) => IdForm::Uuid,
                (true, false) => IdForm::UuidV7,
                (false, true) => IdForm::UuidHex,
                (true, true) => IdForm::UuidV7Hex,
            });
        }
        let letter_first = id.starts_with(|first: char| first.is_ascii_lowercase());
        match id.len() {
            26 if is_ulid(id) => Some(IdForm::Ulid { upper: !id.contains(|each: char| each.is_ascii_lowercase()) }),
            25 if id.starts_with('c') && consists_of(id, BASE36) => Some(IdForm::Cuid),
            24 if consists_of(id, HEXADECIMAL) => Some(IdForm::ObjectId),
            24 if letter_first && consists_of(id, BASE36) => Some(IdForm::Cuid2),
            length @ 8..=64 if consists_of(id, URL_SAFE) => Some(IdForm::Nanoid(length)),
            _ => None,
        }
    }

    /// Whether `id`, which a caller gives, can stand among ids of this form. Auth.js gives every new user a version 4 UUID,
    /// even where a table has other ids; a version 7 among version 4's was the caller's wish.
    pub fn admits(self, id: &str) -> bool {
        use IdForm::{Uuid, UuidHex, UuidV7, UuidV7Hex};
        match (self, IdForm::recognise(id)) {
            (Uuid, None | Some(UuidV7 | UuidHex | UuidV7Hex))
            | (UuidV7, Some(UuidV7Hex))
            | (UuidHex, Some(UuidV7Hex)) => true,
            (form, found) => found == Some(form),
        }
    }

    /// A new id. It fails only where the operating system gives no random bytes.
    pub fn generate(self) -> Result<String> {
        Ok(match self {
            IdForm::Uuid => Uuid::new_v4().hyphenated().to_string(),
            IdForm::UuidV7 => Uuid::now_v7().hyphenated().to_string(),
            IdForm::UuidHex => Uuid::new_v4().simple().to_string(),
            IdForm::UuidV7Hex => Uuid::now_v7().simple().to_string(),
            IdForm::Ulid { upper } => {
                let text = Ulid::from_parts(now(), u128::from_le_bytes(random::bytes()?)).to_string();
                if upper { text } else { text.to_ascii_lowercase() }
            }
            IdForm::ObjectId => object_id()?,
            IdForm::Cuid => cuid()?,
            IdForm::Cuid2 => random::characters(1, LETTERS)? + &random::characters(23, BASE36)?,
            IdForm::Nanoid(length) => random::characters(length, URL_SAFE)?,
        })
    }
}

/// As `check` shows it.
impl fmt::Display for IdForm {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            IdForm::Uuid => formatter.write_str("UUIDv4"),
            IdForm::UuidV7 => formatter.write_str("UUIDv7"),
            IdForm::UuidHex => formatter.write_str("UUIDv4 without hyphens"),
            IdForm::UuidV7Hex => formatter.write_str("UUIDv7 without hyphens"),
            IdForm::Ulid { upper: true } => formatter.write_str("ULID"),
            IdForm::Ulid { upper: false } => formatter.write_str("ULID in lower case"),
            IdForm::ObjectId => formatter.write_str("ObjectId"),
            IdForm::Cuid => formatter.write_str("cuid"),
            IdForm::Cuid2 => formatter.write_str("cuid2"),
            IdForm::Nanoid(length) => write!(formatter, "nanoid of {length} characters"),
        }
    }
}

const HEXADECIMAL: &[u8] = b"0123456789abcdef";

fn consists_of(id: &str, alphabet: &[u8]) -> bool {
    id.bytes().all(|byte| alphabet.contains(&byte))
}

fn is_version_7(uuid: Uuid) -> bool {
    uuid.get_version() == Some(Version::SortRand)
        && uuid.get_variant() == Variant::RFC4122
        && is_of_this_century((uuid.as_u128() >> 80) as u64)
}

/// In one case only, and without the letters that decoders merely tolerate.
fn is_ulid(id: &str) -> bool {
    let of_one_case =
        !id.contains(|each: char| each.is_ascii_lowercase()) || !id.contains(|each: char| each.is_ascii_uppercase());
    of_one_case
        && Ulid::from_string(id)
            .is_ok_and(|ulid| is_of_this_century(ulid.timestamp_ms()) && ulid.to_string().eq_ignore_ascii_case(id))
}

fn is_of_this_century(milliseconds: u64) -> bool {
    (946_684_800_000..4_102_444_800_000).contains(&milliseconds)
}

fn now() -> u64 {
    chrono::Utc::now().timestamp_millis().unsigned_abs()
}

/// Counts from a random number on, as MongoDB's drivers do: 24 bits of it are used.
static COUNTER: LazyLock<AtomicU32> = LazyLock::new(|| AtomicU32::new(Uuid::new_v4().as_fields().0));
/// Tells this process from others. Names of machines and numbers of processes are the same in many containers.
static PROCESS: LazyLock<Uuid> = LazyLock::new(Uuid::new_v4);

fn object_id() -> Result<String> {
    let count = COUNTER.fetch_add(1, Ordering::Relaxed) & 0xff_ffff;
    let process = PROCESS.as_u128() & 0xff_ffff_ffff;
    Ok(format!("{:08x}{process:010x}{count:06x}", (now() / 1000) as u32))
}

fn cuid() -> Result<String> {
    let time = base36(u128::from(now()), 8);
    let count = base36(u128::from(COUNTER.fetch_add(1, Ordering::Relaxed)), 4);
    let fingerprint = base36(PROCESS.as_u128() & 0xff_ffff_ffff, 4);
    Ok(format!("c{time}{count}{fingerprint}{}", random::characters(8, BASE36)?))
}

/// The last `digits` digits of a number.
fn base36(mut number: u128, digits: usize) -> String {
    let mut text = vec![b'0'; digits];
    for digit in text.iter_mut().rev() {
        *digit = BASE36[(number % 36) as usize];
        number /= 36;
    }
    String::from_utf8_lossy(&text).into_owned()
}

#[cfg(test)]
mod tests;
