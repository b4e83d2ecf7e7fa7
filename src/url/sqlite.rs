//! `sqlite:path`, `sqlite://path`, `file:path` (Prisma's form) and `:memory:`.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::database::pool_options::PoolOptions;
use crate::driver::sqlite::options::{JournalMode, Options};
use crate::driver::target::Target;
use crate::error::{Error, Result};
use crate::url::address::Address;
use crate::url::parts::{decode, number, pool_parameter, unknown, wrong};

const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

pub fn parse(text: &str) -> Result<Address> {
    let rest = text.split_once(':').map_or("", |(_, rest)| rest);
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    // "//" is the empty host of a URL: sqlite:///var/x.db is /var/x.db, and sqlite://x.db is x.db.
    let path = decode(path.strip_prefix("//").unwrap_or(path), "path")?;
    let mut in_memory = path == ":memory:";
    if path.is_empty() {
        return Err(Error::config("the database URL names no file"));
    }
    if path.contains('\0') {
        return Err(Error::config("the path in the database URL holds a NUL character"));
    }

    let mut pool = PoolOptions::default();
    let (mut create, mut read_only, mut busy) = (true, false, BUSY_TIMEOUT);
    for (parameter, value) in ::url::form_urlencoded::parse(query.as_bytes()) {
        let (parameter, value) = (&*parameter, &*value);
        match parameter {
            "mode" => match value {
                "ro" => (create, read_only) = (false, true),
                "rw" => create = false,
                "rwc" => create = true,
                "memory" => in_memory = true,
                _ => return Err(wrong(parameter, "ro, rw, rwc or memory")),
            },
            "cache" if value == "private" || (value == "shared" && in_memory) => {}
            "cache" => return Err(wrong(parameter, "private")),
            "busy_timeout" => busy = Duration::from_millis(number(parameter, value)?),
            _ if pool_parameter(&mut pool, parameter, value)?.is_some() => {}
            _ => return Err(unknown(parameter)),
        }
    }

    let path = PathBuf::from(path.as_ref());
    let journal_mode = JournalMode::default();
    let options =
        Options { path, in_memory, read_only, create, known: Arc::default(), busy_timeout: busy, journal_mode };
    Ok(Address { target: Target::Sqlite(Box::new(options)), schema: None, in_memory, read_only, pool })
}
