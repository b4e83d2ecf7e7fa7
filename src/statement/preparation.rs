//! A statement that a connection may prepare before a call needs it.

use std::sync::Arc;

use crate::types::wire::Wire;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preparation {
    pub text: Arc<str>,
    /// As what its values travel, in the order of its placeholders.
    pub values: Box<[Bound]>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    One(Wire),
    /// A list of texts.
    Keys,
    /// A list of several calls' arguments.
    Many(Wire),
}
