//! What an operation writes: the columns that are given, and those that fill themselves.

use crate::authjs::model::Table;
use crate::authjs::operation::{Action, Operation};
use crate::authjs::password_requests::PASSWORD;
use crate::authjs::plan::Plan;
use crate::authjs::session_token::require_random;
use crate::error::{Code, Error, Result};
use crate::table::column::{Column, Fill};
use crate::types::token_hash::Hashing;
use crate::value::{Fields, Input, Value};

/// The columns to write. Fields without a column are dropped: providers send what they like.
pub fn row(plan: &Plan, operation: &Operation, fields: &Fields) -> Result<Vec<(usize, Value)>> {
    let table = plan.layout.table(operation.table);
    let inserts = operation.inserts();
    let mut row = Vec::with_capacity(fields.len() + 1);
    for (position, column) in table.columns.iter().enumerate() {
        if column.generated || operation.keys.contains(&&*column.field) {
            continue;
        }
        if column.sealed {
            row.extend(secret(plan, operation, fields, column)?.map(|value| (position, value)));
            continue;
        }
        let given = given(fields, &column.field);
        match given {
            Some(input) if inserts && is_replaced(column, input) => row.push((position, new_id(column)?)),
            Some(Input::Null) | None if inserts => match column.fill {
                Fill::Id { .. } => row.push((position, new_id(column)?)),
                Fill::Now => row.push((position, column.present()?)),
                Fill::Trigger => {}
                Fill::Unknown => return Err(column.missing()),
                Fill::Nothing | Fill::Derived(_) if column.required => return Err(column.missing()),
                Fill::Nothing | Fill::Derived(_) if given.is_some() => row.push((position, Value::Null)),
                Fill::Nothing | Fill::Derived(_) => {}
            },
            Some(input) => {
                let value = column.encode(input)?;
                if let (true, Value::Text(token)) = (inserts && column.hashing.is_some_and(Hashing::writes), &value) {
                    require_random(column, token)?;
                }
                row.push((position, value));
            }
            None if column.touched => row.push((position, column.present()?)),
            None => {}
        }
    }
    Ok(row)
}

/// What is written to a column that holds a secret: only a registration has one for it, under the name [`PASSWORD`].
fn secret(plan: &Plan, operation: &Operation, fields: &Fields, column: &Column) -> Result<Option<Value>> {
    let keeps = plan.passwords().is_ok_and(|passwords| passwords.is_kept_in(column));
    let given = match operation.action {
        Action::Register if keeps => given(fields, PASSWORD),
        // The hash goes into another column than the one of that name.
        Action::Register if &*column.field == PASSWORD => None,
        _ if given(fields, &column.field).is_some_and(|input| *input != Input::Null) => {
            let message = format!(
                "{}.{} holds the hash of a password, which passwords.register and passwords.set write; the option columns can say \
                 that it is an ordinary column",
                column.table, column.field
            );
            let error = Error::new(Code::InvalidArgument, message);
            return Err(error.about("table", &*column.table).about("field", column.field.to_string()));
        }
        _ => None,
    };
    match given {
        Some(hash) => column.encode(hash).map(Some),
        None if operation.inserts() && column.required => Ok(Some(Value::Text(String::new()))),
        None => Ok(None),
    }
}

/// The positions of the columns that [`row`] writes if it is given `fields`.
pub fn written(plan: &Plan, operation: &Operation, fields: &[&str]) -> Vec<usize> {
    let table = plan.layout.table(operation.table);
    let inserts = operation.inserts();
    let is_written = |column: &Column| {
        if column.sealed {
            return inserts && column.required;
        }
        let fills = if inserts {
            !matches!(column.fill, Fill::Nothing | Fill::Trigger | Fill::Unknown)
        } else {
            column.touched
        };
        !column.generated && !operation.keys.contains(&&*column.field) && (fields.contains(&&*column.field) || fills)
    };
    (0..).zip(&table.columns).filter(|(_, column)| is_written(column)).map(|(position, _)| position).collect()
}

/// The names of the given fields that the table has no column for.
pub fn unknown<'a>(plan: &'a Plan, operation: &Operation, fields: &'a Fields) -> impl Iterator<Item = &'a str> {
    let layout = &plan.layout;
    let table = layout.has(operation.table).then(|| layout.table(operation.table));
    let is_password = operation.action == Action::Register;
    let is_unknown = move |name: &&str| {
        table.is_some_and(|table| table.position(name).is_none()) && !(is_password && *name == PASSWORD)
    };
    fields.iter().map(|(name, _)| &**name).filter(is_unknown)
}

/// Whether the table's ids are of another form than the one given.
fn is_replaced(column: &Column, given: &Input) -> bool {
    match (column.fill, given) {
        (Fill::Id { form, strict: true }, Input::Text(id)) => !form.admits(id),
        _ => false,
    }
}

fn new_id(column: &Column) -> Result<Value> {
    match column.fill {
        Fill::Id { form, .. } => column.encode(&Input::Text(form.generate()?)),
        _ => Err(column.missing()),
    }
}

pub fn given<'fields>(fields: &'fields Fields, name: &str) -> Option<&'fields Input> {
    fields.iter().find(|(each, _)| each == name).map(|(_, input)| input)
}

/// A user's id as another table stores it.
pub fn owned(plan: &Plan, table: Table, id: &Value) -> Result<Value> {
    let users = plan.layout.table(Table::User);
    let (from, to) = (users.column("id"), plan.layout.table(table).column("userId"));
    let revived = from.codec.revive(from.kind, id.clone());
    let stored = revived.and_then(|value| to.codec.store(value));
    stored.ok_or_else(|| to.invalid("is not of the form that the column holds"))
}
