//! What is known of the tables of one database, and the statements made from it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::database::database::Store;
use crate::dialect::Dialect;
use crate::engine::compile::{Compiled, compile};
use crate::engine::request::{Numbered, Schema, UNREGISTERED};
use crate::error::{Code, Error, Result};
use crate::table::table::Table;

/// The tables as a look found them, and what requests to them amount to. Never changed: when the tables
/// have changed, another one takes its place.
#[derive(Debug)]
pub struct Plan {
    pub dialect: Dialect,
    /// What opens a transaction.
    pub begin: String,
    pub persistent: bool,
    /// In the order of the schema's models. An error where the database does not have what the model needs.
    tables: Vec<Result<Table>>,
    /// By the number of the request.
    compiled: Mutex<HashMap<u32, Arc<Compiled>>>,
}

impl Plan {
    pub fn new(dialect: Dialect, tables: Vec<Result<Table>>, begin: String, persistent: bool) -> Self {
        Self { dialect, begin, persistent, tables, compiled: Mutex::default() }
    }

    pub fn table(&self, schema: &Schema, model: &str) -> Result<&Table> {
        let position = schema.models.iter().position(|each| each.name == model);
        match position.and_then(|position| self.tables.get(position)) {
            Some(Ok(table)) => Ok(table),
            Some(Err(error)) => Err(error.clone()),
            None => Err(Error::new(Code::InvalidArgument, format!("there is no model {model}")).about("table", model)),
        }
    }

    /// The statements for a request. A mistake in it is found each time it is made.
    pub fn compiled(&self, numbered: &Numbered) -> Result<Arc<Compiled>> {
        let known = self.compiled.lock().unwrap_or_else(PoisonError::into_inner).get(&numbered.number).cloned();
        if let Some(compiled) = known {
            return Ok(compiled);
        }
        let compiled = Arc::new(compile(self, &numbered.schema, &numbered.request)?);
        if numbered.number == UNREGISTERED {
            return Ok(compiled);
        }
        self.compiled.lock().unwrap_or_else(PoisonError::into_inner).insert(numbered.number, compiled.clone());
        Ok(compiled)
    }
}

/// The plans of one store, by the number of the schema.
#[derive(Debug, Default)]
pub struct Plans {
    known: Mutex<HashMap<u32, Arc<Plan>>>,
    /// Held during a look at the tables, which serves all calls that wait.
    looking: tokio::sync::Mutex<()>,
}

impl Plans {
    pub fn known(&self, schema: u32) -> Option<Arc<Plan>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).get(&schema).cloned()
    }

    /// Forgets everything: the tables have changed.
    pub fn forget(&self) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// The plan for a schema, other than `outdated`.
    pub async fn get(&self, store: &Store, of: &Numbered, outdated: Option<&Arc<Plan>>) -> Result<Arc<Plan>> {
        let usable = || {
            let known = self.known(of.schema_number)?;
            outdated.is_none_or(|outdated| !Arc::ptr_eq(&known, outdated)).then_some(known)
        };
        if let Some(plan) = usable() {
            return Ok(plan);
        }
        let _turn = self.looking.lock().await;
        if let Some(plan) = usable() {
            return Ok(plan);
        }
        let plan = Arc::new(store.learn_records(&of.schema).await?);
        self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(of.schema_number, plan.clone());
        Ok(plan)
    }
}
