//! Texts that are stored encrypted: with which keys, for which place, and in which form.
//!
//! Nothing here knows of a database.

pub mod key;
pub mod keyring;
pub mod place;
pub mod sealed;
#[cfg(test)]
mod tests;
