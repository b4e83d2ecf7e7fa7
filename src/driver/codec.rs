//! How each kind of database binds, decodes and complains.

use crate::driver::sqlx;
use crate::driver::sqlx::Database;
use crate::driver::sqlx::database::HasStatementCache;
use crate::error::{Error, Result};
use crate::statement::statement::Statement;
use crate::types::codec::Wire;
use crate::value::Value;

/// How a server binds, decodes and complains.
pub trait Codec: Database + HasStatementCache {
    fn bind(arguments: &mut Self::Arguments<'_>, value: &Value) -> Result<(), sqlx::error::BoxDynError>;

    /// Binds the keys of a query for many, which has `places` for them.
    fn bind_keys(
        arguments: &mut Self::Arguments<'_>,
        keys: &[&str],
        places: usize,
    ) -> Result<(), sqlx::error::BoxDynError>;

    /// Before a statement that changes rows is performed: refuses one whose answer could not be read, since columns are of other
    /// types than the plan takes them for. Takes no turn of its own.
    fn foresee(
        connection: &mut Self::Connection,
        statement: &Statement,
        arguments: &[Value],
    ) -> impl Future<Output = Result<()>> + Send;

    /// The value at `index`, which travels as `wire`.
    fn decode(row: &Self::Row, index: usize, wire: Wire) -> Result<Value, sqlx::Error>;

    /// What an error of the database means; its values left out.
    fn explain(error: &dyn sqlx::error::DatabaseError) -> Error;
}
