//! Where the command line finds the database's URL: in its arguments, in the shell, in the files that frameworks read.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::path::{Path, PathBuf};

use crate::encryption::key::{self, Key};
use crate::encryption::keyring::{Keyring, MOST_KEYS};
use crate::error::{Error, Result};

const VARIABLE: &str = "DATABASE_URL";

/// The keys of the option `encryption`: `id:key`, several separated by commas.
const KEYS: &str = "RUST_AUTH_ADAPTER_KEYS";

const IN_SHELL: &str = "give the variable in the shell";

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
        return first(usual, VARIABLE)?.needed()?.ok_or_else(missing);
    }
    first(files.iter().rev().map(PathBuf::as_path), VARIABLE)?.needed()?.ok_or_else(|| {
        let names: Vec<_> = files.iter().map(|path| path.display().to_string()).collect();
        Error::config(format!("{} has no {VARIABLE}", names.join(", ")))
    })
}

/// The keys that tokens are encrypted with, if the environment has any. They are looked for where the URL is. Unless they are `needed`, a file
/// has none if it shows none and has a line that cannot be read; `told` hears so.
pub fn keys(files: &[PathBuf], needed: bool, told: impl FnOnce(&str)) -> Result<Option<Keyring>> {
    let of_files = || match files {
        [] => first(FILES.iter().map(Path::new).filter(|path| path.is_file()), KEYS),
        _ => first(files.iter().rev().map(PathBuf::as_path), KEYS),
    };
    let given = match std::env::var(KEYS).map_or_else(|_| of_files(), |of_shell| Ok(Looked::Found(of_shell)))? {
        Looked::Found(given) => Some(given),
        Looked::Nothing => None,
        Looked::Hidden(hidden) if needed => return Err(hidden),
        Looked::Hidden(hidden) => {
            told(&format!("no tokens of accounts are looked at, for want of keys: {}", hidden.message));
            None
        }
    };
    let Some(given) = given.filter(|given| !given.trim().is_empty()) else { return Ok(None) };
    let key = |pair: &str| {
        let (id, key) = pair.trim().split_once(':')?;
        Key::new(id, key).filter(|_| key::is_id(id))
    };
    let keys: Option<Vec<_>> = given.split(',').map(key).collect();
    let ring = keys.and_then(|keys| Keyring::new(keys, true));
    let expected =
        format!("{KEYS} must be 1 to {MOST_KEYS} keys with different ids, as in the option encryption: id:key,id:key");
    ring.map(Some).ok_or_else(|| Error::config(expected))
}

/// All that the files say, each name once, for a command that needs more of an application's environment than the URL. They are asked in the
/// order of [`address`]; what the shell has is the caller's to keep.
pub fn variables(files: &[PathBuf]) -> Result<Vec<(String, String)>> {
    let usual = FILES.iter().map(PathBuf::from).filter(|path| path.is_file());
    let files: Vec<_> = if files.is_empty() { usual.collect() } else { files.iter().rev().cloned().collect() };
    let mut found: Vec<(String, String)> = Vec::new();
    let mut known = std::env::var_os(VARIABLE).is_some();
    let mut torn = None;
    for path in files {
        let file = parse(&path)?;
        let has_url = file.last(VARIABLE).is_some();
        if has_url && !known && file.ambiguous.iter().any(|name| name == VARIABLE) {
            return Err(ambiguous(&path, VARIABLE));
        }
        if let Some(torn) = torn.as_deref().filter(|_| has_url && !known) {
            return Err(hidden(torn, VARIABLE, IN_SHELL));
        }
        known |= has_url;
        torn = torn.or(file.torn.then_some(path));
        // What a file says last counts.
        for (name, value) in file.pairs.into_iter().rev() {
            if !found.iter().any(|(known, _)| *known == name) {
                found.push((name, value));
            }
        }
    }
    Ok(found)
}

fn missing() -> Error {
    Error::config(format!("the database URL is missing: {VARIABLE} is neither set nor in .env.local or .env"))
}

/// What files say of a variable.
enum Looked {
    Nothing,
    Found(String),
    /// A line that cannot be read may have been the one that is looked for, or have hidden it. The error that says so.
    Hidden(Error),
}

impl Looked {
    /// What they say, where nothing may be hidden.
    fn needed(self) -> Result<Option<String>> {
        match self {
            Looked::Nothing => Ok(None),
            Looked::Found(found) => Ok(Some(found)),
            Looked::Hidden(hidden) => Err(hidden),
        }
    }
}

/// What the first file with something to say says last of a variable. Where it may have hidden it, no other file is asked: it may name another
/// database than the application's.
fn first<'a>(paths: impl Iterator<Item = &'a Path>, variable: &str) -> Result<Looked> {
    for path in paths {
        let file = parse(path)?;
        if let Some(found) = file.last(variable) {
            return match file.ambiguous.iter().any(|name| name == variable) {
                true => Err(ambiguous(path, variable)),
                false => Ok(Looked::Found(found.to_owned())),
            };
        }
        if file.torn {
            let instead = if variable == VARIABLE { "give the URL itself" } else { IN_SHELL };
            return Ok(Looked::Hidden(hidden(path, variable, instead)));
        }
    }
    Ok(Looked::Nothing)
}

/// A file's variables, and whether it has lines that cannot be read.
struct File {
    pairs: Vec<(String, String)>,
    /// The variables with a `$` that others read otherwise.
    ambiguous: Vec<String>,
    torn: bool,
}

impl File {
    fn last(&self, variable: &str) -> Option<&str> {
        self.pairs.iter().rev().find(|(name, _)| name == variable).map(|(_, value)| value.as_str())
    }
}

fn parse(path: &Path) -> Result<File> {
    let text = std::fs::read_to_string(path).map_err(|cause| unreadable(path, &cause))?;
    let text = text.trim_start_matches('\u{feff}');
    let lines: Vec<_> = dotenvy::from_read_iter(text.as_bytes()).collect();
    let torn = lines.iter().any(std::result::Result::is_err);
    // What a file says last counts.
    let written: BTreeMap<_, _> = text.lines().filter_map(assignment).collect();
    let ambiguous = written.into_iter().filter(|(_, value)| is_ambiguous(value));
    let ambiguous = ambiguous.map(|(name, _)| name.to_owned()).collect();
    Ok(File { pairs: lines.into_iter().flatten().collect(), ambiguous, torn })
}

/// The name and the value of a line, as they are written, without a comment behind them.
fn assignment(line: &str) -> Option<(&str, &str)> {
    let line = line.trim_start();
    let (name, value) = line.strip_prefix("export ").unwrap_or(line).split_once('=')?;
    let value = value.trim();
    let quoted = value.strip_prefix('"').and_then(|rest| rest.split_once('"')).map(|(inner, _)| inner);
    let plain = || value.split_once(" #").map_or(value, |(before, _)| before);
    Some((name.trim(), quoted.unwrap_or_else(plain)))
}

/// Whether a value has a `$` that one tool takes for the beginning of a name, and another one for itself, or for that of another name: dotenvy's
/// names have no `_` unless they are in braces, and Node.js reads no names at all.
fn is_ambiguous(value: &str) -> bool {
    if value.starts_with('\'') {
        return false;
    }
    let parts: Vec<_> = value.split('$').collect();
    parts.windows(2).any(|pair| {
        let is_name = |character: char| character.is_ascii_alphanumeric();
        let after = pair[1].trim_start_matches(is_name);
        let is_clear = pair[1].starts_with('{') || after.len() < pair[1].len() && !after.starts_with('_');
        !pair[0].ends_with('\\') && !is_clear
    })
}

fn ambiguous(path: &Path, variable: &str) -> Error {
    let why = "a dollar sign in it is read in different ways by different tools: write \\$ for itself and ${NAME} for a variable";
    Error::config(format!("{} has a {variable} that cannot be used: {why}", path.display()))
}

fn unreadable(path: &Path, why: &dyn Display) -> Error {
    Error::config(format!("{} cannot be read: {why}", path.display()))
}

/// The line is never shown: it may be a secret.
fn hidden(path: &Path, variable: &str, instead: &str) -> Error {
    unreadable(path, &format!("one of its lines, and no other has {variable}; {instead}"))
}

#[cfg(test)]
mod tests {
    use super::{assignment, is_ambiguous};

    #[test]
    fn a_comment_is_no_value() {
        for (line, value) in [
            ("DATABASE_URL=postgres://u:p@h/d # was $OLD_DB", "postgres://u:p@h/d"),
            ("export DATABASE_URL = \"file:./a#b.db\" # $A_B", "file:./a#b.db"),
            ("DATABASE_URL=file:./a#b.db", "file:./a#b.db"),
        ] {
            assert_eq!(assignment(line), Some(("DATABASE_URL", value)));
        }
        assert_eq!(assignment("no assignment"), None);
    }

    #[test]
    fn a_dollar_sign_is_itself_or_begins_a_name() {
        for clear in
            ["postgres://u:p@h/d", r"pa\$word", "'pa$_word'", "postgres://u:${DB_PASSWORD}@h/d", "file:./$STAGE.db"]
        {
            assert!(!is_ambiguous(clear), "{clear}");
        }
        for ambiguous in ["file:./$APP_ENV.db", "postgres://u:$DB_PASSWORD@h/d", "pa$$word", "pa$", "\"a$_b\""] {
            assert!(is_ambiguous(ambiguous), "{ambiguous}");
        }
    }
}
