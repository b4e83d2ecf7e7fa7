//! What a write of a password brings along: the same password where the other contract looks for it.
//!
//! It is written by statements of the same transaction, before the write: their conditions find what the write has not changed yet.

use crate::engine::predicate::Predicate;
use crate::engine::request::{Method, Request};
use crate::engine::statements::Statements;
use crate::engine::where_clause::conditions;
use crate::statement::statement::Statement;
use crate::table::builder::Builder;
use crate::table::column::Column;
use crate::table::shared::{Elsewhere, Secret, Without};

/// Whether a request may change or remove a password.
pub fn concerns(statements: &Statements<'_>, request: &Request) -> bool {
    statements.table.shared.secret.as_ref().is_some_and(|secret| {
        let writes = || argument(statements, request, secret.field).is_some();
        match request.method {
            Method::Create | Method::Update | Method::UpdateMany | Method::IncrementOne => writes(),
            Method::Delete | Method::DeleteMany | Method::ConsumeOne => true,
            Method::FindOne | Method::FindMany | Method::Count => false,
        }
    })
}

/// The statements that write it.
pub fn statements(statements: &Statements<'_>, request: &Request) -> Vec<Statement> {
    let Some(secret) = statements.table.shared.secret.as_ref().filter(|_| concerns(statements, request)) else {
        return Vec::new();
    };
    let Some(elsewhere) = &secret.elsewhere else { return Vec::new() };
    // Without an argument, the password goes.
    let password = argument(statements, request, secret.field);
    let owner = argument(statements, request, secret.owner).filter(|_| request.method == Method::Create);
    if request.method == Method::Create && owner.is_none() {
        return Vec::new();
    }
    let of_the_users = |(built, after): (Builder, &str)| {
        let built = match owner {
            Some(owner) => built.push(" = ").argument(&statements.table.columns[secret.owner], owner),
            None => owners(built, statements, secret, &statements.predicates, password.is_none()),
        };
        built.push(after).build()
    };
    texts(statements, secret, elsewhere, password).into_iter().map(of_the_users).collect()
}

/// The statements up to the column of the user's id, each with what comes after that.
fn texts(
    statements: &Statements<'_>,
    secret: &Secret,
    Elsewhere { table, hash, user, room, without }: &Elsewhere,
    password: Option<usize>,
) -> Vec<(Builder, &'static str)> {
    let begun = |text: String| Builder::new(statements.dialect).push(&text);
    let column = &statements.table.columns[secret.field];
    // A hash that has no room there is none there.
    let value = |built: Builder, argument: usize| match room {
        Some(room) => {
            let measured = built.push("CASE WHEN length(").argument(column, argument);
            measured.push(&format!(") <= {room} THEN ")).argument(column, argument).push(" END")
        }
        None => built.argument(column, argument),
    };
    let of_user = |built: Builder| (built.push(&format!(" WHERE {user}")), "");
    let update = || begun(format!("UPDATE {table} SET {hash} = "));
    let delete = || of_user(begun(format!("DELETE FROM {table}")));
    match (without, password) {
        (Without::Null, None) => vec![of_user(update().push("NULL"))],
        (Without::Null, Some(argument)) => vec![of_user(value(update(), argument))],
        (Without::Empty, None) => vec![of_user(update().push("''"))],
        (Without::Empty, Some(argument)) => {
            vec![of_user(value(update().push("coalesce("), argument).push(", '')"))]
        }
        (Without::Row { .. }, None) => vec![delete()],
        (Without::Row { users, id }, Some(argument)) => {
            // Another process that writes this user's password waits, and does not come in between.
            let syntax = statements.dialect.syntax();
            let hold = (!syntax.single_writer)
                .then(|| (begun(format!("SELECT {id} FROM {users} WHERE {id}")), syntax.for_update));
            let insert = begun(format!("INSERT INTO {table} ({user}, {hash}) SELECT {id}, "));
            let insert = insert.argument(column, argument).push(&format!(" FROM {users} WHERE length("));
            let fits = room.map_or_else(|| "> 0".to_owned(), |room| format!("BETWEEN 1 AND {room}"));
            let insert = insert.argument(column, argument).push(&format!(") {fits} AND {id}"));
            hold.into_iter().chain([delete(), (insert, "")]).collect()
        }
    }
}

/// ` IN (SELECT …)`: the users whose rows match. `with`: only those of rows that have a password.
fn owners(
    built: Builder,
    statements: &Statements<'_>,
    secret: &Secret,
    predicates: &[Predicate<'_>],
    with: bool,
) -> Builder {
    let column = |at: usize| &statements.table.columns[at];
    let built = built.push(" IN (SELECT ").push(&column(secret.owner).name).push(" FROM ").push(&statements.table.name);
    let built = built.push(" WHERE ");
    let built = if with { built.push(&column(secret.field).name).push(" IS NOT NULL AND (") } else { built.push("(") };
    conditions(built, "", predicates).push("))")
}

/// The argument that a column gets.
fn argument(statements: &Statements<'_>, request: &Request, at: usize) -> Option<usize> {
    let is_it = |column: &Column| column.name == statements.table.columns[at].name;
    request.set.iter().position(|field| statements.table.column(field).is_ok_and(is_it))
}
