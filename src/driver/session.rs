//! Whose the server's sessions are: what may be kept in them, and what may be set.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Session {
    /// Ours alone, for as long as the connection lasts.
    Own,
    /// A pooler lends one for a transaction at a time, and gives our prepared statements names of its own, which no other client
    /// uses.
    Mapped,
    /// A pooler lends one for a transaction at a time, and what is left in it meets other clients.
    Shared,
}

/// What is known of the sessions of one server. Connections learn it.
#[derive(Debug, Clone)]
pub struct Sessions(Arc<AtomicU8>);

impl Sessions {
    pub fn new(session: Session) -> Self {
        Self(Arc::new(AtomicU8::new(session as u8)))
    }

    pub fn get(&self) -> Session {
        let known = [Session::Own, Session::Mapped, Session::Shared];
        known.into_iter().find(|session| *session as u8 == self.0.load(Ordering::Relaxed)).unwrap_or(Session::Shared)
    }

    pub fn learn(&self, session: Session) {
        self.0.store(session as u8, Ordering::Relaxed);
    }

    /// Whether each call has to be a transaction that leaves nothing behind.
    pub fn are_shared(&self) -> bool {
        self.get() == Session::Shared
    }
}
