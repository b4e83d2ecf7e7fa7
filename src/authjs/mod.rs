//! What Auth.js asks of an adapter, once for all databases.

pub mod account_swap;
pub mod advice;
pub mod bridge;
pub mod call;
pub mod check;
pub mod check_keys;
pub mod choice;
pub mod discover;
pub mod expiry;
pub mod family;
pub mod file;
pub mod guard;
#[cfg(test)]
pub mod indexes;
pub mod keys;
pub mod layout;
pub mod likely;
pub mod link_conflict;
pub mod mapping;
pub mod migrate;
pub mod migrations;
pub mod model;
pub mod near;
pub mod operation;
pub mod outside;
pub mod own;
pub mod password_call;
pub mod password_column;
pub mod password_gate;
pub mod password_other;
pub mod password_requests;
pub mod password_standing;
pub mod plan;
pub mod prune;
pub mod row;
pub mod secure;
pub mod secure_accounts;
pub mod secure_sessions;
pub mod session_list;
pub mod session_token;
#[cfg(test)]
mod tests;
