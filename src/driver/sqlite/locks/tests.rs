//! The process's own locks and descriptors play the other copy of SQLite, or another reader of the file.

use std::ffi::CString;
use std::fs::File;
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};

use crate::driver::sqlite::locks::*;

/// Where SQLite locks: see "os_unix.c".
const PENDING: i64 = 0x4000_0000;
const RESERVED: i64 = PENDING + 1;
const SHARED: (i64, i64) = (PENDING + 2, 510);

struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let folder = std::env::temp_dir().join(format!("locks-{}", uuid::Uuid::new_v4()));
        std::fs::create_dir(&folder).expect("a folder");
        Self(folder)
    }

    /// A database in rollback mode that no connection has open.
    fn database(&self, mode: &str) -> PathBuf {
        let path = self.0.join(format!("{}.db", uuid::Uuid::new_v4()));
        let connection = open_at(&path);
        connection.execute_batch(&format!("PRAGMA journal_mode = {mode}; CREATE TABLE t (a)")).expect("a table");
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn open_at(path: &Path) -> Connection {
    install();
    let connection = Connection::open(path).expect("a file");
    connection.busy_timeout(std::time::Duration::ZERO).expect("no patience");
    connection
}

fn open_for_reading(path: &Path) -> Connection {
    install();
    Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).expect("a file")
}

/// What another process, or another copy of SQLite, would find in its way.
fn found(path: &Path, (start, length): (i64, i64)) -> Kind {
    let file = File::options().read(true).write(true).open(path).expect("the file");
    let mut lock = system::lock(Kind::Write, start, length);
    system::ask(file.as_raw_fd(), libc::F_GETLK, &mut lock).expect("an answer");
    Kind::of(&lock)
}

/// Another copy, with a lock of the process's.
fn other(path: &Path, kind: Kind, (start, length): (i64, i64)) -> File {
    let file = File::options().read(true).write(true).open(path).expect("the file");
    system::ask(file.as_raw_fd(), libc::F_SETLK, &mut system::lock(kind, start, length)).expect("the lock");
    file
}

/// How many descriptors of this process are of a file in the folder.
#[cfg(target_os = "linux")]
fn descriptors(folder: &Folder) -> usize {
    let links = std::fs::read_dir("/proc/self/fd").expect("a list").flatten();
    links.filter_map(|entry| std::fs::read_link(entry.path()).ok()).filter(|path| path.starts_with(&folder.0)).count()
}

#[test]
fn sqlite_calls_ours() {
    install();
    // SAFETY: as in `install`.
    let vfs = unsafe { &mut *ffi::sqlite3_vfs_find(c"unix".as_ptr()) };
    let current = |name: &CStr| {
        let get = vfs.xGetSystemCall.expect("a table");
        // SAFETY: the name ends with a zero.
        unsafe { get(std::ptr::from_ref(vfs).cast_mut(), name.as_ptr()) }.map(|call| call as usize)
    };
    assert_eq!(current(c"open"), Some(open as *const () as usize));
    assert_eq!(current(c"close"), Some(close as *const () as usize));
    assert!(current(c"fcntl").is_some_and(|call| call != libc::fcntl as *const () as usize));
}

#[test]
fn whoever_closes_the_file_drops_none_of_our_locks() {
    let folder = Folder::new();
    for mode in ["delete", "wal"] {
        let path = folder.database(mode);
        let ours = open_at(&path);
        ours.execute_batch("BEGIN IMMEDIATE; INSERT INTO t VALUES (1)").expect("a write");
        drop(File::open(&path).expect("the file"));
        drop(File::open(path.with_extension("db-shm")));
        let (file, range) = match mode {
            "wal" => (path.with_extension("db-shm"), (120, 1)),
            _ => (path.clone(), (RESERVED, 1)),
        };
        assert_eq!(found(&file, range), Kind::Write, "{mode}");
        ours.execute_batch("COMMIT").expect("the write");
        assert_eq!(found(&file, range), Kind::None, "{mode}");
    }
}

#[test]
fn another_copys_locks_are_in_our_way_and_outlive_our_descriptors() {
    let folder = Folder::new();
    let path = folder.database("delete");
    let theirs = other(&path, Kind::Write, (RESERVED, 1));
    for _ in 0..20 {
        let ours = open_at(&path);
        ours.query_row("SELECT count(*) FROM t", [], |_| Ok(())).expect("a look");
        let refused = ours.execute_batch("BEGIN IMMEDIATE").expect_err("the other copy writes");
        assert_eq!(refused.sqlite_error_code(), Some(rusqlite::ErrorCode::DatabaseBusy));
    }
    // As another process sees it: the process's own locks are in the way of an open file's.
    let file = File::options().read(true).write(true).open(&path).expect("the file");
    let mut lock = system::lock(Kind::Write, RESERVED, 1);
    system::get(file.as_raw_fd(), &mut lock).expect("an answer");
    assert_eq!(Kind::of(&lock), Kind::Write);
    std::mem::forget(file);
    #[cfg(target_os = "linux")]
    assert!(descriptors(&folder) <= 3, "one is parked, one theirs, one forgotten above");
    system::ask(theirs.as_raw_fd(), libc::F_SETLK, &mut system::lock(Kind::None, 0, 0)).expect("unlocked");
    drop(open_at(&path));
    #[cfg(target_os = "linux")]
    assert_eq!(descriptors(&folder), 2, "theirs and the forgotten one");
}

#[test]
fn a_file_in_anothers_place_is_another_file() {
    let folder = Folder::new();
    let (path, new) = (folder.database("delete"), folder.database("delete"));
    let theirs = other(&path, Kind::Read, SHARED);
    open_at(&path).execute_batch("CREATE TABLE old (a)").expect_err("their lock is in the way");
    std::fs::rename(&new, &path).expect("a new file in its place");
    let ours = open_at(&path);
    ours.execute_batch("CREATE TABLE new (a)").expect("no lock is in the way");
    drop((ours, theirs));
    drop(open_at(&path));
    #[cfg(target_os = "linux")]
    assert_eq!(descriptors(&folder), 0);
}

#[test]
fn a_reader_keeps_its_lock_when_a_writer_comes() {
    let folder = Folder::new();
    let path = folder.database("delete");
    let reader = open_for_reading(&path);
    reader.execute_batch("BEGIN; SELECT * FROM t").expect("a look");
    assert_eq!(found(&path, SHARED), Kind::Read);
    let writer = open_at(&path);
    assert_eq!(found(&path, SHARED), Kind::Read);
    writer.execute_batch("BEGIN IMMEDIATE; INSERT INTO t VALUES (1)").expect("a write");
    writer.execute_batch("COMMIT").expect_err("a reader has a lock");
    reader.execute_batch("COMMIT").expect("the end");
    writer.execute_batch("COMMIT").expect("no reader has a lock");
    assert_eq!(found(&path, SHARED), Kind::None);
    drop(writer);
    assert_eq!(found(&path, SHARED), Kind::None);
    reader.query_row("SELECT a FROM t", [], |row| row.get::<_, i64>(0)).expect("the row");
}

#[test]
fn what_only_reads_takes_no_lock_for_writing() {
    let folder = Folder::new();
    let path = folder.database("delete");
    let (reader, _writer) = (open_for_reading(&path), open_at(&path));
    let numbers: Vec<_> = (0..1024).filter(|number| table::get(*number).is_some_and(|entry| !entry.writable)).collect();
    let path = CString::new(path.to_str().expect("a name")).expect("a path");
    let identity = system::status_at(&path, true).expect("the file").identity;
    let is_of_it = |number: &&c_int| system::status_of(**number).is_some_and(|status| status.identity == identity);
    let number = *numbers.iter().find(is_of_it).expect("the reader's descriptor");
    let mut wanted = system::lock(Kind::Write, RESERVED, 1);
    // SAFETY: as SQLite calls it.
    assert_eq!(unsafe { lock(number, libc::F_SETLK, &mut wanted) }, -libc::EBADF);
    drop(reader);
}

#[test]
fn descriptors_are_bounded() {
    let folder = Folder::new();
    let path = folder.database("wal");
    let theirs = other(&path, Kind::Read, SHARED);
    for _ in 0..50 {
        let (one, two) = (open_at(&path), open_for_reading(&path));
        one.execute_batch("INSERT INTO t VALUES (1)").expect("a write");
        two.query_row("SELECT count(*) FROM t", [], |_| Ok(())).expect("a look");
    }
    #[cfg(target_os = "linux")]
    assert!(descriptors(&folder) <= 8, "{}", descriptors(&folder));
    drop(theirs);
}
