//! A file that has been deleted, or replaced by another one, while a connection has it open: what is written then is lost.

#![allow(unsafe_code)] // rusqlite does not have this question to SQLite.

use std::ffi::c_int;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rusqlite::{Connection, ffi};

use crate::error::{Code, Error, Health};

/// For so long a connection that only reads takes the file to be where it was: a look-up takes less than asking each time.
const TRUST: Duration = Duration::from_millis(100);

/// How often a connection of this process has found its file replaced, or a connection that may write has been opened. What has been
/// written into a new file is thus read by every connection, at once.
static OCCASIONS: AtomicU64 = AtomicU64::new(0);

/// When a connection last saw that its file is still there.
#[derive(Debug)]
pub struct Sight {
    at: Instant,
    occasions: u64,
}

impl Sight {
    /// To be taken before the look.
    pub fn now() -> Self {
        Self { at: Instant::now(), occasions: OCCASIONS.load(Ordering::Acquire) }
    }

    /// Whether to look again.
    pub fn is_old(&self) -> bool {
        self.occasions != OCCASIONS.load(Ordering::Acquire) || self.at.elapsed() > TRUST
    }
}

/// Has every connection look again.
pub fn look_again() {
    OCCASIONS.fetch_add(1, Ordering::AcqRel);
}

/// Whether the connection's file is not the one any more that its path leads to. One call of the system's, `stat`.
pub fn is_replaced(connection: &Connection) -> bool {
    let mut moved: c_int = 0;
    // SAFETY: the handle is the connection's, which lives on during the call; SQLite writes the answer as an int.
    let answer = unsafe {
        ffi::sqlite3_file_control(
            connection.handle(),
            c"main".as_ptr(),
            ffi::SQLITE_FCNTL_HAS_MOVED,
            std::ptr::from_mut(&mut moved).cast(),
        )
    };
    let is_replaced = answer == ffi::SQLITE_OK && moved != 0;
    if is_replaced {
        look_again();
    }
    is_replaced
}

/// No later connection sees what has been written to the old file: doing it again, in the new one, is safe.
pub fn replaced() -> Error {
    let message = "the database file was deleted or replaced while it was open";
    Error { undone: true, ..Error::new(Code::Connect, message).on(Health::Lost) }
}
