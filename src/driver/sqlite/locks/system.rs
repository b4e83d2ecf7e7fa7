//! The system's calls that locks need, each as a function that cannot be misused.

#![allow(unsafe_code)] // These are the system's functions; nothing is done here but calling them.

use std::ffi::{CStr, CString, c_int};
use std::io::Error;
use std::os::fd::RawFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// A lock on a range of bytes, as the system takes it.
pub type Lock = libc::flock;

/// The number of an error.
pub type Errno = c_int;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Read,
    Write,
    None,
}

impl Kind {
    pub fn of(lock: &Lock) -> Self {
        match c_int::from(lock.l_type) {
            READ => Kind::Read,
            WRITE => Kind::Write,
            _ => Kind::None,
        }
    }
}

// Their types differ from system to system.
#[allow(clippy::unnecessary_cast)]
const READ: c_int = libc::F_RDLCK as c_int;
#[allow(clippy::unnecessary_cast)]
const WRITE: c_int = libc::F_WRLCK as c_int;
#[allow(clippy::unnecessary_cast)]
const NONE: c_int = libc::F_UNLCK as c_int;

/// What a file is, under any name: its device and its number there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Identity {
    device: u64,
    number: u64,
}

#[derive(Debug, Clone, Copy)]
pub struct Status {
    pub identity: Identity,
    pub regular: bool,
    /// Whether it has a name left.
    pub named: bool,
}

/// A lock on `length` bytes from `start`; 0 is all that follow.
pub fn lock(kind: Kind, start: i64, length: i64) -> Lock {
    // SAFETY: a structure of plain numbers, of which zero is a value.
    let mut lock: Lock = unsafe { std::mem::zeroed() };
    let kind = match kind {
        Kind::Read => READ,
        Kind::Write => WRITE,
        Kind::None => NONE,
    };
    lock.l_type = kind as _;
    lock.l_whence = libc::SEEK_SET as _;
    lock.l_start = start;
    lock.l_len = length;
    lock
}

/// Takes or gives back a lock that belongs to the open file behind `descriptor`, and not to the process.
pub fn set(descriptor: RawFd, lock: &mut Lock) -> Result<(), Errno> {
    ask(descriptor, libc::F_OFD_SETLK, lock)
}

/// Tells which lock would be in the way of this one, if any.
pub fn get(descriptor: RawFd, lock: &mut Lock) -> Result<(), Errno> {
    ask(descriptor, libc::F_OFD_GETLK, lock)
}

/// The same with `command`, which belongs to the process.
pub fn ask(descriptor: RawFd, command: c_int, lock: &mut Lock) -> Result<(), Errno> {
    // SAFETY: the commands that get here (those of locks) take such a structure, which lives on during the call.
    checked(unsafe { libc::fcntl(descriptor, command, std::ptr::from_mut(lock)) }).map(drop)
}

pub fn open(path: &CStr, flags: c_int, mode: c_int) -> Result<RawFd, Errno> {
    // SAFETY: the path ends with a zero, as its type says.
    checked(unsafe { libc::open(path.as_ptr(), flags, mode as libc::c_uint) })
}

/// Sees to it that the next descriptor is none of the first three: what prints to those would write into a database.
pub fn fill_standard() {
    while let Ok(descriptor) = open(c"/dev/null", libc::O_RDWR | libc::O_CLOEXEC, 0) {
        if descriptor > 2 {
            let _ = close(descriptor);
            return;
        }
    }
}

/// Closes a descriptor, which its caller owns.
pub fn close(descriptor: RawFd) -> Result<(), Errno> {
    // SAFETY: closing touches no memory. Whose descriptor it is, is for the caller to know.
    checked(unsafe { libc::close(descriptor) }).map(drop)
}

pub fn status_of(descriptor: RawFd) -> Option<Status> {
    // SAFETY: a structure of plain numbers, which the system fills in.
    let mut status: libc::stat = unsafe { std::mem::zeroed() };
    // SAFETY: it lives on during the call.
    (unsafe { libc::fstat(descriptor, &mut status) } == 0).then(|| understood(&status))
}

/// What is at `path`; with `follow`, behind a link.
pub fn status_at(path: &CStr, follow: bool) -> Option<Status> {
    let look = if follow { libc::stat } else { libc::lstat };
    // SAFETY: a structure of plain numbers, which the system fills in.
    let mut status: libc::stat = unsafe { std::mem::zeroed() };
    // SAFETY: the path ends with a zero, and the structure lives on during the call.
    (unsafe { look(path.as_ptr(), &mut status) } == 0).then(|| understood(&status))
}

/// What the file at `path` is, behind any links.
pub fn identity(path: &Path) -> Option<Identity> {
    let path = CString::new(path.as_os_str().as_bytes()).ok()?;
    status_at(&path, true).map(|status| status.identity)
}

// Their types differ from system to system.
#[allow(clippy::unnecessary_cast)]
fn understood(status: &libc::stat) -> Status {
    Status {
        identity: Identity { device: status.st_dev as u64, number: status.st_ino as u64 },
        regular: status.st_mode & libc::S_IFMT == libc::S_IFREG,
        named: status.st_nlink > 0,
    }
}

/// Leaves the number of an error where C looks for it.
pub fn leave(errno: Errno) {
    #[cfg(target_vendor = "apple")]
    let place = libc::__error;
    #[cfg(not(target_vendor = "apple"))]
    let place = libc::__errno_location;
    // SAFETY: the system gives each thread a place of its own.
    unsafe { *place() = errno };
}

fn checked(result: c_int) -> Result<c_int, Errno> {
    if result < 0 { Err(Error::last_os_error().raw_os_error().unwrap_or(libc::EIO)) } else { Ok(result) }
}
