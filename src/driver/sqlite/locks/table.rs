//! Where the locks of a descriptor belong: asked at each lock, so that it takes no mutex for any usual descriptor.

use std::collections::HashMap;
use std::os::fd::RawFd;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{LazyLock, Mutex, PoisonError};

/// What there is to know of a descriptor that takes part in the locks of its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// The descriptor that carries the locks of the file.
    pub owner: RawFd,
    pub writable: bool,
    /// The owner may give way to another one, so that a lock is taken under the mutex of [`crate::driver::sqlite::locks::files`].
    pub guarded: bool,
}

const SIZE: usize = 1 << 16;

/// Zero is no entry. Only pages that are used take memory.
static NEAR: [AtomicU64; SIZE] = [const { AtomicU64::new(0) }; SIZE];

/// Descriptors of a process that has many thousands open.
static FAR: LazyLock<Mutex<HashMap<RawFd, u64>>> = LazyLock::new(Mutex::default);

pub fn get(descriptor: RawFd) -> Option<Entry> {
    let index = usize::try_from(descriptor).ok()?;
    let word = match NEAR.get(index) {
        Some(word) => word.load(Ordering::Acquire),
        None => FAR.lock().unwrap_or_else(PoisonError::into_inner).get(&descriptor).copied().unwrap_or(0),
    };
    (word != 0).then(|| Entry {
        owner: RawFd::try_from(word >> 3).unwrap_or(-1),
        writable: word & 2 != 0,
        guarded: word & 4 != 0,
    })
}

pub fn set(descriptor: RawFd, entry: Entry) {
    let owner = u64::try_from(entry.owner).unwrap_or(0);
    put(descriptor, owner << 3 | u64::from(entry.guarded) << 2 | u64::from(entry.writable) << 1 | 1);
}

pub fn clear(descriptor: RawFd) {
    put(descriptor, 0);
}

fn put(descriptor: RawFd, word: u64) {
    let Ok(index) = usize::try_from(descriptor) else { return };
    match NEAR.get(index) {
        Some(place) => place.store(word, Ordering::Release),
        None => {
            let mut far = FAR.lock().unwrap_or_else(PoisonError::into_inner);
            if word == 0 {
                far.remove(&descriptor)
            } else {
                far.insert(descriptor, word)
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_found_as_it_was_left() {
        // Numbers that no test's file gets.
        for descriptor in [SIZE as RawFd - 1, SIZE as RawFd, 1_000_000, RawFd::MAX] {
            for (writable, guarded) in [(false, false), (false, true), (true, false), (true, true)] {
                let entry = Entry { owner: 12_345_678, writable, guarded };
                set(descriptor, entry);
                assert_eq!(get(descriptor), Some(entry), "{descriptor}");
                clear(descriptor);
                assert_eq!(get(descriptor), None, "{descriptor}");
            }
        }
        assert_eq!(get(-1), None);
    }
}
