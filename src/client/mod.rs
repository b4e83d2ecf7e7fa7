//! A database, what was learnt of it, and the plans.

pub mod attendants;
pub mod beside;
pub mod client;
pub mod introspect;
pub mod known;
pub mod looking;
pub mod lookups;
pub mod options;
pub mod perform;
pub mod planned;
pub mod planning;
pub mod registry;
pub mod requests;
pub mod sweep;
