//! Tables that nearly are Auth.js's: what each lacks, and the option that says so.

use crate::authjs::choice;
use crate::authjs::family::{essentials, lacks};
use crate::authjs::mapping::Mapping;
use crate::authjs::model::Table;
use crate::table::catalog;
use crate::table::catalog::Catalog;
use crate::table::naming::stem;

/// Of one kind, so many tables are named.
const OF_A_KIND: usize = 3;

/// A table that could be meant for one of Auth.js's.
#[derive(Debug)]
pub struct Near<'catalog> {
    pub kind: Table,
    pub table: &'catalog catalog::Table,
    pub lacks: Vec<&'static str>,
    /// Whether its name says so, and not only its columns.
    named: bool,
}

/// The column that no other table has, by which a kind is recognised under any name.
fn distinctive(kind: Table) -> &'static str {
    match kind {
        Table::User => "emailVerified",
        Table::Account => "providerAccountId",
        Table::Session => "sessionToken",
        Table::VerificationToken => "identifier",
        Table::Authenticator => "credentialID",
        // Its name tells it alone: many tables have a hash.
        Table::UserPassword => "userPassword",
    }
}

/// The tables that could be meant, those that lack least first.
pub fn nearly<'catalog>(catalog: &'catalog Catalog, mapping: &Mapping) -> Vec<Near<'catalog>> {
    let mut all = Vec::new();
    for kind in Table::ALL {
        let judge = |table: &'catalog catalog::Table| {
            let lacks = lacks(mapping, kind, table);
            let named = stem(&table.name).ends_with(&stem(kind.name()));
            let ours = table.name.eq_ignore_ascii_case(kind.name());
            let is_near = if named {
                ours || lacks.len() < essentials(kind).len()
            } else {
                let tells = crate::authjs::family::column(mapping, kind, table, distinctive(kind)).is_some();
                tells && lacks.len() <= usize::from(kind != Table::VerificationToken && kind != Table::User)
            };
            is_near.then_some(Near { kind, table, lacks, named })
        };
        let mut of_kind: Vec<_> = catalog.tables.iter().filter_map(judge).collect();
        of_kind.sort_by_key(|near| (near.lacks.len(), !near.named, near.table.reach));
        all.extend(of_kind.into_iter().take(OF_A_KIND));
    }
    all
}

/// Whether these are an application's users and how they sign in, but for a column or a name: then tables beside them would hide
/// the people who are in them.
pub fn holds_people(catalog: &Catalog, near: &[Near<'_>]) -> bool {
    let signs_in = |near: &Near<'_>| matches!(near.kind, Table::Account | Table::Session) && near.lacks.len() <= 1;
    let is_user = |near: &Near<'_>| near.kind == Table::User && near.lacks.len() <= 1;
    let may_be_users = |table: &catalog::Table| lacks(&Mapping::default(), Table::User, table).is_empty();
    // Both have everything: their users are there under a name and with columns of the application's own.
    let is_whole = |kind: Table| near.iter().any(|near| near.kind == kind && near.lacks.is_empty());
    let knows_users = near.iter().any(is_user) || catalog.tables.iter().any(may_be_users);
    near.iter().any(signs_in) && knows_users || is_whole(Table::Account) && is_whole(Table::Session)
}

/// What could be meant by a table that is not there, and what it lacks.
pub fn instead_of(catalog: &Catalog, mapping: &Mapping, kind: Table) -> Option<String> {
    let mut near = nearly(catalog, mapping);
    let is_plain = |near: &Near<'_>| near.lacks.is_empty() && stem(&near.table.name) == stem(kind.name());
    near.retain(|near| near.kind == kind && !is_plain(near));
    (!near.is_empty()).then(|| explain(&near))
}

/// The names of those in which people may be.
pub fn names(near: &[Near<'_>]) -> String {
    let near = near.iter().filter(|near| near.lacks.len() <= 1);
    near.map(|near| near.table.name.as_str()).collect::<Vec<_>>().join(", ")
}

/// What each is and lacks, with the option that names it.
pub fn explain(near: &[Near<'_>]) -> String {
    let one = |Near { kind, table, lacks, named }: &Near<'_>| {
        let (name, kind) = (&table.name, kind.name());
        let table = format!("tables: {{ {kind}: \"{name}\" }}");
        let columns = || {
            let columns: Vec<_> = lacks.iter().map(|field| format!("{field}: \"…\"")).collect();
            format!("columns: {{ {kind}: {{ {} }} }}", columns.join(", "))
        };
        match (lacks.as_slice(), named) {
            ([], true) if stem(name) == stem(kind) => format!("{name} has the columns of {kind}"),
            ([], _) => format!("{name} has the columns of {kind} ({table})"),
            (_, true) => format!("{name} has no column for {} ({})", lacks.join(", "), columns()),
            (_, false) => {
                format!("{name}, like {kind}, has no column for {} ({table}, {})", lacks.join(", "), columns())
            }
        }
    };
    near.iter().map(one).collect::<Vec<_>>().join("; ")
}

/// The sets of tables that are Auth.js's, or nearly so, in words.
pub fn told(catalog: &Catalog) -> Vec<String> {
    let theirs = choice::sets(catalog, &Mapping::default());
    let mut sets: Vec<_> =
        theirs.iter().map(|set| format!("{}, which are Auth.js's", set.describe(set.is_elsewhere()))).collect();
    let near = nearly(catalog, &Mapping::default());
    if sets.is_empty() && holds_people(catalog, &near) {
        sets.push(format!("{}, which are nearly Auth.js's", names(&near)));
    }
    sets
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(name: &str, columns: &[&str]) -> catalog::Table {
        let column = |name: &&str| catalog::Column { name: (*name).into(), ..Default::default() };
        catalog::Table { name: name.into(), columns: columns.iter().map(column).collect(), ..Default::default() }
    }

    fn found(tables: Vec<catalog::Table>) -> (String, bool) {
        let catalog = Catalog { tables };
        let near = nearly(&catalog, &Mapping::default());
        (explain(&near), holds_people(&catalog, &near))
    }

    #[test]
    fn what_is_lacking_is_said_with_the_option() {
        let (said, people) = found(vec![
            table("app_user", &["id", "email"]),
            table("app_session", &["session_token", "user_id", "expires_at"]),
            table("logins", &["sessionToken", "userId", "expires"]),
        ]);
        assert!(people);
        assert!(said.contains("app_user has the columns of user"), "{said}");
        assert!(
            said.contains("app_session has no column for expires (columns: { session: { expires: \"…\" } })"),
            "{said}"
        );
        assert!(said.contains("logins has the columns of session (tables: { session: \"logins\" })"), "{said}");
    }

    #[test]
    fn accounts_and_sessions_have_users_under_any_name() {
        let (_, people) = found(vec![
            table("people", &["id", "name", "mail"]),
            table("accounts", &["id", "user_id", "provider", "provider_account_id"]),
            table("sessions", &["id", "session_token", "user_id", "expires"]),
        ]);
        assert!(people);
        // Sessions alone may be those of an API.
        let (_, people) = found(vec![
            table("people", &["id", "name", "mail"]),
            table("sessions", &["id", "session_token", "user_id", "expires"]),
        ]);
        assert!(!people);
    }

    #[test]
    fn an_applications_own_tables_hold_no_user_who_signs_in() {
        let (_, people) = found(vec![
            table("users", &["id", "email"]),
            table("accounts", &["id", "user_id", "balance"]),
            table("sessions", &["sid", "sess", "expire"]),
            table("customers", &["id", "email"]),
        ]);
        assert!(!people);
        // Better Auth's.
        let (_, people) = found(vec![
            table("users", &["id", "email", "emailVerified"]),
            table("accounts", &["id", "accountId", "providerId", "userId"]),
            table("sessions", &["id", "token", "userId", "expiresAt"]),
        ]);
        assert!(!people);
    }
}
