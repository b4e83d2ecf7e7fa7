//! An UPDATE that answers its rows, where UPDATE itself cannot: an INSERT of the very rows, which are there already, and which the
//! database changes instead.

use crate::engine::filter::{Predicate, filter};
use crate::engine::refusals::Refusals;
use crate::engine::statements::{Change, Statements};
use crate::error::{Code, Error, Health};
use crate::statement::statement::Statement;
use crate::table::builder::Builder;
use crate::table::column::{Column, Fill};
use crate::table::table::ID;
use crate::types::codec::Form;
use crate::types::kind::Kind;

/// It stands for an UPDATE and a look-up of its row.
#[derive(Debug)]
pub struct Upsert {
    pub statement: Statement,
    /// Some rows cannot be inserted as they are, such as those with dates that no strict server takes any more, and some accounts may
    /// not insert: the UPDATE can do without.
    pub refusals: Refusals,
}

impl Upsert {
    /// `None` unless a unique key names the row, and the database does nothing but what the statement says.
    pub fn new(statements: &Statements<'_>, changes: &[Change<'_>]) -> Option<Self> {
        let is_plain = changes.iter().all(|change| !change.adds && !change.is_moment());
        if !is_plain || statements.table.has_interference() {
            return None;
        }
        Some(Self { statement: statements.upsert(changes)?, refusals: Refusals::default() })
    }

    /// Whether the UPDATE may still do what failed with `error`.
    pub fn is_refused(error: &Error) -> bool {
        let is_about_it = matches!(error.code, Code::Database | Code::InvalidValue | Code::NotNull);
        is_about_it && error.connection == Health::Sound && !error.undone && !error.stale
    }
}

impl Statements<'_> {
    /// `INSERT` of the row that matches, which gets the changes instead. The shown columns answer.
    fn upsert(&self, changes: &[Change<'_>]) -> Option<Statement> {
        let on_duplicate = self.on_duplicate()?;
        let built = self.again(&on_duplicate, |built, column| built.push(&column.name));
        let built =
            filter(built, "", &self.predicates).push(self.dialect.syntax().for_update).push(on_duplicate.update);
        let built = changes.iter().enumerate().fold(built, |built, (position, change)| {
            let built = built.push(if position > 0 { ", " } else { "" }).push(&change.column.name);
            built.push(" = ").argument(change.column, change.index)
        });
        Some(self.returning(built, changes, false))
    }

    /// The same of the rows that have one of `count` calls' keys, but for those that others keep; each call has `width` arguments.
    pub fn upsert_cases(
        &self,
        changes: &[&Change<'_>],
        key: &Predicate<'_>,
        width: usize,
        count: usize,
    ) -> Option<Statement> {
        let on_duplicate = self.on_duplicate()?;
        let changed = |column: &Column| changes.iter().find(|change| change.column.name == column.name);
        let built = self.again(&on_duplicate, |built, column| match changed(column) {
            Some(change) => self.case(built, change, key, "", width, count).push(" END"),
            None => built.push(&column.name),
        });
        let built = self.among_keys(built.push(" WHERE "), key, width, count);
        let built = built.push(self.dialect.syntax().for_change_now).push(on_duplicate.update);
        let built = changes.iter().enumerate().fold(built, |built, (position, change)| {
            let name = &change.column.name;
            built.push(if position > 0 { ", " } else { "" }).push(&format!("{name} = VALUE({name})"))
        });
        Some(built.push(" RETURNING ").record_of("", self.shown.iter().copied()).build())
    }

    /// `None` where a row that is inserted once more might not be a duplicate, and where the database would use up a number for it.
    fn on_duplicate(&self) -> Option<OnDuplicate> {
        let [by_index, update] = self.dialect.syntax().on_duplicate?;
        let column = |name: &String| self.table.columns.iter().find(|each| each.name == self.dialect.quote(name));
        let is_number = |column: &Column| column.kind == Kind::Int || column.codec.form == Form::IntegerId;
        let is_counted = |column: &Column| is_number(column) && column.fill == Fill::Nothing;
        let counts = |names: &Vec<String>| matches!(names.as_slice(), [one] if column(one).is_none_or(is_counted));
        let makes_ids = self.table.columns.iter().any(|column| column.field == ID && column.generated);
        if makes_ids || self.table.keys.iter().any(|(_, names)| counts(names)) {
            return None;
        }
        let is_pinned = |column: &Column| {
            !column.generated && self.predicates.iter().any(|each| each.pins() && each.column.name == column.name)
        };
        let is_asked = |names: &Vec<String>| names.iter().all(|name| column(name).is_some_and(is_pinned));
        let (index, _) = self.table.keys.iter().find(|(_, names)| is_asked(names))?;
        Some(OnDuplicate { by_index: by_index.replace("{index}", &self.dialect.quote(index)), update })
    }

    /// `INSERT INTO` the table of its own rows, of which each column is what `written` says. They are found by a unique index: without
    /// that, the statement fails, and inserts nothing.
    fn again(&self, on_duplicate: &OnDuplicate, written: impl Fn(Builder, &Column) -> Builder) -> Builder {
        let columns = || self.table.columns.iter().filter(|column| !column.generated).enumerate();
        let separated = |built: Builder, position: usize| built.push(if position > 0 { ", " } else { "" });
        let built = Builder::new(self.dialect).push("INSERT INTO ").push(&self.table.name).push(" (");
        let built = columns().fold(built, |built, (position, column)| separated(built, position).push(&column.name));
        let built = columns()
            .fold(built.push(") SELECT "), |built, (position, column)| written(separated(built, position), column));
        built.push(" FROM ").push(&self.table.name).push(&on_duplicate.by_index)
    }
}

/// How rows are found that are inserted once more, and what precedes their changes.
struct OnDuplicate {
    by_index: String,
    update: &'static str,
}
