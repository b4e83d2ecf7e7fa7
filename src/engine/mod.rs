//! Records of any table: requests, compiled once for each form.

pub mod advice;
pub mod arguments;
pub mod batched_lookup;
pub mod batched_query;
pub mod batched_write;
pub mod borrowed;
pub mod call;
pub mod check;
pub mod compile;
pub mod compiled;
pub mod filter;
pub mod first;
pub mod first_form;
pub mod fit;
pub mod insert;
pub mod joins;
pub mod locate;
pub mod owner_check;
pub mod plan;
pub mod replaced_delete;
pub mod replay;
pub mod request;
pub mod reseal;
pub mod resolve;
pub mod seal;
pub mod settle;
pub mod shared_statements;
pub mod statements;
pub mod superseded;
pub mod tables;
#[cfg(test)]
pub mod tests;
pub mod token;
pub mod transaction;
pub mod unique_check;
pub mod written;
