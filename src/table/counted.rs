//! Whether a SQLite column has integers or texts for ids, where its declaration leaves that to each value.

use crate::table::column::{Column, Fill};
use crate::types::codec::Form;
use crate::types::kind::Kind;
use crate::types::wire::Wire;

/// Goes on as a value began that the column has.
pub fn adopt(column: &mut Column, class: Option<&str>) {
    match (column.codec.form, class) {
        (Form::Undeclared { .. }, Some("integer")) => count(column),
        // SQLite stores texts in it after all.
        (Form::IntegerId, Some(class)) if class != "integer" && column.kind == Kind::Text => {
            (column.codec.form, column.codec.wire) = (Form::Plain, Wire::Any);
        }
        _ => {}
    }
}

/// Columns that refer to a user and have no values yet get integers if the users' ids are integers.
pub fn refer(tables: &mut [(&str, Vec<&mut Column>)]) {
    let is_of_users = |columns: &[&mut Column]| columns.iter().any(|column| column.field == "email");
    let has_integers =
        |columns: &[&mut Column]| columns.iter().any(|column| column.field == "id" && is_integer(column));
    if tables.iter().any(|(_, columns)| is_of_users(columns) && has_integers(columns)) {
        let columns = tables.iter_mut().flat_map(|(_, columns)| columns.iter_mut());
        columns.filter(|column| column.field == "userId").for_each(|column| count(column));
    }
}

/// Ids that are integers, as numbers to JavaScript.
pub fn show_numbers<'a>(columns: impl Iterator<Item = &'a mut Column>) {
    let is_id = |column: &&mut Column| matches!(&*column.field, "id" | "userId");
    for column in columns.filter(is_id).filter(|column| column.codec.form == Form::Undeclared { integers: true }) {
        (column.kind, column.codec.form) = (Kind::Int, Form::Plain);
        if let Fill::Id { .. } = column.fill {
            (column.fill, column.required) = (Fill::Nothing, true);
        }
    }
}

fn is_integer(column: &Column) -> bool {
    matches!(column.codec.form, Form::Undeclared { integers: true } | Form::IntegerId)
}

fn count(column: &mut Column) {
    if let Form::Undeclared { integers } = &mut column.codec.form {
        *integers = true;
    }
}
