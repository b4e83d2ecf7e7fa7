//! The conversion of accounts' tokens that are stored as they are, or encrypted otherwise than they should be.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::authjs::model::Table;
use crate::authjs::plan::Plan;
use crate::authjs::secure::{Conversion, Place, Progress};
use crate::database::database::Database;
use crate::driver::executor::Executor;
use crate::engine::reseal::{Reseal, Wanted};
use crate::error::Result;

/// Accounts' tokens become encrypted by the first key.
#[derive(Debug, Default)]
pub struct AccountTokens {
    wanted: Wanted,
    /// How many tokens no key could read, in this pass through the table.
    unreadable: AtomicU64,
}

impl AccountTokens {
    pub fn new(wanted: Wanted) -> Self {
        Self { wanted, unreadable: AtomicU64::new(0) }
    }

    pub fn unreadable(&self) -> u64 {
        self.unreadable.load(Ordering::Relaxed)
    }
}

impl Conversion for AccountTokens {
    fn names(&self) -> [&'static str; 2] {
        ["account token", "account tokens"]
    }

    fn table(&self) -> Table {
        Table::Account
    }

    async fn examine(&self, _: &Database, plan: &Plan) -> Result<()> {
        Reseal::new(plan.tables.dialect, plan.tables.get(Table::Account.name())?).map(drop)
    }

    async fn convert(
        &self,
        plan: &Plan,
        executor: &mut impl Executor,
        place: Option<&Place>,
        limit: u32,
    ) -> Result<Progress> {
        let Some(reseal) = Reseal::new(plan.tables.dialect, plan.tables.get(Table::Account.name())?)? else {
            return Ok(Progress::default());
        };
        let done = reseal.step(executor, &self.wanted, place, limit).await?;
        if place.is_none() {
            self.unreadable.store(0, Ordering::Relaxed);
        }
        self.unreadable.fetch_add(done.unreadable, Ordering::Relaxed);
        Ok(Progress { looked: done.looked, converted: done.converted, place: done.place })
    }
}
