//! What holds of every statement: names are quoted and values are bound, so that no text of a catalog or a caller becomes SQL.

use proptest::prelude::*;

use crate::dialect::Dialect;
use crate::table::builder::Builder;
use crate::table::column::Column;
use crate::types::codec::Codec;
use crate::types::kind::{Kind, Role};
use crate::types::past::{Span, Texts};
use crate::types::tests::config;
use crate::types::wire::Wire;
use crate::value::Value;

/// The quoted names in a text, in order, and what is left of it without them.
fn taken_apart(dialect: Dialect, text: &str) -> (Vec<String>, String) {
    let quote = dialect.syntax().quote;
    let (mut names, mut rest) = (Vec::new(), String::new());
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        if character != quote {
            rest.push(character);
            continue;
        }
        let mut name = String::new();
        loop {
            match characters.next() {
                Some(character) if character == quote && characters.next_if_eq(&quote).is_none() => break,
                Some(character) => name.push(character),
                None => panic!("a quote is left open: {text}"),
            }
        }
        names.push(name);
        rest.push('@');
    }
    (names, rest)
}

/// A statement with every part that a builder has, on a table and columns of these names.
fn statement(dialect: Dialect, table: &str, names: &[String]) -> (String, usize) {
    let column = |name: &String| Column {
        name: dialect.quote(name),
        codec: if dialect == Dialect::Sqlite { Codec::plain(Wire::Any) } else { Codec::own(dialect, Kind::Text) },
        ..Column::plain(dialect, "t", "f", Kind::Text, Role::Free)
    };
    let columns: Vec<_> = names.iter().map(column).collect();
    let span = Span { from: Some(Value::Int(0)), until: Value::Int(1) };
    let texts = Texts { until: Value::Int(1), dated: true };
    let mut built = Builder::new(dialect).push("SELECT ").record_of("b.", columns.iter());
    built = built.push(" FROM ").push(&dialect.qualified(Some(table), table)).push(" WHERE ");
    built = built.matching("b.", &columns, 0);
    for column in &columns {
        built = built.push(" AND ").differs("", column, 0).push(" AND ").among("", column, 3, false).push(" AND ");
        built = built.joins(("a.", column), ("b.", column)).push(" AND ").within(column, &span).push(" AND ");
        built = built.among_texts(column, &texts).push(" LIMIT ").limit(2);
    }
    let statement = built.build();
    (statement.text.to_string(), statement.arguments.len())
}

fn names() -> impl Strategy<Value = String> {
    let any = prop::collection::vec(any::<char>(), 1..12).prop_map(String::from_iter);
    prop_oneof![any, "[\"'`\\\\;? $1-]{1,8}", "[a-z_]{1,8}"]
        .prop_filter("no name holds a NUL", |name| !name.contains('\0'))
}

proptest! {
    #![proptest_config(config(512))]

    #[test]
    fn no_character_of_a_name_becomes_sql(table in names(), columns in prop::collection::vec(names(), 1..4)) {
        for dialect in Dialect::ALL {
            let plain: Vec<_> = (0..columns.len()).map(|number| format!("c{number}")).collect();
            let (text, _) = statement(dialect, &table, &columns);
            let (expected, places) = statement(dialect, "t", &plain);
            let (quoted, sql) = taken_apart(dialect, &text);
            let (quoted_plain, sql_plain) = taken_apart(dialect, &expected);
            prop_assert_eq!(&sql, &sql_plain, "{:?}", dialect);
            // Each name stands where it should, with all of its characters.
            let meant = |name: &String| plain.iter().position(|each| each == name).map_or(&table, |place| &columns[place]);
            prop_assert_eq!(quoted, quoted_plain.iter().map(|name| meant(name).clone()).collect::<Vec<_>>());
            let placeholders = match dialect {
                Dialect::Postgres => sql.matches('$').count(),
                _ => sql.matches('?').count(),
            };
            prop_assert_eq!(placeholders, places, "{}", sql);
        }
    }
}

#[test]
fn a_name_that_reads_like_a_place_in_a_template_is_a_name() {
    let built = Builder::new(Dialect::Postgres).template("({text} LIKE {value} OR {text} = {value})", "`{value}`", 3);
    let statement = built.build();
    assert_eq!(&*statement.text, "(`{value}` LIKE $1 OR `{value}` = $2)");
    assert_eq!(*statement.arguments, [3, 3]);
}
