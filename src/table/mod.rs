//! Physical tables and columns: what the catalog says, and what it means.

pub mod affinity;
pub mod builder;
pub mod catalog;
pub mod clocks;
pub mod column;
pub mod counted;
pub mod defaults;
pub mod habits;
pub mod infer;
pub mod naming;
pub mod outside;
pub mod past;
pub mod references;
pub mod sql_types;
pub mod subject;
pub mod table;
