//! The JavaScript environments that hear of what fails without having been called for.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use crate::database::queue::{CompletionQueue, UNASKED};
use crate::error::Error;

#[derive(Default)]
pub struct Attendants(Mutex<Vec<Weak<dyn CompletionQueue>>>);

impl std::fmt::Debug for Attendants {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Attendants")
    }
}

impl Attendants {
    pub fn add(&self, completions: &Arc<dyn CompletionQueue>) {
        let completions = Arc::downgrade(completions);
        let mut attending = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        attending.retain(|attendant| attendant.strong_count() > 0 && !attendant.ptr_eq(&completions));
        attending.push(completions);
    }

    /// Tells an error that is no call's to one of them.
    pub fn tell(&self, error: &Error) {
        let attending = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(completions) = attending.iter().find_map(Weak::upgrade) {
            completions.complete(vec![(UNASKED, Err(error.clone()))]);
        }
    }
}
