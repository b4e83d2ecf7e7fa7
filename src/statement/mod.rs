//! Statements with what is needed to run them and to read their answers.

pub mod calls;
pub mod count;
pub mod first;
pub mod preparation;
pub mod shape;
pub mod statement;
