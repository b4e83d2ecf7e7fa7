//! Where an encrypted text belongs: it can be read there and nowhere else.

use serde::Deserialize;

/// What a token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Purpose {
    Access,
    Refresh,
    Id,
}

impl Purpose {
    fn name(self) -> &'static str {
        match self {
            Purpose::Access => "access",
            Purpose::Refresh => "refresh",
            Purpose::Id => "id",
        }
    }
}

/// A token's purpose, and the account that it belongs to: by its provider, and by the provider's id for it.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    pub purpose: Purpose,
    pub provider: &'a str,
    pub account: &'a str,
}

impl Place<'_> {
    /// What is authenticated along with a text that the key with this id encrypts. Each part comes after its length, so that no two
    /// places come to the same bytes.
    pub fn bound(self, key: &str) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(96);
        for part in ["rust-auth-adapter token 1", key, self.purpose.name(), self.provider, self.account] {
            bytes.extend((part.len() as u64).to_le_bytes());
            bytes.extend(part.as_bytes());
        }
        bytes
    }
}
