//! A shared UPDATE that answers its rows, where UPDATE itself cannot: an INSERT of the very rows, which are there already, and which the
//! database changes instead.

use crate::engine::predicate::Predicate;
use crate::engine::statements::Statements;
use crate::engine::update::Change;
use crate::statement::statement::Statement;
use crate::table::builder::Builder;
use crate::table::column::{Column, Fill};
use crate::types::codec::Form;
use crate::types::kind::Kind;

impl Statements<'_> {
    /// `INSERT` of the rows that have one of `count` calls' keys, which get the changes instead; each call has `width` arguments. It fails
    /// where others keep one of them. The shown columns answer.
    pub fn upsert_cases(
        &self,
        changes: &[&Change<'_>],
        key: &Predicate<'_>,
        width: usize,
        count: usize,
    ) -> Option<Statement> {
        let on_duplicate = self.on_duplicate(changes)?;
        let changed = |column: &Column| changes.iter().find(|change| change.column.name == column.name);
        let built = self.again(&on_duplicate, |built, column| match changed(column) {
            Some(change) => self.case(built, change, key, "", width, count).push(" END"),
            None => built.push(&column.name),
        });
        let built = self.among_keys(built.push(" WHERE "), key, width, count);
        let built = built.push(self.dialect.syntax().for_update).push(on_duplicate.update);
        let built = built.separated(", ", changes, |built, change| {
            let name = &change.column.name;
            built.push(&format!("{name} = VALUE({name})"))
        });
        Some(self.returned(built, false).build())
    }

    /// `None` where a row that is inserted once more might not be a duplicate, or one of another row, and where the database would use up
    /// a number for it.
    fn on_duplicate(&self, changes: &[&Change<'_>]) -> Option<OnDuplicate> {
        let [by_index, update] = self.dialect.syntax().on_duplicate?;
        let column = |name: &String| self.table.columns.iter().find(|each| each.name == self.dialect.quote(name));
        let is_number = |column: &Column| column.kind == Kind::Int || column.codec.form == Form::IntegerId;
        let is_counted = |column: &Column| is_number(column) && column.fill == Fill::Nothing;
        let is_changed = |column: &Column| changes.iter().any(|change| change.column.name == column.name);
        let is_copied = |column: &Column| !column.generated && !is_changed(column);
        let is_a_copy = |names: &Vec<String>| match names.as_slice() {
            [one] => column(one).is_some_and(|column| is_copied(column) && !is_counted(column)),
            several => several.iter().all(|name| column(name).is_some_and(is_copied)),
        };
        if !self.table.keys.iter().all(|(_, names)| is_a_copy(names)) {
            return None;
        }
        let is_pinned =
            |column: &Column| self.predicates.iter().any(|each| each.pins() && each.column.name == column.name);
        let is_asked = |names: &Vec<String>| names.iter().all(|name| column(name).is_some_and(is_pinned));
        let (index, _) = self.table.keys.iter().find(|(_, names)| is_asked(names))?;
        Some(OnDuplicate { by_index: by_index.replace("{index}", &self.dialect.quote(index)), update })
    }

    /// `INSERT INTO` the table of its own rows, of which each column is what `written` says. They are found by a unique index: without
    /// that, the statement fails, and inserts nothing.
    fn again(&self, on_duplicate: &OnDuplicate, written: impl Fn(Builder, &Column) -> Builder) -> Builder {
        let before = self.dialect.syntax().without_waiting.unwrap_or_default();
        let columns = || self.table.columns.iter().filter(|column| !column.generated);
        let built = Builder::new(self.dialect).push(before).push("INSERT INTO ").push(&self.table.name).push(" (");
        let built = built.separated(", ", columns(), |built, column| built.push(&column.name)).push(") SELECT ");
        let built = built.separated(", ", columns(), written);
        built.push(" FROM ").push(&self.table.name).push(&on_duplicate.by_index)
    }
}

/// How rows are found that are inserted once more, and what precedes their changes.
struct OnDuplicate {
    by_index: String,
    update: &'static str,
}
