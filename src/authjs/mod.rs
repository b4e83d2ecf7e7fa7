//! What Auth.js asks of an adapter, once for all databases.

pub mod advice;
pub mod call;
pub mod check;
pub mod choice;
pub mod discover;
pub mod expiry;
pub mod family;
pub mod file;
pub mod first;
pub mod guard;
#[cfg(test)]
pub mod indexes;
pub mod insert;
pub mod layout;
pub mod link_conflict;
pub mod lookup;
pub mod mapping;
pub mod migrate;
pub mod model;
pub mod near;
pub mod operation;
pub mod own;
pub mod perform;
pub mod plan;
pub mod planning;
pub mod prune;
pub mod row;
pub mod session_list;
pub mod sets;
pub mod statements;
pub mod written;
