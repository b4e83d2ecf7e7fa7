//! How are the tokens of an application's models converted that are not encrypted as they should be?

use std::sync::Arc;
use std::time::Instant;

use tokio::time::sleep;

use crate::authjs::secure::{self, BATCH, REST};
use crate::client::client::Client;
use crate::driver::executor::Executor;
use crate::driver::work::{Scope, Work};
use crate::engine::reseal::{Reseal, Resealed, Wanted};
use crate::engine::schema::Schema;
use crate::error::{Error, Result};
use crate::value::Value;

impl Client {
    /// Converts the tokens of all models of `described`, a few rows at a time; `told` hears of each step, and how many rows there
    /// were. Passes through a table go on until one finds nothing. Answers what was done in all.
    pub async fn reseal(
        self: &Arc<Self>,
        described: &Schema,
        wanted: &Wanted,
        limit: Option<u32>,
        mut told: impl FnMut(u64, &Resealed),
    ) -> Result<Resealed> {
        let (plan, _) = self.learn_requests(described, false).await?;
        let mut all = Resealed::default();
        let models: Vec<_> = described.models.iter().filter(|model| model.tokens.is_some()).collect();
        let mut expected = 0;
        for model in &models {
            expected += secure::count(&self.database, plan.tables.dialect, &plan.tables.get(&model.name)?.name).await?;
        }
        for model in models {
            let table = plan.tables.get(&model.name)?;
            let Some(reseal) = Reseal::new(plan.tables.dialect, table)? else {
                return Err(Error::config("the option encryption has to hold the keys"));
            };
            let (mut place, mut pass) = (None, Resealed::default());
            loop {
                let began = Instant::now();
                let step = Step { reseal: &reseal, wanted, place: place.as_ref(), limit: limit.unwrap_or(BATCH) };
                let done = self.database.run(&step).await?;
                told(expected, &done);
                all.looked += done.looked;
                all.converted += done.converted;
                pass.converted += done.converted;
                pass.unreadable += done.unreadable;
                place = done.place;
                if place.is_none() {
                    if pass.converted == 0 {
                        break;
                    }
                    pass = Resealed::default();
                }
                sleep(began.elapsed() * REST).await;
            }
            all.unreadable += pass.unreadable;
        }
        Ok(all)
    }
}

/// One small write.
struct Step<'a> {
    reseal: &'a Reseal<'a>,
    wanted: &'a Wanted,
    place: Option<&'a Vec<Value>>,
    limit: u32,
}

impl Work for Step<'_> {
    type Output = Resealed;

    fn scope(&self) -> Scope {
        Scope::Atomic
    }

    /// What has been converted is not converted again.
    fn only_reads(&self) -> bool {
        true
    }

    async fn on(&self, executor: &mut impl Executor) -> Result<Resealed> {
        self.reseal.step(executor, self.wanted, self.place, self.limit).await
    }
}
