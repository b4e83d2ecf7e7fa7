//! Where the command line finds the database's URL: in its arguments, in the shell, in the files that frameworks read.

use std::fmt::Display;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

const VARIABLE: &str = "DATABASE_URL";

/// What frameworks read, and the first one that has the variable wins.
const FILES: [&str; 2] = [".env.local", ".env"];

/// The URL that was given, else the one of the shell, else that of a file in this folder. `files`: instead of the usual ones; of
/// several, the last one that has the variable wins.
pub fn address(given: Option<&str>, files: &[PathBuf]) -> Result<String> {
    if let Some(given) = given {
        return Ok(given.to_owned());
    }
    if let Ok(of_shell) = std::env::var(VARIABLE) {
        return Ok(of_shell);
    }
    if files.is_empty() {
        let usual = FILES.iter().map(Path::new).filter(|path| path.is_file());
        return first(usual)?.ok_or_else(missing);
    }
    first(files.iter().rev().map(PathBuf::as_path))?.ok_or_else(|| {
        let names: Vec<_> = files.iter().map(|path| path.display().to_string()).collect();
        Error::config(format!("{} has no {VARIABLE}", names.join(", ")))
    })
}

fn missing() -> Error {
    Error::config(format!("the database URL is missing: {VARIABLE} is neither set nor in .env.local or .env"))
}

fn first<'a>(mut paths: impl Iterator<Item = &'a Path>) -> Result<Option<String>> {
    paths.find_map(|path| read(path).transpose()).transpose()
}

/// What a file says last. A line that cannot be read is never shown: it may be a secret. Where it may have been the one that is
/// looked for, or have hidden it, no other file is asked: it may name another database than the application's.
fn read(path: &Path) -> Result<Option<String>> {
    let wrong = |why: &dyn Display| Error::config(format!("{} cannot be read: {why}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|cause| wrong(&cause))?;
    let (mut found, mut torn) = (None, false);
    for line in dotenvy::from_read_iter(text.trim_start_matches('\u{feff}').as_bytes()) {
        match line {
            Ok((name, value)) if name == VARIABLE => found = Some(value),
            Ok(_) => {}
            Err(_) => torn = true,
        }
    }
    if found.is_none() && torn {
        return Err(wrong(&format!("one of its lines, and no other has {VARIABLE}; give the URL itself")));
    }
    Ok(found)
}
