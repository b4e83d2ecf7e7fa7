//! What is known of the tables that requests are about: one plan for each description of them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::client::client::Client;
use crate::engine::plan::Plan;
use crate::engine::request::{Numbered, Schema};
use crate::engine::resolve;
use crate::engine::tables::Tables;
use crate::error::Result;
use crate::table::catalog;

/// The plans of one client, by the number of the schema.
#[derive(Debug, Default)]
pub struct Planned {
    known: Mutex<HashMap<u32, Arc<Plan>>>,
    /// Held during a look at the tables, which serves all calls that wait.
    looking: tokio::sync::Mutex<()>,
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

impl Client {
    /// The plan of requests about a schema, if there has been a look at the tables.
    pub fn known_requests(&self, schema: u32) -> Option<Arc<Plan>> {
        self.planned.known(schema)
    }

    /// The plan of requests about a schema, other than `outdated`.
    pub async fn requests(&self, of: &Numbered, outdated: Option<&Arc<Plan>>) -> Result<Arc<Plan>> {
        let usable = || {
            let known = self.planned.known(of.schema_number)?;
            outdated.is_none_or(|outdated| !Arc::ptr_eq(&known, outdated)).then_some(known)
        };
        if let Some(plan) = usable() {
            return Ok(plan);
        }
        let _turn = self.planned.looking.lock().await;
        if let Some(plan) = usable() {
            return Ok(plan);
        }
        let plan = Arc::new(self.learn_requests(&of.schema).await?);
        let mut known = self.planned.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(of.schema_number, plan.clone());
        Ok(plan)
    }

    /// What the tables of `described` are, as the database has them now.
    async fn learn_requests(&self, described: &Schema) -> Result<Plan> {
        let schema = self.schema.as_deref();
        let tables = self.database.introspect(async |connection, dialect| {
            self.look_beside();
            let catalog = catalog::read(connection, dialect, schema, &described.namespaces()).await?;
            let tables = resolve::tables(connection, dialect, &self.mapping, &catalog, described).await?;
            Ok((dialect, tables))
        });
        let (dialect, tables) = tables.await?;
        let names = described.models.iter().map(|model| model.name.as_str().into());
        Ok(Plan::new(Tables::new(dialect, self.database.persistent(), names.zip(tables).collect())))
    }
}
