//! Requests about the rows of a table that have given keys.

use crate::authjs::model::Table;
use crate::engine::request::{Condition, Method, Request};

/// The field by which rows are a user's.
pub const OWNER: &str = "userId";

/// A request about the rows that have the given keys.
pub fn by_keys(method: Method, table: Table, keys: &[&str]) -> Request {
    let filter = keys.iter().map(|key| Condition::equals(key)).collect();
    Request { filter, lenient: true, ..Request::new(method, table.name()) }
}
