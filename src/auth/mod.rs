//! What Auth.js asks of an adapter, once for all databases.

pub mod adapter;
mod call;
mod insert;
pub mod lookup;
pub mod operation;
pub mod plan;
mod planning;
pub mod prune;
mod row;
pub mod sessions;
mod standing;
mod written;
