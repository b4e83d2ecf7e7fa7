//! A database, what was learnt of it, and the plans.

pub mod attendants;
pub mod beside;
pub mod client;
pub mod counts;
pub mod fresh;
pub mod freshness;
pub mod introspect;
pub mod looking;
pub mod lookups;
pub mod operation_plan;
pub mod options;
pub mod own_writes;
pub mod passwords;
pub mod perform;
pub mod reached;
pub mod registry;
pub mod replan;
pub mod replica;
pub mod replica_lookups;
pub mod replicas;
pub mod request_plans;
pub mod requests;
pub mod reseal;
pub mod settle;
pub mod stats;
pub mod sweep;
