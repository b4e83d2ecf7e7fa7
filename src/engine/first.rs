//! Where several rows match and one of them is meant: the order that says which.
//!
//! It is the one that comes first by its id. Where a key keeps there from being several, nothing is ordered. The order is that of
//! [`crate::statement::first`], which compares rows that a change returns.

use crate::dialect::Dialect;
use crate::engine::statements::Statements;
use crate::table::builder::Builder;
use crate::table::column::Column;
use crate::table::table::{ID, Table};
use crate::types::kind::Kind;
use crate::types::wire::Wire;

impl Statements<'_> {
    /// Whether no two rows can match.
    pub fn is_one_by_a_key(&self) -> bool {
        let pinned: Vec<_> = self.predicates.iter().filter(|each| each.pins()).map(|each| &*each.column.name).collect();
        self.table.is_unique(&pinned)
    }

    /// ` ORDER BY` what makes one of the rows that match the first, if there may be several.
    pub fn in_order(&self, built: Builder, prefix: &str) -> Builder {
        if self.is_one_by_a_key() {
            return built;
        }
        let terms = terms(self.dialect, self.table, prefix);
        if terms.is_empty() { built } else { built.push(" ORDER BY ").push(&terms) }
    }
}

/// What the rows of a table are ordered by: the id, and all else where ids are not unique.
pub fn terms(dialect: Dialect, table: &Table, prefix: &str) -> String {
    if table.made_id().is_some() {
        let pair: Vec<_> = table.identity().map(|column| term(dialect, prefix, column)).collect();
        return pair.join(", ");
    }
    let Ok(id) = table.id() else { return String::new() };
    let mut columns = vec![id];
    if !table.is_unique(&[&id.name]) {
        columns.extend(table.visible().filter(|column| column.field != ID && has_order(column)));
    }
    let terms: Vec<_> = columns.into_iter().map(|column| term(dialect, prefix, column)).collect();
    terms.join(", ")
}

/// Not every type has one.
fn has_order(column: &Column) -> bool {
    !column.name.is_empty() && column.kind != Kind::Json && column.codec.read == "{}"
}

/// Texts by their bytes.
fn term(dialect: Dialect, prefix: &str, column: &Column) -> String {
    let is_text = column.codec.wire == Wire::Text && column.codec.read == "{}";
    let syntax = dialect.syntax();
    format!("{prefix}{}{}", column.name, if is_text { syntax.text_order } else { syntax.order })
}
