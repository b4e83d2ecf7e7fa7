//! What is known of the tables that requests are about: one plan for each description of them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::engine::plan::Plan;

/// The plans of one client, by the number of the schema.
#[derive(Debug, Default)]
pub struct Planned {
    pub(super) known: Mutex<HashMap<u32, Arc<Plan>>>,
    /// Held during a look at the tables, which serves all calls that wait.
    pub(super) looking: tokio::sync::Mutex<()>,
}

impl Planned {
    pub fn known(&self, schema: u32) -> Option<Arc<Plan>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).get(&schema).cloned()
    }

    /// Forgets everything: the tables have changed.
    pub fn forget(&self) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}
