//! Whether our tables may be made: never beside tables in which people are already, who would seem to be gone.

use crate::authjs::choice;
use crate::authjs::mapping::Mapping;
use crate::authjs::model::Table;
use crate::authjs::near::{Near, explain, holds_people, nearly};
use crate::dialect::Dialect;
use crate::error::{Code, Error};
use crate::table::catalog;
use crate::table::catalog::Catalog;
use crate::table::sets::Set;

/// Why our tables may not be made in the schema that comes first, where they are not yet.
pub fn objection(dialect: Dialect, catalog: &Catalog) -> Option<Error> {
    let mapping = Mapping::default();
    let sets = choice::sets(catalog, &mapping);
    let elsewhere = if dialect.syntax().schemas {
        "; the URL's parameter schema (?schema=auth) makes others in a schema of their own"
    } else {
        ""
    };
    let taken = collision(dialect, catalog);
    let others = if taken.is_none() {
        "; if they are not meant, npx rust-auth-adapter generate prints the SQL that makes others"
    } else {
        ""
    };
    let near = nearly(catalog, &mapping);
    if !sets.is_empty() {
        let qualified = sets.iter().any(Set::is_elsewhere);
        let mut found = sets.iter().map(|set| set.describe(qualified)).collect::<Vec<_>>().join("; and ");
        // What the set lacks may be there under other names.
        let open = |near: &Near<'_>| sets.iter().all(|set| set.tables[near.kind as usize].is_none());
        let lacking: Vec<_> = near.into_iter().filter(open).collect();
        if !lacking.is_empty() {
            found.push_str(&format!("; {}", explain(&lacking)));
        }
        return Some(Error::new(
            Code::Schema,
            format!(
                "the database has tables for authentication already: {found}; nothing was changed, since a second, empty set \
                 would hide the users who are in them. Without migrate they are used as they are; of several, the option \
                 tables names the right ones{others}{elsewhere}"
            ),
        ));
    }
    if holds_people(catalog, &near) {
        let found = explain(&near);
        return Some(Error::new(
            Code::Schema,
            format!(
                "the database has tables that are nearly those for authentication: {found}; nothing was changed, since a \
                 second, empty set would hide the users who are in them. The options tables and columns can name them, \
                 without migrate{others}{elsewhere}"
            ),
        ));
    }
    taken.map(|names| {
        Error::new(
            Code::Schema,
            format!(
                "the tables {} exist already and were not created by this adapter; nothing was changed{elsewhere}",
                names.join(", ")
            ),
        )
        .about("table", names[0])
    })
}

/// Those of our names that tables of the first schema have.
fn collision(dialect: Dialect, catalog: &Catalog) -> Option<Vec<&'static str>> {
    let takes = |table: &catalog::Table, name: &str| table.reach == 0 && dialect.is_same_name(&table.name, name);
    let is_taken = |name: &&str| catalog.tables.iter().any(|table| takes(table, name));
    let taken: Vec<_> = Table::ALL.iter().map(|table| table.name()).filter(is_taken).collect();
    (!taken.is_empty()).then_some(taken)
}
