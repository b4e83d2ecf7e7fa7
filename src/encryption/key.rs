//! One key: 256 random bits and the name by which stored texts refer to them.

use base64::Engine;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use crate::error::Result;
use crate::types::random;

pub const BYTES: usize = 32;

/// The most characters of a key's id.
const LONGEST_ID: usize = 32;

/// A key, which is never shown.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Key {
    pub id: String,
    pub(super) bytes: [u8; BYTES],
}

impl std::fmt::Debug for Key {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Key").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Key {
    /// `None` if `text` is not 32 bytes in base64 (of either alphabet, with padding or without) or in hex.
    pub fn new(id: &str, text: &str) -> Option<Self> {
        Some(Self { id: id.to_owned(), bytes: read(text.trim())? })
    }
}

/// Whether `id` can be the id of a key. It stands in each stored text, between dots.
pub fn is_id(id: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    (1..=LONGEST_ID).contains(&id.len()) && id.bytes().all(fits)
}

/// A new key, in base64.
pub fn make() -> Result<String> {
    Ok(base64::engine::general_purpose::STANDARD.encode(random::bytes::<BYTES>()?))
}

fn read(text: &str) -> Option<[u8; BYTES]> {
    if text.len() == 2 * BYTES {
        return hex(text);
    }
    let lenient = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let alphabet = if text.contains(['-', '_']) { &URL_SAFE } else { &STANDARD };
    GeneralPurpose::new(alphabet, lenient).decode(text).ok()?.try_into().ok()
}

fn hex(text: &str) -> Option<[u8; BYTES]> {
    let mut bytes = [0; BYTES];
    for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
        let digit = |digit: u8| char::from(digit).to_digit(16);
        *byte = u8::try_from(16 * digit(digits[0])? + digit(digits[1])?).ok()?;
    }
    Some(bytes)
}
