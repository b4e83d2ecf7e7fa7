//! Shapes: what JavaScript must know to make an object from a record's values.

use std::sync::{Arc, Mutex, PoisonError};

use crate::schema::column::Column;
use crate::schema::layout::TableLayout;
use crate::schema::model::{Kind, Table};

/// The keys of a record in order, each with the kind of its value.
pub type Shape = Vec<(String, Kind)>;

/// All shapes in use, by number. Numbers are process-wide, so that every JavaScript environment can learn a shape once
/// and keep it; equal shapes share a number, so that the list stays as short as there are different layouts.
static SHAPES: Mutex<Vec<Arc<Shape>>> = Mutex::new(Vec::new());

/// The number of the shape that records of these columns have.
pub fn of<'a>(columns: impl Iterator<Item = &'a Column>) -> u32 {
    number(columns.map(|column| (column.field.to_string(), column.kind)).collect())
}

/// The number of the shape of `table`'s rows as lists show them. Sessions have an id there instead of their token.
pub fn of_list(table: &TableLayout) -> u32 {
    let listed = table.listed().map(|column| (column.field.to_string(), column.kind));
    if table.table != Table::Session {
        return number(listed.collect());
    }
    let renamed = listed.map(|(field, kind)| match field.as_str() {
        "sessionToken" => ("id".to_owned(), Kind::Text),
        _ => (field, kind),
    });
    number(renamed.chain([("current".to_owned(), Kind::Bool)]).collect())
}

pub fn number(shape: Shape) -> u32 {
    let mut shapes = SHAPES.lock().unwrap_or_else(PoisonError::into_inner);
    let number = shapes.iter().position(|known| **known == shape).unwrap_or_else(|| {
        shapes.push(Arc::new(shape));
        shapes.len() - 1
    });
    number as u32
}

pub fn get(number: u32) -> Option<Arc<Shape>> {
    SHAPES.lock().unwrap_or_else(PoisonError::into_inner).get(number as usize).cloned()
}
