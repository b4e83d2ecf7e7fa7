//! Where a table keeps several rows under one key, because it has no unique key: which of them answers.
//!
//! The one that comes first by its values: the id's, then the others' in the order of the columns. They are compared here, and not
//! by the database, whose collations differ; so a look-up, one that shares its query, and what an update or a deletion returns
//! all name the same row.

use std::cmp::Ordering;

use crate::statement::statement::{Output, Statement};
use crate::types::codec::Form;
use crate::value::Value;

/// The one of `rows` that answers.
pub fn first(statement: &Statement, mut rows: Vec<Vec<Value>>) -> Option<Vec<Value>> {
    if rows.len() < 2 {
        return rows.pop();
    }
    rows.into_iter().min_by(|one, other| compare(statement, one, other))
}

/// The records of the row that answers.
pub fn records(statement: &Statement, rows: Vec<Vec<Value>>) -> Vec<(u32, Vec<Value>)> {
    first(statement, rows).into_iter().flat_map(|row| statement.split(row)).collect()
}

/// Which of two rows comes first.
pub fn compare(statement: &Statement, one: &[Value], other: &[Value]) -> Ordering {
    let columns = &*statement.columns;
    let width = statement.records.first().map_or(0, |(_, width)| *width);
    let id = columns.iter().take(width).position(|column| column.field == "id");
    let order = id.into_iter().chain(0..columns.len());
    let mut compared = order.map(|at| value(&columns[at], &one[at], &other[at]));
    compared.find(|ordering| ordering.is_ne()).unwrap_or(Ordering::Equal)
}

/// Texts compare by their bytes, ids that are numbers as numbers; nothing comes before everything.
fn value(column: &Output, one: &Value, other: &Value) -> Ordering {
    match (one, other) {
        (Value::Text(one), Value::Text(other)) if column.codec.form == Form::IntegerId => {
            number(one).cmp(&number(other)).then_with(|| one.cmp(other))
        }
        (Value::Text(one), Value::Text(other)) => one.cmp(other),
        (Value::Int(one), Value::Int(other)) => one.cmp(other),
        (Value::Float(one), Value::Float(other)) => one.total_cmp(other),
        (Value::Unsigned(one), Value::Unsigned(other)) => one.cmp(other),
        // What no signed integer holds is larger than all of them.
        (Value::Unsigned(_), Value::Int(_)) => Ordering::Greater,
        (Value::Int(_), Value::Unsigned(_)) => Ordering::Less,
        (Value::Bool(one), Value::Bool(other)) => one.cmp(other),
        (Value::Time(one), Value::Time(other)) => one.cmp(other),
        _ => rank(one).cmp(&rank(other)),
    }
}

fn number(text: &str) -> Option<i128> {
    text.parse().ok()
}

fn rank(value: &Value) -> u8 {
    match value {
        Value::Null => 0,
        Value::Bool(_) => 1,
        Value::Int(_) | Value::Unsigned(_) | Value::Float(_) => 2,
        Value::Time(_) => 3,
        Value::Text(_) | Value::Unreadable(_) => 4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    fn column(field: &str) -> Output {
        Output { field: field.to_owned(), ..Output::text() }
    }

    #[test]
    fn the_smallest_id_answers_then_the_other_values() {
        let statement = Statement {
            text: "".into(),
            arguments: [].into(),
            columns: ["name", "id"].map(column).into(),
            records: [(0, 2)].into(),
            keys: [].into(),
            writes: false,
            lenient: false,
            sealed: [].into(),
            once: false,
        };
        let row = |id: &str, name: Value| vec![name, text(id)];
        let rows = vec![row("b", text("x")), row("a", text("y")), row("B", text("y")), row("B", Value::Null)];
        for turn in 0..rows.len() {
            let mut turned = rows.clone();
            turned.rotate_left(turn);
            assert_eq!(first(&statement, turned), Some(rows[3].clone()));
        }
        assert_eq!(first(&statement, Vec::new()), None);
    }

    #[test]
    fn numbers_count() {
        let mut column = column("id");
        assert_eq!(value(&column, &text("9"), &text("10")), Ordering::Greater);
        column.codec.form = Form::IntegerId;
        assert_eq!(value(&column, &text("9"), &text("10")), Ordering::Less);
    }
}
