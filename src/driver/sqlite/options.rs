//! Which SQLite file, and how it is to be opened.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

#[derive(Debug, Clone)]
pub struct Options {
    pub path: PathBuf,
    /// A database of one connection, which is nowhere but in memory. The path is of no meaning then.
    pub in_memory: bool,
    pub read_only: bool,
    /// Whether a file is made where there is none.
    pub create: bool,
    /// Whether it has been open already: one that is gone since is not to be made anew, without its tables.
    pub known: Arc<AtomicBool>,
    /// How long to wait for another connection's lock.
    pub busy_timeout: Duration,
    pub journal_mode: JournalMode,
}

/// What becomes of the journal mode, which a file has for good, for every program that opens it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum JournalMode {
    /// A file that is empty, because it has just been made, gets a write-ahead log; any other stays as it is.
    #[default]
    New,
    /// The file gets a write-ahead log.
    Wal,
    /// The file stays as it is.
    Keep,
}
