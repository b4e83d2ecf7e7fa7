//! SQLite says of every statement that it finds its rows by an index of our schema. (The servers are asked in the
//! Node.js tests, where there are servers.)

use rusqlite::Connection;

use crate::authjs::layout::Layout;
use crate::authjs::migrate;
use crate::authjs::operation::{Action, OPERATIONS};
use crate::authjs::plan::Plan;
use crate::authjs::statements::{Statements, Write};
use crate::dialect::Dialect;
use crate::statement::statement::Statement;

/// Every statement that the operations can lead to, but for the order and number of the fields that they write.
fn statements(plan: &Plan) -> Vec<Statement> {
    let texts: &Statements = &plan.statements;
    let both = |write: Write| match write {
        Write::Returning(statement) => vec![statement],
        Write::WithRead { write, read } => vec![write, read],
    };
    let mut all = [plan.removal.before.as_slice(), &plan.removal.after].concat();
    for operation in &OPERATIONS {
        let (table, keys) = (operation.table, operation.keys);
        all.extend(match operation.action {
            Action::Find => vec![texts.find(table, keys)],
            Action::FindUserByAccount => vec![texts.user_by_account(keys)],
            Action::FindSessionAndUser => vec![texts.session_and_user(keys)],
            Action::Delete | Action::DeleteUser => both(texts.delete(table, keys)),
            Action::Insert | Action::Link => vec![texts.find(table, table.identity())],
            Action::List => vec![texts.list(table, "userId")],
            Action::Revoke => {
                vec![texts.list(table, "userId"), texts.delete_unseen(table, &["sessionToken", "userId"])]
            }
            Action::RevokeOthers => vec![texts.delete_others(table, ["userId", "sessionToken"])],
            Action::RevokeAll => vec![texts.delete_unseen(table, keys)],
            Action::Prune => {
                let past = texts.layout.table(table).column("expires").codec.past(chrono::Utc::now());
                let spans = past.spans.iter();
                let counted = spans.clone().map(|span| texts.count_expired(table, span));
                let deleted = spans.map(|span| texts.delete_expired(table, span, 100));
                let read = past
                    .texts
                    .iter()
                    .flat_map(|each| [texts.count_texts(table, each), texts.texts_before(table, each, 100)]);
                counted.chain(deleted).chain(read).chain([texts.delete_texts(table, 100)]).collect()
            }
            Action::Update | Action::UpdateExisting => {
                let mut each = both(texts.update(table, keys, &[1]));
                each.extend(both(texts.update(table, keys, &[1, 2])));
                each
            }
        });
    }
    all
}

#[test]
fn every_statement_uses_an_index() {
    let connection = Connection::open_in_memory().expect("a database");
    connection.execute_batch(&migrate::generate(Dialect::Sqlite)).expect("our schema");
    let plan = Plan::new(Dialect::Sqlite, Layout::own(Dialect::Sqlite, None, |_| false), "BEGIN".to_owned(), true);
    let mut searched = 0;
    for statement in statements(&plan) {
        let mut explain = connection.prepare(&format!("EXPLAIN QUERY PLAN {}", statement.text)).expect(&statement.text);
        let arguments = vec!["x"; explain.parameter_count()];
        let mut steps = explain.query(rusqlite::params_from_iter(arguments)).expect(&statement.text);
        while let Some(step) = steps.next().expect("a step") {
            let detail: String = step.get(3).expect("a description");
            assert!(!detail.starts_with("SCAN"), "{detail}: {}", statement.text);
            searched += usize::from(detail.starts_with("SEARCH") && detail.contains("INDEX"));
        }
    }
    assert!(searched >= OPERATIONS.len(), "only {searched} searches");
}
