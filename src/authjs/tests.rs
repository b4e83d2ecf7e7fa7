//! What each operation sends in each dialect, on our own tables and on others: `expected.txt` is a table of them.

use std::fmt::Write as _;
use std::sync::Arc;

use chrono::DateTime;

use crate::authjs::expiry::Expiry;
use crate::authjs::keys::{OWNER, by_keys};
use crate::authjs::layout::{Layout, Owned, TableLayout};
use crate::authjs::model::Table;
use crate::authjs::operation::{Action, OPERATIONS, Operation};
use crate::authjs::plan::{Plan, Prepared};
use crate::authjs::prune;
use crate::authjs::session_token;
use crate::dialect::Dialect;
use crate::engine::compiled::Compiled;
use crate::engine::request::Method;
use crate::engine::tests::statements;
use crate::table::column::Column;
use crate::tests::{assert_expected, by_dialect, shown};
use crate::types::codec::{Codec, Equality, Form};
use crate::types::instant::Instant;
use crate::types::kind::{Kind, Role};
use crate::types::token_hash::Hashing;
use crate::types::wire::Wire;
use crate::types::zone::Zone;

const FILE: &str = "src/authjs/expected.txt";
const EXPIRED: &str = "src/authjs/expected_expiry.txt";

/// The tables of a dialect.
type Laid = fn(Dialect) -> Layout;

/// Our own tables, as they are known when they are as `migrate` made them.
fn own(dialect: Dialect) -> Layout {
    let own = Layout::own(dialect, None, |_| true);
    if dialect.syntax().ddl.exact_collation.is_empty() {
        return own;
    }
    Layout::new(Table::ALL.map(|table| {
        let mut layout = own.table(table).clone();
        for column in layout.columns.iter_mut().filter(|column| column.codec.is_text()) {
            column.codec.equality = Equality::Exact;
        }
        Some(layout)
    }))
}

/// Tables of another tool in a schema of their own, of which no key and no foreign key is kept.
fn loose(dialect: Dialect) -> Layout {
    others(dialect, Owned::Loosely, true)
}

/// Our own tables, with a column for hashes among the users.
fn with_a_column(dialect: Dialect) -> Layout {
    let layout = own(dialect);
    Layout::new(Table::ALL.map(|table| {
        let mut layout = layout.table(table).clone();
        if table == Table::User {
            let plain = Column::plain(dialect, "user", "password", Kind::Text, Role::Key(255));
            layout.columns.push(Column { visible: false, sealed: true, ..plain });
        }
        Some(layout)
    }))
}

/// Our own tables, to which Better Auth has added its place for passwords.
fn with_better_auth(dialect: Dialect) -> Layout {
    let layout = own(dialect);
    Layout::new(Table::ALL.map(|table| {
        let mut layout = layout.table(table).clone();
        if table == Table::Account {
            let plain = Column::plain(dialect, "account", "password", Kind::Text, Role::Free);
            layout.columns.push(Column { visible: false, ..plain });
        }
        Some(layout)
    }))
}

/// Our own tables where session tokens are hashed, and tokens that are stored as they are are found, too.
fn hashed(dialect: Dialect) -> Layout {
    session_token::hashing(dialect, own(dialect), Hashing::Written).expect("room for hashes")
}

/// The same, with foreign keys that do not let a user go before the rows, and with all unique keys.
fn firm(dialect: Dialect) -> Layout {
    others(dialect, Owned::Firmly, false)
}

fn others(dialect: Dialect, owned: Owned, unguarded: bool) -> Layout {
    let schema = (dialect == Dialect::Postgres).then_some("auth");
    let layout = Layout::own(dialect, schema, |_| false);
    Layout::new(Table::ALL.map(|table| {
        let unguarded = if unguarded { table.keys().to_vec() } else { Vec::new() };
        Some(TableLayout { owned, unguarded, ..layout.table(table).clone() })
    }))
}

/// All that an operation may send. One that takes an object is shown with all fields of its table, and an update with one
/// field and with none.
fn sent(plan: &Plan, operation: &Operation) -> String {
    let fields = || plan.layout.table(operation.table).columns.len();
    let choice = |choices, positions: &[usize]| {
        let compiled = plan.varying(operation, choices, positions).expect("statements");
        statements(&compiled)
    };
    match plan.prepared(operation) {
        Prepared::Fixed(compiled) => statements(compiled),
        Prepared::Varying(choices) if operation.keys.is_empty() => {
            choice(choices, &(0..fields()).collect::<Vec<_>>()) + "fewer fields\n" + &choice(choices, &[1, 2])
        }
        Prepared::Varying(choices) => {
            // A key does not change.
            let columns = &plan.layout.table(operation.table).columns;
            let is_free = |at: &usize| *at > 0 && !operation.keys.contains(&&*columns[*at].field);
            let free: Vec<_> = (0..fields()).filter(is_free).take(2).collect();
            choice(choices, &free) + "one field\n" + &choice(choices, &free[..1]) + "no field\n" + &choice(choices, &[])
        }
        Prepared::Sequence { requests, answers } => {
            format!("the answer is that of statement {answers}\n")
                + &requests.iter().map(|each| statements(each)).collect::<String>()
        }
        Prepared::Revoke { list, delete } => statements(list) + &statements(delete),
        Prepared::Stepwise if operation.action != Action::Prune => "step by step\n".to_owned(),
        Prepared::Stepwise => "as expected_expiry.txt has it\n".to_owned(),
        Prepared::Impossible => panic!("{} has no table", operation.name),
    }
}

#[test]
fn every_operation_sends_what_it_is_expected_to() {
    let mut text = String::new();
    let layouts =
        [("our own tables", own as Laid), ("tables without keys", loose), ("tables with firm foreign keys", firm)];
    for (name, layout) in layouts {
        let plan = |dialect| Plan::new(dialect, layout(dialect)).expect("a plan");
        for operation in &OPERATIONS {
            let answers = by_dialect(|dialect| sent(&plan(dialect), operation));
            writeln!(text, "=== {} on {name}\n{answers}", operation.name).expect("a String takes it");
        }
        let passwords = by_dialect(|dialect| {
            let plan = plan(dialect);
            let all = plan.passwords().expect("a place for passwords").all();
            all.into_iter().map(|(title, compiled)| format!("{title}\n{}", statements(compiled))).collect()
        });
        writeln!(text, "=== the passwords on {name}\n{passwords}").expect("a String takes it");
        // What linkAccount and a repeated call look for besides.
        let besides = |of: &dyn Fn(&Plan) -> Arc<Compiled>| by_dialect(|dialect| statements(&of(&plan(dialect))));
        let account = Table::Account.identity();
        let link: Vec<_> = account.iter().copied().chain([OWNER]).collect();
        for (title, method, table, keys) in [
            ("the accounts in the way of a link", Method::FindMany, Table::Account, account),
            ("a link to a user who is gone", Method::DeleteMany, Table::Account, &link),
            ("the user that an insert made", Method::FindOne, Table::User, Table::User.identity()),
        ] {
            let answers = besides(&|plan| plan.compile(&by_keys(method, table, keys)).expect("statements"));
            writeln!(text, "=== {title} on {name}\n{answers}").expect("a String takes it");
        }
    }
    let places = [
        ("the passwords in a column of the users' table", with_a_column as Laid),
        ("the passwords beside Better Auth", with_better_auth),
    ];
    for (title, layout) in places {
        let answers = by_dialect(|dialect| {
            let plan = Plan::new(dialect, layout(dialect)).expect("a plan");
            let passwords = plan.passwords().expect("a place for passwords");
            passwords.all().into_iter().map(|(title, compiled)| format!("{title}\n{}", statements(compiled))).collect()
        });
        writeln!(text, "=== {title}\n{answers}").expect("a String takes it");
    }
    for operation in OPERATIONS.iter().filter(|operation| operation.table == Table::Session) {
        let plan = |dialect| Plan::new(dialect, hashed(dialect)).expect("a plan");
        let answers = by_dialect(|dialect| sent(&plan(dialect), operation));
        writeln!(text, "=== {} with hashed tokens on our own tables\n{answers}", operation.name)
            .expect("a String takes it");
    }
    assert_expected(FILE, &text);
}

/// The forms that a column of instants may have, and what its values travel as.
fn forms(dialect: Dialect) -> Vec<(&'static str, Codec)> {
    let of = |wire, form| Codec::plain(wire).form(form);
    let mut forms = vec![
        ("numbers", of(Wire::Int, Form::Instant(Instant::Millis))),
        ("numbers of seconds", of(Wire::Int, Form::Instant(Instant::Seconds))),
        ("texts of digits", of(Wire::Text, Form::Instant(Instant::MillisText))),
        ("texts of dates", of(Wire::Text, Form::Instant(Instant::IsoZ))),
    ];
    match dialect {
        Dialect::Sqlite => forms.extend([
            ("Julian days", of(Wire::Any, Form::Instant(Instant::JulianDay))),
            ("values of any class", of(Wire::Any, Form::Instant(Instant::Millis))),
            ("spaced texts", of(Wire::Any, Form::Instant(Instant::SpacedMicros))),
        ]),
        Dialect::Postgres => {
            let utc = ("({} AT TIME ZONE 'UTC')", "({}::timestamptz AT TIME ZONE 'UTC')");
            forms.push(("a type without a zone", Codec::plain(Wire::Time).reading(utc.0).writing(utc.1)));
        }
        Dialect::MySql | Dialect::MariaDb => {
            forms.push(("a clock two hours ahead", of(Wire::Time, Form::Wall(Zone::Fixed(120)))));
        }
    }
    forms
}

/// All that a prune of `table` may send, of at most three rows at once.
fn pruned(dialect: Dialect, table: &TableLayout) -> String {
    let expiry = Expiry { dialect, table };
    let now = DateTime::from_timestamp_millis(1_907_050_150_123).expect("a time");
    let past = table.column("expires").codec.past(now);
    let mut text = String::new();
    for span in &past.spans {
        writeln!(text, "values   {:?}", span.arguments()).expect("a String takes it");
        text += &shown("delete", &expiry.delete_expired(span, 3));
        text += &shown("count", &expiry.count_expired(span));
    }
    for texts in &past.texts {
        writeln!(text, "values   {:?}", texts.until).expect("a String takes it");
        text += &shown("read", &expiry.texts_before(texts, 3));
        text += &shown("delete", &expiry.delete_texts(3));
        text += &shown("count", &expiry.count_texts(texts));
    }
    text
}

#[test]
fn a_prune_sends_what_it_is_expected_to() {
    let mut text = String::new();
    for table in prune::TABLES {
        let of_own = by_dialect(|dialect| pruned(dialect, own(dialect).table(table)));
        writeln!(text, "=== {} of our own\n{of_own}", table.name()).expect("a String takes it");
    }
    for dialect in Dialect::ALL {
        for (name, codec) in forms(dialect) {
            for (numbered, indexed) in [(true, true), (false, false)] {
                let mut layout = loose(dialect).table(Table::Session).clone();
                layout.numbered = numbered;
                for column in layout.columns.iter_mut().filter(|column| column.field == "expires") {
                    *column = Column { codec: codec.clone(), indexed, ..column.clone() };
                }
                let how = if numbered { "with numbered rows and an index" } else { "with neither" };
                let answers = pruned(dialect, &layout);
                writeln!(text, "=== {name}, {how}\n--- {}\n{answers}", dialect.name()).expect("a String takes it");
            }
        }
    }
    assert_expected(EXPIRED, &text);
}
