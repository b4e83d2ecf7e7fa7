//! The statements that a request can need: SELECT, INSERT, UPDATE, DELETE.

use crate::dialect::Dialect;
use crate::engine::predicate::{Predicate, Test};
use crate::engine::request::Request;
use crate::engine::where_clause::{conditions, where_clause};
use crate::error::Result;
use crate::statement::statement::{Output, Statement};
use crate::table::builder::Builder;
use crate::table::column::{Column, Fill};
use crate::table::table::Table;
use crate::types::token_hash::Hashing;
use crate::types::translation::Translation;

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

/// The alias of the request's own table, beside others.
fn prefix(singles: &[Single<'_>]) -> &'static str {
    if singles.is_empty() { "" } else { "b." }
}

/// A table of which a record shows at most one record.
pub struct Single<'plan> {
    pub table: &'plan Table,
    pub from: &'plan Column,
    pub to: &'plan Column,
    /// Without it, there is no answer.
    pub inner: bool,
}

/// A new value for a column: the argument at `index` itself, or added to what is there.
pub struct Change<'plan> {
    pub column: &'plan Column,
    pub index: usize,
    pub adds: bool,
    /// The row is still the one that was asked for: its token gets another form.
    pub rehashes: bool,
}

impl Change<'_> {
    /// Whether it is about a moment that callers know by its presence.
    pub fn is_moment(&self) -> bool {
        self.column.codec.translation == Some(Translation::Presence)
    }
}

impl<'plan> Statements<'plan> {
    fn build(&self, built: Builder) -> Statement {
        built.build()
    }

    /// The column of the token that rows are found by, and the argument that is its hash, if a change brings it into that form.
    pub fn rehashed(&self) -> Option<(&'plan Column, usize)> {
        let is_rehashed = |predicate: &&Predicate<'_>| predicate.forms > 1 && predicate.test == Test::Equals;
        let predicate = self.predicates.iter().find(is_rehashed)?;
        // It is the likeliest form, and comes first.
        (predicate.column.hashing == Some(Hashing::Written)).then_some((predicate.column, predicate.first))
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
        let before = if self.joined_only { built.width() - self.shown.len() } else { 0 };
        self.predicates.iter().filter(|predicate| predicate.pins()).fold(built, |built, predicate| {
            match self.shown.iter().position(|column| column.name == predicate.column.name) {
                Some(position) => built.verified(before + position, predicate.first..predicate.first + predicate.forms),
                None => built,
            }
        })
    }

    /// `tail`: ` ORDER BY … LIMIT …`.
    pub fn find(&self, singles: &[Single<'_>], tail: impl FnOnce(Builder) -> Builder) -> Statement {
        let built = self.select(singles);
        let built = where_clause(built, prefix(singles), &self.predicates);
        self.build(tail(self.verified(built)))
    }

    /// The same, to see what became of a write.
    pub fn find_after_write(&self) -> Statement {
        let built = Builder::new(self.dialect).push(self.dialect.syntax().beside_the_write);
        let built = where_clause(self.select_on(built, &[]), "", &self.predicates);
        self.build(self.verified(built))
    }

    /// The row that the conditions find again, after or before a write of it. Of several, the first by its values answers.
    pub fn first(&self, request: &Request) -> Statement {
        self.find(&[], |built| if request.lenient { built } else { self.in_order(built, "").push(" LIMIT 1") })
    }

    /// The records of as many as have one of `count` keys. Where `=` is loose, there may be others among them.
    pub fn find_by_keys(&self, singles: &[Single<'_>], key: &Column, count: usize, ordered: bool) -> Statement {
        let built = self.select(singles).push(" WHERE ").among(prefix(singles), key, count, self.table.partitioned);
        self.build(if ordered { self.in_order(built, prefix(singles)) } else { built })
    }

    /// `SELECT … FROM …`, with what is joined.
    fn select(&self, singles: &[Single<'_>]) -> Builder {
        self.select_on(Builder::new(self.dialect), singles)
    }

    fn select_on(&self, built: Builder, singles: &[Single<'_>]) -> Builder {
        let mut built = built.push("SELECT ");
        if !self.joined_only {
            built = self.shown(built, prefix(singles));
        }
        for (index, single) in singles.iter().enumerate() {
            built = built.record_of(&format!("j{index}."), single.table.visible());
        }
        if self.joined_only {
            built = self.shown.iter().fold(built, |built, column| built.output(prefix(singles), column));
        }
        built = built.push(" FROM ").push(&self.table.name);
        if !singles.is_empty() {
            built = built.push(" b");
        }
        for (index, Single { table, from, to, inner }) in singles.iter().enumerate() {
            let alias = format!("j{index}");
            let join = if *inner { "JOIN" } else { "LEFT JOIN" };
            built = built.push(&format!(" {join} {} {alias} ON ", table.name));
            built = built.joins((&format!("{alias}."), to), ("b.", from));
        }
        built
    }

    pub fn count(&self) -> Statement {
        let built = Builder::new(self.dialect).push("SELECT ").unnamed("count(*)", Output::number());
        self.build(where_clause(built.push(" FROM ").push(&self.table.name), "", &self.predicates))
    }

    /// `INSERT` of columns with the arguments at their positions. Nothing is inserted unless there is the `owner`, a table and
    /// the column that the next argument is compared with; that row then stays until the transaction's end.
    pub fn insert(&self, columns: &[&Column], owner: Option<(&Table, &Column)>) -> Builder {
        let mut built = self.on_table("INSERT INTO ");
        if columns.is_empty() && owner.is_none() {
            return built.push(self.dialect.syntax().insert_nothing);
        }
        let is_left = |column: &&Column| {
            column.fill == Fill::Trigger && !columns.iter().any(|written| written.name == column.name)
        };
        let is_named = owner.is_some() && self.dialect.syntax().names_what_triggers_fill;
        let left: Vec<_> = self.table.columns.iter().filter(|column| is_named && is_left(column)).collect();
        for (index, column) in columns.iter().chain(&left).enumerate() {
            built = built.push(if index > 0 { ", " } else { " (" }).push(&column.name);
        }
        let values = if owner.is_some() { ") SELECT " } else { ") VALUES (" };
        for (index, column) in columns.iter().enumerate() {
            built = built.push(if index > 0 { ", " } else { values }).argument(column, index);
        }
        let Some((table, key)) = owner else { return built.push(")") };
        let built =
            left.iter().fold(built, |built, _| built.push(", NULL")).push(" FROM ").push(&table.name).push(" WHERE ");
        built.equals("", key, columns.len()).push(self.dialect.syntax().hold)
    }

    /// ` RETURNING` the shown columns; after them what names the row, where it has to be `read_again`.
    fn returned(&self, built: Builder, read_again: bool) -> Builder {
        let built = self.shown(built.push(" RETURNING "), "");
        if !read_again {
            return built;
        }
        self.table.identity().fold(built, |built, column| built.output("", column))
    }

    /// A write that answers the rows it wrote. A row that it changed need not be the one that it was found as.
    pub fn returning(&self, built: Builder, changes: &[Change<'_>], read_again: bool) -> Statement {
        let built = self.returned(built, read_again);
        let changed = |predicate: &&Predicate<'_>| {
            changes.iter().any(|each| !each.rehashes && each.column.name == predicate.column.name)
        };
        self.build(if self.predicates.iter().any(|predicate| changed(&predicate)) {
            built
        } else {
            self.verified(built)
        })
    }

    /// A write whose row is known without being read.
    pub fn unread(&self, built: Builder) -> Statement {
        self.build(built.unread(self.shown.iter().copied()))
    }

    /// The row that was just inserted with `columns`, by what names it: their arguments, or the number that the database
    /// counted up.
    pub fn inserted(&self, columns: &[&Column]) -> Result<Statement> {
        let mut built = self.shown(Builder::new(self.dialect).push("SELECT "), "");
        built = built.push(" FROM ").push(&self.table.name).push(" WHERE ");
        for (position, column) in self.table.identity().enumerate() {
            built = if position > 0 { built.push(" AND ") } else { built };
            built = match columns.iter().position(|each| each.name == column.name) {
                Some(index) => built.equals("", column, index),
                None => built.push(&column.name).push(" = ").push(self.dialect.syntax().last_id),
            };
        }
        Ok(self.build(built))
    }

    fn set(&self, changes: &[Change<'_>]) -> Builder {
        // The first ones see the row as it was, on every database.
        let (moments, others): (Vec<_>, Vec<_>) = changes.iter().partition(|change| change.is_moment());
        let changed = |column: &Column| changes.iter().find(|change| change.column.name == column.name);
        let address = self.table.shared.address.as_ref().and_then(|address| changed(&self.table.columns[address.at]));
        moments.into_iter().chain(others).enumerate().fold(self.on_table("UPDATE "), |built, (position, change)| {
            let name = &change.column.name;
            let built = built.push(if position > 0 { ", " } else { " SET " }).push(name).push(" = ");
            if change.is_moment() {
                return moment(built, change, address);
            }
            // A counter that was never set counts from nothing.
            let built = if change.adds { built.push("COALESCE(").push(name).push(", 0) + ") } else { built };
            built.argument(change.column, change.index)
        })
    }

    /// `UPDATE` of all that match.
    pub fn update(&self, changes: &[Change<'_>], returning: bool) -> Statement {
        let built = where_clause(self.set(changes), "", &self.predicates);
        if returning { self.returning(built, changes, self.table.followed.update) } else { self.build(built) }
    }

    /// `UPDATE` of one that matches, by its id.
    pub fn update_one(&self, changes: &[Change<'_>]) -> Result<Statement> {
        let built = self.one(self.set(changes))?;
        Ok(self.build(self.returned(built, self.table.followed.update)))
    }

    /// `UPDATE` of the row whose id is the argument at `id`, which still has to match.
    pub fn update_locked(&self, changes: &[Change<'_>], id: usize) -> Result<Statement> {
        Ok(self.build(self.locked(self.set(changes), id)?))
    }

    /// `DELETE` of all that match.
    pub fn delete(&self, returning: bool) -> Statement {
        self.delete_along(&[], returning)
    }

    /// The same, and of the rows of other tables whose columns equal the first argument.
    pub fn delete_along(&self, others: &[(&Table, &Column)], returning: bool) -> Statement {
        let built = others.iter().enumerate().fold(Builder::new(self.dialect), |built, (place, (table, column))| {
            let before = format!("{}along_{place} AS (DELETE FROM ", if place == 0 { "WITH " } else { ", " });
            built.push(&before).push(&table.name).push(" WHERE ").matching("", std::iter::once(*column), 0).push(")")
        });
        let built = built.push(if others.is_empty() { "" } else { " " }).push("DELETE FROM ").push(&self.table.name);
        let built = where_clause(built, "", &self.predicates);
        if returning { self.returning(built, &[], false) } else { self.build(built) }
    }

    /// `DELETE` of all whose column equals the first argument, and of such rows of `others`, from several tables at once. Few match:
    /// each row of one table meets all of the others.
    pub fn delete_from_all(&self, column: &Column, others: &[(&Table, &Column)]) -> Statement {
        let all: Vec<_> = std::iter::once((self.table, column)).chain(others.iter().copied()).collect();
        let names = (0..all.len()).map(|place| format!("t{place}")).collect::<Vec<_>>().join(", ");
        let built = Builder::new(self.dialect).push(&format!("DELETE {names} FROM (SELECT 1) AS one"));
        let built = all.iter().enumerate().fold(built, |built, (place, (table, column))| {
            let built = built.push(" LEFT JOIN ").push(&table.name).push(&format!(" AS t{place} ON "));
            built.matching(&format!("t{place}."), std::iter::once(*column), 0)
        });
        self.build(built)
    }

    /// The rows that match, each followed by what names it.
    pub fn find_named(&self, names: &[&Column], tail: &str) -> Statement {
        let built = self.shown(Builder::new(self.dialect).push("SELECT "), "");
        let built = names.iter().fold(built, |built, column| built.output("", column));
        let built = where_clause(built.push(" FROM ").push(&self.table.name), "", &self.predicates);
        self.build(self.verified(built).push(tail))
    }

    /// The row that the arguments name, followed by what names it.
    pub fn named(&self, names: &[&Column]) -> Statement {
        let built = self.shown(Builder::new(self.dialect).push("SELECT "), "");
        let built = names.iter().fold(built, |built, column| built.output("", column));
        let built = built.push(" FROM ").push(&self.table.name).push(" WHERE ");
        self.build(built.matching("", names.iter().copied(), 0))
    }

    /// `DELETE` of the row that the arguments name.
    pub fn delete_named(&self, names: &[&Column]) -> Statement {
        self.build(self.on_table("DELETE FROM ").push(" WHERE ").matching("", names.iter().copied(), 0))
    }

    /// `DELETE` of one that matches, which it answers.
    pub fn delete_one(&self) -> Result<Statement> {
        let built = self.on_table("DELETE FROM ");
        let built = if self.dialect.syntax().delete_limit {
            self.in_order(where_clause(built, "", &self.predicates), "").push(" LIMIT 1")
        } else {
            self.one(built)?
        };
        Ok(self.build(self.verified(self.shown(built.push(" RETURNING "), ""))))
    }

    pub fn delete_locked(&self, id: usize) -> Result<Statement> {
        Ok(self.build(self.locked(self.on_table("DELETE FROM "), id)?))
    }

    /// Finds one that matches and keeps others from changing it. What names it comes last.
    pub fn lock_one(&self, shown: bool) -> Result<Statement> {
        let select = Builder::new(self.dialect).push("SELECT ");
        let select = if shown { self.shown(select, "") } else { select };
        let select = self.table.handle()?.into_iter().fold(select, |built, column| built.output("", column));
        let select = select.push(" FROM ").push(&self.table.name);
        let select = self.in_order(where_clause(select, "", &self.predicates), "");
        Ok(self.build(select.push(" LIMIT 1").push(self.for_update())))
    }

    /// What names the rows that have `key`, whose values are the arguments.
    pub fn holders(&self, key: &[&Column]) -> Statement {
        self.build(self.names().push(" WHERE ").matching("", key.iter().copied(), 0))
    }

    /// What names the rows that match.
    pub fn targets(&self) -> Statement {
        self.build(where_clause(self.names(), "", &self.predicates))
    }

    fn names(&self) -> Builder {
        let built = Builder::new(self.dialect).push("SELECT ");
        let built = if self.table.identity.is_empty() {
            built.unnamed("NULL", Output::text())
        } else {
            self.table.identity().fold(built, |built, column| built.output("", column))
        };
        built.push(" FROM ").push(&self.table.name)
    }

    /// The row that the arguments name.
    pub fn by_identity(&self) -> Statement {
        let built = self.shown(Builder::new(self.dialect).push("SELECT "), "");
        let built = built.push(" FROM ").push(&self.table.name).push(" WHERE ");
        self.build(built.matching("", self.table.identity(), 0))
    }

    /// The row that has `key`: columns, each with its argument.
    pub fn by_key(&self, key: &[(&Column, usize)]) -> Statement {
        let built = self.shown(Builder::new(self.dialect).push("SELECT "), "");
        let built = built.push(" FROM ").push(&self.table.name).push(" WHERE ");
        let equal = |built: Builder, (position, (column, argument)): (usize, &(&Column, usize))| {
            built.push(if position > 0 { " AND " } else { "" }).equals("", column, *argument)
        };
        self.build(key.iter().enumerate().fold(built, equal))
    }

    /// The row whose id is the argument at `id`.
    pub fn by_id(&self, id: usize) -> Result<Statement> {
        let built = self.shown(Builder::new(self.dialect).push("SELECT "), "");
        let built = built.push(" FROM ").push(&self.table.name).push(" WHERE ");
        Ok(self.build(built.matching("", self.table.handle()?, id)))
    }

    fn for_update(&self) -> &'static str {
        self.dialect.syntax().for_update
    }

    /// ` WHERE` it is a certain one of those that match. The conditions are repeated: a statement that had to wait for
    /// another one's change looks again.
    fn one(&self, built: Builder) -> Result<Builder> {
        if self.is_one_by_a_key() {
            return Ok(where_clause(built, "", &self.predicates));
        }
        let names: Vec<_> = self.table.handle()?.into_iter().map(|column| &*column.name).collect();
        let (row, names) = match names.as_slice() {
            [id] => ((*id).to_owned(), (*id).to_owned()),
            several => (format!("({})", several.join(", ")), several.join(", ")),
        };
        let built = built.push(&format!(" WHERE {row} = (SELECT {names} FROM {}", self.table.name));
        let built = self.in_order(where_clause(built, "", &self.predicates), "");
        let built = built.push(" LIMIT 1").push(self.for_update()).push(") AND ");
        Ok(conditions(built, "", &self.predicates))
    }

    fn locked(&self, built: Builder, id: usize) -> Result<Builder> {
        let built = built.push(" WHERE ").matching("", self.table.handle()?, id).push(" AND ");
        Ok(conditions(built, "", &self.predicates))
    }
}

/// The moment at which an address was proved. One that is there stays, unless the address changes or the caller says that there is
/// none, and says nothing of the address.
fn moment(built: Builder, change: &Change<'_>, address: Option<&Change<'_>>) -> Builder {
    let (column, name) = (change.column, &change.column.name);
    let kept = |built: Builder| built.push("COALESCE(").push(name).push(", ").argument(column, change.index).push(")");
    let Some(address) = address else {
        let built = built.push("CASE WHEN ").argument(column, change.index).push(" IS NULL THEN NULL ELSE ");
        return kept(built).push(" END");
    };
    let lower = built.lower(address.column, &address.column.name);
    let built = built.push("CASE WHEN ").push(&lower).push(" = ").lower_argument(address.index).push(" THEN ");
    kept(built).push(" ELSE ").argument(column, change.index).push(" END")
}
