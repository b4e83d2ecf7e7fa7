//! What is stored in the place of a token: the token itself, or a hash, which is of no use to a reader of the table.
//!
//! A hash without salt and without many rounds does where a thief cannot try all tokens that there are: of one with 120 random bits
//! there are 2^120, and a stolen hash says nothing of which.

use sha2::{Digest, Sha256};

use crate::value::Value;

/// Begins every stored form that is a hash. No token that a caller presents begins with it: a stolen hash is not looked up.
pub const MARK: &str = "sha256:";

/// Characters of a stored form: the mark, and the hash in lower-case hexadecimal digits, which no collation folds together.
pub const LENGTH: usize = MARK.len() + 64;

/// The stored form of `token` that is a hash.
pub fn hashed(token: &str) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut stored = String::with_capacity(LENGTH);
    stored.push_str(MARK);
    for byte in Sha256::digest(token) {
        stored.push(char::from(DIGITS[usize::from(byte >> 4)]));
        stored.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
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
        let (first, second) = match self {
            Hashing::Off => (token.to_owned(), None),
            Hashing::Accepted => (token.to_owned(), Some(hashed(token))),
            Hashing::Written => (hashed(token), Some(token.to_owned())),
            Hashing::Only => (hashed(token), None),
        };
        std::iter::once(first).chain(second)
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
            assert_eq!(stored, stored.to_ascii_lowercase());
        }
        // By sha256sum.
        assert_eq!(hashed("token"), "sha256:3c469e9d6c5875d37a43f353d4f88e61fcf812c66eee3457465a40b0da4153e0");
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
