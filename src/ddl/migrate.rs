//! Makes the tables that an application wants, or says how.

use crate::ddl::desired::Wanted;
use crate::ddl::missing::missing;
use crate::dialect::Dialect;
use crate::driver::connection::Connection;
use crate::driver::work::{Scope, Work};
use crate::error::Result;
use crate::statement::shape;
use crate::table::catalog;
use crate::types::kind::Kind;
use crate::value::{Records, Value};

pub struct Migration<'a> {
    pub dialect: Dialect,
    pub schema: Option<&'a str>,
    pub wanted: &'a Wanted,
    /// Whether to make the tables, and not only to say how.
    pub apply: bool,
}

impl Work for Migration<'_> {
    /// The statements.
    type Output = Vec<String>;

    fn scope(&self) -> Scope {
        Scope::Atomic
    }

    async fn run(&self, connection: &mut Connection) -> Result<Vec<String>> {
        let mut more: Vec<_> =
            self.wanted.tables.iter().filter_map(|table| Some(table.name.rsplit_once('.')?.0)).collect();
        more.sort_unstable();
        more.dedup();
        let catalog = catalog::read(connection, self.dialect, self.schema, &more).await?;
        let statements = missing(self.dialect, self.schema, &catalog, self.wanted)?;
        if self.apply {
            for statement in &statements {
                connection.batch(statement).await?;
            }
        }
        Ok(statements)
    }
}

/// The statements, each as a record.
pub fn records(statements: Vec<String>) -> Records {
    let shape = shape::number(vec![("statement".to_owned(), Kind::Text)]);
    statements.into_iter().map(|statement| (shape, vec![Value::Text(statement)])).collect()
}
