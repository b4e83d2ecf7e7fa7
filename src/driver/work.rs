//! What is done with one connection, and in which scope.

use crate::dialect::writer::Writer;
use crate::driver::connection::Connection;
use crate::error::{Code, Error, Result};

/// What an operation needs a connection for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// One statement that only reads.
    Read,
    /// Statements of which each is complete in itself.
    Write,
    /// Statements that take effect together or not at all.
    Atomic,
}

/// What is done with a connection on loan.
pub trait Work: Sync {
    type Output: Send;

    fn scope(&self) -> Scope;

    /// Whether doing it twice is as good as once.
    fn only_reads(&self) -> bool {
        self.scope() == Scope::Read
    }

    fn run(&self, connection: &mut Connection) -> impl Future<Output = Result<Self::Output>> + Send;

    /// The same with the writing thread's connection, which not all work can make do with.
    fn write(&self, writer: &mut Writer) -> impl Future<Output = Result<Self::Output>> + Send {
        let _ = writer;
        async { Err(Error::new(Code::Internal, "this cannot be done by the thread that writes")) }
    }
}
