//! What the UPDATE statements are that a request can need, and what they store.

use crate::engine::predicate::{Predicate, Test};
use crate::engine::statements::Statements;
use crate::error::Result;
use crate::statement::statement::Statement;
use crate::table::builder::Builder;
use crate::table::column::Column;
use crate::types::token_hash::Hashing;
use crate::types::translation::Translation;

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
    /// The column of the token that rows are found by, and the argument that is its hash, if a change brings it into that form.
    pub fn rehashed(&self) -> Option<(&'plan Column, usize)> {
        let is_rehashed = |predicate: &&Predicate<'_>| predicate.forms > 1 && predicate.test == Test::Equals;
        let predicate = self.predicates.iter().find(is_rehashed)?;
        // It is the likeliest form, and comes first.
        (predicate.column.hashing == Some(Hashing::Written)).then_some((predicate.column, predicate.first))
    }

    /// `UPDATE` of all that match. `returning`: the shown columns answer.
    pub fn update(&self, changes: &[Change<'_>], returning: bool) -> Statement {
        let built = self.filtered(self.set(changes), "");
        if !returning {
            return built.build();
        }
        let read_again = self.table.followed.update;
        let changed = |predicate: &Predicate<'_>| {
            changes.iter().any(|each| !each.rehashes && each.column.name == predicate.column.name)
        };
        // A row that it changed need not be the one that it was found as.
        if self.predicates.iter().any(changed) {
            self.returned(built, read_again).build()
        } else {
            self.returning(built, read_again)
        }
    }

    /// `UPDATE` of one that matches, by its id. The shown columns answer.
    pub fn update_one(&self, changes: &[Change<'_>]) -> Result<Statement> {
        let built = self.one(self.set(changes))?;
        Ok(self.returned(built, self.table.followed.update).build())
    }

    /// `UPDATE` of the row whose id is the argument at `id`, which still has to match.
    pub fn update_locked(&self, changes: &[Change<'_>], id: usize) -> Result<Statement> {
        Ok(self.locked(self.set(changes), id)?.build())
    }

    /// `UPDATE … SET …`.
    fn set(&self, changes: &[Change<'_>]) -> Builder {
        // The first ones see the row as it was, on every database.
        let (moments, others): (Vec<_>, Vec<_>) = changes.iter().partition(|change| change.is_moment());
        let changed = |column: &Column| changes.iter().find(|change| change.column.name == column.name);
        let address = self.table.shared.address.as_ref().and_then(|address| changed(&self.table.columns[address.at]));
        let built = self.on_table("UPDATE ").push(" SET ");
        built.separated(", ", moments.into_iter().chain(others), |built, change| {
            let name = &change.column.name;
            let built = built.push(name).push(" = ");
            if change.is_moment() {
                return moment(built, change, address);
            }
            // A counter that was never set counts from nothing.
            let built = if change.adds { built.push("COALESCE(").push(name).push(", 0) + ") } else { built };
            built.argument(change.column, change.index)
        })
    }
}

/// The moment at which an address was proved. One that is there stays, unless the address changes or the caller says that there is
/// none, and says nothing of the address.
fn moment(built: Builder, change: &Change<'_>, address: Option<&Change<'_>>) -> Builder {
    let (column, name) = (change.column, &change.column.name);
    let kept = |built: Builder| built.push("COALESCE(").push(name).push(", ").argument(column, change.index).push(")");
    let built = built.push("CASE WHEN ");
    let Some(address) = address else {
        let built = built.argument(column, change.index).push(" IS NULL THEN NULL ELSE ");
        return kept(built).push(" END");
    };
    let lower = built.lower(address.column, &address.column.name);
    let built = built.push(&lower).push(" = ").lower_argument(address.index).push(" THEN ");
    kept(built).push(" ELSE ").argument(column, change.index).push(" END")
}
