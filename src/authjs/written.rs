//! What a write answers where it cannot return its row: what it wrote itself, over what is then read.

use crate::authjs::call::Call;
use crate::authjs::operation::Action;
use crate::error::Result;
use crate::statement::statement::Statement;
use crate::value::Records;

impl Call<'_> {
    /// Whether a look-up alone can tell what the write stores: no other connection may change it in between.
    pub fn is_read_back(&self) -> bool {
        let syntax = self.plan.statements.dialect.syntax();
        let returned = match self.operation.action {
            Action::Insert | Action::Link => syntax.insert_returning || self.table().keeps,
            Action::Update | Action::UpdateExisting => syntax.update_returning,
            _ => true,
        };
        !returned && !self.row.iter().all(|(position, value)| self.table().columns[*position].keeps(value))
    }

    /// What was read after a write, with what was written over it: meanwhile others may have changed it.
    pub fn as_written(&self, read: &Statement, mut found: Records) -> Result<Records> {
        if self.is_read_back() {
            return Ok(found);
        }
        let table = self.table();
        for (position, value) in &self.row {
            let Some(place) = table.visible().position(|column| column.field == table.columns[*position].field) else {
                continue;
            };
            for (_, record) in &mut found {
                record[place] = read.columns[place].revive(Some(value.clone()))?;
            }
        }
        Ok(found)
    }
}
