//! The files that our SQLite has open, and the descriptor of each that carries all of our locks on it.
//!
//! Invariants:
//! - All locks of our SQLite on a file are its owner's. The owner stays open for as long as any descriptor of the file is in use.
//! - A descriptor of a file is closed only when no other part of the process has a lock on the file that this would drop.
//! - A descriptor is handed out again only for the very file that it is of.

use std::collections::HashMap;
use std::os::fd::RawFd;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use crate::driver::sqlite::locks::ranges::Ranges;
use crate::driver::sqlite::locks::system::{Errno, Identity, Kind, Lock};
use crate::driver::sqlite::locks::table::Entry;
use crate::driver::sqlite::locks::{system, table};

#[derive(Debug, Default)]
pub struct Files {
    shared: HashMap<Identity, File>,
    /// Descriptors of files whose system has no locks of open files: they have the process's locks, as SQLite has by itself.
    plain: HashMap<RawFd, Identity>,
}

#[derive(Debug)]
struct File {
    owner: RawFd,
    /// Whether the owner can carry every lock. If not, it gives way to the first descriptor that can.
    writable: bool,
    active: Vec<Descriptor>,
    /// Closed as far as SQLite knows.
    parked: Vec<Descriptor>,
    /// The locks of an owner that may give way.
    ranges: Ranges,
}

#[derive(Debug, Clone, Copy)]
struct Descriptor {
    number: RawFd,
    writable: bool,
}

static FILES: LazyLock<Mutex<Files>> = LazyLock::new(Mutex::default);

pub fn lock() -> MutexGuard<'static, Files> {
    FILES.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Files {
    /// A descriptor of the file that was parked.
    pub fn unpark(&mut self, identity: Identity, writable: bool) -> Option<RawFd> {
        let file = self.shared.get_mut(&identity)?;
        let place = file.parked.iter().position(|parked| parked.writable == writable)?;
        let descriptor = file.parked.swap_remove(place);
        file.active.push(descriptor);
        file.publish();
        Some(descriptor.number)
    }

    /// Takes note of a descriptor that has just been opened.
    pub fn register(&mut self, number: RawFd, writable: bool) {
        let Some(status) = system::status_of(number).filter(|status| status.regular) else { return };
        let descriptor = Descriptor { number, writable };
        match self.shared.get_mut(&status.identity) {
            Some(file) => {
                if writable && !file.writable {
                    file.give_way_to(number);
                }
                file.active.push(descriptor);
                file.publish();
            }
            None if system::get(number, &mut system::lock(Kind::Read, 0, 0)).is_ok() => {
                let (active, parked) = (vec![descriptor], Vec::new());
                let file = File { owner: number, writable, active, parked, ranges: Ranges::default() };
                file.publish();
                self.shared.insert(status.identity, file);
            }
            None => {
                self.plain.insert(number, status.identity);
            }
        }
    }

    /// Takes, or gives back, a lock whose owner may give way to another descriptor.
    pub fn set(&mut self, descriptor: RawFd, lock: &mut Lock) -> Result<(), Errno> {
        let entry = table::get(descriptor).ok_or(libc::EBADF)?;
        system::set(entry.owner, lock)?;
        if let Some(file) = self.shared.values_mut().find(|file| file.owner == entry.owner && !file.writable) {
            match Kind::of(lock) {
                Kind::None => file.ranges.remove(lock.l_start, lock.l_len),
                Kind::Read | Kind::Write => file.ranges.add(lock.l_start, lock.l_len),
            }
        }
        Ok(())
    }

    /// What SQLite takes for closing a descriptor. Whether that was done; if not, it is to be closed.
    pub fn park(&mut self, number: RawFd) -> bool {
        if self.plain.remove(&number).is_some() {
            return false;
        }
        table::clear(number);
        let in_use = |file: &&mut File| file.active.iter().any(|active| active.number == number);
        let Some(file) = self.shared.values_mut().find(in_use) else { return false };
        let (closed, active) = file.active.iter().partition(|active| active.number == number);
        file.active = active;
        file.parked.extend::<Vec<_>>(closed);
        if file.active.is_empty() {
            // SQLite relies on this: what it closes for the last time is not locked any more.
            let _ = system::set(file.owner, &mut system::lock(Kind::None, 0, 0));
            file.ranges = Ranges::default();
        }
        true
    }

    /// Closes what is parked, as far as that drops no lock of any other part of the process.
    pub fn look_over(&mut self) {
        self.shared.retain(|_, file| !file.active.is_empty() || !file.close());
    }

    /// The file behind `descriptor`, if it has only the process's locks.
    pub fn is_plain(&self, descriptor: RawFd) -> bool {
        self.plain.contains_key(&descriptor)
    }

    /// Whether descriptors of ours have only the process's locks on the file.
    pub fn has_plain(&self, identity: Identity) -> bool {
        self.plain.values().any(|plain| *plain == identity)
    }
}

impl File {
    /// Tells each connection where to take its locks.
    fn publish(&self) {
        for active in &self.active {
            let entry = Entry { owner: self.owner, writable: active.writable, guarded: !self.writable };
            table::set(active.number, entry);
        }
    }

    /// Makes another descriptor the owner, without a moment in which a lock is not held.
    fn give_way_to(&mut self, number: RawFd) {
        for (start, length) in self.ranges.iter() {
            // No lock can be in the way: this is held for reading already.
            let _ = system::set(number, &mut system::lock(Kind::Read, start, length));
        }
        let _ = system::set(self.owner, &mut system::lock(Kind::None, 0, 0));
        self.ranges = Ranges::default();
        (self.owner, self.writable) = (number, true);
    }

    /// Closes all descriptors, if that is without consequences. Whether it has done so.
    fn close(&mut self) -> bool {
        let gone = system::status_of(self.owner).is_some_and(|status| !status.named);
        // An owner that gets the whole file knows that no other has a lock on it, and none gets one before the last is closed.
        let alone = || self.writable && system::set(self.owner, &mut system::lock(Kind::Write, 0, 0)).is_ok();
        if !(gone || alone()) {
            return false;
        }
        for parked in self.parked.drain(..).filter(|parked| parked.number != self.owner) {
            let _ = system::close(parked.number);
        }
        let _ = system::close(self.owner);
        true
    }
}
