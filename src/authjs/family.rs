//! Names and what they stand for: tables and columns, by the habits of the tools that make them.

use crate::authjs::mapping::Mapping;
use crate::authjs::model::{HASH, Table};
use crate::error::{Code, Error, Result};
use crate::table::catalog;
use crate::table::catalog::Catalog;

/// The fields without which a table is not what its name says. Better Auth's `session` has a `token`, for instance.
pub fn essentials(table: Table) -> &'static [&'static str] {
    match table {
        Table::User => &["id", "email"],
        Table::Account => &["userId", "provider", "providerAccountId"],
        Table::Session => &["sessionToken", "userId", "expires"],
        Table::VerificationToken => &["identifier", "token", "expires"],
        Table::Authenticator => &["credentialID", "userId", "credentialPublicKey", "counter"],
        Table::UserPassword => &["userId", HASH],
    }
}

/// The column of `table` that stands for `field`: the one that the caller named, the one of that very name, or the one
/// that differs in case and underscores. Where several differ so, `settled` asks.
pub fn column<'a>(
    mapping: &Mapping,
    kind: Table,
    table: &'a catalog::Table,
    field: &str,
) -> Option<&'a catalog::Column> {
    if let Some(named) = mapping.column(kind, field) {
        return table.column(named);
    }
    table.similar(field).into_iter().next()
}

/// The foreign key by which the rows of `table` are tied to `users`.
pub fn reference<'a>(
    mapping: &Mapping,
    kind: Table,
    table: &'a catalog::Table,
    users: &catalog::Table,
) -> Option<&'a catalog::ForeignKey> {
    let from = column(mapping, kind, table, "userId")?;
    let to = column(mapping, Table::User, users, "id")?;
    table.reference(&from.name, users, &to.name)
}

/// An error if more than one column of `table` may stand for `field`, and nothing says which.
pub fn settled(mapping: &Mapping, kind: Table, table: &catalog::Table, field: &str) -> Result<()> {
    if mapping.column(kind, field).is_some() || table.column(field).is_some() {
        return Ok(());
    }
    let rivals: Vec<_> = table.similar(field).into_iter().map(|column| column.name.as_str()).collect();
    if rivals.len() < 2 {
        return Ok(());
    }
    let message = format!(
        "the table {} has more than one column for {field}: {}; the option columns.{} can name the right one",
        table.name,
        rivals.join(", "),
        kind.name()
    );
    Err(Error::new(Code::Schema, message).about("table", table.name.as_str()).about("field", field.to_owned()))
}

/// [`settled`], of each field.
pub fn all_settled(mapping: &Mapping, kind: Table, table: &catalog::Table) -> Result<()> {
    kind.fields().iter().try_for_each(|field| settled(mapping, kind, table, field.name))
}

/// The essential fields that `candidate` lacks.
pub fn lacks(mapping: &Mapping, table: Table, candidate: &catalog::Table) -> Vec<&'static str> {
    let missing = |field: &&&str| column(mapping, table, candidate, field).is_none();
    essentials(table).iter().filter(missing).copied().collect()
}

/// What `candidate` lacks to be used as `table`.
pub fn incomplete(mapping: &Mapping, table: Table, candidate: &catalog::Table) -> Option<Error> {
    let lacking = lacks(mapping, table, candidate);
    let first = *lacking.first()?;
    let has: Vec<_> = candidate.columns.iter().map(|column| column.name.as_str()).collect();
    let message = format!(
        "the table {} has no column for {}; it has {}; the option columns.{} can name them",
        mapping.table(table).unwrap_or(&candidate.name),
        lacking.join(", "),
        has.join(", "),
        table.name()
    );
    Some(
        Error::new(Code::Schema, message)
            .about("table", mapping.table(table).unwrap_or(&candidate.name))
            .about("field", first),
    )
}

/// The table that the option `tables` names for `table`, if it names one.
pub fn named<'catalog>(
    catalog: &'catalog Catalog,
    mapping: &Mapping,
    table: Table,
) -> Result<Option<&'catalog catalog::Table>> {
    let Some(name) = mapping.table(table) else { return Ok(None) };
    let is_meant = |each: &&catalog::Table| each.name == name || format!("{}.{}", each.schema, each.name) == name;
    catalog.tables.iter().find(is_meant).map(Some).ok_or_else(|| {
        let has: Vec<_> = catalog.tables.iter().map(|each| each.name.as_str()).collect();
        let has = if has.is_empty() { "no tables".to_owned() } else { format!("only {}", has.join(", ")) };
        let message = format!("the option tables.{} names {name}, but the database has {has}", table.name());
        Error::new(Code::Schema, message).about("table", name)
    })
}

#[cfg(test)]
mod tests {
    use crate::table::naming::{bare, stem};

    #[test]
    fn habits_of_naming() {
        for name in ["verificationToken", "VerificationToken", "verification_token", "verificationtokens"] {
            assert_eq!(stem(name), "verificationtoken");
        }
        for name in ["user_id", "userId", "userid"] {
            assert_eq!(bare(name), "userid");
        }
    }
}
