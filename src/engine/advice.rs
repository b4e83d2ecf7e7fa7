//! What to do where a model has no table, or more than one.

use crate::dialect::catalog::OUT_OF_PATH;
use crate::engine::fit::without;
use crate::engine::schema::Model;
use crate::error::{Code, Error};
use crate::table::catalog::{Catalog, Table};
use crate::table::naming::stem;

/// What to do where there is no table for `model`. `lacking` have its name and lack what it needs; `others` are sets of
/// tables for authentication under other names, in words.
pub fn missing(catalog: &Catalog, others: &[String], model: &Model, lacking: &[&Table]) -> Error {
    let message = if let Some(near) = near(catalog, model) {
        let lacks = model.lacks(near);
        let fields: Vec<_> = lacks.iter().map(|field| format!("{}: \"…\"", model.key_of(field))).collect();
        let (but, fields) = match lacks.as_slice() {
            [] => (String::new(), String::new()),
            lacks => (format!(" but for {}", lacks.join(", ")), format!(", fields: {{ {} }}", fields.join(", "))),
        };
        format!(
            "the database has no table {}, but {} has its columns{but}; Better Auth's options can name it: {}: {{ \
             modelName: \"{}\"{fields} }}",
            model.name, near.name, model.key, near.name
        )
    } else if let Some(table) = lacking.first() {
        let mut lacks = model.lacks(table);
        if lacks.is_empty() {
            lacks = without(model.fields.iter().filter(|field| field.required), table);
        }
        format!(
            "the database has no table {}, and {} has no column for {}; Better Auth's options can name other columns \
             (fields) or another table (modelName)",
            model.name,
            table.name,
            lacks.join(", ")
        )
    } else if others.is_empty() {
        format!("the database has no table {}; `rust-auth-adapter better-auth migrate` creates it", model.name)
    } else {
        format!(
            "the database has no table {}, but other tables for authentication: {}; if they are meant, Better Auth's \
             options can name them: modelName, fields, usePlural",
            model.name,
            others.join("; and ")
        )
    };
    Error::new(Code::Schema, message).about("table", model.name.as_str())
}

/// The table under another name whose columns are nearly the model's.
fn near<'catalog>(catalog: &'catalog Catalog, model: &Model) -> Option<&'catalog Table> {
    let (_, name) = model.parts();
    let is_alike = |table: &Table| stem(&table.name).ends_with(&stem(name));
    let tells = |table: &Table| {
        if is_alike(table) { model.nearly(table) } else { model.is_telling() && model.lacks(table).is_empty() }
    };
    let others = catalog.tables.iter().filter(|table| table.reach < OUT_OF_PATH && table.name != name);
    others
        .filter(|table| model.is_core() && tells(table))
        .min_by_key(|table| (model.lacks(table).len(), !is_alike(table), table.reach))
}

/// Two tables could be the model's.
pub fn ambiguous(model: &Model, first: &Table, second: &Table) -> Error {
    Error::new(
        Code::Schema,
        format!(
            "both {} and {} could be the table {}: name the one that is meant as its modelName in Better Auth's options, \
             and the tables that belong to it likewise",
            first.name, second.name, model.name
        ),
    )
    .about("table", model.name.as_str())
}
