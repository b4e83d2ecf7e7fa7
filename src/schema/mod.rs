//! What the tables are: logically, physically, and how they come to be.

pub mod catalog;
pub mod check;
pub mod codec;
pub mod column;
mod defaults;
pub mod discover;
pub mod habits;
pub mod ids;
pub mod instant;
pub mod layout;
pub mod mapping;
pub mod migrate;
pub mod model;
pub mod names;
pub mod numbers;
mod own;
pub mod past;
pub mod types;
