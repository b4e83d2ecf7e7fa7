//! The statements that several writes share: each call's arguments are a row of a list, and its key finds the table's row.

use crate::engine::predicate::Predicate;
use crate::engine::statements::Statements;
use crate::engine::update::Change;
use crate::statement::statement::Statement;
use crate::table::builder::Builder;
use crate::table::column::Column;
use crate::table::table::Table;
use crate::types::wire::Wire;

/// The row that a new one belongs to: the table, its key, and the new row's column that has the key.
pub struct Owning<'plan> {
    pub table: &'plan Table,
    pub key: &'plan Column,
    pub column: &'plan Column,
    /// Whether it has to be kept from going meanwhile, since no foreign key does so.
    pub holds: bool,
}

impl Statements<'_> {
    /// `INSERT` of `columns`, but for rows whose key is there already, or whose owner is not there. Where another transaction that
    /// has not ended keeps it waiting, it fails soon. The shown columns answer.
    pub fn insert_listed(&self, columns: &[&Column], wires: &[Wire], owner: Option<&Owning<'_>>) -> Statement {
        let syntax = self.dialect.syntax();
        let built = self.on_table("INSERT INTO ").push(" (");
        let built = built.separated(", ", columns, |built, column| built.push(&column.name)).push(") SELECT ");
        let given = |built: Builder, (index, column): (usize, &&Column)| built.stored(column, &argument("g", index));
        let built = built.separated(", ", columns.iter().enumerate(), given);
        let built = built.push(" FROM ").push(syntax.briefly).push(", ");
        let mut built = self.list(built, wires);
        if let Some(Owning { table, key, column, holds }) = owner
            && let Some(index) = columns.iter().position(|each| each.name == column.name)
        {
            built = built.push(" JOIN ").push(&table.name).push(&format!(" o ON o.{} = ", key.name));
            built = built.stored(key, &argument("g", index));
            built = if *holds { built.push(syntax.hold).push(" OF o SKIP LOCKED") } else { built };
        }
        self.returned(built.push(" ON CONFLICT DO NOTHING"), false).build()
    }

    /// `UPDATE` of the rows that have the keys, but for those that others keep. The shown columns answer.
    pub fn update_listed(&self, changes: &[&Change<'_>], wires: &[Wire]) -> Statement {
        let kept = self.kept("", wires, self.dialect.syntax().for_change_now);
        let built =
            kept.push("UPDATE ").push(&self.table.name).push(" b SET ").separated(", ", changes, |built, change| {
                let built = built.push(&change.column.name).push(" = ");
                built.stored(change.column, &argument("kept", change.index))
            });
        self.listed(built.push(" FROM kept WHERE "))
    }

    /// `DELETE` of the same. Where others keep a row that refers to one of them, it fails soon.
    pub fn delete_listed(&self, wires: &[Wire]) -> Statement {
        let syntax = self.dialect.syntax();
        let kept = self.kept(&format!("{}, ", syntax.briefly), wires, syntax.for_deletion_now);
        let built = kept.push("DELETE FROM ").push(&self.table.name);
        self.listed(built.push(" b USING kept WHERE "))
    }

    /// `UPDATE` of the rows that have one of `count` calls' keys, but for those that others keep; each call has
    /// `width` arguments. It answers how many.
    pub fn update_cases(&self, changes: &[&Change<'_>], key: &Predicate<'_>, width: usize, count: usize) -> Statement {
        let (name, syntax) = (&key.column.name, self.dialect.syntax());
        let kept = Builder::new(self.dialect).push("UPDATE (SELECT ").push(name).push(" FROM ").push(&self.table.name);
        let built = self.among_keys(kept.push(" b WHERE "), key, width, count);
        // MySQL takes a derived table apart, and its lock's terms with it, unless it has a limit.
        let built = built.push(" LIMIT 18446744073709551615").push(syntax.for_change_now);
        let built = built.push(") kept STRAIGHT_JOIN ").push(&self.table.name);
        let set = |built: Builder, change: &&Change<'_>| {
            let column = format!("b.{}", change.column.name);
            let built = self.case(built.push(&column).push(" = "), change, key, "b.", width, count);
            built.push(" ELSE ").push(&column).push(" END")
        };
        built.push(&format!(" b ON b.{name} = kept.{name} SET ")).separated(", ", changes, set).build()
    }

    /// ` CASE` of the key, with what each of `count` calls changes; what ends it is the caller's.
    pub fn case(
        &self,
        built: Builder,
        change: &Change<'_>,
        key: &Predicate<'_>,
        prefix: &str,
        width: usize,
        count: usize,
    ) -> Builder {
        let name = format!("{prefix}{}", key.column.name);
        let is_loose = built.is_loose(key.column);
        let compared = if is_loose { built.exact(&name) } else { name };
        (0..count).fold(built.push("CASE ").push(&compared), |built, call| {
            let (built, index) = (built.push(" WHEN "), call * width + key.first);
            let built = if is_loose { built.exact_argument(index) } else { built.argument(key.column, index) };
            built.push(" THEN ").argument(change.column, call * width + change.index)
        })
    }

    /// The key is one of `count` calls': an index serves it, and where `=` is loose a comparison of the bytes decides.
    pub fn among_keys(&self, built: Builder, key: &Predicate<'_>, width: usize, count: usize) -> Builder {
        let name = &key.column.name;
        let built = keys(built.push(name).push(" IN ("), "?", key.first, width, count).push(")");
        if !built.is_loose(key.column) {
            return built;
        }
        let exact = built.exact(name);
        let value = self.dialect.syntax().exact_value.replace("{value}", "?");
        keys(built.push(" AND ").push(&exact).push(" IN ("), &value, key.first, width, count).push(")")
    }

    /// `DELETE` of the rows that have one of `count` calls' keys, of `width` arguments each. `before` it stands what has the statement
    /// fail where others keep one of the rows. The shown columns answer.
    pub fn delete_any(&self, before: &str, width: usize, count: usize) -> Statement {
        let built = Builder::new(self.dialect).push(before).push("DELETE FROM ").push(&self.table.name);
        let built = built.push(" WHERE ").separated(" OR ", 0..count, |built, call| {
            let equals = |built: Builder, predicate: &Predicate<'_>| {
                built.equals("", predicate.column, call * width + predicate.first)
            };
            built.push("(").separated(" AND ", &self.predicates, equals).push(")")
        });
        self.returned(built, false).build()
    }

    /// The calls whose rows are there and can be had. `before` stands before their list. The list is joined by the key, and not by where
    /// rows are: one that another connection has moved meanwhile is found all the same.
    fn kept(&self, before: &str, wires: &[Wire], lock: &str) -> Builder {
        let built = Builder::new(self.dialect).push("WITH kept AS (SELECT g.* FROM ").push(before);
        let built = self.list(built, wires).push(" JOIN ").push(&self.table.name).push(" b ON ");
        // A collation that takes texts for equal which are not must not give one caller's row to another.
        let built = self.of_its_call(built, "g");
        let same = self.predicates.iter().fold(built, |built, predicate| {
            let built = built.push(&format!(" AND b.{} COLLATE \"C\" = ", predicate.column.name));
            built.stored(predicate.column, &argument("g", predicate.first))
        });
        same.push(lock).push(") ")
    }

    /// The calls' arguments, as rows of `g`.
    fn list(&self, built: Builder, wires: &[Wire]) -> Builder {
        let casts = &self.dialect.syntax().list_casts;
        let built = built.push("unnest(");
        let built = built.separated(", ", wires.iter().enumerate(), |built, (index, wire)| {
            let cast = match wire {
                Wire::Text | Wire::Any | Wire::Unsigned => casts.text,
                Wire::Int => casts.int,
                Wire::Float => casts.float,
                Wire::Bool => casts.bool,
                Wire::Time => casts.time,
            };
            built.list(index, cast)
        });
        let names = (0..wires.len()).map(|index| format!("a{index}")).collect::<Vec<_>>().join(", ");
        built.push(&format!(") AS g({names})"))
    }

    fn listed(&self, built: Builder) -> Statement {
        self.of_its_call(built, "kept").push(" RETURNING ").record_of("b.", self.shown.iter().copied()).build()
    }

    fn of_its_call(&self, built: Builder, list: &str) -> Builder {
        built.separated(" AND ", &self.predicates, |built, predicate| {
            let name = format!("b.{} = ", predicate.column.name);
            built.push(&name).stored(predicate.column, &argument(list, predicate.first))
        })
    }
}

/// A list of the calls' keys, each written as `form` has it.
fn keys(built: Builder, form: &str, first: usize, width: usize, count: usize) -> Builder {
    let (before, after) = form.split_once('?').unwrap_or_default();
    built.separated(", ", 0..count, |built, call| built.push(before).placeholder(call * width + first).push(after))
}

fn argument(list: &str, index: usize) -> String {
    format!("{list}.a{index}")
}
