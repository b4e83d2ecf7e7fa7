//! What the tables are: logically, physically, and how they come to be.

mod advice;
pub mod catalog;
pub mod check;
pub mod choice;
pub mod codec;
pub mod column;
mod defaults;
pub mod discover;
mod file;
mod guard;
pub mod habits;
pub mod ids;
pub mod instant;
pub mod layout;
pub mod mapping;
pub mod migrate;
pub mod model;
pub mod names;
pub mod near;
pub mod numbers;
mod own;
pub mod past;
mod random;
mod references;
pub mod sets;
pub mod types;
