//! Which rows a request means: each of its conditions, judged by the column that it is about.

use crate::dialect::Dialect;
use crate::dialect::syntax::Lists;
use crate::engine::arguments::{Comparison, Encoder, Pattern};
use crate::engine::borrowed;
use crate::engine::lists::{spare_places, width};
use crate::engine::predicate::{Predicate, Test};
use crate::engine::request::{Condition, Method, Request};
use crate::error::{Code, Error, Result};
use crate::table::column::Column;
use crate::table::table::{ID, Table};
use crate::types::kind::Kind;
use crate::types::token_hash::Hashing;
use crate::types::translation::Translation;

/// The predicates of a request's conditions, and how their arguments are encoded. `next` is the first argument, and then the one after
/// the last.
pub fn predicates<'plan>(
    dialect: Dialect,
    table: &'plan Table,
    request: &Request,
    next: &mut usize,
    encoders: &mut Vec<Encoder>,
) -> Result<Vec<Predicate<'plan>>> {
    let mut predicates = Vec::with_capacity(request.filter.len());
    for condition in &request.filter {
        let column = match (table.shared.made.as_slice(), condition.field.as_str()) {
            ([first, second], ID) => {
                borrowed::only_equal(&table.model, condition.operator == "eq" && !condition.null && !condition.or)?;
                let pair = [first, second].map(|position| &table.columns[*position]);
                encoders.push(Encoder::Pair(Box::new(pair.map(Column::clone))));
                let equal = pair.into_iter().zip(*next..);
                predicates.extend(equal.map(|(column, argument)| Predicate::new(column, Test::Equals, argument)));
                *next += pair.len();
                continue;
            }
            ([one], ID) => &table.columns[*one],
            (_, field) => table.column(field)?,
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
        let forms = if test.is_equality() { hashing.forms() } else { 1 };
        predicates.push(Predicate { or: condition.or, insensitive, forms, ..Predicate::new(column, test, *next) });
        let given = given(request, column);
        let glob = dialect.syntax().glob && !insensitive;
        let (encoder, width) = match test {
            Test::IsNull(_) => continue,
            Test::Present(_) => (Encoder::Presence(column.clone()), 1),
            Test::Equals | Test::Differs | Test::Compares(_) if request.lenient => {
                (Encoder::Key(column.clone()), forms)
            }
            Test::Equals => (Encoder::Compare(given, Comparison::Equal), forms),
            Test::Differs | Test::Compares(_) => (Encoder::Compare(given, Comparison::Other), forms),
            Test::Like(before, after) => (Encoder::Pattern(column.clone(), Pattern { before, after, glob }), 1),
            Test::Among { places, .. } => (Encoder::List(given, places, hashing), width(dialect, places)),
        };
        encoders.push(encoder);
        *next += width;
    }
    if dialect.syntax().lists == Lists::Places {
        spare_places(&mut predicates, *next)?;
    }
    Ok(predicates)
}

/// The column, as it judges what a condition compares it with. Of rows that are only deleted, a token may also be given as it is stored: a
/// list of them has shown it so.
fn given(request: &Request, column: &Column) -> Column {
    let is_shown = request.method == Method::DeleteMany && column.hashing == Some(Hashing::Accepted);
    Column { hashing: column.hashing.filter(|_| !is_shown), ..column.clone() }
}

/// Refuses to compare tokens by what their hashes do not tell.
fn by_hash(condition: &Condition, test: Test, insensitive: bool) -> Result<()> {
    let tells = test.is_equality() || matches!(test, Test::Among { .. } | Test::IsNull(_));
    if tells && !insensitive {
        return Ok(());
    }
    let message = format!(
        "{}: a hash may be stored in the place of a token, which is compared by eq, ne, in and not_in, in its own case",
        condition.field
    );
    Err(Error::new(Code::InvalidArgument, message).about("field", condition.field.as_str()))
}

/// What a condition asks of its column, if it goes with the column and with what it is given: one value, a list or null.
fn test(condition: &Condition, column: &Column) -> Result<Test> {
    let Condition { field, operator, places, null, .. } = condition;
    let wrong = |why: String| Err(Error::new(Code::InvalidArgument, why).about("field", field.as_str()));
    let test = match operator.as_str() {
        "eq" => Test::Equals,
        "ne" => Test::Differs,
        "lt" => Test::Compares("<"),
        "lte" => Test::Compares("<="),
        "gt" => Test::Compares(">"),
        "gte" => Test::Compares(">="),
        "contains" => Test::Like(true, true),
        "starts_with" => Test::Like(false, true),
        "ends_with" => Test::Like(true, false),
        "in" | "not_in" => match places {
            Some(places) => return Ok(Test::Among { not: operator == "not_in", places: *places, null: *null }),
            None => return wrong(format!("{operator} takes a list of values")),
        },
        _ => return wrong(format!("there is no operator {operator}")),
    };
    if places.is_some() {
        return wrong(format!("{operator} takes one value, not a list"));
    }
    match test {
        Test::Equals if *null => return Ok(Test::IsNull(true)),
        Test::Differs if *null => return Ok(Test::IsNull(false)),
        _ if *null => return wrong(format!("{operator} takes a value, not null")),
        _ => {}
    }
    if column.codec.translation == Some(Translation::Presence) {
        return match test {
            Test::Equals => Ok(Test::Present(true)),
            Test::Differs => Ok(Test::Present(false)),
            _ => wrong(format!("{operator} does not go with {field}, which is true or false")),
        };
    }
    if column.kind == Kind::Json || matches!(test, Test::Like(..)) && column.kind != Kind::Text {
        return wrong(format!("{operator} does not go with {field}, whose type is another"));
    }
    Ok(test)
}
