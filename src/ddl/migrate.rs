//! Makes the tables that an application wants, or says how.

use crate::authjs::bridge;
use crate::authjs::mapping::Mapping;
use crate::ddl::desired::Wanted;
use crate::ddl::missing::{Step, missing};
use crate::ddl::outside;
use crate::ddl::shared;
use crate::dialect::Dialect;
use crate::driver::connection::Connection;
use crate::engine::schema::namespaces;
use crate::error::Result;
use crate::statement::shape;
use crate::table::introspect;
use crate::types::kind::Kind;
use crate::value::{Records, Value};

/// Makes what is missing of `wanted` if it is to be applied. Returns the statements.
pub async fn migrate(
    connection: &mut Connection,
    dialect: Dialect,
    schema: Option<&str>,
    mapping: &Mapping,
    wanted: &Wanted,
    apply: bool,
) -> Result<Vec<String>> {
    let more = namespaces(wanted.tables.iter().map(|table| table.name.as_str()));
    let catalog = introspect::read(connection, dialect, schema, &more).await?;
    let statements = match &wanted.on {
        None => {
            let steps = missing(dialect, schema, &catalog, wanted)?;
            outside::permit(connection, dialect, schema, &catalog, wanted).await?;
            decided(connection, steps).await?
        }
        Some(on) => {
            let borrowed = bridge::borrowed(connection, dialect, schema, mapping, &catalog, on).await?;
            let steps = missing(dialect, schema, &catalog, &shared::wanted(wanted, &borrowed))?;
            let mut statements = decided(connection, steps).await?;
            statements.extend(shared::beside(connection, dialect, wanted, &borrowed).await?);
            statements
        }
    };
    if apply {
        for statement in &statements {
            connection.batch(statement).await?;
        }
    }
    Ok(statements)
}

/// The statements, of which the rows decide that are there.
async fn decided(connection: &mut Connection, steps: Vec<Step>) -> Result<Vec<String>> {
    let mut statements = Vec::with_capacity(steps.len());
    for step in steps {
        match step {
            Step::Do(statement) => statements.push(statement),
            Step::Unique { doubled, unique, otherwise } => {
                let is_doubled = !connection.first_texts(&doubled).await?.is_empty();
                statements.extend(if is_doubled { otherwise } else { Some(unique) });
            }
        }
    }
    Ok(statements)
}

/// The statements, each as a record.
pub fn records(statements: Vec<String>) -> Records {
    let shape = shape::number(vec![("statement".to_owned(), Kind::Text)]);
    statements.into_iter().map(|statement| (shape, vec![Value::Text(statement)])).collect()
}
