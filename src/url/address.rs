//! What a URL comes to.

use crate::database::pool_options::PoolOptions;
use crate::driver::session::{Session, Sessions};
use crate::driver::target::Target;
use crate::types::zone::Zone;

/// A URL, understood.
#[derive(Debug, Clone)]
pub struct Address {
    pub target: Target,
    /// The PostgreSQL schema that holds the tables (`?schema=`).
    pub schema: Option<String>,
    pub in_memory: bool,
    /// Whether a SQLite file is opened for reading only.
    pub read_only: bool,
    /// Pool settings that the URL carries (`connection_limit`, `pool_timeout`, …).
    pub pool: PoolOptions,
}

impl Address {
    /// The same address, known to be reached through a transaction pooler or known not to be.
    pub fn behind_transaction_pooler(mut self, pooled: bool) -> Self {
        if let Target::Postgres { sessions, .. } = &mut self.target {
            *sessions = Sessions::new(if pooled { Session::Lent } else { Session::Own });
        }
        self
    }

    /// The same address, for tables whose clock is `zone`'s.
    pub fn in_zone(mut self, zone: Zone) -> Self {
        if let Target::MySql { server_zone, .. } = &mut self.target {
            *server_zone = zone == Zone::Server;
        }
        self
    }
}
