//! What connections are asked on the way, in the message that sets up their sessions.

use std::sync::{Arc, Mutex, PoisonError};

/// A query that answers one text. Clients say when it is worth asking.
#[derive(Debug, Clone, Default)]
pub struct Asked(Arc<Mutex<Option<Arc<str>>>>);

impl Asked {
    pub fn get(&self) -> Option<Arc<str>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn set(&self, query: Option<Arc<str>>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = query;
    }
}
