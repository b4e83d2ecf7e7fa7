//! What is known of the tables that requests are about: one plan for each description of them.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use crate::driver::message::last_name;
use crate::engine::plan::Plan;
use crate::error::Error;

/// The plans of one client, by the number of the schema.
#[derive(Debug, Default)]
pub struct Planned {
    pub(super) known: Mutex<HashMap<u32, Arc<Plan>>>,
    /// By a snapshot that a server has vouched for: for look-ups, which need not know what new ids look like.
    pub(super) foreseen: Mutex<HashMap<u32, Arc<Plan>>>,
    /// Held during a look at the tables, which serves all calls that wait. What it guards is the last look that has failed.
    pub(super) looking: tokio::sync::Mutex<Option<FailedLook>>,
}

/// The error of a look at the tables is that of all calls that waited for it: none begins a look of its own, to wait for the same time-out.
#[derive(Debug)]
pub(super) struct FailedLook {
    pub began: Instant,
    pub ended: Instant,
    pub schema: u32,
    pub error: Error,
}

impl Planned {
    pub fn known(&self, schema: u32) -> Option<Arc<Plan>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).get(&schema).cloned()
    }

    /// The same, for look-ups.
    pub fn for_look_ups(&self, schema: u32) -> Option<Arc<Plan>> {
        let foreseen = || self.foreseen.lock().unwrap_or_else(PoisonError::into_inner).get(&schema).cloned();
        self.known(schema).or_else(foreseen)
    }

    /// What the database calls the tables, by the names of their models.
    pub fn table_names(&self) -> BTreeMap<String, String> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let tables = known.values().flat_map(|plan| plan.tables.all());
        tables.map(|table| (table.model.to_string(), last_name(&table.name))).collect()
    }

    /// Forgets everything: the tables have changed.
    pub fn forget(&self) {
        for plans in [&self.known, &self.foreseen] {
            plans.lock().unwrap_or_else(PoisonError::into_inner).clear();
        }
    }
}
