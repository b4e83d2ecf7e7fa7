//! What a transaction has done so far, so that it can be done again on another turn of the lock.
//!
//! SQLite lets one connection write at a time, and an application may write to the same file, in the same process, while one of our
//! transactions waits for its owner: for the very thread that then waits for the lock. A transaction whose owner takes longer than a
//! moment is therefore undone for the time being, and done again by its next request, or by its end. What comes out must be what its
//! owner has been told; otherwise another writer was in between, and the owner starts anew.

use crate::database::lease::Lease;
use crate::engine::call::Call;
use crate::error::{Code, Error, Result};
use crate::value::Records;

/// A transaction that has done more keeps the lock: to do it all again would take longer than others wait.
const MOST: usize = 200;

#[derive(Debug, Default)]
pub struct Log {
    done: Vec<(Call, Result<Records, Code>)>,
    /// Something in it would come out otherwise.
    unrepeatable: bool,
}

impl Log {
    pub fn add(&mut self, call: &Call, outcome: &Result<Records>) {
        self.unrepeatable |=
            self.done.len() >= MOST || outcome.as_ref().is_ok_and(|records| call.is_completed(records));
        if !self.unrepeatable {
            self.done.push((call.clone(), told(outcome)));
        }
    }

    /// Whether all that has been done can be done again.
    pub fn is_repeatable(&self) -> bool {
        !self.unrepeatable
    }

    /// Does everything again.
    pub async fn replay(&self, lease: &mut Lease) -> Result<()> {
        for (call, before) in &self.done {
            let outcome = lease.run(call).await;
            if told(&outcome) != *before {
                // Nothing has been written meanwhile where the database cannot be had at all.
                if let Err(error) = outcome
                    && error.code == Code::Connect
                {
                    return Err(error);
                }
                let message = "another connection has written meanwhile what the transaction was built on";
                return Err(Error { undone: true, ..Error::new(Code::Timeout, message) });
            }
        }
        Ok(())
    }
}

fn told(outcome: &Result<Records>) -> Result<Records, Code> {
    outcome.clone().map_err(|error| error.code)
}
