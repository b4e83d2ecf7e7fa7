//! Whether a look at what the tables are begins anew: tables may change between two of its questions.

use std::time::Duration;

use tokio::time::sleep;

use crate::database::conflicts::Conflicts;
use crate::dialect::Dialect;
use crate::error::{Code, Error, Health};

/// So often at most: what a broken view says is said each time.
const MOST: u32 = 8;

/// So often, where the catalog may have passed over a table, with longer and longer moments between.
const MOST_PASSED_OVER: u32 = 3;
const MOMENT: Duration = Duration::from_millis(20);

/// The attempts of one look.
#[derive(Debug, Default)]
pub struct Looks {
    failed: u32,
    conflicts: Conflicts,
}

impl Looks {
    /// Whether the look is to begin anew after `error`, and not before this returns.
    pub async fn again(&mut self, dialect: Dialect, error: &Error) -> bool {
        self.failed += 1;
        if error.connection != Health::Sound {
            return false;
        }
        // The database has refused a question, since another connection changed a table at that moment.
        if error.stale || error.undone {
            return self.failed < MOST && self.conflicts.again().await;
        }
        let may_be_there = error.code == Code::Schema && dialect.syntax().passes_over_tables;
        let again = may_be_there && self.failed < MOST_PASSED_OVER;
        if again {
            sleep(MOMENT * self.failed).await;
        }
        again
    }
}
