//! Values and their forms: how a column's values are written and read.

pub mod codec;
pub mod id;
pub mod instant;
pub mod kind;
pub mod numbers;
pub mod random;
pub mod zone;
