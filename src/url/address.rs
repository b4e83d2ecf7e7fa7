//! What a URL comes to.

use crate::database::pool_options::PoolOptions;
use crate::driver::target::Target;
use crate::types::zone::Zone;

/// A URL, understood.
#[derive(Debug, Clone)]
pub struct Address {
    pub target: Target,
    /// The PostgreSQL schema that holds the tables (`?schema=`).
    pub schema: Option<String>,
    /// Whether a pooler lends a server connection for one transaction at a time.
    pub transaction_pooler: bool,
    pub in_memory: bool,
    /// Whether a SQLite file is opened for reading only.
    pub read_only: bool,
    /// Pool settings that the URL carries (`connection_limit`, `pool_timeout`, …).
    pub pool: PoolOptions,
}

impl Address {
    /// The same address, known to be reached through a transaction pooler or known not to be.
    pub fn behind_transaction_pooler(mut self, pooled: bool) -> Self {
        self.transaction_pooler = pooled;
        if let Target::Postgres { own_session, .. } = &mut self.target {
            *own_session = !pooled;
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
