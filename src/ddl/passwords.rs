//! Passwords that Auth.js's side has when Better Auth gets its place for them: copied once. From then on, both write both places.

use crate::dialect::{Dialect, Family};
use crate::engine::borrowed::{Borrowed, Stand};
use crate::table::catalog;
use crate::table::shared::Elsewhere;
use crate::table::table::ID;

/// Better Auth's name of the account that has a password.
const CREDENTIAL: &str = "'credential'";

/// What gives each user with a password an account that has it.
pub struct Copying {
    /// Whether the accounts have the column already. It is then the rows that tell whether something is left to be copied.
    pub is_there: bool,
    /// Answers a row if there is a user with a password and no account that has it.
    pub left: String,
    pub statement: String,
}

/// How passwords get into `column`. `None` if `lent` is not the table of accounts, or has a column that only the application can fill.
pub fn copying(dialect: Dialect, lent: &Borrowed<'_>, column: &str) -> Option<Copying> {
    let ([_, owner], Some(Elsewhere { table, hash, user, .. })) = lent.secret.as_ref()? else {
        return None;
    };
    let found = lent.table.similar(column).first().map(|column| column.name.as_str());
    let into = found.unwrap_or(column);
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
        if is_given || column.computed || column.has_default || column.nullable && column.name != ID {
            continue;
        }
        // Auth.js's own word for what an account is.
        let value = if is_sort(&column) { CREDENTIAL.to_owned() } else { filled(dialect, column)?.to_owned() };
        row.push((&column.name, value));
    }
    let names: Vec<_> = row.iter().map(|(name, _)| dialect.quote(name)).collect();
    let values: Vec<_> = row.into_iter().map(|(_, value)| value).collect();
    let accounts = lent.table.qualified(dialect);
    let (owner, provider) = (dialect.quote(&owner.name), dialect.quote(&provider.name));
    let lacking = format!(
        "FROM {table} p WHERE {hash} <> '' AND NOT EXISTS (SELECT 1 FROM {accounts} a WHERE a.{owner} = {user} AND a.{provider} = \
         {CREDENTIAL})"
    );
    let statement = format!("INSERT INTO {accounts} ({}) SELECT {} {lacking}", names.join(", "), values.join(", "));
    Some(Copying { is_there: found.is_some(), left: format!("SELECT 'left' {lacking} LIMIT 1"), statement })
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
