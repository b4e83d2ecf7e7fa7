//! The keys of an application: the first one encrypts, all of them decrypt.

use std::sync::Arc;

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};

use crate::encryption::key::Key;
use crate::encryption::place::Place;
use crate::encryption::sealed::{self, NONCE, Stored};
use crate::error::{Code, Error, Result};
use crate::types::random;

/// More keys than this are a mistake.
pub const MOST_KEYS: usize = 20;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Keyring {
    keys: Arc<[Key]>,
    /// Whether texts that are not encrypted are read.
    plain: bool,
}

/// Why a stored text cannot be decrypted, and which key it names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    pub key: Option<String>,
    pub why: Why,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// The option has no key with this id.
    UnknownKey,
    /// It is not what that key has encrypted for this place.
    Damaged,
    /// It is of a version that this release does not know, or cut off.
    Malformed,
    /// It is not encrypted, and such texts are not accepted.
    Plain,
}

impl Why {
    pub fn sentence(self) -> &'static str {
        match self {
            Why::UnknownKey => "it was encrypted by a key that the option encryption does not have",
            Why::Damaged => "it is not what the key has encrypted for this account and field: it was changed or moved",
            Why::Malformed => "it was cut off, or another release has encrypted it",
            Why::Plain => "it is not encrypted, which the option encryption.plain does not accept",
        }
    }
}

/// What a stored text is to a keyring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    Plain,
    /// Encrypted by the first key.
    Current,
    /// Encrypted by another key, or by none that can be told.
    Other,
}

impl Keyring {
    /// `None` without a key, or if two of them have one id.
    pub fn new(keys: Vec<Key>, plain: bool) -> Option<Self> {
        let repeats = |place: usize| keys[..place].iter().any(|key| key.id == keys[place].id);
        let fits = !keys.is_empty() && keys.len() <= MOST_KEYS && !(0..keys.len()).any(repeats);
        fits.then(|| Self { keys: keys.into(), plain })
    }

    /// The same keys, of which texts that are not encrypted are read too.
    pub fn reading_plain(&self) -> Self {
        Self { plain: true, ..self.clone() }
    }

    pub fn seal(&self, place: Place<'_>, text: &str) -> Result<String> {
        let key = &self.keys[0];
        let nonce = random::bytes::<NONCE>()?;
        let bound = place.bound(&key.id);
        let payload = Payload { msg: text.as_bytes(), aad: &bound };
        let ciphertext = cipher(key)
            .encrypt(&XNonce::from(nonce), payload)
            .map_err(|_| Error::new(Code::Internal, "a token could not be encrypted"))?;
        Ok(sealed::write(&key.id, &nonce, &ciphertext))
    }

    /// What `stored` says, which belongs to `place`.
    pub fn open(&self, place: Place<'_>, stored: &str) -> Result<String, Unreadable> {
        let refused = |key: Option<&str>, why| Err(Unreadable { key: key.map(str::to_owned), why });
        let (id, bytes) = match sealed::read(stored) {
            Stored::Plain if self.plain => return Ok(stored.to_owned()),
            Stored::Plain => return refused(None, Why::Plain),
            Stored::Malformed { key } => return refused(key, Why::Malformed),
            Stored::Sealed { key, bytes } => (key, bytes),
        };
        let Some(key) = self.keys.iter().find(|key| key.id == id) else { return refused(Some(id), Why::UnknownKey) };
        let (nonce, ciphertext) = bytes.split_at(NONCE);
        let bound = place.bound(id);
        let opened = <[u8; NONCE]>::try_from(nonce).ok().and_then(|nonce| {
            let payload = Payload { msg: ciphertext, aad: &bound };
            let text = cipher(key).decrypt(&XNonce::from(nonce), payload).ok()?;
            String::from_utf8(text).ok()
        });
        opened.map_or_else(|| refused(Some(id), Why::Damaged), Ok)
    }

    pub fn standing(&self, stored: &str) -> Standing {
        match sealed::read(stored) {
            Stored::Plain => Standing::Plain,
            Stored::Sealed { key, .. } if key == self.keys[0].id => Standing::Current,
            _ => Standing::Other,
        }
    }
}

/// Whether a text would be taken for an encrypted one.
pub fn looks_sealed(text: &str) -> bool {
    text.starts_with(sealed::FAMILY)
}

fn cipher(key: &Key) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(&key.bytes.into())
}
