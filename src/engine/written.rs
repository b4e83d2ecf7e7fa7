//! What a write answers where it cannot return its row: what it wrote itself, over what is then read.

use crate::error::Result;
use crate::statement::statement::Statement;
use crate::table::column::Column;
use crate::value::{Records, Value};

/// The columns that a statement writes, each with the place of its argument and, if it is shown, its own in a record.
#[derive(Debug)]
pub struct Written(Vec<(Column, usize, Option<usize>)>);

impl Written {
    pub fn new<'a>(columns: impl Iterator<Item = (&'a Column, usize)>, shown: &[&Column]) -> Self {
        let place = |column: &Column| shown.iter().position(|each| each.name == column.name);
        Self(columns.map(|(column, argument)| (column.clone(), argument, place(column))).collect())
    }

    /// Whether a look-up alone can tell what the write stores: no other connection may change it in between.
    pub fn is_read_back(&self, values: &[Value]) -> bool {
        !self.0.iter().all(|(column, argument, _)| column.keeps(&values[*argument]))
    }

    /// `found`, which others may have changed since, as this write left it.
    pub fn over(&self, read: &Statement, values: &[Value], mut found: Records) -> Result<Records> {
        if self.is_read_back(values) {
            return Ok(found);
        }
        for (_, argument, place) in &self.0 {
            let Some(place) = *place else { continue };
            for (_, record) in &mut found {
                record[place] = read.columns[place].revive(Some(values[*argument].clone()))?;
            }
        }
        Ok(found)
    }
}
