//! The statements of the record engine.

use crate::dialect::Dialect;
use crate::engine::filter::{Predicate, conditions, filter};
use crate::error::Result;
use crate::statement::statement::{Output, Statement};
use crate::table::builder::Builder;
use crate::table::column::Column;
use crate::table::table::Table;

/// What the statements of one request have in common.
pub struct Statements<'plan> {
    pub dialect: Dialect,
    pub persistent: bool,
    pub table: &'plan Table,
    pub predicates: Vec<Predicate<'plan>>,
    /// The columns that an answer shows.
    pub shown: Vec<&'plan Column>,
}

/// A table of which a record shows at most one record.
pub struct Single<'plan> {
    pub table: &'plan Table,
    pub from: &'plan Column,
    pub to: &'plan Column,
}

/// A new value for a column: the argument at `index` itself, or added to what is there.
pub struct Change<'plan> {
    pub column: &'plan Column,
    pub index: usize,
    pub adds: bool,
}

impl Statements<'_> {
    fn build(&self, built: Builder) -> Statement {
        built.build(self.persistent)
    }

    fn on_table(&self, text: &str) -> Builder {
        Builder::new(self.dialect).push(text).push(&self.table.name)
    }

    /// The shown columns, as one record.
    fn shown(&self, built: Builder, prefix: &str) -> Builder {
        built.record_of(prefix, self.shown.iter().copied())
    }

    /// Each row must be one that was asked for, as far as its columns tell.
    fn verified(&self, built: Builder) -> Builder {
        self.predicates.iter().filter(|predicate| predicate.pins()).fold(built, |built, predicate| {
            match self.shown.iter().position(|column| column.name == predicate.column.name) {
                Some(position) => built.verified(position, predicate.first),
                None => built,
            }
        })
    }

    /// `tail`: ` ORDER BY … LIMIT …`.
    pub fn find(&self, singles: &[Single<'_>], tail: impl FnOnce(Builder) -> Builder) -> Statement {
        let prefix = if singles.is_empty() { "" } else { "b." };
        let mut built = self.shown(Builder::new(self.dialect).push("SELECT "), prefix);
        for (index, single) in singles.iter().enumerate() {
            built = built.record_of(&format!("j{index}."), single.table.visible());
        }
        built = built.push(" FROM ").push(&self.table.name);
        if !singles.is_empty() {
            built = built.push(" b");
        }
        for (index, Single { table, from, to }) in singles.iter().enumerate() {
            let alias = format!("j{index}");
            built = built.push(&format!(" LEFT JOIN {} {alias} ON ", table.name));
            built = built.joins((&format!("{alias}."), to), ("b.", from));
        }
        let built = filter(built, prefix, &self.predicates);
        self.build(tail(self.verified(built)))
    }

    pub fn count(&self) -> Statement {
        let built = Builder::new(self.dialect).push("SELECT ").unnamed("count(*)", Output::number());
        self.build(filter(built.push(" FROM ").push(&self.table.name), "", &self.predicates))
    }

    /// `INSERT` of columns with the arguments at their positions. Answers the row where the dialect can.
    pub fn insert(&self, columns: &[&Column]) -> Statement {
        let mut built = self.on_table("INSERT INTO ");
        if columns.is_empty() {
            let nothing = if self.dialect.syntax().loose_equality { " () VALUES ()" } else { " DEFAULT VALUES" };
            built = built.push(nothing);
        } else {
            for (index, column) in columns.iter().enumerate() {
                built = built.push(if index > 0 { ", " } else { " (" }).push(&column.name);
            }
            for (index, column) in columns.iter().enumerate() {
                built = built.push(if index > 0 { ", " } else { ") VALUES (" }).argument(column, index);
            }
            built = built.push(")");
        }
        let returns = self.dialect.syntax().insert_returning;
        self.build(if returns { self.shown(built.push(" RETURNING "), "") } else { built })
    }

    /// The row that was just inserted: by its id, which is the argument at `id`, or that the database counted up.
    pub fn inserted(&self, id: Option<usize>) -> Result<Statement> {
        let column = self.table.id()?;
        let built = self.shown(Builder::new(self.dialect).push("SELECT "), "");
        let built = built.push(" FROM ").push(&self.table.name).push(" WHERE ");
        Ok(self.build(match id {
            Some(index) => built.equals("", column, index),
            None => built.push(&column.name).push(" = ").push(self.dialect.syntax().last_id),
        }))
    }

    fn set(&self, changes: &[Change<'_>]) -> Builder {
        changes.iter().enumerate().fold(self.on_table("UPDATE "), |built, (position, change)| {
            let name = &change.column.name;
            let built = built.push(if position > 0 { ", " } else { " SET " }).push(name).push(" = ");
            // A counter that was never set counts from nothing.
            let built = if change.adds { built.push("COALESCE(").push(name).push(", 0) + ") } else { built };
            built.argument(change.column, change.index)
        })
    }

    /// `UPDATE` of all that match.
    pub fn update(&self, changes: &[Change<'_>], returning: bool) -> Statement {
        let built = filter(self.set(changes), "", &self.predicates);
        self.build(if returning { self.shown(built.push(" RETURNING "), "") } else { built })
    }

    /// `UPDATE` of one that matches, by its id.
    pub fn update_one(&self, changes: &[Change<'_>]) -> Result<Statement> {
        let built = self.one(self.set(changes))?;
        Ok(self.build(self.shown(built.push(" RETURNING "), "")))
    }

    /// `UPDATE` of the row whose id is the argument at `id`, which still has to match.
    pub fn update_locked(&self, changes: &[Change<'_>], id: usize) -> Result<Statement> {
        Ok(self.build(self.locked(self.set(changes), id)?))
    }

    pub fn delete(&self) -> Statement {
        self.build(filter(self.on_table("DELETE FROM "), "", &self.predicates))
    }

    /// `DELETE` of one that matches, which it answers.
    pub fn delete_one(&self) -> Result<Statement> {
        let built = self.on_table("DELETE FROM ");
        // The dialect that cannot refer to the table in a sub-select can limit the deletion itself.
        let built = if self.dialect == Dialect::MariaDb {
            self.in_order(filter(built, "", &self.predicates), "").push(" LIMIT 1")
        } else {
            self.one(built)?
        };
        Ok(self.build(self.verified(self.shown(built.push(" RETURNING "), ""))))
    }

    pub fn delete_locked(&self, id: usize) -> Result<Statement> {
        Ok(self.build(self.locked(self.on_table("DELETE FROM "), id)?))
    }

    /// Finds one that matches and keeps others from changing it. The id is the last column.
    pub fn lock_one(&self, shown: bool) -> Result<Statement> {
        let select = Builder::new(self.dialect).push("SELECT ");
        let select = if shown { self.shown(select, "") } else { select };
        let select = select.output("", self.table.id()?).push(" FROM ").push(&self.table.name);
        let select = self.in_order(filter(select, "", &self.predicates), "");
        Ok(self.build(select.push(" LIMIT 1").push(self.for_update())))
    }

    /// The row whose id is the argument at `id`.
    pub fn by_id(&self, id: usize) -> Result<Statement> {
        self.inserted(Some(id))
    }

    fn for_update(&self) -> &'static str {
        if self.dialect == Dialect::Sqlite { "" } else { " FOR UPDATE" }
    }

    /// ` WHERE` it is a certain one of those that match. The conditions are repeated: a statement that had to wait for
    /// another one's change looks again.
    fn one(&self, built: Builder) -> Result<Builder> {
        if self.is_one_by_a_key() {
            return Ok(filter(built, "", &self.predicates));
        }
        let id = &self.table.id()?.name;
        let built = built.push(&format!(" WHERE {id} = (SELECT {id} FROM {}", self.table.name));
        let built = self.in_order(filter(built, "", &self.predicates), "");
        let built = built.push(" LIMIT 1").push(self.for_update()).push(") AND ");
        Ok(conditions(built, "", &self.predicates))
    }

    fn locked(&self, built: Builder, id: usize) -> Result<Builder> {
        let built = built.push(" WHERE ").equals("", self.table.id()?, id).push(" AND ");
        Ok(conditions(built, "", &self.predicates))
    }
}

impl Builder {
    /// A placeholder for a number of rows.
    pub fn limit(self, index: usize) -> Self {
        let cast = if self.dialect() == Dialect::Postgres { "::int8" } else { "" };
        self.placeholder(index).push(cast)
    }
}
