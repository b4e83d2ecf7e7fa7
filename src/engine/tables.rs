//! The tables of one database that requests are about, by the names of their models.

use std::sync::Arc;

use crate::dialect::Dialect;
use crate::error::{Code, Error, Result};
use crate::table::table::Table;

#[derive(Debug)]
pub struct Tables {
    pub dialect: Dialect,
    /// Whether prepared statements may outlive their execution.
    /// In the order of the models. An error where the database does not have what the model needs.
    tables: Vec<(Arc<str>, Result<Table>)>,
}

impl Tables {
    pub fn new(dialect: Dialect, tables: Vec<(Arc<str>, Result<Table>)>) -> Self {
        Self { dialect, tables }
    }

    /// Those that the database has.
    pub fn all(&self) -> impl Iterator<Item = &Table> {
        self.tables.iter().filter_map(|(_, table)| table.as_ref().ok())
    }

    pub fn get(&self, model: &str) -> Result<&Table> {
        match self.tables.iter().find(|(name, _)| &**name == model) {
            Some((_, Ok(table))) => Ok(table),
            Some((_, Err(error))) => Err(error.clone()),
            None => Err(Error::new(Code::InvalidArgument, format!("there is no model {model}")).about("table", model)),
        }
    }
}
