//! How a pool behaves.

use std::time::Duration;

/// More would be no pool any more.
pub const MOST_CONNECTIONS: usize = 10_000;

/// How a pool behaves. Unset fields take the database's default.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct PoolOptions {
    pub max: Option<usize>,
    /// Whether a transaction may need a connection besides those that go around it.
    pub spare: bool,
    pub acquire_timeout: Option<Duration>,
    pub connect_timeout: Option<Duration>,
    pub idle_timeout: Option<Duration>,
    pub max_lifetime: Option<Duration>,
    pub operation_timeout: Option<Duration>,
}

impl PoolOptions {
    /// These options, with the holes filled from `fallback`.
    pub fn or(self, fallback: PoolOptions) -> PoolOptions {
        PoolOptions {
            max: self.max.or(fallback.max),
            spare: self.spare,
            acquire_timeout: self.acquire_timeout.or(fallback.acquire_timeout),
            connect_timeout: self.connect_timeout.or(fallback.connect_timeout),
            idle_timeout: self.idle_timeout.or(fallback.idle_timeout),
            max_lifetime: self.max_lifetime.or(fallback.max_lifetime),
            operation_timeout: self.operation_timeout.or(fallback.operation_timeout),
        }
    }
}
