//! `prune` and how it shows that it gets on: a bar on a terminal, a line now and then elsewhere.

use std::fmt;
use std::io::IsTerminal;
use std::sync::Arc;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::authjs::model::Table;
use crate::authjs::prune;
use crate::authjs::prune::TABLES;
use crate::client::client::Client;
use crate::client::sweep;
use crate::error::Result;

/// Where no terminal shows a bar, so often a line is enough.
const INTERVAL: Duration = Duration::from_secs(10);

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

/// Standard output is for the result: progress goes to standard error.
pub async fn run(client: &Arc<Client>, batch: Option<u32>) -> Result<Pruned> {
    let plan = client.operations().await?;
    let mut expected = 0;
    for table in TABLES {
        expected += prune::count(&client.database, &plan, table).await?;
    }
    let progress = Progress::new(expected);
    let (mut pruned, mut told) = (Pruned::default(), Instant::now());
    let outcome = sweep::sweep(
        || Some(client.clone()),
        batch,
        |table, deleted| {
            *pruned.of(table) += deleted;
            progress.advance(deleted, &pruned, &mut told);
        },
    )
    .await;
    progress.end();
    outcome.map(|()| pruned)
}

struct Progress {
    expected: u64,
    /// `None` if standard error is not a terminal.
    bar: Option<ProgressBar>,
}

impl Progress {
    fn new(expected: u64) -> Self {
        let watched = std::io::stderr().is_terminal() && expected > 0;
        let bar = watched.then(|| {
            let style = ProgressStyle::with_template("{bar:40} {pos} of {len} expired rows, {eta} left");
            let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
            ProgressBar::new(expected).with_style(style)
        });
        Self { expected, bar }
    }

    fn advance(&self, deleted: u64, pruned: &Pruned, told: &mut Instant) {
        match &self.bar {
            Some(bar) => bar.inc(deleted),
            None if told.elapsed() >= INTERVAL => {
                *told = Instant::now();
                eprintln!("{pruned} of {} expired rows", self.expected);
            }
            None => {}
        }
    }

    /// Wipes the bar: what remains is the result.
    fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
