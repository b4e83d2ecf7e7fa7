//! Connections to each kind of database, and how each binds, decodes and complains.

pub mod answers;
pub mod asked;
pub mod codec;
pub mod connection;
pub mod executor;
pub mod fetch;
pub mod hosts;
pub mod message;
pub mod migration_lock;
pub mod modes;
pub mod mysql;
pub mod place;
pub mod postgres;
pub mod reach;
pub mod session;
pub mod socket;
pub mod sqlite;
pub mod sqlx;
pub mod target;
pub mod together;
pub mod work;
