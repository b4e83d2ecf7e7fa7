//! Whether another part of this process has a file open on which our locks are the process's, so that it would drop them.

use std::path::Path;

use crate::driver::sqlite::locks::{files, system};

/// Only where it matters, and where the system tells: on Linux.
pub fn is_beside(path: &Path) -> bool {
    let Some(identity) = system::identity(path) else { return false };
    if !files::lock().has_plain(identity) {
        return false;
    }
    let Ok(descriptors) = std::fs::read_dir("/proc/self/fd") else { return false };
    let numbers: Vec<_> = descriptors.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
    let known = files::lock();
    let of_others = |number: &i32| !known.is_plain(*number);
    let mut others = numbers.into_iter().filter(of_others).filter_map(system::status_of);
    others.any(|status| status.identity == identity)
}
