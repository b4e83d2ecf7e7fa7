//! Values and their forms: how a column's values are written and read.

pub mod affinity;
pub mod codec;
pub mod id;
pub mod instant;
pub mod kind;
pub mod past;
pub mod random;
#[cfg(test)]
pub mod tests;
pub mod token_hash;
pub mod translation;
pub mod wire;
pub mod zone;
