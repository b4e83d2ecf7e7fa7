//! The row that a new one belongs to, which has to be there.

use std::sync::Arc;

use crate::driver::executor::Executor;
use crate::error::{Code, Error, Result};
use crate::statement::statement::Statement;
use crate::value::Value;

/// Why an INSERT of a row that belongs to another one inserted nothing.
#[derive(Debug)]
pub struct OwnerCheck {
    /// The new row's model, and its field for the owner.
    pub(super) model: Arc<str>,
    pub(super) field: String,
    /// `None` where nothing but the owner's absence can be the reason. MySQL's snapshot may still show one that has been deleted.
    pub(super) find: Option<Statement>,
}

impl OwnerCheck {
    /// An error if `owner` is not there. A trigger may put rows elsewhere: that none was inserted does not yet say so.
    pub async fn run(&self, executor: &mut impl Executor, owner: &Value) -> Result<()> {
        match &self.find {
            Some(find) if !executor.rows(find, std::slice::from_ref(owner)).await?.is_empty() => Ok(()),
            _ => Err(no_owner(&self.model, &self.field)),
        }
    }
}

/// The row that a new one belongs to is not there.
pub fn no_owner(model: &str, field: &str) -> Error {
    Error::new(Code::ForeignKey, "the row refers to one that does not exist")
        .about("table", model)
        .about("field", field)
}
