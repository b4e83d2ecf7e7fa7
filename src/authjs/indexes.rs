//! SQLite says of every statement that it finds its rows by an index of our schema. (The servers are asked in the
//! Node.js tests, where there are servers.)

use rusqlite::Connection;

use crate::authjs::expiry::Expiry;
use crate::authjs::layout::Layout;
use crate::authjs::migrate;
use crate::authjs::migrations;
use crate::authjs::operation::{Action, OPERATIONS, Operation};
use crate::authjs::plan::{Plan, Prepared};
use crate::authjs::session_token;
use crate::dialect::Dialect;
use crate::engine::compiled::{Compiled, Steps};
use crate::statement::statement::Statement;
use crate::types::token_hash::Hashing;

/// Every statement that an operation can lead to, but for the order and number of the fields that it writes.
fn statements(plan: &Plan, operation: &Operation) -> Vec<Statement> {
    let of = |compiled: &Compiled| match &compiled.steps {
        Steps::Find(statement) | Steps::Count(statement) | Steps::Affect(statement) | Steps::Return(statement) => {
            vec![statement.clone()]
        }
        Steps::Update { write, find } => std::iter::once(write).chain(find).cloned().collect(),
        Steps::Then { write, read, .. } | Steps::Take { read, write } => vec![write.clone(), read.clone()],
        Steps::Keep { .. } => Vec::new(),
        Steps::Replaced(delete) => delete.statements().map(|(_, statement)| statement.clone()).to_vec(),
        Steps::Locked { find, write, read } => [find, write].into_iter().chain(read).cloned().collect(),
    };
    match plan.prepared(operation) {
        Prepared::Fixed(compiled) => of(compiled),
        // The row itself is written there and then; what it is looked for by is another operation's.
        Prepared::Varying(_) if operation.inserts() => Vec::new(),
        Prepared::Varying(choices) => [vec![1], vec![1, plan.layout.table(operation.table).columns.len() - 1]]
            .iter()
            .flat_map(|positions| of(&plan.varying(operation, choices, positions).expect("statements")))
            .collect(),
        Prepared::Sequence { requests, .. } => requests.iter().flat_map(|compiled| of(compiled)).collect(),
        Prepared::Revoke { list, delete } => [of(list), of(delete)].concat(),
        Prepared::Stepwise if operation.action == Action::VerifyPassword => {
            let passwords = plan.passwords().expect("a place for passwords");
            passwords.all().into_iter().flat_map(|(_, compiled)| of(compiled)).collect()
        }
        Prepared::Stepwise if operation.action != Action::Prune => Vec::new(),
        Prepared::Stepwise => {
            let expiry = Expiry { dialect: Dialect::Sqlite, table: plan.layout.table(operation.table) };
            let past = expiry.table.column("expires").codec.past(chrono::Utc::now());
            let counted = past.spans.iter().map(|span| expiry.count_expired(span));
            let deleted = past.spans.iter().map(|span| expiry.delete_expired(span, 100));
            let read = past.texts.iter().flat_map(|each| [expiry.count_texts(each), expiry.texts_before(each, 100)]);
            counted.chain(deleted).chain(read).chain([expiry.delete_texts(100)]).collect()
        }
        Prepared::Impossible => panic!("{} has no table", operation.name),
    }
}

#[test]
fn every_statement_uses_an_index() {
    let connection = Connection::open_in_memory().expect("a database");
    connection.execute_batch(&migrate::generate(Dialect::Sqlite, migrations::ALL)).expect("our schema");
    let plan = |hashing| {
        let layout = Layout::own(Dialect::Sqlite, None, |_| false);
        Plan::new(Dialect::Sqlite, session_token::hashing(Dialect::Sqlite, layout, hashing).expect("room"))
            .expect("a plan")
    };
    let plans = [Hashing::Off, Hashing::Accepted, Hashing::Written, Hashing::Only].map(plan);
    let mut searched = 0;
    let all = plans.iter().flat_map(|plan| OPERATIONS.iter().flat_map(|operation| statements(plan, operation)));
    for statement in all {
        let mut explain = connection.prepare(&format!("EXPLAIN QUERY PLAN {}", statement.text)).expect(&statement.text);
        let arguments = vec!["x"; explain.parameter_count()];
        let mut steps = explain.query(rusqlite::params_from_iter(arguments)).expect(&statement.text);
        while let Some(step) = steps.next().expect("a step") {
            let detail: String = step.get(3).expect("a description");
            assert!(!detail.starts_with("SCAN"), "{detail}: {}", statement.text);
            searched += usize::from(detail.starts_with("SEARCH") && detail.contains("INDEX"));
        }
    }
    assert!(searched >= plans.len() * OPERATIONS.len(), "only {searched} searches");
}
