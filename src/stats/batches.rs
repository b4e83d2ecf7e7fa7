//! How many calls share a statement.

use serde::Serialize;

use crate::stats::distribution::{Distribution, Summary};

/// Those of one database.
#[derive(Debug, Default)]
pub struct Batches {
    pub lookups: Distribution,
    pub writes: Distribution,
}

/// The same, as JavaScript reads it.
#[derive(Debug, Serialize)]
pub struct Sizes {
    statements: u64,
    calls: u64,
    max: u64,
    p50: u64,
    p95: u64,
}

impl From<Summary> for Sizes {
    fn from(Summary { count, sum, most, quantiles: [p50, p95, _] }: Summary) -> Self {
        Self { statements: count, calls: sum, max: most, p50, p95 }
    }
}
