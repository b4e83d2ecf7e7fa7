//! What `check` tells of a SQLite file as a whole.

use crate::driver::connection::Connection;
use crate::error::Result;
use crate::table::report::File;

/// With what would be better, and the statement that makes it so.
pub async fn examine(connection: &mut Connection) -> Result<(File, Option<(String, &'static str)>)> {
    let rows = connection.texts("PRAGMA journal_mode").await?;
    let journal_mode = rows.into_iter().flatten().next().flatten().unwrap_or_default();
    let better = (!["wal", "memory"].contains(&journal_mode.as_str())).then(|| {
            let message = format!(
                "the file's journal mode is {journal_mode}: look-ups wait while something is committed, commits wait for \
                 look-ups, and each takes several times as long as with a write-ahead log, for good; the option journalMode: \
                 \"wal\" does the same"
            );
            (message, "PRAGMA journal_mode = WAL;")
        });
    Ok((File { version: crate::driver::sqlite::version(), journal_mode }, better))
}
