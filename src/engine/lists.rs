//! How a column is compared with a list of values, and how long lists may be in one statement.

use crate::dialect::Dialect;
use crate::dialect::syntax::Lists;
use crate::engine::predicate::{Predicate, Test};
use crate::error::{Code, Error, Result};
use crate::table::builder::Builder;
use crate::table::column::Column;
use crate::types::codec::{AS_ITSELF, AS_TEXT};

/// The most places that the protocol has for arguments, and how many of them are left to what is no list.
const MOST_PLACES: usize = 65_535;
const SPARE: usize = 1_023;

/// The longest list of which each value may be named twice.
const MOST_NAMED_TWICE: usize = 16_384;

/// How many arguments of a statement a list takes.
pub fn width(dialect: Dialect, places: usize) -> usize {
    if dialect.syntax().lists == Lists::Places { places } else { 1 }
}

/// Has lists be named once where a statement with this many arguments has no places for more. An error where even so there are not enough.
pub fn spare_places(predicates: &mut [Predicate<'_>], arguments: usize) -> Result<()> {
    let places = |each: &Predicate<'_>| if let Test::Among { places, .. } = each.test { Some(places) } else { None };
    let lists: Vec<_> = predicates.iter().filter_map(places).collect();
    // What else a statement has in its text again is a few values.
    if arguments + lists.iter().sum::<usize>() > MOST_PLACES - SPARE {
        if lists.len() > 1 && arguments > MOST_PLACES - SPARE {
            return Err(Error::new(Code::InvalidArgument, "lists of so many values do not go into one statement"));
        }
        predicates.iter_mut().for_each(|each| each.once = true);
    }
    Ok(())
}

impl<'plan> Predicate<'plan> {
    /// `column` is one of a list that begins with the first argument.
    pub fn member(column: &'plan Column, places: usize) -> Self {
        let test = Test::Among { not: false, places, null: false };
        Self { once: places > MOST_NAMED_TWICE, ..Self::new(column, test, 0) }
    }

    /// The column, as `name`, is one of the list's values, or none of them. `null`: the list holds a null besides.
    pub(super) fn among(&self, built: Builder, name: &str, not: bool, places: usize, null: bool) -> Builder {
        if places == 0 {
            return match (not, null) {
                (false, false) => built.push("1 = 0"),
                (true, false) => built.push("1 = 1"),
                (false, true) => built.push(name).push(" IS NULL"),
                (true, true) => built.push(name).push(" IS NOT NULL"),
            };
        }
        let built = if null { built.push("(") } else { built };
        let built = match built.dialect().syntax().lists {
            Lists::Array => self.in_array(built, name, not),
            Lists::Json => self.in_json(built, name, not),
            Lists::Places => self.in_places(built, name, not, places),
        };
        // A list that holds a null is about the rows that have none, too.
        match (null, not) {
            (false, _) => built,
            (true, false) => built.push(&format!(" OR {name} IS NULL)")),
            (true, true) => built.push(&format!(" AND {name} IS NOT NULL)")),
        }
    }

    /// A list that is one argument, an array of texts.
    fn in_array(&self, built: Builder, name: &str, not: bool) -> Builder {
        // Read once: an expression that PostgreSQL may not fold is worked out for each row that it is compared with.
        let list = |built: Builder| built.list(self.first, "::text::text[]").push("::text[])");
        let selected = |built: Builder, text: &str, item: &str| {
            let built = built.push(text).push(operator(not)).push("SELECT ").push(item).push(" FROM unnest(");
            list(built).push(" v)")
        };
        let compared =
            |built: Builder, text: &str| list(built.push(text).push(if not { " <> ALL(" } else { " = ANY(" }));
        if self.insensitive {
            let lower = built.lower(self.column, name);
            return selected(built, &lower, "lower(v)");
        }
        let exact = built.exact(name);
        match (built.is_loose(self.column), &*self.column.codec.write) {
            (true, _) if not => compared(built, &exact),
            (true, _) => compared(compared(built.push("("), name).push(" AND "), &exact).push(")"),
            (false, "{}" | AS_TEXT) => compared(built, name),
            (false, write) => selected(built, name, &write.replace("{}", "v")),
        }
    }

    /// A list that is one argument, in JSON.
    fn in_json(&self, built: Builder, name: &str, not: bool) -> Builder {
        let selected = |built: Builder, text: &str, item: &str| {
            let built = built.push(text).push(operator(not)).push("SELECT ").push(item).push(" FROM json_each(");
            built.placeholder(self.first).push("))")
        };
        if self.insensitive {
            let lower = built.lower(self.column, name);
            return selected(built, &lower, "lower(value)");
        }
        if self.column.codec.write != AS_ITSELF {
            return selected(built, name, "value");
        }
        // In a list, the column's collation counts: the index serves it, and a comparison of the bytes decides.
        let exact = AS_ITSELF.replace("{}", name);
        if not {
            return selected(built, &exact, "value");
        }
        selected(selected(built.push("("), name, "value").push(" AND "), &exact, "value").push(")")
    }

    /// A list of which each value has a place.
    fn in_places(&self, built: Builder, name: &str, not: bool, places: usize) -> Builder {
        let list = |built: Builder, text: &str, place: &dyn Fn(Builder, usize) -> Builder| {
            let built = built.push(text).push(operator(not));
            built.separated(", ", self.first..self.first + places, place).push(")")
        };
        let plain = |built: Builder| list(built, name, &|built, index| built.argument(self.column, index));
        let exact = |built: Builder| {
            let text = built.exact(name);
            list(built, &text, &Builder::exact_argument)
        };
        let compared = |built: Builder| match (self.insensitive, built.is_loose(self.column)) {
            (true, _) => {
                let lower = built.lower(self.column, name);
                list(built, &lower, &Builder::lower_argument)
            }
            (false, false) => plain(built),
            (false, true) if not || self.once => exact(built),
            (false, true) => exact(plain(built.push("(")).push(" AND ")).push(")"),
        };
        if !not {
            return compared(built);
        }
        // Of values that no row has, NULL stands for all: each row is without them.
        compared(built.push("(").placeholder(self.first).push(" IS NULL OR ")).push(")")
    }
}

fn operator(not: bool) -> &'static str {
    if not { " NOT IN (" } else { " IN (" }
}
