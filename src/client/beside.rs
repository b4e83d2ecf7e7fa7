//! Another copy of SQLite, in this process, that has the same file open.

use std::sync::atomic::Ordering;

use crate::client::client::Client;
use crate::driver::sqlite;
use crate::error::{Code, Error};

/// The code of the warning.
const WARNING: &str = "RUST_ADAPTER_SECOND_SQLITE";

impl Client {
    /// Warns, once, of another copy where our locks would not last: on a system, or a file system, without locks of open files.
    /// Before anything is written.
    pub fn look_beside(&self) {
        let Some(file) = &self.file else { return };
        if file.read_only || file.in_memory || self.warned.load(Ordering::Relaxed) || !sqlite::is_beside(&file.path) {
            return;
        }
        if !self.warned.swap(true, Ordering::Relaxed) {
            let message = "another part of this process has the SQLite file open, and the system has no locks that both would \
                           respect: what either of them writes may be lost";
            self.attendants.tell(&Error::new(Code::Database, message).about("warning", WARNING));
        }
    }
}
