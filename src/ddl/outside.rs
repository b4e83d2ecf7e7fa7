//! Sets of tables in schemas that PostgreSQL's search path does not lead to: a first table for people is not made beside one in
//! which people are.

use crate::authjs::outside::{self, Further};
use crate::ddl::desired::Wanted;
use crate::dialect::Dialect;
use crate::driver::connection::Connection;
use crate::engine::locate::{Found, Locator};
use crate::engine::schema::Model;
use crate::error::Result;
use crate::table::catalog::Catalog;

/// What the application calls its sessions.
const SESSION: &str = "session";

/// An error if `wanted` begins a set beside one in use, and neither an option nor the search path says which schema is meant.
pub async fn permit(
    connection: &mut Connection,
    dialect: Dialect,
    schema: Option<&str>,
    catalog: &Catalog,
    wanted: &Wanted,
) -> Result<()> {
    let core: Vec<_> = wanted.tables.iter().filter(|table| table.is_core()).collect();
    let models: Vec<_> = core.iter().map(|table| table.as_model()).collect();
    if core.first().is_none_or(|users| users.named) || !begins(catalog, &models)? {
        return Ok(());
    }
    let sessions = core.iter().position(|table| table.key == SESSION || table.name == SESSION);
    let further = sessions.map(|sessions| Further { models: models.iter().collect(), sessions });
    outside::look(connection, dialect, schema, further).await?.objection().map_or(Ok(()), Err)
}

/// Whether none of the models has a table yet.
fn begins(catalog: &Catalog, models: &[Model]) -> Result<bool> {
    let mut locator = Locator::new(catalog, models, |_| Vec::new());
    locator.stay();
    for model in models {
        if let Found::Table(_) = locator.look(model)? {
            return Ok(false);
        }
    }
    Ok(true)
}
