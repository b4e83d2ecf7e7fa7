//! What Auth.js asks of an adapter, once for all databases.

pub mod adapter;
pub mod lookup;
pub mod operation;
pub mod plan;
pub mod prune;
pub mod sessions;
