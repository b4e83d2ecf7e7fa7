//! One database in use: connections, the writer thread, shared look-ups.

pub mod batcher;
pub mod conflicts;
pub mod database;
pub mod group_commit;
pub mod lease;
pub mod overdue;
pub mod pool;
pub mod pool_options;
pub mod queue;
pub mod route;
pub mod runtime;
pub mod writer_local;
pub mod writer_thread;
pub mod writer_transaction;
