//! Whether the tables that are wanted may be made and completed: never beside tables in which people are already, and
//! never in tables that are another application's.

use crate::authjs::choice;
use crate::authjs::mapping::Mapping;
use crate::ddl::desired::Table;
use crate::dialect::Dialect;
use crate::engine::locate::{Found, Locator};
use crate::engine::schema::Model;
use crate::error::{Code, Error, Result};
use crate::table::catalog;
use crate::table::catalog::Catalog;

/// An error if they may not. `models` are the models of `wanted`.
pub fn permit(
    dialect: Dialect,
    catalog: &Catalog,
    locator: &Locator<'_>,
    wanted: &[Table],
    models: &[Model],
) -> Result<()> {
    locator.unmixed(models)?;
    let theirs = choice::sets(catalog, &Mapping::default());
    for model in models.iter().filter(|model| model.is_core()) {
        match locator.look(model)? {
            Found::Table(table) => {
                if let Some(set) = theirs.iter().find(|set| set.contains(table)) {
                    return Err(beside(&[format!("{}, which are Auth.js's", set.describe(set.is_elsewhere()))]));
                }
            }
            Found::Nothing(lacking) => {
                let is_in_the_way = |table: &&&_| has_that_name(dialect, table, &model.name);
                if let Some(table) = lacking.iter().find(is_in_the_way) {
                    let lacks = model.lacks(table).join(", ");
                    return Err(Error::new(
                        Code::Schema,
                        format!(
                            "the table {} is another application's: it has no column for {lacks}; nothing was changed. \
                             Better Auth's options can name another table (modelName) or its columns (fields)",
                            table.name
                        ),
                    )
                    .about("table", model.name.as_str()));
                }
            }
        }
    }
    let is_named = wanted.iter().find(|table| table.is_core()).is_none_or(|users| users.named);
    if !is_named && !locator.others().is_empty() {
        return Err(beside(locator.others()));
    }
    Ok(())
}

fn has_that_name(dialect: Dialect, table: &catalog::Table, name: &str) -> bool {
    let name = name.rsplit_once('.').map_or(name, |(_, name)| name);
    dialect.is_same_name(&table.name, name)
}

/// What is said where a view stands for a table that lacks something, or that others would have to refer to.
pub fn behind(view: &catalog::Table) -> Error {
    let (name, what) = (&view.name, view.relation.name());
    Error::new(
        Code::Schema,
        format!(
            "{name} is a {what}: nothing was changed, since columns cannot be added to it, and no table can refer to it. Better \
             Auth's options can name the tables behind it (modelName)"
        ),
    )
    .about("table", name.as_str())
}

fn beside(sets: &[String]) -> Error {
    Error::new(
        Code::Schema,
        format!(
            "the database has tables for authentication already: {}; nothing was changed, since a second, empty \
             set would hide the users who are in them. If they are Auth.js's, the option tables: \"authjs\" of rustAdapter uses \
             them. Otherwise Better Auth's options name the tables that are meant, or names for new ones beside them: user: \
             {{ modelName: \"ba_user\" }}, and so for session, account and verification",
            sets.join("; and ")
        ),
    )
}
