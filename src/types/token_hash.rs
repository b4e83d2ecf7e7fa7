//! What is stored in the place of a token: the token itself, or a hash, which is of no use to a reader of the table.
//!
//! A hash without salt and without many rounds does where a thief cannot try all tokens that there are: of one with 120 random bits
//! there are 2^120, and a stolen hash says nothing of which.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use crate::value::Value;

/// Begins every stored form that is a hash. No token that a caller presents begins with it: a stolen hash is not looked up.
pub const MARK: &str = "sha256:";

/// Characters of a stored form: the mark, and the hash in base64url without padding. Databases compare keys by the byte: hexadecimal digits
/// would be half as many again. Two hashes that a collation folds together are as unlikely as two that are equal in 220 bits.
pub const LENGTH: usize = MARK.len() + 43;

/// The stored form of `token` that is a hash.
pub fn hashed(token: &str) -> String {
    let mut stored = String::with_capacity(LENGTH);
    stored.push_str(MARK);
    URL_SAFE_NO_PAD.encode_string(Sha256::digest(token), &mut stored);
    stored
}

/// Whether a stored form is a hash, or what a caller presents pretends to be one, in any case.
pub fn is_marked(text: &str) -> bool {
    text.get(..MARK.len()).is_some_and(|start| start.eq_ignore_ascii_case(MARK))
}

/// Of which tokens in a column a hash is stored, and which stored forms are looked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Hashing {
    /// Of none.
    #[default]
    Off,
    /// Of none that is written here. Hashes that others have written are found.
    Accepted,
    /// Of all that are written. Tokens that are stored as they are are found.
    Written,
    /// Of all: tokens that are stored as they are are not found.
    Only,
}

impl Hashing {
    pub fn is_on(self) -> bool {
        self != Hashing::Off
    }

    /// Whether what is written is a hash.
    pub fn writes(self) -> bool {
        matches!(self, Hashing::Written | Hashing::Only)
    }

    /// How many stored forms a token may have.
    pub fn forms(self) -> usize {
        if matches!(self, Hashing::Accepted | Hashing::Written) { 2 } else { 1 }
    }

    /// The stored forms that `token` may have, the likeliest first.
    pub fn forms_of(self, token: &str) -> impl Iterator<Item = String> {
        (0..self.forms()).map(move |form| {
            let is_hash = match self {
                Hashing::Off => false,
                Hashing::Accepted => form == 1,
                Hashing::Written => form == 0,
                Hashing::Only => true,
            };
            if is_hash { hashed(token) } else { token.to_owned() }
        })
    }

    /// The same of a value. Columns whose tokens may be hashed hold texts.
    pub fn values_of(self, token: &Value) -> Vec<Value> {
        match token {
            Value::Text(token) => self.forms_of(token).map(Value::Text).collect(),
            other => vec![other.clone(); self.forms()],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_marked_and_always_of_one_length() {
        for token in ["", "token", "\u{1f600}", &"long".repeat(200)] {
            let stored = hashed(token);
            assert_eq!(stored.len(), LENGTH);
            assert!(is_marked(&stored));
        }
        // By `sha256sum`, its digits given to `basenc --base64url`.
        assert_eq!(hashed("token"), "sha256:PEaenWxYddN6Q_NT1PiOYfz4EsZu7jRXRlpAsNpBU-A");
    }

    #[test]
    fn what_pretends_to_be_a_hash_is_known_in_any_case() {
        for text in ["sha256:", "SHA256:abc", "Sha256:x"] {
            assert!(is_marked(text), "{text}");
        }
        for text in ["", "sha256", "sha25:6", "token", "sha\u{e9}256:"] {
            assert!(!is_marked(text), "{text}");
        }
    }

    #[test]
    fn each_step_looks_for_what_the_one_before_it_writes() {
        let token = Value::Text("token".to_owned());
        let stored = |hashing: Hashing| if hashing.writes() { hashed("token") } else { "token".to_owned() };
        let steps = [Hashing::Off, Hashing::Accepted, Hashing::Written];
        for (before, after) in steps.into_iter().zip(steps.into_iter().skip(1)) {
            for (writer, reader) in [(before, after), (after, before)] {
                assert!(reader.values_of(&token).contains(&Value::Text(stored(writer))), "{writer:?} {reader:?}");
            }
        }
        assert_eq!(Hashing::Only.values_of(&token), [Value::Text(hashed("token"))]);
    }
}
