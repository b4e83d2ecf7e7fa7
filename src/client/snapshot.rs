//! The snapshot that a client was given, and whether it has been tried.

use std::path::PathBuf;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::table::snapshot::Snapshot;

/// A snapshot, and whether it has been tried.
#[derive(Debug, Default)]
pub struct Foreseen {
    pub(super) path: Option<PathBuf>,
    pub(super) snapshot: OnceLock<Option<Snapshot>>,
    pub(super) tried: AtomicBool,
    pub(super) warned: AtomicBool,
}

impl Foreseen {
    pub fn new(path: Option<PathBuf>) -> Self {
        Self { path, ..Self::default() }
    }

    /// Whether a snapshot is there to be tried.
    pub(super) fn is_open(&self) -> bool {
        self.path.is_some() && !self.tried.load(Ordering::Relaxed)
    }
}
