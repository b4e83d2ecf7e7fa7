//! What a caller may choose, and the defaults.

use std::time::Duration;

use crate::authjs::mapping::Mapping;
use crate::database::pool_options::PoolOptions;
use crate::driver::sqlite::options::JournalMode;
use crate::passwords::settings::Settings;

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
}
