//! What the SELECT statements are that a request can need.

use crate::engine::request::Request;
use crate::engine::statements::Statements;
use crate::error::Result;
use crate::statement::statement::{Output, Statement};
use crate::table::builder::Builder;
use crate::table::column::Column;
use crate::table::table::Table;

/// A table of which a record shows at most one record.
pub struct Single<'plan> {
    pub table: &'plan Table,
    pub from: &'plan Column,
    pub to: &'plan Column,
    /// Without it, there is no answer.
    pub inner: bool,
}

/// The alias of the request's own table, beside others.
fn prefix(singles: &[Single<'_>]) -> &'static str {
    if singles.is_empty() { "" } else { "b." }
}

impl Statements<'_> {
    /// The rows that match, with what is joined. `tail`: ` ORDER BY … LIMIT …`.
    pub fn find(&self, singles: &[Single<'_>], tail: impl FnOnce(Builder) -> Builder) -> Statement {
        let built = self.filtered(self.select(self.begun(), singles), prefix(singles));
        tail(self.verified(built)).build()
    }

    /// The same, to see what became of a write.
    pub fn find_after_write(&self) -> Statement {
        let built = Builder::new(self.dialect).push(self.dialect.syntax().beside_the_write).push("SELECT ");
        self.verified(self.filtered(self.select(built, &[]), "")).build()
    }

    /// The row that the conditions find again, after or before a write of it. Of several, the first by its values answers.
    pub fn first(&self, request: &Request) -> Statement {
        self.find(&[], |built| if request.lenient { built } else { self.in_order(built, "").push(" LIMIT 1") })
    }

    /// The records of as many as have one of `count` keys. Where `=` is loose, there may be others among them.
    pub fn find_by_keys(&self, singles: &[Single<'_>], key: &Column, count: usize, ordered: bool) -> Statement {
        let prefix = prefix(singles);
        let built = self.select(self.begun(), singles).push(" WHERE ");
        let built = built.among(prefix, key, count, self.table.partitioned);
        let built = if ordered { self.in_order(built, prefix) } else { built };
        built.build()
    }

    /// How many rows match.
    pub fn count(&self) -> Statement {
        let built = self.begun().unnamed("count(*)", Output::number());
        self.filtered(self.from(built, []), "").build()
    }

    /// The rows that match, each followed by what names it.
    pub fn find_named(&self, names: &[&Column], tail: &str) -> Statement {
        let built = self.filtered(self.rows(names.iter().copied()), "");
        self.verified(built).push(tail).build()
    }

    /// The row that the arguments name, followed by what names it.
    pub fn named(&self, names: &[&Column]) -> Statement {
        let built = self.rows(names.iter().copied()).push(" WHERE ");
        built.matching("", names.iter().copied(), 0).build()
    }

    /// Finds one that matches and keeps others from changing it. What names it comes last.
    pub fn lock_one(&self, shown: bool) -> Result<Statement> {
        let names = self.table.handle()?;
        let built = if shown { self.rows(names) } else { self.from(self.begun(), names) };
        let built = self.in_order(self.filtered(built, ""), "");
        Ok(built.push(" LIMIT 1").push(self.dialect.syntax().for_update).build())
    }

    /// What names the rows that have `key`, whose values are the arguments.
    pub fn holders(&self, key: &[&Column]) -> Statement {
        self.names().push(" WHERE ").matching("", key.iter().copied(), 0).build()
    }

    /// What names the rows that match.
    pub fn targets(&self) -> Statement {
        self.filtered(self.names(), "").build()
    }

    /// The row that the arguments name.
    pub fn by_identity(&self) -> Statement {
        self.rows([]).push(" WHERE ").matching("", self.table.identity(), 0).build()
    }

    /// The row that has `key`: columns, each with its argument.
    pub fn by_key(&self, key: &[(&Column, usize)]) -> Statement {
        let equal = |built: Builder, (column, argument): &(&Column, usize)| built.equals("", column, *argument);
        self.rows([]).push(" WHERE ").separated(" AND ", key, equal).build()
    }

    /// The row whose id is the argument at `id`.
    pub fn by_id(&self, id: usize) -> Result<Statement> {
        Ok(self.rows([]).push(" WHERE ").matching("", self.table.handle()?, id).build())
    }

    /// `SELECT` the shown columns, and after them `names`, `FROM` the table.
    pub(super) fn rows<'a>(&self, names: impl IntoIterator<Item = &'a Column>) -> Builder {
        self.from(self.shown(self.begun(), ""), names)
    }

    /// `SELECT` what names a row `FROM` the table.
    fn names(&self) -> Builder {
        let built = self.begun();
        let is_nameless = self.table.identity.is_empty();
        self.from(if is_nameless { built.unnamed("NULL", Output::text()) } else { built }, self.table.identity())
    }

    fn begun(&self) -> Builder {
        Builder::new(self.dialect).push("SELECT ")
    }

    /// `names` after the columns that are there, `FROM` the table.
    fn from<'a>(&self, built: Builder, names: impl IntoIterator<Item = &'a Column>) -> Builder {
        let built = names.into_iter().fold(built, |built, column| built.output("", column));
        built.push(" FROM ").push(&self.table.name)
    }

    /// What is shown of the table and of those that are joined, ` FROM` them.
    fn select(&self, mut built: Builder, singles: &[Single<'_>]) -> Builder {
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
}
