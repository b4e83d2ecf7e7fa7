//! The arguments of several calls that share one statement.

use crate::types::wire::Wire;
use crate::value::Value;

/// Each call's arguments, of which the first is of the first wire, and so on.
#[derive(Debug, Clone, Copy)]
pub struct Calls<'a> {
    pub wires: &'a [Wire],
    pub values: &'a [&'a [Value]],
}

impl<'a> Calls<'a> {
    /// All calls' arguments at `index`.
    pub fn column(self, index: usize) -> impl Iterator<Item = &'a Value> {
        self.values.iter().map(move |values| &values[index])
    }

    /// The argument for a place of a statement that has places for each call, one call's after the other's. Places beyond the last
    /// call repeat it.
    pub fn at(self, place: usize) -> Option<&'a Value> {
        let call = (place / self.wires.len()).min(self.values.len().checked_sub(1)?);
        self.values[call].get(place % self.wires.len())
    }
}
