//! The steps by which our own tables are made, SQL files in this binary, and which of them an application needs.

use crate::dialect::Dialect;
use crate::table::catalog::Catalog;

#[derive(Debug)]
pub struct Migration {
    pub name: &'static str,
    /// What needs it, if not every application does.
    part: Option<Part>,
    /// The column that it adds, which the application may have added by itself.
    pub adds: Option<(&'static str, &'static str)>,
    /// In the order of [`Family`](crate::dialect::Family).
    texts: [&'static str; 3],
    /// What follows where a column is there that not every application has.
    copies: Option<Copies>,
}

/// What a migration takes over from a column that may be there.
#[derive(Debug)]
pub struct Copies {
    pub from: (&'static str, &'static str),
    /// `"` quotes a name.
    text: &'static str,
}

const MIGRATIONS: &[Migration] = &[
    Migration {
        name: "0001_auth",
        part: None,
        adds: None,
        texts: [
            include_str!("migrations/0001_auth.postgres.sql"),
            include_str!("migrations/0001_auth.mysql.sql"),
            include_str!("migrations/0001_auth.sqlite.sql"),
        ],
        copies: None,
    },
    Migration {
        name: "0002_passwords",
        part: Some(Part::Passwords),
        adds: None,
        texts: [
            include_str!("migrations/0002_passwords.postgres.sql"),
            include_str!("migrations/0002_passwords.mysql.sql"),
            include_str!("migrations/0002_passwords.sqlite.sql"),
        ],
        // Better Auth may be there already.
        copies: Some(Copies {
            from: ("account", "password"),
            text: include_str!("migrations/0002_passwords.copies.sql"),
        }),
    },
    Migration {
        name: "0003_user_agents",
        part: Some(Part::UserAgents),
        adds: Some(("session", "userAgent")),
        texts: [
            include_str!("migrations/0003_user_agents.postgres.sql"),
            include_str!("migrations/0003_user_agents.mysql.sql"),
            include_str!("migrations/0003_user_agents.sqlite.sql"),
        ],
        copies: None,
    },
];

/// What only some applications need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Passwords,
    /// Which browser a session is in.
    UserAgents,
}

/// The migrations that every application needs, and those of these parts.
pub type Which<'a> = &'a [Part];

/// Every migration there is.
#[cfg(test)]
pub const ALL: Which<'_> = &[Part::Passwords, Part::UserAgents];

/// The migrations that are meant, in their order.
pub fn wanted(which: Which<'_>) -> impl Iterator<Item = &'static Migration> {
    MIGRATIONS.iter().filter(move |each| each.part.is_none_or(|part| which.contains(&part)))
}

impl Migration {
    /// Whether what it adds is there without it.
    pub fn is_there(&self, catalog: &Catalog) -> bool {
        self.adds.is_some_and(|column| has(catalog, column))
    }

    /// What it takes over from what is there.
    pub fn copied(&self, dialect: Dialect, catalog: &Catalog) -> Option<String> {
        let copies = self.copies.as_ref().filter(|copies| has(catalog, copies.from))?;
        Some(copies.text.replace('"', dialect.syntax().quote.encode_utf8(&mut [0; 4])))
    }

    /// Whether what it does depends on what is there.
    pub fn looks(&self) -> bool {
        self.adds.is_some() || self.copies.is_some()
    }

    pub fn text(&self, dialect: Dialect) -> String {
        self.texts[dialect.family() as usize].replace("{exact}", dialect.syntax().ddl.exact_collation)
    }
}

fn has(catalog: &Catalog, (table, column): (&str, &str)) -> bool {
    let mut tables = catalog.tables.iter().filter(|each| each.name == table);
    tables.any(|table| table.columns.iter().any(|each| each.name == column))
}
