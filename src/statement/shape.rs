//! Shapes: what JavaScript must know to make an object from a record's values.

use std::sync::{Arc, Mutex, PoisonError};

use crate::types::kind::Kind;

/// What a value of a record is to JavaScript.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    As(Kind),
    /// JSON that the database has as a text.
    TextJson,
    /// A text that was encrypted, or what stands for one that cannot be decrypted.
    Decrypted,
}

/// The keys of a record in order, each with what its value is.
pub type Shape = Vec<(String, Shown)>;

/// What stands for the shape of columns that no record shows.
pub const HIDDEN: u32 = u32::MAX;

/// All shapes in use, by number. Numbers are process-wide, so that every JavaScript environment can learn a shape once
/// and keep it; equal shapes share a number, so that the list stays as short as there are different layouts.
static SHAPES: Mutex<Vec<Arc<Shape>>> = Mutex::new(Vec::new());

pub fn number(shape: Vec<(String, Kind)>) -> u32 {
    number_of(shape.into_iter().map(|(key, kind)| (key, Shown::As(kind))).collect())
}

/// The same, of records that may have decrypted texts.
pub fn number_of(shape: Shape) -> u32 {
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
