//! What to do where the database has no set of tables that can be used.

use crate::authjs::guard;
use crate::authjs::mapping::Mapping;
use crate::authjs::model::RECORD;
use crate::authjs::model::Table;
use crate::authjs::near::{explain, nearly};
use crate::dialect::Dialect;
use crate::error::{Code, Error};
use crate::table::catalog::Catalog;

/// Of tables that could not be meant, so many are named in a message.
const MENTIONED: usize = 12;

/// What there is instead, and what settles it.
pub fn nothing(dialect: Dialect, catalog: &Catalog, mapping: &Mapping) -> Error {
    let create = "create the tables with: npx rust-auth-adapter migrate \"$DATABASE_URL\"";
    // Where it would refuse, migrate is no advice.
    let ours = catalog.tables.iter().any(|table| table.name == RECORD);
    let create = (ours || guard::objection(dialect, catalog).is_none()).then_some(create);
    let near = nearly(catalog, mapping);
    if !near.is_empty() {
        let needed = [Table::User, Table::Account, Table::Session];
        let absent: Vec<_> = needed.iter().filter(|kind| !near.iter().any(|near| near.kind == **kind)).collect();
        let none = absent.iter().map(|kind| format!("; there is none for {}", kind.name())).collect::<String>();
        let or = create.map(|create| format!("; or {create}")).unwrap_or_default();
        let message = format!(
            "the database has no set of tables for authentication: {}{none}; the options tables and columns can name \
             them{or}",
            explain(&near)
        );
        let error = Error::new(Code::Schema, message);
        return match near.iter().find(|near| !near.lacks.is_empty()) {
            Some(near) => error.about("table", near.kind.name()).about("field", near.lacks[0]),
            None => error.about("table", absent.first().map_or(Table::User, |kind| **kind).name()),
        };
    }
    let names = || catalog.tables.iter().map(|table| table.name.as_str());
    let missing: Vec<_> = Table::ALL
        .iter()
        .filter(|table| **table != Table::UserPassword)
        .map(|table| table.name())
        .filter(|name| !names().any(|each| each == *name))
        .collect();
    let mut found = names().take(MENTIONED).collect::<Vec<_>>().join(", ");
    if names().count() > MENTIONED {
        found.push_str(&format!(" and {} more", names().count() - MENTIONED));
    }
    let instead = if found.is_empty() {
        String::new()
    } else {
        format!(" (it has {found}; if some of them are meant, the options tables and columns can name them)")
    };
    let create = create.map(|create| format!("; {create}")).unwrap_or_default();
    Error::new(Code::Schema, format!("the database has no table {}{instead}{create}", missing.join(", ")))
        .about("table", missing.first().copied().unwrap_or("user"))
}
