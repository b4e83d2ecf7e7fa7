//! What each request comes to in each dialect: `expected.txt` is a table of requests, each with the whole text of all statements
//! that it may lead to. A request is added by its title and its JSON; what it comes to is then written by `UPDATE_EXPECTED=1`.

use std::fmt::Write as _;

use crate::database::queue::SIZES;
use crate::dialect::Dialect;
use crate::encryption::key::Key;
use crate::encryption::keyring::Keyring;
use crate::engine::compile::compile;
use crate::engine::compiled::{Compiled, Steps};
use crate::engine::joins::Joined;
use crate::engine::request::{Method, Request};
use crate::engine::resolve;
use crate::engine::schema::{Field, FieldKind, Model};
use crate::engine::tables::Tables;
use crate::table::catalog::{Column, Followed, Index, Table};
use crate::table::conventions::Conventions;
use crate::table::shared::{Elsewhere, Secret, Without};
use crate::tests::{assert_expected, by_dialect, cases, shown};

const FILE: &str = "src/engine/expected.txt";

/// The tables, with each column's kind and its type in PostgreSQL, MySQL and SQLite. `!`: a unique index keeps its values apart;
/// `*`: they should differ, and nothing keeps them apart; `?`: it may be null; `+`: the database counts it up.
const TABLES: &str = "
user
  id! id text varchar(36) text
  email! text text varchar(191) text
  name? text varchar varchar(255) varchar
  age? float int4 int integer
  score? float float8 double real
  active? bool bool tinyint(1) boolean
  meta? json jsonb json json
  createdAt date timestamptz datetime(3) date
  verifiedAt? date timestamp timestamp datetime
session
  id! id text varchar(36) text
  token! text text varchar(191) text
  userId id text varchar(36) text
  expiresAt date timestamptz datetime(3) date
account
  id! id uuid char(36) uuid
  userId id uuid char(36) uuid
  seats? float int8 bigint integer
counted
  id!+ id int4 int integer
  label? text text text text
handle
  id! id text varchar(36) text
  name* text text varchar(191) text
  note? text text text text
followed
  id! id text varchar(36) text
  name? text text varchar(191) text
replaced
  id! id text varchar(36) text
  name? text text varchar(191) text
vault
  id! id text varchar(36) text
  provider text text varchar(191) text
  account text text varchar(191) text
  access? text text text text
  refresh? text text text text
  seen? date timestamptz datetime(3) date
secretive
  id! id text varchar(36) text
  userId id text varchar(36) text
  password? text text text text
nameless
  key! text text varchar(191) text
  count float int8 bigint integer
";

/// Of the table that holds encrypted tokens, which ones they are.
const VAULT: &str =
    r#"{ "provider": "provider", "account": "account", "fields": [["access", "access"], ["refresh", "refresh"]] }"#;

/// How a cast writes the types of PostgreSQL that have another name there.
const CASTS: [(&str, &str); 7] = [
    ("varchar", "character varying"),
    ("int4", "integer"),
    ("int8", "bigint"),
    ("float8", "double precision"),
    ("bool", "boolean"),
    ("timestamptz", "timestamp with time zone"),
    ("timestamp", "timestamp without time zone"),
];

fn column(dialect: Dialect, line: &str) -> (Field, Column, bool) {
    let [name, kind, postgres, mysql, sqlite] = line.split_whitespace().collect::<Vec<_>>()[..] else {
        panic!("{line} is not a column")
    };
    let (bare, is) = (name.trim_end_matches(['!', '*', '?', '+']), |mark| name.contains(mark));
    let type_name = match dialect {
        Dialect::Postgres => postgres,
        Dialect::MariaDb if mysql == "json" => "longtext",
        Dialect::MySql | Dialect::MariaDb => mysql,
        Dialect::Sqlite => sqlite,
    };
    let cast = CASTS.iter().find(|(name, _)| *name == type_name).map_or(type_name, |(_, cast)| cast);
    let column = Column {
        name: bare.into(),
        type_name: type_name.into(),
        cast_name: (dialect == Dialect::Postgres).then(|| cast.into()),
        category: if dialect == Dialect::MariaDb && mysql == "json" { "json".into() } else { String::new() },
        length: type_name.split(['(', ')']).nth(1).and_then(|length| length.parse().ok()),
        nullable: is('?'),
        has_default: is('+'),
        ..Column::default()
    };
    let kind: FieldKind = serde_json::from_value(kind.into()).expect("a kind");
    let field = Field {
        name: bare.into(),
        key: bare.into(),
        kind,
        required: !is('?'),
        essential: false,
        unique: is('!') || is('*'),
    };
    (field, column, is('!'))
}

/// [`TABLES`] as a look at them finds them.
pub fn tables(dialect: Dialect) -> Tables {
    let mut models: Vec<(Model, Table)> = Vec::new();
    for line in TABLES.lines().filter(|line| !line.is_empty()) {
        match (line.starts_with(' '), models.last_mut()) {
            (true, Some((model, table))) => {
                let (field, column, is_unique) = column(dialect, line);
                let columns = vec![column.name.clone()];
                table.indexes.extend(is_unique.then(|| Index { columns, unique: true, ..Index::default() }));
                model.fields.push(field);
                table.columns.push(column);
            }
            _ => {
                let tokens = (line == "vault").then(|| serde_json::from_str(VAULT).expect("tokens"));
                let model =
                    Model { name: line.into(), key: line.into(), fields: Vec::new(), unique: Vec::new(), tokens };
                let is_followed = line == "followed";
                let followed = Followed { insert: is_followed, update: is_followed, delete: line == "replaced" };
                models.push((model, Table { name: line.into(), followed, ..Table::default() }));
            }
        }
    }
    let key = Key::new("one", &"07".repeat(32)).expect("a key");
    let conventions = Conventions { encryption: Keyring::new(vec![key], true), ..Conventions::default() };
    let table = |(model, table): &(Model, Table)| {
        let mut found = resolve::table(dialect, &conventions, model, table, None);
        if let (Ok(table), "secretive") = (&mut found, &*model.name) {
            table.shared.secret = Some(secret(dialect));
        }
        let found = found.and_then(|found| resolve::encrypted(&conventions, model, found));
        (model.name.as_str().into(), found)
    };
    Tables::new(dialect, models.iter().map(table).collect())
}

/// The password of the other contract, in a table of its own.
fn secret(dialect: Dialect) -> Secret {
    let name = |name: &str| dialect.quote(name);
    let without = Without::Row { users: name("user"), id: name("id") };
    let (table, hash, user) = (name("userPassword"), name("hash"), name("userId"));
    Secret { owner: 1, field: 2, elsewhere: Some(Elsewhere { table, hash, user, room: Some(512), without }) }
}

/// All that a request may send, in the order in which it may.
pub fn statements(compiled: &Compiled) -> String {
    let mut text = String::new();
    if !compiled.fills.is_empty() {
        let names: Vec<_> = compiled.fills.iter().map(|column| &*column.field).collect();
        writeln!(text, "fills    {}", names.join(", ")).expect("a String takes it");
    }
    for check in &compiled.checks {
        text += &check.lock.iter().map(|lock| shown("lock", lock)).collect::<String>();
        writeln!(text, "{:8} of {} …", "", check.name).expect("a String takes it");
        text += &shown("holders", &check.holders);
        text += &check.targets.iter().map(|targets| shown("targets", targets)).collect::<String>();
    }
    let account = compiled.seal.iter().filter_map(|seal| seal.find.as_ref());
    text += &account.map(|find| shown("account", find)).collect::<String>();
    let all = compiled.seal.iter().filter_map(|seal| seal.all.as_ref());
    text += &all.map(|all| shown("clears", all)).collect::<String>();
    text += &compiled.mirrored.iter().map(|statement| shown("before", statement)).collect::<String>();
    text += &match &compiled.steps {
        Steps::Find(find) => {
            let first = compiled.first_form.iter().map(|first| shown("first", &first.statement));
            first.collect::<String>() + &shown("find", find)
        }
        Steps::Count(count) => shown("count", count),
        Steps::Affect(write) => shown("affect", write),
        Steps::Return(write) => shown("return", write),
        Steps::Update { write, find } => {
            shown("return", write) + &find.iter().map(|find| shown("or find", find)).collect::<String>()
        }
        Steps::Keep { write, arguments } => shown("keep", write) + &format!("{:8} {arguments:?}\n", ""),
        Steps::Then { write, read, .. } => {
            let both = compiled.both.as_ref().map(|both| shown("both", both));
            both.unwrap_or_default() + &shown("write", write) + &shown("read", read)
        }
        Steps::Take { read, write } => shown("read", read) + &shown("take", write),
        Steps::Locked { find, write, read } => {
            let read = read.iter().map(|read| shown("read", read)).collect::<String>();
            shown("lock", find) + &shown("write", write) + &read
        }
        Steps::Replaced(delete) => delete.statements().map(|(name, statement)| shown(name, statement)).concat(),
    };
    text += &compiled.otherwise.iter().map(|otherwise| shown("or", otherwise)).collect::<String>();
    if let Some(batched) = &compiled.batched_write {
        text += &batched.statements().map(|(name, statement)| shown(name, statement)).collect::<String>();
    }
    text += &compiled.followed.iter().map(|again| shown("again", again)).collect::<String>();
    text += &compiled.owner.iter().filter_map(|owner| Some(shown("owner", owner.find.as_ref()?))).collect::<String>();
    for join in &compiled.joins {
        let Joined::Many(many) = join else { continue };
        for places in [1, 4] {
            text += &shown(&format!("all {places}"), many.all(places).expect("a statement"));
            if !many.distinct {
                match many.limited(places) {
                    Ok(limited) => text += &shown(&format!("few {places}"), limited),
                    Err(error) => writeln!(text, "refused  {}", error.message).expect("a String takes it"),
                }
            }
        }
    }
    if let Some(batched) = &compiled.batched {
        let mut known = Vec::new();
        for count in SIZES {
            let statement = batched.statement(count).expect("a statement");
            if !known.contains(&&statement.text) {
                text += &shown(&format!("batch{count}"), statement);
                known.push(&statement.text);
            }
        }
    }
    text
}

#[test]
fn every_request_sends_what_it_is_expected_to() {
    let mut text = String::new();
    for (title, asked) in cases(FILE) {
        let request: Request = serde_json::from_str(&asked).unwrap_or_else(|error| panic!("{title}: {error}"));
        let answers = by_dialect(|dialect| match compile(&tables(dialect), &request) {
            Ok(compiled) => statements(&compiled),
            Err(error) => format!("refused  {}\n", error.message),
        });
        write!(text, "=== {title}\n{asked}{answers}\n").expect("a String takes it");
    }
    assert_expected(FILE, &text);
}

#[test]
fn no_part_of_the_language_is_left_out() {
    let requests: Vec<Request> =
        cases(FILE).iter().map(|(_, asked)| serde_json::from_str(asked).expect("a request")).collect();
    for method in [
        Method::Create,
        Method::FindOne,
        Method::FindMany,
        Method::Count,
        Method::Update,
        Method::UpdateMany,
        Method::Delete,
        Method::DeleteMany,
        Method::ConsumeOne,
        Method::IncrementOne,
    ] {
        assert!(requests.iter().any(|request| request.method == method), "{}", method.name());
    }
    let conditions: Vec<_> = requests.iter().flat_map(|request| &request.filter).collect();
    for operator in ["eq", "ne", "lt", "lte", "gt", "gte", "in", "not_in", "contains", "starts_with", "ends_with"] {
        let of_it = || conditions.iter().filter(|condition| condition.operator == operator);
        assert!(of_it().any(|condition| condition.or) && of_it().any(|condition| !condition.or), "{operator}");
        let is_text = !operator.starts_with(['l', 'g']);
        assert!(!is_text || of_it().any(|condition| condition.insensitive), "{operator} without case");
    }
}
