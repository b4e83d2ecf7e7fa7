//! A file that has been deleted, or replaced by another one, while a connection has it open: what is written then is lost.

#![allow(unsafe_code)] // rusqlite does not have this question to SQLite.

use std::ffi::c_int;
use std::time::Duration;

use rusqlite::{Connection, ffi};

use crate::error::{Code, Error, Health};

/// For so long those who only read take the file to be where it was: a look-up takes less than asking each time.
pub const TRUST: Duration = Duration::from_millis(100);

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
    answer == ffi::SQLITE_OK && moved != 0
}

/// No later connection sees what has been written to the old file: doing it again, in the new one, is safe.
pub fn replaced() -> Error {
    let message = "the database file was deleted or replaced while it was open";
    Error { undone: true, ..Error::new(Code::Connect, message).on(Health::Lost) }
}
