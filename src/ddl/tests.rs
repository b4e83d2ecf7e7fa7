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

fn column(name: &str, type_name: &str) -> Column {
    Column { name: name.into(), type_name: type_name.into(), ..Column::default() }
}

fn table(there: &There) -> Table {
    let column = |text: &String| {
        let (name, type_name) = text.split_once(' ').expect("a name and a type");
        column(name, type_name)
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

const WANTED: &str = r#"{"tables":[
    {"name":"session","fields":[
        {"name":"token","type":"text","required":true,"unique":true},
        {"name":"expiresAt","type":"date","required":true,"indexed":true},
        {"name":"userId","type":"id","required":true,"indexed":true,
         "references":{"table":"user","field":"id","on_delete":"cascade"}}]},
    {"name":"user","fields":[
        {"name":"email","type":"text","required":true,"unique":true},
        {"name":"emailVerified","type":"bool","required":true,"default":false}]}]}"#;

fn texts(steps: Vec<Step>) -> Vec<String> {
    let text = |step| match step {
        Step::Do(text) | Step::Unique { unique: text, .. } => text,
    };
    steps.into_iter().map(text).collect()
}

#[test]
fn tables_come_after_those_they_refer_to() {
    let wanted: Wanted = serde_json::from_str(WANTED).unwrap();
    let statements = texts(missing(Dialect::MySql, None, &Catalog::default(), &wanted).unwrap());
    assert!(statements[0].starts_with("CREATE TABLE `user` (\n  `id` varchar(64) NOT NULL PRIMARY KEY,"));
    assert!(statements[1].contains("FOREIGN KEY (`userId`) REFERENCES `user` (`id`) ON DELETE CASCADE"));
    assert_eq!(statements[2], "CREATE INDEX `session_expiresAt_idx` ON `session` (`expiresAt`)");
    assert_eq!(statements.len(), 4);
}

#[test]
fn what_is_there_is_completed_in_its_own_style() {
    let wanted: Wanted = serde_json::from_str(WANTED).unwrap();
    let user = Table {
        name: "users".into(),
        columns: vec![column("id", "uuid"), column("email", "text"), column("created_at", "timestamptz")],
        ..Default::default()
    };
    let statements = texts(missing(Dialect::Postgres, None, &Catalog { tables: vec![user] }, &wanted).unwrap());
    assert_eq!(statements[0], "ALTER TABLE \"users\" ADD COLUMN \"email_verified\" boolean DEFAULT false NOT NULL");
    assert!(statements[1].contains("\"user_id\" uuid NOT NULL"), "{}", statements[1]);
    assert!(statements[1].contains("FOREIGN KEY (\"user_id\") REFERENCES \"users\" (\"id\")"), "{}", statements[1]);
}
