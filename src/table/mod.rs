//! Physical tables and columns: what the catalog says, and what it means.

pub mod any_case;
pub mod besides;
pub mod builder;
pub mod capacity;
pub mod catalog;
pub mod clocks;
pub mod column;
pub mod conventions;
pub mod counted;
pub mod defaults;
pub mod encode;
pub mod encrypted;
pub mod infer;
pub mod introspect;
pub mod naming;
pub mod numbers;
pub mod references;
pub mod report;
pub mod server;
pub mod sets;
pub mod shared;
pub mod snapshot;
pub mod sql_types;
pub mod stored_forms;
pub mod subject;
pub mod table;
#[cfg(test)]
mod tests;
pub mod tied;
pub mod units;
