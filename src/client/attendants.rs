//! The JavaScript environments that hear of what fails without having been called for.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use crate::database::queue::{Inbox, UNASKED};
use crate::error::Error;

#[derive(Default)]
pub struct Attendants(Mutex<Vec<Weak<dyn Inbox>>>);

impl std::fmt::Debug for Attendants {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Attendants")
    }
}

impl Attendants {
    pub fn add(&self, inbox: &Arc<dyn Inbox>) {
        let inbox = Arc::downgrade(inbox);
        let mut attending = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        attending.retain(|attendant| attendant.strong_count() > 0 && !attendant.ptr_eq(&inbox));
        attending.push(inbox);
    }

    /// Tells an error that is no call's to one of them.
    pub fn tell(&self, error: &Error) {
        let attending = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(inbox) = attending.iter().find_map(Weak::upgrade) {
            inbox.arrive(vec![(UNASKED, Err(error.clone()))]);
        }
    }
}
