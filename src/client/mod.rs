//! A database, what was learnt of it, and the plans.

pub mod introspect;
pub mod known;
pub mod looking;
pub mod options;
pub mod registry;
pub mod sweep;
