//! Passwords: what may be one, how it is hashed, and on which threads. Nothing here knows of a database.

pub mod hashed;
pub mod hashing;
pub mod input;
pub mod settings;
pub mod stored;
#[cfg(test)]
mod tests;
pub mod threads;
