//! What a write of a password ends: the password that the same user has by the other contract.
//!
//! It is taken away by statements of the same transaction, before the write: their conditions find what the write has not changed yet.

use crate::engine::filter::{Predicate, conditions};
use crate::engine::request::{Method, Request};
use crate::engine::statements::Statements;
use crate::statement::statement::Statement;
use crate::table::builder::Builder;
use crate::table::column::Column;
use crate::table::shared::Secret;

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

/// The statements that end it.
pub fn statements(statements: &Statements<'_>, request: &Request) -> Vec<Statement> {
    let Some(secret) = statements.table.shared.secret.as_ref().filter(|_| concerns(statements, request)) else {
        return Vec::new();
    };
    let build = |ending: &String| {
        let built = Builder::new(statements.dialect).push(ending);
        if request.method == Method::Create {
            let owner = argument(statements, request, secret.owner)?;
            return Some(built.push(" = ").argument(&statements.table.columns[secret.owner], owner).build());
        }
        let deletes = matches!(request.method, Method::Delete | Method::DeleteMany | Method::ConsumeOne);
        Some(owners(built, statements, secret, &statements.predicates, deletes).build())
    };
    secret.elsewhere.iter().filter_map(build).collect()
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
