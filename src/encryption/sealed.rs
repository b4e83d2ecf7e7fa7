//! The form of a stored text: `raa.enc1.<key id>.<nonce and ciphertext, base64url>`.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// What encrypted texts of all versions begin with.
pub const FAMILY: &str = "raa.enc";

/// What those of this version begin with.
const MARK: &str = "raa.enc1.";

pub const NONCE: usize = 24;

/// What a stored text says, before a key has been tried.
pub enum Stored<'a> {
    Plain,
    Sealed {
        key: &'a str,
        bytes: Vec<u8>,
    },
    /// It looks encrypted, and is not of a form that there is. Its key's id, if that much can be read.
    Malformed {
        key: Option<&'a str>,
    },
}

pub fn read(text: &str) -> Stored<'_> {
    if !text.starts_with(FAMILY) {
        return Stored::Plain;
    }
    let Some((key, body)) = text.strip_prefix(MARK).and_then(|rest| rest.split_once('.')) else {
        return Stored::Malformed { key: None };
    };
    if !super::key::is_id(key) {
        return Stored::Malformed { key: None };
    }
    match URL_SAFE_NO_PAD.decode(body) {
        Ok(bytes) if bytes.len() > NONCE => Stored::Sealed { key, bytes },
        _ => Stored::Malformed { key: Some(key) },
    }
}

pub fn write(key: &str, nonce: &[u8; NONCE], ciphertext: &[u8]) -> String {
    let mut text = format!("{MARK}{key}.");
    URL_SAFE_NO_PAD.encode_string([nonce, ciphertext].concat(), &mut text);
    text
}
