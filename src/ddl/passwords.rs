//! Passwords that Auth.js's side has when Better Auth gets its place for them: copied once. From then on, both write both places.

use crate::dialect::syntax::MigrationLock;
use crate::dialect::{Dialect, Family};
use crate::engine::borrowed::{Borrowed, Stand};
use crate::table::catalog;
use crate::table::shared::Elsewhere;
use crate::table::table::ID;

/// Better Auth's name of the account that has a password.
const CREDENTIAL: &str = "'credential'";

/// Better Auth's column until it has the passwords, where each statement commits by itself: a migration that ended in between is gone on
/// with.
pub const UNFILLED: &str = "rust_auth_unfilled";

/// Whether `column`, Better Auth's place for passwords, is made under another name first.
pub fn is_unfilled(dialect: Dialect, lent: &Borrowed<'_>, column: &str) -> bool {
    let is_by_steps = matches!(dialect.syntax().migration_lock, MigrationLock::Session { .. });
    is_by_steps && filling(dialect, lent, column, UNFILLED).is_some()
}

/// The statements that give each user with a password an account that has it in `column`. None if `lent` is not the table of accounts, has a
/// place for passwords already, or has a column that only the application can fill.
pub fn copied(dialect: Dialect, lent: &Borrowed<'_>, column: &str) -> Vec<String> {
    if !is_unfilled(dialect, lent, column) {
        return filling(dialect, lent, column, column).into_iter().collect();
    }
    let accounts = accounts(dialect, lent);
    let (unfilled, named) = (dialect.quote(UNFILLED), dialect.quote(column));
    // What an earlier migration has copied may be another password by now.
    let again = lent.table.column(UNFILLED).map(|_| format!("DELETE FROM {accounts} WHERE {unfilled} IS NOT NULL"));
    let renamed = format!("ALTER TABLE {accounts} RENAME COLUMN {unfilled} TO {named}");
    again.into_iter().chain(filling(dialect, lent, column, UNFILLED)).chain([renamed]).collect()
}

fn accounts(dialect: Dialect, lent: &Borrowed<'_>) -> String {
    dialect.qualified(Some(lent.table.schema.as_str()).filter(|schema| !schema.is_empty()), &lent.table.name)
}

/// The statement that copies passwords, into `into` until that is `column`.
fn filling(dialect: Dialect, lent: &Borrowed<'_>, column: &str, into: &str) -> Option<String> {
    let ([_, owner], Some(Elsewhere { table, hash, user, .. })) = lent.secret.as_ref()? else {
        return None;
    };
    if !lent.table.similar(column).is_empty() {
        return None;
    }
    let stands = |field: &str| {
        let is_its = |stand: &&Stand<'_>| stand.field == field;
        lent.stands.iter().find(is_its).and_then(|stand| stand.column)
    };
    let (owner, provider, account) = (stands(owner)?, stands("providerId")?, stands("accountId")?);
    let text = match dialect.family() {
        Family::MySql => "char",
        Family::Postgres | Family::Sqlite => "text",
    };
    let (user, hash) = (format!("p.{user}"), format!("p.{hash}"));
    let mut row = vec![
        (owner.name.as_str(), user.clone()),
        (&provider.name, CREDENTIAL.to_owned()),
        (&account.name, format!("cast({user} as {text})")),
        (into, hash.clone()),
    ];
    let is_sort = |column: &&catalog::Column| lent.derived.iter().any(|(each, _)| each.name == column.name);
    for column in &lent.table.columns {
        let is_given = row.iter().any(|(name, _)| *name == column.name);
        let is_given = is_given || column.name == UNFILLED;
        if is_given || column.computed || column.has_default || column.nullable && column.name != ID {
            continue;
        }
        // Auth.js's own word for what an account is.
        let value = if is_sort(&column) { CREDENTIAL.to_owned() } else { filled(dialect, column)?.to_owned() };
        row.push((&column.name, value));
    }
    let names: Vec<_> = row.iter().map(|(name, _)| dialect.quote(name)).collect();
    let values: Vec<_> = row.into_iter().map(|(_, value)| value).collect();
    let accounts = accounts(dialect, lent);
    let (owner, provider) = (dialect.quote(&owner.name), dialect.quote(&provider.name));
    Some(format!(
        "INSERT INTO {accounts} ({}) SELECT {} FROM {table} p WHERE {hash} <> '' AND NOT EXISTS (SELECT 1 FROM {accounts} a WHERE \
         a.{owner} = {user} AND a.{provider} = {CREDENTIAL})",
        names.join(", "),
        values.join(", ")
    ))
}

/// What a column that must not be null gets in a new row.
fn filled(dialect: Dialect, column: &catalog::Column) -> Option<&'static str> {
    let is = |kinds: &[&str]| kinds.iter().any(|kind| column.type_name.starts_with(kind));
    Some(match dialect.family() {
        Family::Postgres if column.name == ID && is(&["uuid"]) => "gen_random_uuid()",
        Family::Postgres if column.name == ID && is(&["text", "varchar", "char"]) => "gen_random_uuid()::text",
        Family::MySql if column.name == ID && is(&["char", "varchar", "text"]) => "uuid()",
        Family::Sqlite if column.name == ID && !is(&["int"]) => "lower(hex(randomblob(16)))",
        Family::Postgres | Family::MySql if is(&["timestamp", "datetime"]) => "CURRENT_TIMESTAMP",
        // Prisma's, whose dates are milliseconds there.
        Family::Sqlite if is(&["datetime"]) => "cast(strftime('%s', 'now') as integer) * 1000",
        _ => return None,
    })
}
