//! What a caller may pass as a password, and as which bytes it is hashed.

use unicode_normalization::UnicodeNormalization;

use crate::value::Input;

/// The most bytes of UTF-8 that a password may have. OWASP and NIST ask for room for 64 characters at least; a limit keeps a
/// request from costing more than others.
pub const MOST_BYTES: usize = 4096;

/// A password as bytes. Its `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Password {
    /// In Unicode's form NFKC, as NIST SP 800-63B asks for: what one keyboard sends as one character, another sends as two.
    normal: Vec<u8>,
    /// As it was typed, where that is something else. Hashes that another tool made may be of this.
    typed: Option<Vec<u8>>,
}

impl std::fmt::Debug for Password {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Password(…)")
    }
}

impl Password {
    /// The password that `given` is, or why it cannot be one.
    pub fn new(given: &Input) -> Result<Self, &'static str> {
        let typed = match given {
            Input::Text(text) => text,
            Input::Malformed(_) => return Err("holds a lone surrogate, which is no character"),
            _ => return Err("must be a string"),
        };
        // Before it is normalised, which makes at most 18 times as much of it.
        if typed.len() > MOST_BYTES {
            return Err(TOO_LONG);
        }
        let normal: String = typed.nfkc().collect();
        match normal.len() {
            0 => Err("is empty"),
            length if length > MOST_BYTES => Err(TOO_LONG),
            _ if normal == *typed => Ok(Self { normal: normal.into_bytes(), typed: None }),
            _ => Ok(Self { normal: normal.into_bytes(), typed: Some(typed.clone().into_bytes()) }),
        }
    }

    /// What a new hash is made of.
    pub fn bytes(&self) -> &[u8] {
        &self.normal
    }

    /// What a stored hash may be of, in the order in which they are tried.
    pub fn readings(&self) -> impl Iterator<Item = &[u8]> {
        std::iter::once(self.normal.as_slice()).chain(self.typed.as_deref())
    }
}

const TOO_LONG: &str = "is longer than 4096 bytes of UTF-8";
