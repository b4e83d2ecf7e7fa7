//! Statements about rows that have expired: at most so many at a time, by the index of `expires` if it has one.

use crate::authjs::layout::TableLayout;
use crate::dialect::Dialect;
use crate::statement::statement::{Output, Statement};
use crate::table::builder::Builder;
use crate::types::past::{Span, Texts};

/// The statements about the expired rows of one table.
pub struct Expiry<'plan> {
    pub dialect: Dialect,
    pub table: &'plan TableLayout,
}

impl Expiry<'_> {
    /// `DELETE` of at most `limit` rows within `span`, whose arguments it takes.
    pub fn delete_expired(&self, span: &Span, limit: u32) -> Statement {
        self.delete_some(limit, |built, layout| built.within(layout.column("expires"), span))
    }

    /// At most `limit` texts that may stand for instants of the past; arguments: the first that does not any more, and how
    /// many to pass over.
    pub fn texts_before(&self, texts: &Texts, limit: u32) -> Statement {
        let layout = self.table;
        let column = layout.column("expires");
        let text = column.codec.read.replace("{}", &column.name);
        let built = Builder::new(self.dialect).push("SELECT ").unnamed(&text, Output::text());
        let built = built.push(" FROM ").push(&layout.name).push(" WHERE ").among_texts(column, texts);
        self.some(built, layout, limit).push(" OFFSET ").placeholder(1).build()
    }

    /// `DELETE` of at most `limit` rows that have one of as many texts.
    pub fn delete_texts(&self, limit: u32) -> Statement {
        self.delete_some(limit, |built, layout| built.among("", layout.column("expires"), limit as usize, false))
    }

    /// How many rows are within `span`.
    pub fn count_expired(&self, span: &Span) -> Statement {
        let layout = self.table;
        self.count(layout).within(layout.column("expires"), span).build()
    }

    /// How many texts may stand for instants of the past.
    pub fn count_texts(&self, texts: &Texts) -> Statement {
        let layout = self.table;
        self.count(layout).among_texts(layout.column("expires"), texts).build()
    }

    fn count(&self, layout: &TableLayout) -> Builder {
        let built = Builder::new(self.dialect).push("SELECT ").unnamed("COUNT(*)", Output::number());
        built.push(" FROM ").push(&layout.name).push(" WHERE ")
    }

    fn delete_some(&self, limit: u32, condition: impl Fn(Builder, &TableLayout) -> Builder) -> Statement {
        let layout = self.table;
        let syntax = self.dialect.syntax();
        let template = if layout.numbered { syntax.delete_some } else { syntax.delete_some_by_key };
        let template = template.replace("{table}", &layout.name);
        let rows = if layout.numbered {
            "rowid".to_owned()
        } else {
            layout.table.identity().iter().map(|key| layout.column(key).name.as_str()).collect::<Vec<_>>().join(", ")
        };
        let template = template.replace("{row}", &rows);
        let (before, after) = template.split_once("{rows}").unwrap_or_default();
        let built = condition(Builder::new(self.dialect).push(before), layout);
        // The same places for the same arguments.
        let again = condition(Builder::new(self.dialect), layout).build().text;
        self.some(built, layout, limit).push(&after.replace("{again}", &again)).build()
    }

    /// The oldest first where an index has them in order; where none has, those that are found first.
    fn some(&self, built: Builder, layout: &TableLayout, limit: u32) -> Builder {
        let column = layout.column("expires");
        let built = if column.indexed { built.push(" ORDER BY ").push(&column.name) } else { built };
        built.push(&format!(" LIMIT {limit}"))
    }
}
