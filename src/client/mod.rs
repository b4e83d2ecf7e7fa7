//! A database, what was learnt of it, and the plans.

pub mod attendants;
pub mod beside;
pub mod client;
pub mod fresh;
pub mod introspect;
pub mod looking;
pub mod lookups;
pub mod operation_plan;
pub mod options;
pub mod passwords;
pub mod perform;
pub mod registry;
pub mod replan;
pub mod request_plans;
pub mod requests;
pub mod settle;
pub mod sweep;
