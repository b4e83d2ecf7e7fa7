//! One database in use: connections, the writer thread, shared statements.

pub mod ahead;
pub mod batch;
pub mod batcher;
pub mod coming;
pub mod conflicts;
pub mod connector;
pub mod database;
pub mod foretold;
pub mod group_commit;
pub mod hung_disk;
pub mod lease;
pub mod looks;
pub mod opening;
pub mod pool;
pub mod pool_options;
pub mod queue;
pub mod route;
pub mod runtime;
pub mod sending;
pub mod vouched;
pub mod waits;
pub mod write_batcher;
pub mod writer_local;
pub mod writer_thread;
pub mod writer_transaction;
