//! What an operation does with a connection, of the pool, of the writer thread or of the calling thread.

use crate::error::Result;
use crate::statement::statement::Statement;
use crate::value::Value;

/// What an operation does with a connection, of the pool or of the calling thread.
pub trait Verbs: Send {
    /// All rows of a statement, decoded in the order of its columns, each checked to be one that was asked for.
    fn rows(
        &mut self,
        statement: &Statement,
        arguments: &[Value],
    ) -> impl Future<Output = Result<Vec<Vec<Value>>>> + Send;

    /// How many rows a statement matched.
    fn affected(&mut self, statement: &Statement, arguments: &[Value]) -> impl Future<Output = Result<u64>> + Send;
}
