//! How an application reads and writes what types do not say enough of.

use crate::encryption::keyring::Keyring;
use crate::types::instant::Instant;
use crate::types::zone::Zone;

#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Conventions {
    /// Whether ids that are integers to the database are numbers to JavaScript.
    pub numeric_ids: bool,
    /// Whether several users may have one e-mail address where no unique key of the database's keeps them from it.
    pub shared_emails: bool,
    /// How columns without a native type for them write instants.
    pub dates: Option<Instant>,
    pub zone: Zone,
    /// The keys that tokens of accounts are encrypted with, if they are.
    pub encryption: Option<Keyring>,
}
