//! Which table is which: by name, whatever the habit of whoever made the tables.

use super::catalog::{self, Catalog};
use super::mapping::Mapping;
use super::model::Table;
use crate::error::{Code, Error, Result};

/// A name without case, separators and plural: `verification_tokens` and `VerificationToken` are one.
pub fn stem(name: &str) -> String {
    let bare: String = name.chars().filter(|character| character.is_alphanumeric()).collect();
    let lower = bare.to_lowercase();
    lower.strip_suffix('s').map(str::to_owned).unwrap_or(lower)
}

/// A name without case and separators: `user_id`, `userId` and `userid` are one.
pub fn bare(name: &str) -> String {
    name.chars().filter(|character| *character != '_').flat_map(char::to_lowercase).collect()
}

/// Tables that belong together: of one schema, with one prefix, named in one style.
#[derive(Debug)]
pub struct Family<'catalog> {
    schema: &'catalog str,
    prefix: String,
    plural: bool,
    tables: [Option<&'catalog catalog::Table>; 5],
}

impl<'catalog> Family<'catalog> {
    pub fn table(&self, table: Table) -> Option<&'catalog catalog::Table> {
        self.tables[table as usize]
    }

    fn size(&self) -> usize {
        self.tables.iter().flatten().count()
    }

    /// Users and their sessions or accounts: less is somebody's user table, but no Auth.js.
    fn suffices(&self, mapping: &Mapping) -> bool {
        let has = |table| self.table(table).is_some() || mapping.table(table).is_some();
        has(Table::User) && (has(Table::Session) || has(Table::Account))
    }

    fn describe(&self) -> String {
        let names: Vec<_> = self.tables.iter().flatten().map(|table| table.name.as_str()).collect();
        names.join(", ")
    }
}

/// The fields without which a table is not what its name says. Better Auth's `session` has a `token`, for instance.
fn essentials(table: Table) -> &'static [&'static str] {
    match table {
        Table::User => &["id", "email"],
        Table::Account => &["userId", "provider", "providerAccountId"],
        Table::Session => &["sessionToken", "userId", "expires"],
        Table::VerificationToken => &["identifier", "token", "expires"],
        Table::Authenticator => &["credentialID", "userId", "credentialPublicKey", "counter"],
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
    let wanted = bare(field);
    table.column(field).or_else(|| table.columns.iter().find(|column| bare(&column.name) == wanted))
}

/// An error if more than one column of `table` may stand for `field`, and nothing says which.
pub fn settled(mapping: &Mapping, kind: Table, table: &catalog::Table, field: &str) -> Result<()> {
    if mapping.column(kind, field).is_some() || table.column(field).is_some() {
        return Ok(());
    }
    let wanted = bare(field);
    let rivals = table.columns.iter().filter(|column| bare(&column.name) == wanted);
    let rivals: Vec<_> = rivals.map(|column| column.name.as_str()).collect();
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

/// The essential fields that `candidate` lacks.
fn lacks(mapping: &Mapping, table: Table, candidate: &catalog::Table) -> Vec<&'static str> {
    let missing = |field: &&&str| column(mapping, table, candidate, field).is_none();
    essentials(table).iter().filter(missing).copied().collect()
}

/// The tables that hold Auth.js's data: those that the caller named, and for the rest a family found by name.
/// `None` if there is none.
pub fn family<'catalog>(catalog: &'catalog Catalog, mapping: &Mapping) -> Result<Option<Family<'catalog>>> {
    let mut family = match found(catalog, mapping) {
        // Of several families, the named tables may settle which one is meant.
        Err(_) if mapping.table(Table::User).is_some() => None,
        found => found?,
    };
    for (table, _) in &mapping.tables {
        let Some(named) = named(catalog, mapping, *table)? else { continue };
        if let Some(error) = incomplete(mapping, *table, named) {
            return Err(error);
        }
        let family = family.get_or_insert_with(|| Family {
            schema: &named.schema,
            prefix: String::new(),
            plural: false,
            tables: [None; 5],
        });
        family.tables[*table as usize] = Some(named);
    }
    Ok(family)
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

/// The family that the names tell of. An error if there are several to choose from.
fn found<'catalog>(catalog: &'catalog Catalog, mapping: &Mapping) -> Result<Option<Family<'catalog>>> {
    let mut families: Vec<Family<'_>> = Vec::new();
    for candidate in &catalog.tables {
        for table in Table::ALL {
            let (name, wanted) = (stem(&candidate.name), table.name().to_lowercase());
            let Some(prefix) = name.strip_suffix(&wanted) else { continue };
            if !lacks(mapping, table, candidate).is_empty() {
                continue;
            }
            // Supabase's and pg's habits mix numbers: only a rival makes the plural matter.
            let plural = candidate.name.to_lowercase().ends_with('s');
            let found = families.iter_mut().find(|family| {
                family.schema == candidate.schema
                    && family.prefix == prefix
                    && (family.tables[table as usize].is_none() || family.plural == plural)
            });
            match found {
                Some(family) if family.tables[table as usize].is_none() => {
                    family.tables[table as usize] = Some(candidate);
                }
                _ => {
                    let mut tables = [None; 5];
                    tables[table as usize] = Some(candidate);
                    families.push(Family { schema: &candidate.schema, prefix: prefix.to_owned(), plural, tables });
                }
            }
        }
    }
    families.retain(|family| family.suffices(mapping));
    // No prefix before one, the public schema before next_auth, the fuller family before the other.
    families.sort_by_key(|family| (!family.prefix.is_empty(), family.schema == "next_auth", 5 - family.size()));
    let rank = |family: &Family<'_>| (family.prefix.is_empty(), family.schema.to_owned(), family.size());
    if let [first, second, ..] = families.as_slice()
        && rank(first) == rank(second)
    {
        return Err(Error::new(
            Code::Schema,
            format!(
                "the database has more than one set of tables for authentication: {}; and {}; the option tables can name \
                 the right ones",
                first.describe(),
                second.describe()
            ),
        ));
    }
    Ok(families.into_iter().next())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(name: &str, columns: &[&str]) -> catalog::Table {
        let columns =
            columns.iter().map(|name| catalog::Column { name: (*name).into(), ..Default::default() }).collect();
        catalog::Table { name: name.into(), columns, ..Default::default() }
    }

    fn tables(names: [&str; 4]) -> Vec<catalog::Table> {
        let [user, account, session, token] = names;
        vec![
            table(user, &["id", "email"]),
            table(account, &["user_id", "provider", "provider_account_id"]),
            table(session, &["sessionToken", "userId", "expires"]),
            table(token, &["identifier", "token", "expires"]),
        ]
    }

    #[test]
    fn habits_of_naming() {
        for names in [
            ["user", "account", "session", "verificationToken"],
            ["User", "Account", "Session", "VerificationToken"],
            ["users", "accounts", "sessions", "verification_token"],
            ["users", "accounts", "sessions", "verificationtokens"],
            ["app_user", "app_account", "app_session", "app_verification_token"],
        ] {
            let catalog = Catalog { tables: tables(names) };
            let family = family(&catalog, &Mapping::default()).unwrap().expect("a family");
            assert_eq!(family.describe(), names.join(", "));
        }
    }

    #[test]
    fn named_tables_and_columns() {
        let mut tables = tables(["users", "accounts", "sessions", "verification_tokens"]);
        tables.push(table("members", &["id", "mail"]));
        let catalog = Catalog { tables };
        let mut mapping = Mapping { tables: vec![(Table::User, "members".into())], ..Mapping::default() };
        let error = family(&catalog, &mapping).unwrap_err();
        assert!(error.message.contains("no column for email") && error.message.contains("columns.user"), "{error}");
        mapping.columns = vec![(Table::User, "email".into(), "mail".into())];
        let chosen = family(&catalog, &mapping).unwrap().expect("a family");
        assert_eq!(chosen.table(Table::User).expect("users").name, "members");
        assert_eq!(chosen.table(Table::Session).expect("sessions").name, "sessions");
        mapping.tables = vec![(Table::User, "nobody".into())];
        assert!(family(&catalog, &mapping).unwrap_err().message.contains("members"));
        let empty = Catalog { tables: Vec::new() };
        assert!(family(&empty, &mapping).unwrap_err().message.ends_with("the database has no tables"));
    }

    #[test]
    fn other_peoples_tables_are_left_alone() {
        let mut tables = tables(["users", "accounts", "sessions", "verification_tokens"]);
        tables.push(table("user", &["id", "email", "basket"]));
        tables.push(table("bank_account", &["iban"]));
        let catalog = Catalog { tables };
        assert_eq!(
            family(&catalog, &Mapping::default()).unwrap().expect("a family").table(Table::User).expect("users").name,
            "users"
        );

        let better_auth = vec![table("user", &["id", "email"]), table("session", &["id", "token", "userId"])];
        assert!(family(&Catalog { tables: better_auth }, &Mapping::default()).unwrap().is_none());
    }
}
