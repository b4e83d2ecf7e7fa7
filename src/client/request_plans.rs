//! What is known of the tables that requests are about: one plan for each description of them.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use crate::driver::message::last_name;
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

    /// What the database calls the tables, by the names of their models.
    pub fn table_names(&self) -> BTreeMap<String, String> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let tables = known.values().flat_map(|plan| plan.tables.all());
        tables.map(|table| (table.model.to_string(), last_name(&table.name))).collect()
    }

    /// Forgets everything: the tables have changed.
    pub fn forget(&self) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}
