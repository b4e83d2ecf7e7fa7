//! Performs writes until it is known what became of them, as far as that can be known.

use crate::client::client::Client;
use crate::database::conflicts::Absence;
use crate::database::write_batcher::{Together, together};
use crate::engine::settle::{Doubt, Settle};
use crate::error::{Code, Error, Result};
use crate::value::Records;

impl Client {
    /// Performs `call`, and does it again or looks for its row where an answer was lost. An error is in doubt if an earlier attempt was;
    /// but for another row that has the key, and keeps each attempt from taking effect.
    pub async fn settle(&self, call: &impl Settle) -> Result<Records> {
        let mut in_doubt = false;
        let outcome = self.until_settled(call, &mut in_doubt).await;
        outcome.map_err(|error| {
            let is_refused = error.code == Code::Unique && call.doubt() == Doubt::Looks;
            Error { in_doubt: error.in_doubt || in_doubt && !is_refused, ..error }
        })
    }

    /// Performs `call` once, together with others that wait if it may.
    async fn perform(&self, call: &impl Settle) -> Result<Records> {
        let Some((write, values)) = call.shared() else { return self.database.run(call).await };
        match together(&self.database, &write, values, self.database.run(call)).await {
            Together::Alone(outcome) => outcome,
            Together::Shared(outcome) => call.answered(outcome),
        }
    }

    async fn until_settled(&self, call: &impl Settle, in_doubt: &mut bool) -> Result<Records> {
        let mut absence = Absence::new(self.database.operation_timeout());
        loop {
            let error = match self.perform(call).await {
                Err(error) => error,
                done => return done,
            };
            *in_doubt |= error.in_doubt;
            // The row that is in the way may be the one that an earlier attempt has inserted.
            if *in_doubt
                && call.doubt() == Doubt::Looks
                && (error.in_doubt || error.code == Code::Unique)
                && let Some(look) = call.look()
            {
                let found = self.database.run(&look).await?;
                if !found.is_empty() {
                    return Ok(found);
                }
            }
            if !error.in_doubt || call.doubt() == Doubt::Stays || !absence.again().await {
                return Err(error);
            }
        }
    }
}
