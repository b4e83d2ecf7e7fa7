//! What a caller may choose, and the defaults.

use std::time::Duration;

use crate::dialect::sqlite::options::JournalMode;
use crate::schema::mapping::Mapping;

/// How a pool behaves. Unset fields take the database's default.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct PoolOptions {
    pub max: Option<usize>,
    pub acquire_timeout: Option<Duration>,
    pub connect_timeout: Option<Duration>,
    pub idle_timeout: Option<Duration>,
    pub max_lifetime: Option<Duration>,
    pub operation_timeout: Option<Duration>,
}

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
}

impl PoolOptions {
    /// These options, with the holes filled from `fallback`.
    pub fn or(self, fallback: PoolOptions) -> PoolOptions {
        PoolOptions {
            max: self.max.or(fallback.max),
            acquire_timeout: self.acquire_timeout.or(fallback.acquire_timeout),
            connect_timeout: self.connect_timeout.or(fallback.connect_timeout),
            idle_timeout: self.idle_timeout.or(fallback.idle_timeout),
            max_lifetime: self.max_lifetime.or(fallback.max_lifetime),
            operation_timeout: self.operation_timeout.or(fallback.operation_timeout),
        }
    }
}
