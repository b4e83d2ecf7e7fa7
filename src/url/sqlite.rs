//! `sqlite:path`, `sqlite://path`, `file:path` (Prisma's form) and `:memory:`.

use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::database::pool_options::PoolOptions;
use crate::driver::sqlite::options::{JournalMode, Options};
use crate::driver::target::Target;
use crate::error::{Error, Result};
use crate::url::address::Address;
use crate::url::parts::{decode, milliseconds, number, pool_parameter, unknown, wrong};

const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

pub fn parse(text: &str) -> Result<Address> {
    let (scheme, rest) = text.split_once(':').unwrap_or(("", text));
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    // "//" is the empty host of a URL: sqlite:///var/x.db is /var/x.db, and sqlite://x.db is x.db.
    let path = path.strip_prefix("//localhost").filter(|path| path.starts_with('/')).unwrap_or(path);
    let path = decode(without_slash(path.strip_prefix("//").unwrap_or(path)), "path")?;
    let mut in_memory = path == ":memory:";
    if path.is_empty() {
        return Err(Error::config("the database URL names no file"));
    }
    if path.contains("://") {
        return Err(Error::config("the path in the database URL is a URL itself"));
    }
    if path.contains('\0') {
        return Err(Error::config("the path in the database URL holds a NUL character"));
    }

    let mut pool = PoolOptions::default();
    let (mut create, mut read_only, mut busy) = (true, false, BUSY_TIMEOUT);
    // Whether the URL says that the file may be made.
    let mut makes = false;
    for (parameter, value) in ::url::form_urlencoded::parse(query.as_bytes()) {
        let (parameter, value) = (&*parameter, &*value);
        match parameter {
            "mode" => match value {
                "ro" => (create, read_only) = (false, true),
                "rw" => create = false,
                "rwc" => (create, makes) = (true, true),
                "memory" => in_memory = true,
                _ => return Err(wrong(parameter, "ro, rw, rwc or memory")),
            },
            "cache" if value == "private" || (value == "shared" && in_memory) => {}
            "cache" => return Err(wrong(parameter, "private")),
            "busy_timeout" => busy = milliseconds(parameter, number(parameter, value)?)?,
            _ if pool_parameter(&mut pool, parameter, value)?.is_some() => {}
            _ => return Err(unknown(parameter, value)),
        }
    }

    let path = PathBuf::from(path.as_ref());
    if scheme.eq_ignore_ascii_case("file")
        && !in_memory
        && !makes
        && let Some(other) = beside(&path, |path| path.exists())
    {
        return Err(Error::config(format!(
            "there is no file {}, which the database URL names, but there is {}: Prisma takes paths from the folder of its schema \
             (file:./{} means that file here); to make a new file, add ?mode=rwc",
            path.display(),
            other.display(),
            other.display(),
        )));
    }
    let journal_mode = JournalMode::default();
    let options =
        Options { path, in_memory, read_only, create, known: Arc::default(), busy_timeout: busy, journal_mode };
    Ok(Address { target: Target::Sqlite(Box::new(options)), schema: None, in_memory, read_only, pool })
}

/// A path that a URL puts after a slash although it begins with none: SQLAlchemy's `sqlite:///:memory:`, and a Windows drive.
fn without_slash(path: &str) -> &str {
    match path.strip_prefix('/').map(|rest| (rest, rest.as_bytes())) {
        Some((":memory:", _)) => ":memory:",
        Some((rest, [drive, b':', b'/' | b'\\', ..])) if cfg!(windows) && drive.is_ascii_alphabetic() => rest,
        _ => path,
    }
}

/// The file that Prisma would take `path` for, if that one is there and `path` is not.
fn beside(path: &Path, is_there: impl Fn(&Path) -> bool) -> Option<PathBuf> {
    if path.is_absolute() || is_there(path) {
        return None;
    }
    let inner: PathBuf = path.components().filter(|part| !matches!(part, Component::CurDir)).collect();
    let other = Path::new("prisma").join(inner);
    is_there(&other).then_some(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_prismas_folder_is_noticed() {
        for (path, files, expected) in [
            ("./dev.db", &["prisma/dev.db"][..], Some("prisma/dev.db")),
            ("dev.db", &["prisma/dev.db"], Some("prisma/dev.db")),
            ("./data/dev.db", &["prisma/data/dev.db"], Some("prisma/data/dev.db")),
            ("./dev.db", &["prisma/dev.db", "./dev.db"], None),
            ("./dev.db", &[], None),
            ("/dev.db", &["prisma/dev.db"], None),
            ("./prisma/dev.db", &["./prisma/dev.db"], None),
        ] {
            let found = beside(Path::new(path), |path| {
                files.iter().any(|file| Path::new(file).as_os_str() == path.as_os_str())
            });
            assert_eq!(found, expected.map(PathBuf::from), "{path} {files:?}");
        }
    }
}
