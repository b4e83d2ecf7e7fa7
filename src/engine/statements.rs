//! What the statements of one request have in common: the table, the rows that are meant, and the columns that answer.

use crate::dialect::Dialect;
use crate::engine::predicate::Predicate;
use crate::engine::where_clause::{conditions, where_clause};
use crate::error::Result;
use crate::statement::statement::Statement;
use crate::table::builder::Builder;
use crate::table::column::Column;
use crate::table::table::Table;

/// What the statements of one request have in common.
pub struct Statements<'plan> {
    pub dialect: Dialect,
    pub table: &'plan Table,
    pub predicates: Vec<Predicate<'plan>>,
    /// The columns that an answer shows.
    pub shown: Vec<&'plan Column>,
    /// An answer shows only what is joined: the columns above serve to tell whose it is.
    pub joined_only: bool,
}

impl Statements<'_> {
    /// `text` and the table's name.
    pub(super) fn on_table(&self, text: &str) -> Builder {
        Builder::new(self.dialect).push(text).push(&self.table.name)
    }

    /// ` WHERE` the conditions hold.
    pub(super) fn filtered(&self, built: Builder, prefix: &str) -> Builder {
        where_clause(built, prefix, &self.predicates)
    }

    /// ` WHERE` it is a certain one of those that match. The conditions are repeated: a statement that had to wait for
    /// another one's change looks again.
    pub(super) fn one(&self, built: Builder) -> Result<Builder> {
        if self.is_one_by_a_key() {
            return Ok(self.filtered(built, ""));
        }
        let names: Vec<_> = self.table.handle()?.into_iter().map(|column| &*column.name).collect();
        let (row, names) = match names.as_slice() {
            [id] => ((*id).to_owned(), (*id).to_owned()),
            several => (format!("({})", several.join(", ")), several.join(", ")),
        };
        let built = built.push(&format!(" WHERE {row} = (SELECT {names} FROM {}", self.table.name));
        let built = self.in_order(self.filtered(built, ""), "");
        let built = built.push(" LIMIT 1").push(self.dialect.syntax().for_update).push(") AND ");
        Ok(conditions(built, "", &self.predicates))
    }

    /// ` WHERE` the row is the one whose id is the argument at `id`, and still matches.
    pub(super) fn locked(&self, built: Builder, id: usize) -> Result<Builder> {
        let built = built.push(" WHERE ").matching("", self.table.handle()?, id).push(" AND ");
        Ok(conditions(built, "", &self.predicates))
    }

    /// The place of a column among those that an answer shows.
    pub(super) fn place(&self, column: &Column) -> Option<usize> {
        self.shown.iter().position(|shown| shown.name == column.name)
    }

    /// The shown columns, as one record.
    pub(super) fn shown(&self, built: Builder, prefix: &str) -> Builder {
        built.record_of(prefix, self.shown.iter().copied())
    }

    /// Each row must be one that was asked for, as far as its columns tell.
    pub(super) fn verified(&self, built: Builder) -> Builder {
        let before = if self.joined_only { built.width() - self.shown.len() } else { 0 };
        self.predicates.iter().filter(|predicate| predicate.pins()).fold(built, |built, predicate| {
            match self.place(predicate.column) {
                Some(position) => built.verified(before + position, predicate.first..predicate.first + predicate.forms),
                None => built,
            }
        })
    }

    /// ` RETURNING` the shown columns; after them what names the row, where it has to be `read_again`.
    pub(super) fn returned(&self, built: Builder, read_again: bool) -> Builder {
        let built = self.shown(built.push(" RETURNING "), "");
        if !read_again {
            return built;
        }
        self.table.identity().fold(built, |built, column| built.output("", column))
    }

    /// A write that answers the rows it wrote, which it has not changed in what they were found by.
    pub(super) fn returning(&self, built: Builder, read_again: bool) -> Statement {
        self.verified(self.returned(built, read_again)).build()
    }
}
