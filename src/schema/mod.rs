//! What the tables are: logically, physically, and how they come to be.

pub mod catalog;
pub mod check;
pub mod codec;
pub mod column;
pub mod discover;
mod file;
pub mod ids;
pub mod layout;
pub mod mapping;
pub mod migrate;
pub mod model;
pub mod names;
mod own;
pub mod types;
