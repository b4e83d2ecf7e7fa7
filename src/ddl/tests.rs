//! What makes the tables that an application wants: `expected.txt` is a table of wishes, each with what is there already, and
//! with the statements of each dialect.

use std::fmt::Write as _;

use serde::Deserialize;

use crate::ddl::desired::Wanted;
use crate::ddl::missing::{Step, missing};
use crate::dialect::Dialect;
use crate::table::catalog::{Catalog, Column, Index, Relation, Table};
use crate::tests::{assert_expected, by_dialect, cases};

const FILE: &str = "src/ddl/expected.txt";

/// What is there already, and how the migration is asked for.
#[derive(Debug, Deserialize)]
struct Given {
    #[serde(default)]
    schema: Option<String>,
    #[serde(default)]
    there: Vec<There>,
}

#[derive(Debug, Deserialize)]
struct There {
    #[serde(default)]
    schema: String,
    name: String,
    /// Each column's name, and after a space its type.
    columns: Vec<String>,
    /// The columns of each index; a `!` before the first stands for a unique one.
    #[serde(default)]
    indexes: Vec<String>,
    #[serde(default)]
    view: bool,
}

fn table(there: &There) -> Table {
    let column = |text: &String| {
        let (name, type_name) = text.split_once(' ').expect("a name and a type");
        Column { name: name.into(), type_name: type_name.into(), ..Column::default() }
    };
    let index = |text: &String| {
        let columns = text.trim_start_matches('!').split(' ').map(str::to_owned).collect();
        Index { name: text.clone(), columns, unique: text.starts_with('!'), unordered: false }
    };
    Table {
        schema: there.schema.clone(),
        name: there.name.clone(),
        relation: if there.view { Relation::View } else { Relation::Table },
        columns: there.columns.iter().map(column).collect(),
        indexes: there.indexes.iter().map(index).collect(),
        ..Table::default()
    }
}

fn shown(step: &Step) -> String {
    match step {
        Step::Do(statement) => format!("{statement};\n"),
        Step::Unique { doubled, unique, otherwise } => {
            let otherwise = otherwise.as_deref().unwrap_or("nothing");
            format!("if there is no {doubled}:\n{unique};\nelse:\n{otherwise};\n")
        }
    }
}

#[test]
fn every_migration_sends_what_it_is_expected_to() {
    let mut text = String::new();
    for (title, asked) in cases(FILE) {
        let given: Given = serde_json::from_str(&asked).unwrap_or_else(|error| panic!("{title}: {error}"));
        let wanted: Wanted = serde_json::from_str(&asked).unwrap_or_else(|error| panic!("{title}: {error}"));
        let answers = by_dialect(|dialect: Dialect| {
            let catalog = Catalog { tables: given.there.iter().map(table).collect() };
            match missing(dialect, given.schema.as_deref(), &catalog, &wanted) {
                Ok(steps) if steps.is_empty() => "nothing\n".to_owned(),
                Ok(steps) => steps.iter().map(shown).collect(),
                Err(error) => format!("refused: {}\n", error.message),
            }
        });
        write!(text, "=== {title}\n{asked}{answers}\n").expect("a String takes it");
    }
    assert_expected(FILE, &text);
}
