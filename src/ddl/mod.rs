//! What tables ought to be, what is missing, and making it so.

mod columns;
pub mod desired;
pub mod guard;
mod indexes;
pub mod migrate;
pub mod missing;
pub mod outside;
pub mod passwords;
pub mod shared;
#[cfg(test)]
mod tests;
