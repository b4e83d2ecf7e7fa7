//! What is done with one connection, and in which scope.

use crate::driver::executor::Executor;
use crate::error::Result;

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

    /// Whether its caller can do it again although it may have taken effect.
    fn is_settled(&self) -> bool {
        true
    }

    /// Whether it is one caller's. What several share is not done again as it is after a conflict, but apart.
    fn is_one(&self) -> bool {
        true
    }

    /// Whether it takes locks by name, which may outlive its transaction.
    fn takes_locks(&self) -> bool {
        false
    }

    /// What a transaction of its own begins with, besides, where a pooler lends sessions for such.
    fn beginning(&self) -> &'static str {
        ""
    }

    fn on(&self, executor: &mut impl Executor) -> impl Future<Output = Result<Self::Output>> + Send;
}
