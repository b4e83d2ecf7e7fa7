//! Records of any table: the engine behind adapters that describe their tables themselves, such as Better Auth's.

mod advice;
pub mod arguments;
pub mod compile;
pub mod ddl;
pub mod engine;
pub mod filter;
mod first;
mod fit;
mod guard;
mod joined;
mod locate;
pub mod migrate;
pub mod naming;
pub mod plan;
mod replay;
pub mod request;
pub mod resolve;
pub mod sharing;
pub mod statements;
pub mod transaction;
pub mod wanted;
mod written;
