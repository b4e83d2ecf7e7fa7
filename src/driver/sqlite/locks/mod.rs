//! Locks that no other part of this process can drop, and that all of them see.
//!
//! SQLite's own are the process's (POSIX): two copies of SQLite in one process do not see each other's, and code that closes any
//! descriptor of the file, after `fs.readFile` for instance, drops all of them. Then two write at once, and rows are lost.
//! Our copy takes locks that belong to an open file instead (F_OFD_SETLK), on one descriptor per file, and closes none that would drop
//! the locks of another copy. Locks of both kinds are in each other's way, so that the other copy need not know.
//!
//! SQLite has a table of the system's calls, of which three are replaced before the first file is opened.

#![allow(unsafe_code)] // SQLite's table holds functions of C.

mod files;
mod ranges;
mod second;
mod system;
mod table;

use std::ffi::{CStr, c_char, c_int};
use std::mem::transmute;
use std::sync::Once;

use rusqlite::ffi;

use crate::driver::sqlite::locks::system::{Errno, Kind, Lock};

pub use crate::driver::sqlite::locks::second::is_beside;

unsafe extern "C" {
    /// In fcntl.c.
    fn rust_auth_fcntl(perform: unsafe extern "C" fn(c_int, c_int, *mut Lock) -> c_int) -> ffi::sqlite3_syscall_ptr;
}

/// Replaces SQLite's calls, once. Before the first file is opened.
pub fn install() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // SAFETY: the name ends with a zero; SQLite initializes itself where that is needed.
        let vfs = unsafe { ffi::sqlite3_vfs_find(c"unix".as_ptr()) };
        // SAFETY: SQLite's own structures live as long as the process.
        let Some(set) = unsafe { vfs.as_ref() }.and_then(|vfs| vfs.xSetSystemCall) else { return };
        // SAFETY: these are functions of the types that SQLite calls them by: open(const char*, int, int) and close(int).
        let (open, close) = unsafe {
            (
                transmute::<unsafe extern "C" fn(*const c_char, c_int, c_int) -> c_int, unsafe extern "C" fn()>(open),
                transmute::<unsafe extern "C" fn(c_int) -> c_int, unsafe extern "C" fn()>(close),
            )
        };
        // SAFETY: it only keeps the pointer.
        let fcntl = unsafe { rust_auth_fcntl(lock) };
        for (name, call) in [(c"open", Some(open)), (c"close", Some(close)), (c"fcntl", fcntl)] {
            // SAFETY: the names are those of SQLite's table, and the functions live as long as this library.
            unsafe { set(vfs, name.as_ptr(), call) };
        }
    });
}

/// Whether SQLite locks the file at `path`, opened like this. Logs, journals and temporary files it does not.
fn is_locked(path: &CStr, flags: c_int) -> bool {
    let path = path.to_bytes();
    let never = path.ends_with(b"-wal") || path.ends_with(b"-journal") || path.starts_with(b"/dev/");
    !never && flags & (libc::O_EXCL | libc::O_DIRECTORY) == 0
}

/// SQLite's `open`.
unsafe extern "C" fn open(path: *const c_char, flags: c_int, mode: c_int) -> c_int {
    // SAFETY: SQLite gives a path that ends with a zero.
    let path = unsafe { CStr::from_ptr(path) };
    answer(if is_locked(path, flags) { open_locked(path, flags, mode) } else { system::open(path, flags, mode) })
}

fn open_locked(path: &CStr, flags: c_int, mode: c_int) -> Result<c_int, Errno> {
    let writable = flags & libc::O_ACCMODE != libc::O_RDONLY;
    let follow = flags & libc::O_NOFOLLOW == 0;
    let mut known = files::lock();
    let parked = system::status_at(path, follow).filter(|status| status.regular);
    if let Some(descriptor) = parked.and_then(|status| known.unpark(status.identity, writable)) {
        return Ok(descriptor);
    }
    known.look_over();
    drop(known);
    // Not while others wait for the files: a disk may take long. Only this thread knows of the descriptor yet.
    system::fill_standard();
    let descriptor = system::open(path, flags, mode)?;
    files::lock().register(descriptor, writable);
    Ok(descriptor)
}

/// SQLite's `close`.
unsafe extern "C" fn close(descriptor: c_int) -> c_int {
    let mut known = files::lock();
    if known.park(descriptor) {
        known.look_over();
        return 0;
    }
    drop(known);
    answer(system::close(descriptor).map(|()| 0))
}

/// SQLite's `fcntl`, as far as locks go. Answers the negative number of an error.
unsafe extern "C" fn lock(descriptor: c_int, command: c_int, lock: *mut Lock) -> c_int {
    // SAFETY: SQLite gives a lock of its own.
    let Some(lock) = (unsafe { lock.as_mut() }) else { return -libc::EFAULT };
    let done = match table::get(descriptor) {
        None => system::ask(descriptor, command, lock),
        Some(entry) => {
            // SQLite leaves it as it is; these locks are refused unless it is zero.
            lock.l_pid = 0;
            match (command, Kind::of(lock)) {
                (libc::F_GETLK, _) => system::get(entry.owner, lock),
                // As the system says it of a descriptor that cannot be written to.
                (_, Kind::Write) if !entry.writable => Err(libc::EBADF),
                _ if entry.guarded => files::lock().set(descriptor, lock),
                _ => system::set(entry.owner, lock),
            }
        }
    };
    done.map_or_else(|errno| -errno, |()| 0)
}

fn answer(result: Result<c_int, Errno>) -> c_int {
    result.unwrap_or_else(|errno| {
        system::leave(errno);
        -1
    })
}

#[cfg(test)]
mod tests;
