//! What `check` tells of the tables that an application describes: what stands for its models and fields, and what would be better.

use crate::dialect::Dialect;
use crate::engine::schema::{Model, Schema};
use crate::error::Result;
use crate::table::capacity;
use crate::table::catalog::{self, Catalog, HIDDEN};
use crate::table::column::{Column, Fill};
use crate::table::naming::bare;
use crate::table::report::{Found, Report, Warning, meaning};
use crate::table::table::Table;

/// `tables` are what [`crate::engine::resolve::tables`] makes of the models. With whether each model has a table that serves it.
pub fn report(dialect: Dialect, catalog: &Catalog, schema: &Schema, tables: &[Result<Table>]) -> (Report, bool) {
    let mut report = Report::empty(dialect);
    for (model, table) in schema.models.iter().zip(tables) {
        match table {
            Err(error) => report.warn(error.message.to_string(), None),
            Ok(table) => {
                let physical = catalog.tables.iter().find(|each| each.is_named(dialect, &table.name));
                if let Some(physical) = physical {
                    examine(&mut report, model, table, physical);
                }
            }
        }
    }
    (report, tables.iter().all(Result::is_ok))
}

fn examine(report: &mut Report, model: &Model, table: &Table, physical: &catalog::Table) {
    let dialect = report.dialect;
    let of = |column: &Column| physical.columns.iter().find(|each| dialect.quote(&each.name) == column.name);
    let columns = table.columns.iter().filter_map(|column| {
        let physical = of(column)?;
        Some([column.field.to_string(), physical.name.clone(), physical.type_name.clone(), meaning(column)])
    });
    report.tables.push(Found::new(&model.name, &physical.name, columns.collect()));
    // A field of the application's own is its own affair.
    if model.is_core() && !table.names.iter().any(|name| bare(name) == "deletedat") {
        report.examine_soft_deletion(physical);
    }
    for (_, error) in &table.unserved {
        report.warn(format!("{}; it is left out: it reads as null, and cannot be written", error.message), None);
    }
    for field in model.fields.iter().filter(|field| is_missing(table, &field.name)) {
        let message = format!(
            "{} has no column for {}: it reads as null, and cannot be written; `rust-auth-adapter better-auth migrate` adds it",
            physical.name, field.name
        );
        report.warn(message, None);
    }
    for key in &table.unguarded {
        let columns: Vec<_> = key.iter().map(|position| &table.columns[*position]).collect();
        let names: Vec<_> = columns.iter().filter_map(|column| of(column)).map(|each| each.name.as_str()).collect();
        let index = dialect.quote(&format!("{}_{}_index", physical.name, names.join("_")));
        let quoted: Vec<_> = columns.iter().map(|column| column.name.as_str()).collect();
        let remedy = format!("CREATE UNIQUE INDEX {index} ON {} ({});", table.name, quoted.join(", "));
        let message = format!(
            "{} has no unique key on {}: each insert has to take a lock and look first",
            physical.name,
            names.join(", ")
        );
        report.warn(message, physical.is_table().then_some(remedy));
    }
    for column in &table.columns {
        let Some(physical_column) = of(column) else { continue };
        let is_given = |name: &str| model.fields.iter().any(|field| field.name == name && field.required);
        if table.names.iter().any(|name| is_given(name) && table.column(name).is_ok_and(|each| each == column)) {
            continue;
        }
        if column.fill == Fill::Trigger {
            let message = capacity::left_to_triggers(&physical.name, physical_column, &column.field);
            report.recommendations.push(Warning { message, remedy: None });
        }
        if column.fill == Fill::Unknown {
            let message = format!(
                "{}.{} must not be null and has no default in the database: creating a row fails unless {} is given (what \
                 Drizzle's $defaultFn or Prisma's @default(cuid()) fills works in that ORM alone)",
                physical.name, physical_column.name, column.field
            );
            report.warn(message, None);
        }
    }
    report.examine_twins(
        physical,
        &table.columns[..table.names.len()],
        "fields, in Better Auth's options, says which column stands for which field",
    );
    let is_used = |column: &catalog::Column| table.columns.iter().any(|each| each.name == dialect.quote(&column.name));
    for column in physical.columns.iter().filter(|column| !is_used(column)) {
        // What a field's column is has been said.
        if column.category == HIDDEN
            || table.unserved.iter().any(|(name, _)| physical.similar(name).iter().any(|each| each.name == column.name))
        {
            continue;
        }
        report.warn(capacity::left_alone(dialect, physical, column), None);
    }
}

/// Whether a field has no column at all.
fn is_missing(table: &Table, field: &str) -> bool {
    table.position(field).is_none() && !table.unserved.iter().any(|(name, _)| name == field)
}
