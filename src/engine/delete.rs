//! What the DELETE statements are that a request can need.

use crate::engine::statements::Statements;
use crate::error::Result;
use crate::statement::statement::Statement;
use crate::table::builder::Builder;
use crate::table::column::Column;
use crate::table::table::Table;

impl Statements<'_> {
    /// `DELETE` of all that match. `returning`: the shown columns answer.
    pub fn delete(&self, returning: bool) -> Statement {
        self.delete_along(&[], returning)
    }

    /// The same, and of the rows of other tables whose columns equal the first argument.
    pub fn delete_along(&self, others: &[(&Table, &Column)], returning: bool) -> Statement {
        let mut built = Builder::new(self.dialect);
        if !others.is_empty() {
            let along = |built: Builder, (place, (table, column)): (usize, &(&Table, &Column))| {
                let built = built.push(&format!("along_{place} AS (DELETE FROM ")).push(&table.name);
                built.push(" WHERE ").equals("", column, 0).push(")")
            };
            built = built.push("WITH ").separated(", ", others.iter().enumerate(), along).push(" ");
        }
        let built = self.filtered(built.push("DELETE FROM ").push(&self.table.name), "");
        if returning { self.returning(built, false) } else { built.build() }
    }

    /// `DELETE` of all whose column equals the first argument, and of such rows of `others`, from several tables at once. Few match:
    /// each row of one table meets all of the others.
    pub fn delete_from_all(&self, column: &Column, others: &[(&Table, &Column)]) -> Statement {
        let all: Vec<_> = std::iter::once((self.table, column)).chain(others.iter().copied()).collect();
        let names = (0..all.len()).map(|place| format!("t{place}")).collect::<Vec<_>>().join(", ");
        let built = Builder::new(self.dialect).push(&format!("DELETE {names} FROM (SELECT 1) AS one"));
        let joined = |built: Builder, (place, (table, column)): (usize, (&Table, &Column))| {
            let built = built.push(&format!(" LEFT JOIN {} AS t{place} ON ", table.name));
            built.equals(&format!("t{place}."), column, 0)
        };
        all.into_iter().enumerate().fold(built, joined).build()
    }

    /// `DELETE` of the row that the arguments name.
    pub fn delete_named(&self, names: &[&Column]) -> Statement {
        self.on_table("DELETE FROM ").push(" WHERE ").matching("", names.iter().copied(), 0).build()
    }

    /// `DELETE` of one that matches, which it answers.
    pub fn delete_one(&self) -> Result<Statement> {
        let built = self.on_table("DELETE FROM ");
        let built = if self.dialect.syntax().delete_limit {
            self.in_order(self.filtered(built, ""), "").push(" LIMIT 1")
        } else {
            self.one(built)?
        };
        Ok(self.returning(built, false))
    }

    /// `DELETE` of the row whose id is the argument at `id`, which still has to match.
    pub fn delete_locked(&self, id: usize) -> Result<Statement> {
        Ok(self.locked(self.on_table("DELETE FROM "), id)?.build())
    }
}
