//! The parts of sqlx that servers need, under the names that sqlx gives them.

pub use sqlx_core::arguments::{Arguments, IntoArguments};
pub use sqlx_core::column::Column;
pub use sqlx_core::connection::{ConnectOptions, Connection};
pub use sqlx_core::database::Database;
pub use sqlx_core::encode::Encode;
pub use sqlx_core::executor::Executor;
pub use sqlx_core::query::query_with;
pub use sqlx_core::raw_sql::raw_sql;
pub use sqlx_core::row::Row;
pub use sqlx_core::statement::Statement;
pub use sqlx_core::type_info::TypeInfo;
pub use sqlx_core::types::Type;
pub use sqlx_core::value::ValueRef;
pub use sqlx_core::{Either, Error, database, encode, error};
pub use sqlx_mysql::MySql;
pub use sqlx_postgres::Postgres;
pub use {sqlx_mysql as mysql, sqlx_postgres as postgres};
