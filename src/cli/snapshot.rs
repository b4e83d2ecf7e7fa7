//! Where does `check` write what is known of the tables, for the option `snapshot`?

use std::path::Path;

use uuid::Uuid;

use crate::client::client::Client;
use crate::engine::schema::Schema;
use crate::error::{Error, Result};

/// Writes a snapshot of the tables of Auth.js, or of those that are `described`, into `file`, in the place of one that is there, whole
/// or not at all.
pub async fn write(client: &Client, described: Option<&Schema>, file: &Path) -> Result<()> {
    let Some(taken) = client.take_snapshot(described).await? else {
        return Err(Error::config(
            "a SQLite file needs no snapshot: its tables are looked at within the process, without a turn to a server",
        ));
    };
    // A name of its own: another run may be writing the same snapshot.
    let mut beside = file.as_os_str().to_owned();
    beside.push(format!(".{}.part", Uuid::new_v4().simple()));
    let beside = Path::new(&beside);
    let written = std::fs::write(beside, taken.to_text()).and_then(|()| std::fs::rename(beside, file));
    written.map_err(|error| {
        std::fs::remove_file(beside).ok();
        Error::config(format!("the snapshot {} cannot be written", file.display())).because(error.to_string())
    })
}
