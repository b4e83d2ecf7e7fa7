//! Whose the server's sessions are: what may be kept in them, and what may be set.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, Ordering};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Session {
    /// Ours alone, for as long as the connection lasts.
    Own,
    /// A pooler lends one for a transaction at a time, and gives our prepared statements names of its own, which no other client
    /// uses.
    Mapped,
    /// A pooler lends one for a transaction at a time, and what is left in it meets other clients.
    Shared,
    /// A pooler lends one for a transaction at a time. What it does with prepared statements is not known yet: the first call finds
    /// out.
    Lent,
}

/// Whether prepared statements are given names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Names {
    /// The server keeps them.
    Kept,
    /// They are none where a pooler lends its session to others too, to whom a name may belong by the time it is used: each call is a
    /// transaction of its own there.
    None,
    /// They have some within one transaction, whose end tells what the pooler does with them. `left`: there may be one by now.
    Tried { left: bool },
}

impl Names {
    pub fn of(session: Session) -> Self {
        match session {
            Session::Own | Session::Mapped => Names::Kept,
            Session::Shared | Session::Lent => Names::None,
        }
    }
}

impl Session {
    /// As `stats` and `check` call it.
    pub fn name(self) -> &'static str {
        match self {
            Session::Own => "none",
            Session::Mapped => "transaction, with names of prepared statements",
            Session::Shared => "transaction",
            Session::Lent => "transaction, names of prepared statements not tried yet",
        }
    }

    /// Whether each call has to be a transaction that leaves nothing behind.
    pub fn is_lent(self) -> bool {
        matches!(self, Session::Shared | Session::Lent)
    }
}

/// What is known of the sessions of one server. Connections learn it.
#[derive(Debug, Clone)]
pub struct Sessions {
    kind: Arc<AtomicU8>,
    /// Whether there is but one, for all connections of all clients, as PGlite has it.
    one: Arc<AtomicBool>,
    /// How often a pooler's statements have turned out to be outdated: see [`Self::reword`].
    wording: Arc<AtomicU32>,
    /// Whether the server is known to have no setting for the compilation of statements.
    uncompiled: Arc<AtomicBool>,
}

impl Sessions {
    pub fn new(session: Session) -> Self {
        Self {
            kind: Arc::new(AtomicU8::new(session as u8)),
            one: Arc::default(),
            wording: Arc::default(),
            uncompiled: Arc::default(),
        }
    }

    pub fn get(&self) -> Session {
        let known = [Session::Own, Session::Mapped, Session::Shared, Session::Lent];
        known.into_iter().find(|session| *session as u8 == self.kind.load(Ordering::Relaxed)).unwrap_or(Session::Shared)
    }

    pub fn learn(&self, session: Session) {
        self.kind.store(session as u8, Ordering::Relaxed);
    }

    /// All connections share one session: a second one of ours would wait for the first, and take another process's place.
    pub fn learn_one(&self) {
        self.one.store(true, Ordering::Relaxed);
    }

    pub fn are_one(&self) -> bool {
        self.one.load(Ordering::Relaxed)
    }

    /// What tells our statements now from those of the same text that the pooler has prepared before; 0 where nothing has to.
    pub fn wording(&self) -> u32 {
        match self.wording.load(Ordering::Relaxed) {
            wording @ 1.. if self.get() == Session::Mapped => wording,
            _ => 0,
        }
    }

    /// A statement of the wording `used` is outdated: its columns have other types now. The pooler knows statements by their texts, and
    /// would give the outdated one to each new connection as well.
    pub fn reword(&self, used: u32) {
        let _ = self.wording.compare_exchange(used, used.wrapping_add(1), Ordering::Relaxed, Ordering::Relaxed);
    }

    /// The server has no setting for the compilation of statements, as PostgreSQL 10 and some servers of its kind.
    pub fn learn_uncompiled(&self) {
        self.uncompiled.store(true, Ordering::Relaxed);
    }

    pub fn may_compile(&self) -> bool {
        !self.uncompiled.load(Ordering::Relaxed)
    }

    /// Whether each call has to be a transaction that leaves nothing behind.
    pub fn are_shared(&self) -> bool {
        self.get().is_lent()
    }
}
