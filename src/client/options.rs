//! What a caller may choose, and the defaults.

use std::path::PathBuf;
use std::time::Duration;

use crate::authjs::mapping::Mapping;
use crate::database::pool_options::PoolOptions;
use crate::driver::sqlite::options::JournalMode;
use crate::passwords::settings::Settings;
use crate::types::token_hash::Hashing;
use crate::url::address::Address;

#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Options {
    /// Create or upgrade our own schema on first use.
    pub migrate: bool,
    pub pool: PoolOptions,
    /// How often to delete what has expired; `None` for never.
    pub prune: Option<Duration>,
    /// Whether SQLite is read on the calling thread; `None` where possible.
    pub sync_reads: Option<bool>,
    /// What becomes of a SQLite file's journal mode.
    pub journal_mode: JournalMode,
    /// Whether a transaction pooler sits in between; `None` lets the URL tell.
    pub transaction_pooler: Option<bool>,
    pub mapping: Mapping,
    /// How passwords are hashed.
    pub passwords: Settings,
    pub replicas: Replicas,
    /// What is stored in the place of session tokens.
    pub session_tokens: Hashing,
    /// The file with a snapshot of the tables.
    pub snapshot: Option<PathBuf>,
}

/// Servers that follow the primary, and answer look-ups.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Replicas {
    pub urls: Vec<Secret>,
    /// How much of what was committed last an answer may lack. `None` without replicas.
    pub staleness: Option<Duration>,
    /// Whether they answer look-ups of sessions too.
    pub sessions: bool,
}

/// A URL, which may hold a password: not to be shown.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Secret(String);

impl Secret {
    pub fn new(text: String) -> Self {
        Self(text)
    }

    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Secret")
    }
}

impl Options {
    /// An address as these options have it.
    pub fn applied_to(&self, address: Address) -> Address {
        let address = match self.transaction_pooler {
            Some(pooled) => address.behind_transaction_pooler(pooled),
            None => address,
        };
        address.in_zone(self.mapping.conventions.zone)
    }
}
