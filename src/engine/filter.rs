//! The language of conditions: which rows a request is about.

use crate::dialect::Dialect;
use crate::dialect::syntax::{Lists, Syntax};
use crate::engine::arguments::{Comparison, Encoder, Pattern};
use crate::engine::borrowed;
use crate::engine::request::{Condition, Method, Request};
use crate::error::{Code, Error, Result};
use crate::table::any_case::Sieve;
use crate::table::builder::Builder;
use crate::table::column::Column;
use crate::table::table::{ID, Table};
use crate::types::codec::{AS_ITSELF, AS_TEXT};
use crate::types::kind::Kind;
use crate::types::token_hash::Hashing;
use crate::types::translation::Translation;

/// A condition that has been found to make sense, with where its arguments begin.
#[derive(Debug, Clone)]
pub struct Predicate<'plan> {
    pub column: &'plan Column,
    pub test: Test,
    or: bool,
    insensitive: bool,
    /// What an index serves, beside a comparison in any case.
    sieve: Option<&'plan Sieve>,
    pub first: usize,
    /// Of a token, how many stored forms it may have: an argument for each.
    pub forms: usize,
    /// Whether each value of a list is named once, since the statement has no place for it to be named again. Where `=` is loose, the exact
    /// comparison stands alone then, and no index serves it.
    once: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Test {
    IsNull(bool),
    Equals,
    /// `<>`, `<`, `<=`, `>`, `>=`.
    Compares(&'static str),
    /// Whether there is a moment is, or is not, what the argument says.
    Present(bool),
    Like(bool, bool),
    Among {
        not: bool,
        places: usize,
        null: bool,
    },
}

/// The predicates of a request's conditions, and how their arguments are encoded. The first argument is at `first`.
pub fn predicates<'plan>(
    dialect: Dialect,
    table: &'plan Table,
    request: &Request,
    first: usize,
    encoders: &mut Vec<Encoder>,
) -> Result<Vec<Predicate<'plan>>> {
    let mut next = first;
    let mut predicates = Vec::with_capacity(request.filter.len());
    for condition in &request.filter {
        if let ([first, second], ID) = (table.shared.made.as_slice(), condition.field.as_str()) {
            borrowed::only_equal(&table.model, condition.operator == "eq" && !condition.null && !condition.or)?;
            let [first, second] = [first, second].map(|position| &table.columns[*position]);
            encoders.push(Encoder::Pair(Box::new([first.clone(), second.clone()])));
            for column in [first, second] {
                predicates.push(Predicate {
                    column,
                    test: Test::Equals,
                    or: false,
                    insensitive: false,
                    sieve: None,
                    first: next,
                    forms: 1,
                    once: false,
                });
                next += 1;
            }
            continue;
        }
        let column = match (table.shared.made.as_slice(), condition.field.as_str()) {
            ([one], ID) => &table.columns[*one],
            _ => table.column(&condition.field)?,
        };
        let mut test = test(condition, column)?;
        let insensitive = condition.insensitive && column.kind == Kind::Text;
        let hashing = column.hashing.filter(|_| !request.as_stored).unwrap_or_default();
        if hashing.is_on() {
            by_hash(condition, test, insensitive)?;
        }
        if let Test::Among { places, .. } = &mut test {
            *places *= hashing.forms();
        }
        let forms = forms(hashing, test);
        let given = given(request, column);
        let (or, sieve, once) = (condition.or, None, false);
        predicates.push(Predicate { column, test, or, insensitive, sieve, first: next, forms, once });
        let glob = dialect.syntax().glob && !insensitive;
        let (encoder, width) = match test {
            Test::IsNull(_) => continue,
            Test::Present(_) => (Encoder::Presence(column.clone()), 1),
            Test::Equals | Test::Compares(_) if request.lenient => (Encoder::Key(column.clone()), forms),
            Test::Equals => (Encoder::Compare(given, Comparison::Equal), forms),
            Test::Compares(_) => (Encoder::Compare(given, Comparison::Other), forms),
            Test::Like(before, after) => (Encoder::Pattern(column.clone(), Pattern { before, after, glob }), 1),
            Test::Among { places, .. } => (Encoder::List(given, places, hashing), width(dialect, places)),
        };
        encoders.push(encoder);
        next += width;
    }
    if dialect.syntax().lists == Lists::Places {
        fit(&mut predicates, next)?;
    }
    Ok(predicates)
}

/// Has lists be named once where a statement with this many arguments has no places for more.
fn fit(predicates: &mut [Predicate<'_>], arguments: usize) -> Result<()> {
    let lists = || predicates.iter().filter(|each| matches!(each.test, Test::Among { .. }));
    let listed: usize = lists().map(Predicate::listed).sum();
    // What else a statement has in its text again is a few values.
    if arguments + listed > MOST_PLACES - SPARE {
        if lists().count() > 1 && arguments > MOST_PLACES - SPARE {
            return Err(Error::new(Code::InvalidArgument, "lists of so many values do not go into one statement"));
        }
        predicates.iter_mut().for_each(|each| each.once = true);
    }
    Ok(())
}

/// The column, as it judges what a condition compares it with. Of rows that are only deleted, a token may also be given as it is stored: a
/// list of them has shown it so.
fn given(request: &Request, column: &Column) -> Column {
    let is_shown = request.method == Method::DeleteMany && column.hashing == Some(Hashing::Accepted);
    Column { hashing: column.hashing.filter(|_| !is_shown), ..column.clone() }
}

/// With how many stored forms of one token a condition compares.
fn forms(hashing: Hashing, test: Test) -> usize {
    if matches!(test, Test::Equals | Test::Compares("<>")) { hashing.forms() } else { 1 }
}

/// Refuses to compare tokens by what their hashes do not tell.
fn by_hash(condition: &Condition, test: Test, insensitive: bool) -> Result<()> {
    let tells = matches!(test, Test::Equals | Test::Compares("<>") | Test::Among { .. } | Test::IsNull(_));
    if tells && !insensitive {
        return Ok(());
    }
    let message = format!(
        "{}: a hash may be stored in the place of a token, which is compared by eq, ne, in and not_in, in its own case",
        condition.field
    );
    Err(Error::new(Code::InvalidArgument, message).about("field", condition.field.as_str()))
}

/// The most places that the protocol has for arguments, and how many of them are left to what is no list.
const MOST_PLACES: usize = 65_535;
const SPARE: usize = 1_023;

/// The longest list of which each value may be named twice.
const MOST_NAMED_TWICE: usize = 16_384;

/// How many arguments of a statement a list takes.
pub fn width(dialect: Dialect, places: usize) -> usize {
    if dialect.syntax().lists == Lists::Places { places } else { 1 }
}

fn test(condition: &Condition, column: &Column) -> Result<Test> {
    let Condition { operator, places, null, .. } = condition;
    let wrong = |why: String| Error::new(Code::InvalidArgument, why).about("field", condition.field.as_str());
    match (operator.as_str(), places) {
        ("in", Some(places)) => return Ok(Test::Among { not: false, places: *places, null: *null }),
        ("not_in", Some(places)) => return Ok(Test::Among { not: true, places: *places, null: *null }),
        ("in" | "not_in", None) => return Err(wrong(format!("{operator} takes a list of values"))),
        ("eq" | "ne" | "lt" | "lte" | "gt" | "gte" | "contains" | "starts_with" | "ends_with", Some(_)) => {
            return Err(wrong(format!("{operator} takes one value, not a list")));
        }
        ("eq", _) if *null => return Ok(Test::IsNull(true)),
        ("ne", _) if *null => return Ok(Test::IsNull(false)),
        _ => {}
    }
    let test = match operator.as_str() {
        "eq" => Test::Equals,
        "ne" => Test::Compares("<>"),
        "lt" => Test::Compares("<"),
        "lte" => Test::Compares("<="),
        "gt" => Test::Compares(">"),
        "gte" => Test::Compares(">="),
        "contains" => Test::Like(true, true),
        "starts_with" => Test::Like(false, true),
        "ends_with" => Test::Like(true, false),
        _ => return Err(wrong(format!("there is no operator {operator}"))),
    };
    let searches = matches!(test, Test::Like(..));
    if *null {
        return Err(wrong(format!("{operator} takes a value, not null")));
    }
    if column.codec.translation == Some(Translation::Presence) {
        return match test {
            Test::Equals => Ok(Test::Present(true)),
            Test::Compares("<>") => Ok(Test::Present(false)),
            _ => Err(wrong(format!("{operator} does not go with {}, which is true or false", condition.field))),
        };
    }
    if column.kind == Kind::Json || (searches && column.kind != Kind::Text) {
        return Err(wrong(format!("{operator} does not go with {}, whose type is another", condition.field)));
    }
    Ok(test)
}

/// ` WHERE …`, or nothing if there are no predicates: all of the first sort must hold, and one of the alternatives.
pub fn filter(built: Builder, prefix: &str, predicates: &[Predicate<'_>]) -> Builder {
    if predicates.is_empty() { built } else { conditions(built.push(" WHERE "), prefix, predicates) }
}

/// The conditions alone; without any, one that always holds.
pub fn conditions(mut built: Builder, prefix: &str, predicates: &[Predicate<'_>]) -> Builder {
    let (any, all): (Vec<_>, Vec<_>) = predicates.iter().partition(|predicate| predicate.or);
    for (index, predicate) in all.iter().enumerate() {
        built = predicate.push(if index > 0 { built.push(" AND ") } else { built }, prefix);
    }
    if any.is_empty() {
        return if all.is_empty() { built.push("1 = 1") } else { built };
    }
    built = built.push(if all.is_empty() { "(" } else { " AND (" });
    for (index, predicate) in any.iter().enumerate() {
        built = predicate.push(if index > 0 { built.push(" OR ") } else { built }, prefix);
    }
    built.push(")")
}

impl<'plan> Predicate<'plan> {
    /// `column` is one of a list that begins with the first argument.
    pub fn member(column: &'plan Column, places: usize) -> Self {
        let test = Test::Among { not: false, places, null: false };
        Self {
            column,
            test,
            or: false,
            insensitive: false,
            sieve: None,
            first: 0,
            forms: 1,
            once: places > MOST_NAMED_TWICE,
        }
    }

    /// How many places a list has.
    fn listed(&self) -> usize {
        if let Test::Among { places, .. } = self.test { places } else { 0 }
    }

    /// The argument after its last.
    pub fn end(&self, dialect: Dialect) -> usize {
        self.first
            + match self.test {
                Test::IsNull(_) => 0,
                Test::Among { places, .. } => width(dialect, places),
                _ => self.forms,
            }
    }

    /// Whether each row that is found has the very value that was asked for.
    pub fn pins(&self) -> bool {
        let key = matches!(self.column.kind, Kind::Text | Kind::Int);
        self.test == Test::Equals && !self.or && !self.insensitive && key
    }

    /// Whether a row may match by another condition instead.
    pub fn is_alternative(&self) -> bool {
        self.or
    }

    /// The same of the likeliest stored form alone.
    pub fn in_first_form(&self) -> Self {
        Self { forms: 1, ..self.clone() }
    }

    /// The same in any case.
    pub fn in_any_case(&self, sieve: Option<&'plan Sieve>) -> Self {
        Self { insensitive: true, sieve, ..self.clone() }
    }

    fn push(&self, built: Builder, prefix: &str) -> Builder {
        let name = format!("{prefix}{}", self.column.name);
        match self.test {
            Test::IsNull(null) => built.push(&name).push(if null { " IS NULL" } else { " IS NOT NULL" }),
            Test::Equals if self.forms > 1 => self.one_of_forms(built, prefix),
            Test::Compares("<>") if self.forms > 1 => self.one_of_forms(built.push("NOT "), prefix),
            Test::Present(same) => {
                let built = built.push("(").push(&name).push(if same { " IS NULL) = (" } else { " IS NULL) <> (" });
                built.argument(self.column, self.first).push(" IS NULL)")
            }
            Test::Equals if self.insensitive => {
                let built = match self.sieve {
                    Some(Sieve { column, template }) => {
                        built.template(template, &format!("{prefix}{column}"), self.first).push(" AND ")
                    }
                    None => built,
                };
                self.caseless(built, &name, "=")
            }
            Test::Equals if built.is_loose(self.column) => {
                built.push("(").equals(prefix, self.column, self.first).push(")")
            }
            Test::Equals => built.equals(prefix, self.column, self.first),
            Test::Compares("<>") if self.insensitive => self.caseless(built, &name, "<>"),
            Test::Compares("<>") if built.is_loose(self.column) => {
                let text = built.exact(&name);
                built.push(&text).push(" <> ").exact_argument(self.first)
            }
            Test::Compares(operator) => {
                built.push(&name).push(" ").push(operator).push(" ").argument(self.column, self.first)
            }
            Test::Like(..) => self.like(built, &name),
            Test::Among { not, places, null } => self.among(built, &name, not, places, null),
        }
    }

    /// The column has one of the stored forms, exactly.
    fn one_of_forms(&self, built: Builder, prefix: &str) -> Builder {
        let name = format!("{prefix}{}", self.column.name);
        let list = |built: Builder, each: &dyn Fn(Builder, usize) -> Builder| {
            let each = |built: Builder, form| each(if form > 0 { built.push(", ") } else { built }, self.first + form);
            (0..self.forms).fold(built.push(" IN ("), each).push(")")
        };
        if built.dialect().syntax().file {
            // To SQLite's IN, the collation of the column counts, and not those of the list.
            let each = |built: Builder, form| {
                let built = built.push(if form > 0 { " OR " } else { "(" });
                built.equals(prefix, self.column, self.first + form)
            };
            return (0..self.forms).fold(built, each).push(")");
        }
        let built = built.push("(").push(&name);
        let built = list(built, &|built, argument| built.argument(self.column, argument));
        if !built.is_loose(self.column) {
            return built.push(")");
        }
        let text = built.exact(&name);
        list(built.push(" AND ").push(&text), &|built, argument| built.exact_argument(argument)).push(")")
    }

    /// The column's text and the argument in lower case, compared.
    fn caseless(&self, built: Builder, name: &str, operator: &str) -> Builder {
        let Syntax { lower_text, lower_value, .. } = built.dialect().syntax();
        let text = built.text(self.column, name);
        built.template(&format!("{lower_text} {operator} {lower_value}"), &text, self.first)
    }

    fn like(&self, built: Builder, name: &str) -> Builder {
        let syntax = built.dialect().syntax();
        let template = match self.test {
            _ if self.insensitive => syntax.like_lower,
            Test::Like(false, true) => syntax.like_prefix,
            _ => syntax.like,
        };
        let text = built.text(self.column, name);
        built.template(template, &text, self.first)
    }

    fn among(&self, built: Builder, name: &str, not: bool, places: usize, null: bool) -> Builder {
        if places == 0 {
            return match (not, null) {
                (false, false) => built.push("1 = 0"),
                (true, false) => built.push("1 = 1"),
                (false, true) => built.push(name).push(" IS NULL"),
                (true, true) => built.push(name).push(" IS NOT NULL"),
            };
        }
        let built = if null { built.push("(") } else { built };
        let built = self.members(built, name, not, places);
        // A list that holds a null is about the rows that have none, too.
        match (null, not) {
            (false, _) => built,
            (true, false) => built.push(&format!(" OR {name} IS NULL)")),
            (true, true) => built.push(&format!(" AND {name} IS NOT NULL)")),
        }
    }

    fn members(&self, built: Builder, name: &str, not: bool, places: usize) -> Builder {
        let operator = if not { " NOT IN (" } else { " IN (" };
        let Syntax { lists, lower_text, lower_value, .. } = built.dialect().syntax();
        let lower = lower_text.replace("{text}", &built.text(self.column, name));
        match lists {
            Lists::Array => {
                // Read once: an expression that PostgreSQL may not fold is worked out for each row that it is compared with.
                let list =
                    |built: Builder| built.push("(SELECT ").placeholder(self.first).push("::text::text[])::text[]");
                if self.insensitive {
                    let built = built.push(&lower).push(operator).push("SELECT lower(v) FROM unnest(");
                    return list(built).push(") v)");
                }
                let exact = built.exact(name);
                match (not, &*self.column.codec.write) {
                    (false, _) if built.is_loose(self.column) => {
                        let built = list(built.push("(").push(name).push(" = ANY(")).push(") AND ");
                        list(built.push(&exact).push(" = ANY(")).push("))")
                    }
                    (true, _) if built.is_loose(self.column) => list(built.push(&exact).push(" <> ALL(")).push(")"),
                    (false, "{}" | AS_TEXT) => list(built.push(name).push(" = ANY(")).push(")"),
                    (true, "{}" | AS_TEXT) => list(built.push(name).push(" <> ALL(")).push(")"),
                    (_, write) => {
                        let item = write.replace("{}", "v");
                        let built = built.push(name).push(operator).push("SELECT ").push(&item).push(" FROM unnest(");
                        list(built).push(") v)")
                    }
                }
            }
            Lists::Json => {
                let (column, item) = if self.insensitive { (&*lower, "lower(value)") } else { (name, "value") };
                let list = |built: Builder, column: &str| {
                    let built = built.push(column).push(operator).push("SELECT ").push(item).push(" FROM json_each(");
                    built.placeholder(self.first).push("))")
                };
                // In a list, the column's collation counts: the index serves it, and a comparison of the bytes decides.
                let exact = self.column.codec.write.replace("{}", name);
                match (self.insensitive, &*self.column.codec.write) {
                    (false, AS_ITSELF) if not => list(built, &exact),
                    (false, AS_ITSELF) => list(list(built.push("("), name).push(" AND "), &exact).push(")"),
                    _ => list(built, column),
                }
            }
            Lists::Places => {
                let each = |mut built: Builder, place: &dyn Fn(Builder, usize) -> Builder| {
                    for index in 0..places {
                        built = place(if index > 0 { built.push(", ") } else { built }, self.first + index);
                    }
                    built.push(")")
                };
                let exact = built.exact(name);
                let given = |built: Builder, index| built.exact_argument(index);
                // Of values that no row has, NULL stands for all: each row is without them.
                if not {
                    let built = built.push("(").placeholder(self.first).push(" IS NULL OR ");
                    let built = match (self.insensitive, built.is_loose(self.column)) {
                        (true, _) => each(built.push(&lower).push(operator), &|built, index| {
                            built.template(lower_value, "", index)
                        }),
                        (_, true) => each(built.push(&exact).push(operator), &given),
                        _ => each(built.push(name).push(operator), &|built, index| built.argument(self.column, index)),
                    };
                    return built.push(")");
                }
                if self.insensitive {
                    let built = built.push(&lower).push(operator);
                    return each(built, &|built, index| built.template(lower_value, "", index));
                }
                if !built.is_loose(self.column) {
                    let built = built.push(name).push(operator);
                    return each(built, &|built, index| built.argument(self.column, index));
                }
                if self.once {
                    return each(built.push(&exact).push(operator), &given);
                }
                let built = built.push("(").push(name).push(operator);
                let built = each(built, &|built, index| built.argument(self.column, index));
                each(built.push(" AND ").push(&exact).push(operator), &given).push(")")
            }
        }
    }
}
