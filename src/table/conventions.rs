//! How an application reads and writes what types do not say enough of.

use crate::types::instant::Instant;
use crate::types::zone::Zone;

#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Conventions {
    /// Whether ids that are integers to the database are numbers to JavaScript.
    pub numeric_ids: bool,
    /// How columns without a native type for them write instants.
    pub dates: Option<Instant>,
    pub zone: Zone,
}
