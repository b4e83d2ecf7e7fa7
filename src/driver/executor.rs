//! What work does with a connection: of the pool, of the writer thread or of the calling thread.

use std::time::Instant;

use crate::driver::together::{Done, Step};
use crate::error::{Code, Error, Result};
use crate::statement::calls::Calls;
use crate::statement::statement::Statement;
use crate::value::Value;

pub trait Executor: Send {
    /// When the way to the server's data was opened, which has led to the same process since. `None`: they are this process's own file.
    fn opened(&self) -> Option<Instant> {
        None
    }

    /// All rows of a statement, decoded in the order of its columns, each checked to be one that was asked for.
    fn rows(
        &mut self,
        statement: &Statement,
        arguments: &[Value],
    ) -> impl Future<Output = Result<Vec<Vec<Value>>>> + Send;

    /// How many rows a statement matched.
    fn affected(&mut self, statement: &Statement, arguments: &[Value]) -> impl Future<Output = Result<u64>> + Send;

    /// The rows of a statement that looks for any of `keys`. Which row belongs to which key is for the caller to see.
    fn rows_of_keys(
        &mut self,
        statement: &Statement,
        keys: &[&str],
    ) -> impl Future<Output = Result<Vec<Vec<Value>>>> + Send;

    /// The rows of a statement that several calls share, each value by itself: one that cannot be read is one call's error. Which row
    /// belongs to which call is for the caller to see.
    fn rows_of_calls(
        &mut self,
        _statement: &Statement,
        _calls: Calls<'_>,
    ) -> impl Future<Output = Result<Vec<Vec<Result<Value>>>>> + Send {
        async { Err(unshared()) }
    }

    /// How many rows such a statement matched.
    fn affected_by_calls(
        &mut self,
        _statement: &Statement,
        _calls: Calls<'_>,
    ) -> impl Future<Output = Result<u64>> + Send {
        async { Err(unshared()) }
    }

    /// Performs several statements in one message, and in a transaction of its own unless one is open: those whose `texts` are given.
    fn together(&mut self, _steps: &[Step<'_>], _texts: &[String]) -> impl Future<Output = Result<Vec<Done>>> + Send {
        async { Err(unshared()) }
    }

    /// How many rows a statement matched that has places for `keys`.
    fn affected_by_keys(&mut self, statement: &Statement, keys: &[&str]) -> impl Future<Output = Result<u64>> + Send;
}

/// In one process's own file, writes share a commit instead.
pub fn unshared() -> Error {
    Error::new(Code::Internal, "this database's calls share no statements")
}
