//! What is known of the tables of one database, and what requests to them amount to.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::engine::arguments::Argument;
use crate::engine::compile::compile;
use crate::engine::compiled::Compiled;
use crate::engine::registered::{Numbered, UNREGISTERED};
use crate::engine::request::Request;
use crate::engine::tables::Tables;
use crate::error::{Error, Result};
use crate::table::subject::named;
use crate::table::table::Table;

/// The tables as a look found them, and what requests to them amount to. Never changed: when the tables have
/// changed, another one takes its place.
#[derive(Debug)]
pub struct Plan {
    pub tables: Tables,
    /// By the number of the request.
    compiled: Mutex<HashMap<u32, Arc<Compiled>>>,
}

impl Plan {
    pub fn new(tables: Tables) -> Self {
        Self { tables, compiled: Mutex::default() }
    }

    /// `error` of a request with these arguments, with what it is about.
    pub fn named(&self, error: Error, request: &Request, arguments: &[Argument]) -> Error {
        let Ok(own) = self.tables.get(&request.model) else { return error };
        // Of conditions, those about a null have no argument.
        let asked = request.filter.iter().filter(|condition| condition.places.is_some() || !condition.null);
        let fields = request.set.iter().chain(&request.increment).chain(asked.map(|condition| &condition.field));
        let given = fields.zip(arguments).filter_map(|(name, argument)| match argument {
            Argument::One(value) => Some((&*own.columns[own.position(name)?].field, value)),
            Argument::Many(_) => None,
        });
        named(error, &own.subject(), self.tables.all().map(Table::subject), &given.collect::<Vec<_>>())
    }

    /// The statements for a request. A mistake in it is found each time it is made.
    pub fn compiled(&self, numbered: &Numbered) -> Result<Arc<Compiled>> {
        let known = self.compiled.lock().unwrap_or_else(PoisonError::into_inner).get(&numbered.number).cloned();
        if let Some(compiled) = known {
            return Ok(compiled);
        }
        let compiled = Arc::new(compile(&self.tables, &numbered.request)?);
        if numbered.number != UNREGISTERED {
            self.compiled.lock().unwrap_or_else(PoisonError::into_inner).insert(numbered.number, compiled.clone());
        }
        Ok(compiled)
    }
}
