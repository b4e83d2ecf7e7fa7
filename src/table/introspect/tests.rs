//! What is asked of each database's catalog: `expected.txt` is a table of it.

use std::fmt::Write as _;

use crate::dialect::Dialect;
use crate::tests::{assert_expected, by_dialect};

const FILE: &str = "src/table/expected.txt";

#[test]
fn every_catalog_is_asked_what_it_is_expected_to() {
    let mut text = String::new();
    let odd = "o'dd\\name";
    let cases: [(&str, Option<&str>, &[&str]); 4] = [
        ("by the search path", None, &[]),
        ("by the search path and further schemas", None, &["tenant", odd]),
        ("in one schema", Some("auth"), &[]),
        ("in schemas with odd names", Some(odd), &["tenant"]),
    ];
    for (title, schema, more) in cases {
        let asked = by_dialect(|dialect| {
            let queries = dialect.catalog(schema, more);
            format!("columns:\n{}\nkeys:\n{}\nreferences:\n{}\n", queries.columns, queries.keys, queries.references)
        });
        writeln!(text, "=== {title}\n{asked}").expect("a String takes it");
    }
    let fingerprint = by_dialect(|dialect| {
        let fingerprint = dialect.fingerprint(&dialect.catalog(None, &[]));
        fingerprint.map_or_else(|| "none\n".to_owned(), |fingerprint| format!("{fingerprint}\n"))
    });
    writeln!(text, "=== the fingerprint\n{fingerprint}").expect("a String takes it");
    let views = Dialect::Sqlite.catalog(None, &[]).views.expect("views by themselves");
    writeln!(
        text,
        "=== the views, and one of them\n--- {}\n{}\n{}\n",
        Dialect::Sqlite.name(),
        views.names,
        views.columns
    )
    .expect("a String takes it");
    assert_expected(FILE, &text);
}
