//! `prune`, and what it says of the rows that it has deleted.

use std::fmt;
use std::sync::Arc;

use crate::authjs::model::Table;
use crate::authjs::prune;
use crate::authjs::prune::TABLES;
use crate::cli::progress::Progress;
use crate::client::client::Client;
use crate::client::sweep;
use crate::error::Result;

/// How many rows were deleted.
#[derive(Debug, Default)]
pub struct Pruned {
    sessions: u64,
    verification_tokens: u64,
}

impl Pruned {
    fn of(&mut self, table: Table) -> &mut u64 {
        if table == Table::Session { &mut self.sessions } else { &mut self.verification_tokens }
    }

    pub fn to_json(&self) -> serde_json::Value {
        serde_json::json!({ "sessions": self.sessions, "verificationTokens": self.verification_tokens })
    }
}

impl fmt::Display for Pruned {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sessions = name(Table::Session, self.sessions);
        write!(formatter, "deleted {sessions} and {}", name(Table::VerificationToken, self.verification_tokens))
    }
}

/// `1 session`, `2 sessions`.
fn name(table: Table, count: u64) -> String {
    let name = if table == Table::Session { "session" } else { "verification token" };
    format!("{count} {name}{}", if count == 1 { "" } else { "s" })
}

pub async fn run(client: &Arc<Client>, batch: Option<u32>) -> Result<Pruned> {
    let plan = client.operations().await?;
    let mut expected = 0;
    for table in TABLES {
        expected += prune::count(&client.database, &plan, table).await?;
    }
    let mut progress = Progress::new(expected, "expired rows");
    let mut pruned = Pruned::default();
    let outcome = sweep::sweep(
        || Some(client.clone()),
        batch,
        |table, deleted| {
            *pruned.of(table) += deleted;
            progress.advance(deleted, &pruned);
        },
    )
    .await;
    progress.end();
    outcome.map(|()| pruned)
}
