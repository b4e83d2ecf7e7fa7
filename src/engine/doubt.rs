//! What a call has done although it failed, and what can be done about that.

use std::sync::atomic::Ordering;

use crate::driver::work::{Scope, Work as _};
use crate::engine::batched_write::Sharing;
use crate::engine::call::Call;
use crate::engine::compiled::Steps;
use crate::engine::request::Method;
use crate::engine::settle::{Doubt, Look, Settle};
use crate::error::{Code, Error, Result};
use crate::value::Records;

impl Call {
    /// Whether the row was inserted or deleted although the call failed, as far as no transaction was undone.
    pub fn is_done(&self) -> bool {
        self.done.0.load(Ordering::Relaxed)
    }

    /// The rest of an INSERT whose row could not be read: `earlier` has inserted it, with what it filled in by itself.
    pub fn resuming(mut self, earlier: &Call) -> Self {
        let fills = self.compiled.fills.len();
        if fills == earlier.compiled.fills.len() {
            let (own, theirs) = (self.values.len() - fills, earlier.values.len() - fills);
            self.values.splice(own.., earlier.values[theirs..].iter().cloned());
        }
        self.resumes = matches!(self.compiled.steps, Steps::Then { .. });
        self
    }

    /// What a statement came to that answers the rows it inserts or deletes: it has done so to those that cannot be read, too.
    pub(super) fn returned(&self, outcome: Result<Records>) -> Result<Records> {
        let once = matches!(self.compiled.method, Method::Create | Method::Delete | Method::ConsumeOne);
        outcome.inspect_err(|error| self.done.0.store(once && error.code == Code::Decode, Ordering::Relaxed))
    }

    /// An error of what is read after a write. The write has taken effect, unless both are one transaction.
    pub(super) fn after_the_write(&self, error: Error) -> Error {
        Error { undone: error.undone && self.scope() == Scope::Atomic, ..error }
    }
}

impl Settle for Call {
    fn doubt(&self) -> Doubt {
        if self.look().is_some() {
            Doubt::Looks
        } else if self.compiled.repeats {
            Doubt::Repeats
        } else {
            Doubt::Stays
        }
    }

    fn shared(&self) -> Option<Sharing<'_>> {
        self.compiled.batched_write.as_ref()?.sharing(&self.values)
    }

    fn answered(&self, outcome: Result<Records>) -> Result<Records> {
        let mut outcome = self.returned(outcome);
        if let (Some(given), Ok(records)) = (&self.given, &mut outcome) {
            given.show(records);
        }
        outcome
    }

    fn look(&self) -> Option<Look<'_>> {
        Look::new(&self.compiled.inserted, &self.values, self.given.as_ref())
    }
}

#[cfg(test)]
mod tests;
