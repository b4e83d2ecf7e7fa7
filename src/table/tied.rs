//! Tables that belong to a table of users by their foreign keys, where their names do not say so: `user_sessions` of `users`.

use crate::table::catalog::{Catalog, Table};
use crate::table::naming::stem;
use crate::table::sets::{Kind, Set};

/// What a table of some kind has to do with a table of users.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tie {
    /// A foreign key leads from the one to the other.
    Tied,
    /// Tables of this kind have such a key, and this one has none.
    Loose,
    /// Tables of this kind have no such key.
    Keyless,
}

/// `found`, the sets by name, with what each of them lacks, as far as one table alone is tied to its users. If there are none,
/// those that foreign keys make. Each table's name still ends with that of its kind.
pub fn complete<'catalog>(
    catalog: &'catalog Catalog,
    kinds: &[Kind<'_>],
    found: Vec<Set<'catalog>>,
    tie: impl Fn(usize, &Table, &Table) -> Tie,
) -> Vec<Set<'catalog>> {
    let is_of = |kind: &Kind<'_>, table: &Table| {
        table.is_table() && stem(&table.name).ends_with(&kind.stem) && (kind.fits)(table)
    };
    let by_key = found.is_empty();
    let taken: Vec<&Table> = found.iter().flat_map(|set| set.tables.iter().flatten().copied()).collect();
    let alone = |users: &'catalog Table| {
        let tables = (0..kinds.len()).map(|kind| (kind == 0).then_some(users)).collect();
        Set { schema: &users.schema, tables, doubts: Vec::new() }
    };
    let mut sets = found;
    if by_key {
        sets.extend(catalog.tables.iter().filter(|table| is_of(&kinds[0], table)).map(alone));
    }
    for set in &mut sets {
        let Some(users) = set.tables[0] else { continue };
        // Tables without keys go with a name that the whole set goes without.
        let is_nameless = set.tables.iter().skip(1).all(Option::is_none);
        for (at, kind) in kinds.iter().enumerate().skip(1) {
            if set.tables[at].is_some() || kind.given || set.doubts.iter().any(|(doubted, _)| *doubted == at) {
                continue;
            }
            let belongs = |table: &&Table| {
                let tie = tie(at, table, users);
                let is_free = !taken.iter().any(|each| std::ptr::eq(*each, *table));
                let is_meant = tie == Tie::Tied || (is_nameless && tie == Tie::Keyless);
                table.schema == users.schema && is_free && is_of(kind, table) && is_meant
            };
            let candidates: Vec<_> = catalog.tables.iter().filter(belongs).collect();
            match candidates.as_slice() {
                [only] => set.tables[at] = Some(only),
                // A set that does without is not refused for what it could have.
                several if by_key && several.len() > 1 => set.doubts.push((at, candidates)),
                _ => {}
            }
        }
    }
    sets.retain(|set| set.stands(kinds));
    sets
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::catalog::ForeignKey;
    use crate::table::sets::standing;

    /// Each table with the table that its `userId` refers to.
    fn found(tables: &[(&str, &str)]) -> Vec<String> {
        let table = |(name, users): &(&str, &str)| {
            let key = |users: &str| ForeignKey {
                columns: vec!["userId".into()],
                table: users.into(),
                referred: vec!["id".into()],
                ..ForeignKey::default()
            };
            let foreign_keys = Some(*users).filter(|users| !users.is_empty()).map(key).into_iter().collect();
            Table { name: (*name).into(), foreign_keys, ..Table::default() }
        };
        let catalog = Catalog { tables: tables.iter().map(table).collect() };
        let kinds: Vec<_> = ["user", "account", "session", "verificationtoken"]
            .map(|stem| Kind { stem: stem.into(), fits: Box::new(|_| true), given: false })
            .into();
        let tie = |kind: usize, table: &Table, users: &Table| match table.reference("userId", users, "id") {
            _ if kind == 3 => Tie::Keyless,
            Some(_) => Tie::Tied,
            None => Tie::Loose,
        };
        let sets = complete(&catalog, &kinds, standing(&catalog, &kinds), tie);
        let doubts = |set: &Set<'_>| set.doubts.iter().map(|(kind, _)| format!(" ({kind}?)")).collect::<String>();
        sets.iter().map(|set| set.describe(false) + &doubts(set)).collect()
    }

    #[test]
    fn foreign_keys_tell_what_names_do_not() {
        let tables = [
            ("users", ""),
            ("oauth_accounts", "users"),
            ("user_sessions", "users"),
            ("email_verification_tokens", ""),
            ("customers", ""),
        ];
        assert_eq!(found(&tables), ["users, oauth_accounts, user_sessions, email_verification_tokens"]);
        // Of two tables of users, the one that sessions belong to.
        assert_eq!(
            found(&[("users", ""), ("admin_users", ""), ("login_sessions", "users")]),
            ["users, login_sessions"]
        );
        // A key is needed, and one table alone.
        assert_eq!(found(&[("users", ""), ("user_sessions", ""), ("oauth_accounts", "people")]), [""; 0]);
        assert_eq!(found(&[("users", ""), ("a_sessions", "users"), ("b_sessions", "users")]), [""; 0]);
        assert_eq!(
            found(&[("users", ""), ("my_accounts", "users"), ("a_sessions", "users"), ("b_sessions", "users")]),
            ["users, my_accounts (2?)"]
        );
    }

    #[test]
    fn a_set_by_name_gets_what_it_lacks() {
        let accounts = [("users", ""), ("accounts", "users")];
        assert_eq!(found(&[&accounts[..], &[("user_sessions", "users")]].concat()), ["users, accounts, user_sessions"]);
        assert_eq!(
            found(&[&accounts[..], &[("a_sessions", "users"), ("b_sessions", "users")]].concat()),
            ["users, accounts"]
        );
        assert_eq!(found(&[&accounts[..], &[("email_verification_tokens", "")]].concat()), ["users, accounts"]);
        // No set lends another one its tables.
        let both = [("users", ""), ("accounts", "users"), ("app_user", ""), ("app_session", "users")];
        assert_eq!(found(&both), ["users, accounts", "app_user, app_session"]);
    }
}
