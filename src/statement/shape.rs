//! Shapes: what JavaScript must know to make an object from a record's values.

use std::sync::{Arc, Mutex, PoisonError};

use crate::types::kind::Kind;

/// The keys of a record in order, each with the kind of its value.
pub type Shape = Vec<(String, Kind)>;

/// All shapes in use, by number. Numbers are process-wide, so that every JavaScript environment can learn a shape once
/// and keep it; equal shapes share a number, so that the list stays as short as there are different layouts.
static SHAPES: Mutex<Vec<Arc<Shape>>> = Mutex::new(Vec::new());

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
