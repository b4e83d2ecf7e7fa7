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
        self.adds.is_some_and(|(table, column)| {
            let mut tables = catalog.tables.iter().filter(|each| each.name == table);
            tables.any(|table| table.columns.iter().any(|each| each.name == column))
        })
    }

    pub fn text(&self, dialect: Dialect) -> String {
        self.texts[dialect.family() as usize].replace("{exact}", dialect.syntax().ddl.exact_collation)
    }
}
