//! Sets of tables that belong together, found by name: of one schema, with one prefix, spelled in one way.

use std::collections::BTreeMap;

use crate::table::catalog::{Catalog, Table};
use crate::table::naming::stem;

/// A kind of table, of which a set has one. The first kind is the users'; the next two are what makes them a set.
pub struct Kind<'a> {
    /// As [`stem`] makes it.
    pub stem: String,
    /// Whether a table has the columns that this kind must have.
    pub fits: Box<dyn Fn(&Table) -> bool + Send + Sync + 'a>,
    /// Whether the caller says which table it is, so that a set need not have one.
    pub given: bool,
}

/// Tables that belong together.
#[derive(Debug)]
pub struct Set<'catalog> {
    pub schema: &'catalog str,
    /// In the order of the kinds.
    pub tables: Vec<Option<&'catalog Table>>,
    /// Several tables that could be one kind's, of which none is in the set.
    pub doubts: Vec<(usize, Vec<&'catalog Table>)>,
}

impl<'catalog> Set<'catalog> {
    pub fn contains(&self, table: &Table) -> bool {
        self.tables.iter().flatten().any(|each| std::ptr::eq(*each, table))
    }

    /// Whether the set is complete enough to be used: users, and their sessions or accounts. Less is an application's own
    /// table of users.
    pub(super) fn stands(&self, kinds: &[Kind<'_>]) -> bool {
        let has = |at: usize| {
            self.tables.get(at).is_some_and(Option::is_some) || kinds.get(at).is_some_and(|kind| kind.given)
        };
        has(0) && (has(1) || has(2)) && self.tables.iter().take(3).any(Option::is_some)
    }

    /// Whether unqualified names do not lead to it: it is not in the search path's first schema.
    pub fn is_elsewhere(&self) -> bool {
        self.tables.iter().flatten().any(|table| table.reach > 0)
    }

    /// The tables' names, with the schema where `qualified`.
    pub fn describe(&self, qualified: bool) -> String {
        let name = |table: &&Table| match self.schema {
            schema if qualified && !schema.is_empty() => format!("{schema}.{}", table.name),
            _ => table.name.clone(),
        };
        self.tables.iter().flatten().map(name).collect::<Vec<_>>().join(", ")
    }
}

/// How a name is spelled: what is before the kind's own part, the case of that part, and its number.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Style {
    prefix: String,
    case: Case,
    plural: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Case {
    Lower,
    Capital,
    Upper,
}

impl Style {
    /// `letters` is how many letters and digits the prefix has.
    fn of(name: &str, letters: usize) -> Self {
        let mut left = letters;
        let start = name.char_indices().find(|(_, character)| {
            let begins = left == 0 && character.is_alphanumeric();
            left -= usize::from(left > 0 && character.is_alphanumeric());
            begins
        });
        let (prefix, rest) = name.split_at(start.map_or(name.len(), |(at, _)| at));
        let case = match rest.chars().next() {
            Some(first) if !first.is_uppercase() => Case::Lower,
            _ if rest.chars().any(char::is_lowercase) => Case::Capital,
            _ => Case::Upper,
        };
        Self { prefix: prefix.to_owned(), case, plural: rest.to_lowercase().ends_with('s') }
    }

    fn likeness(&self, other: &Self) -> usize {
        4 * usize::from(self.prefix == other.prefix)
            + 2 * usize::from(self.case == other.case)
            + usize::from(self.plural == other.plural)
    }
}

struct Member<'catalog> {
    kind: usize,
    table: &'catalog Table,
    style: Style,
}

/// Every set that could stand alone; those of the search path's first schema first. Tables that cannot stand alone fill the
/// gaps of one that can, and no table of a set that stands alone is ever part of another. Views fill gaps too, and make a set by
/// themselves only where tables make none: they may show the same rows.
pub fn standing<'catalog>(catalog: &'catalog Catalog, kinds: &[Kind<'_>]) -> Vec<Set<'catalog>> {
    let mut groups: BTreeMap<(usize, &str, String), Vec<Member<'catalog>>> = BTreeMap::new();
    for table in &catalog.tables {
        for (kind, wanted) in kinds.iter().enumerate() {
            let name = stem(&table.name);
            let Some(prefix) = name.strip_suffix(&wanted.stem) else { continue };
            if (wanted.fits)(table) {
                let style = Style::of(&table.name, prefix.chars().count());
                let group = groups.entry((table.reach, &table.schema, prefix.to_owned())).or_default();
                group.push(Member { kind, table, style });
            }
        }
    }
    let sets = |founds: fn(&Table) -> bool| -> Vec<Set<'catalog>> {
        groups.iter().flat_map(|((_, schema, _), members)| of_group(schema, members, kinds, founds)).collect()
    };
    let tables = sets(Table::is_table);
    if tables.is_empty() { sets(|_| true) } else { tables }
}

/// `founds` says which tables a set can be made by, and not only be completed.
fn of_group<'catalog>(
    schema: &'catalog str,
    members: &[Member<'catalog>],
    kinds: &[Kind<'_>],
    founds: fn(&Table) -> bool,
) -> Vec<Set<'catalog>> {
    let founding = || members.iter().filter(|member| founds(member.table));
    let mut styles: Vec<&Style> = Vec::new();
    for member in founding() {
        if !styles.contains(&&member.style) {
            styles.push(&member.style);
        }
    }
    let spelled = |style: &&Style| {
        let members: Vec<_> = founding().filter(|member| member.style == **style).collect();
        ((*style).clone(), gather(schema, &members, kinds.len()))
    };
    let mut bases: Vec<(Style, Set<'_>)> = styles.iter().map(spelled).collect();
    if bases.iter().any(|(_, set)| set.stands(kinds)) {
        bases.retain(|(_, set)| set.stands(kinds));
    } else {
        // Spelled in several ways: each table of users may be the one.
        bases.retain(|(_, set)| set.tables[0].is_some() || kinds[0].given);
        for (_, set) in &mut bases {
            set.tables.iter_mut().skip(1).for_each(|table| *table = None);
            set.doubts.clear();
        }
        bases.truncate(if kinds[0].given { 1 } else { bases.len() });
    }
    let taken: Vec<&Table> = bases.iter().flat_map(|(_, set)| set.tables.iter().flatten().copied()).collect();
    let free: Vec<_> =
        members.iter().filter(|member| !taken.iter().any(|each| std::ptr::eq(*each, member.table))).collect();
    for (style, set) in &mut bases {
        for kind in (0..kinds.len()).filter(|kind| set.tables[*kind].is_none()).collect::<Vec<_>>() {
            let mut free: Vec<_> = free.iter().filter(|member| member.kind == kind).collect();
            if free.iter().any(|member| founds(member.table)) {
                free.retain(|member| founds(member.table));
            }
            let likest = free.iter().map(|member| member.style.likeness(style)).max();
            let likest: Vec<_> = free.iter().filter(|member| Some(member.style.likeness(style)) == likest).collect();
            set.doubts.retain(|(doubted, _)| *doubted != kind);
            match likest.as_slice() {
                [] => {}
                [only] => set.tables[kind] = Some(only.table),
                several => set.doubts.push((kind, several.iter().map(|member| member.table).collect())),
            }
        }
    }
    bases.into_iter().map(|(_, set)| set).filter(|set| set.stands(kinds)).collect()
}

/// A set of these, without the kinds that several of them could be.
fn gather<'catalog>(schema: &'catalog str, members: &[&Member<'catalog>], kinds: usize) -> Set<'catalog> {
    let mut set = Set { schema, tables: vec![None; kinds], doubts: Vec::new() };
    for kind in 0..kinds {
        let of_kind: Vec<_> = members.iter().filter(|member| member.kind == kind).map(|member| member.table).collect();
        match of_kind.as_slice() {
            [] => {}
            [only] => set.tables[kind] = Some(only),
            _ => set.doubts.push((kind, of_kind)),
        }
    }
    set
}

#[cfg(test)]
mod tests {
    use super::*;

    fn catalog(names: &[&str]) -> Catalog {
        let table = |name: &&str| Table { name: (*name).into(), ..Default::default() };
        Catalog { tables: names.iter().map(table).collect() }
    }

    fn found(names: &[&str]) -> Vec<String> {
        let kinds: Vec<_> = ["user", "account", "session", "verificationtoken"]
            .map(|stem| Kind { stem: stem.into(), fits: Box::new(|_| true), given: false })
            .into();
        standing(&catalog(names), &kinds).iter().map(|set| set.describe(true)).collect()
    }

    #[test]
    fn habits_of_naming() {
        for names in [
            ["user", "account", "session", "verificationToken"],
            ["User", "Account", "Session", "VerificationToken"],
            ["users", "accounts", "sessions", "verification_token"],
            ["users", "accounts", "sessions", "verificationtokens"],
            ["app_user", "app_account", "app_session", "app_verification_token"],
            ["USERS", "ACCOUNTS", "SESSIONS", "VERIFICATION_TOKENS"],
            ["users", "account", "Sessions", "verification_token"],
        ] {
            assert_eq!(found(&names), [names.join(", ")]);
        }
    }

    #[test]
    fn sets_that_stand_alone_are_never_mixed() {
        let both = ["User", "Account", "Session", "VerificationToken", "user", "account", "session"];
        assert_eq!(found(&both), ["User, Account, Session, VerificationToken", "user, account, session"]);
        // Neither lends the other what it lacks.
        assert_eq!(found(&["users", "accounts", "user", "session"]), ["users, accounts", "user, session"]);
        assert_eq!(found(&["app_user", "app_session", "AppUser", "AppSession"]).len(), 2);
        assert_eq!(found(&["users", "sessions", "old_users", "old_sessions"]).len(), 2);
    }

    #[test]
    fn strays_are_left_alone_or_fill_a_gap() {
        assert_eq!(found(&["users", "accounts", "sessions", "user"]), ["users, accounts, sessions"]);
        assert_eq!(
            found(&["users", "sessions", "user", "verification_token"]),
            ["users, sessions, verification_token"]
        );
        assert_eq!(found(&["users", "customers"]), [""; 0]);
        assert_eq!(found(&["sessions", "accounts"]), [""; 0]);
        // Two tables of users, and one of sessions that is spelled like neither.
        assert_eq!(found(&["Users", "USER", "session"]), ["Users, session", "USER, session"]);
    }
}
