//! How a command shows that it gets on: a bar on a terminal, a line now and then elsewhere. Both go to standard error: standard
//! output is for the result.

use crate::cli::output;
use std::fmt::Display;
use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// Where no terminal shows a bar, so often a line is enough.
const INTERVAL: Duration = Duration::from_secs(10);

pub struct Progress {
    expected: u64,
    /// What is counted: `expired rows`.
    what: &'static str,
    /// When something was last said.
    told: Instant,
    /// `None` if standard error is not a terminal.
    bar: Option<ProgressBar>,
}

impl Progress {
    pub fn new(expected: u64, what: &'static str) -> Self {
        let watched = std::io::stderr().is_terminal() && expected > 0;
        let bar = watched.then(|| {
            let style = ProgressStyle::with_template(&format!("{{bar:40}} {{pos}} of {{len}} {what}, {{eta}} left"));
            let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
            ProgressBar::new(expected).with_style(style)
        });
        Self { expected, what, told: Instant::now(), bar }
    }

    /// So many more, of which there may turn out to be more than were expected. `so_far`: what a line says.
    pub fn advance(&mut self, by: u64, so_far: &dyn Display) {
        match &self.bar {
            Some(bar) => bar.set_position(self.expected.min(bar.position() + by)),
            None if self.told.elapsed() >= INTERVAL => {
                self.told = Instant::now();
                output::tell(&format!("{so_far} of {} {}", self.expected, self.what));
            }
            None => {}
        }
    }

    /// Wipes the bar: what remains is the result.
    pub fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
