//! How the databases differ: as data.

pub mod catalog;
pub mod fingerprint;
mod mysql;
mod postgres;
mod sqlite;
mod standard;
pub mod syntax;

use crate::dialect::catalog::Queries;
use crate::dialect::mysql::{MARIADB, MYSQL};
use crate::dialect::postgres::POSTGRES;
use crate::dialect::sqlite::SQLITE;
use crate::dialect::syntax::Syntax;

/// A database as a URL names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Family {
    Postgres,
    MySql,
    Sqlite,
}

/// A database as it turns out to be once connected: MariaDB has what MySQL lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    Postgres,
    MySql,
    MariaDb,
    Sqlite,
}

/// What an error says of a write that a view does not let through to a table.
pub const UNWRITABLE: &str = "the database lets nothing be written to this view";

impl Dialect {
    pub const ALL: [Dialect; 4] = [Dialect::Postgres, Dialect::MySql, Dialect::MariaDb, Dialect::Sqlite];

    pub fn name(self) -> &'static str {
        match self {
            Dialect::Postgres => "postgres",
            Dialect::MySql => "mysql",
            Dialect::MariaDb => "mariadb",
            Dialect::Sqlite => "sqlite",
        }
    }

    /// Another name that callers know it by.
    pub fn alias(self) -> Option<&'static str> {
        (self == Dialect::Postgres).then_some("postgresql")
    }

    pub fn syntax(self) -> &'static Syntax {
        match self {
            Dialect::Postgres => &POSTGRES,
            Dialect::MySql => &MYSQL,
            Dialect::MariaDb => &MARIADB,
            Dialect::Sqlite => &SQLITE,
        }
    }

    pub fn family(self) -> Family {
        match self {
            Dialect::Postgres => Family::Postgres,
            Dialect::MySql | Dialect::MariaDb => Family::MySql,
            Dialect::Sqlite => Family::Sqlite,
        }
    }

    /// Whether a table of one name is in the way of one of the other. PostgreSQL's `User` is not in the way of `user`.
    pub fn is_same_name(self, one: &str, other: &str) -> bool {
        one == other || (self.syntax().caseless_names && one.eq_ignore_ascii_case(other))
    }

    /// The queries of the catalog: of the tables in `schema`, else of those that unqualified names find, and of the schemas
    /// `more`.
    pub fn catalog(self, schema: Option<&str>, more: &[&str]) -> Queries {
        match self {
            Dialect::Postgres => postgres::catalog::queries(schema, more),
            Dialect::MySql => mysql::catalog::mysql(more),
            Dialect::MariaDb => mysql::catalog::mariadb(more),
            Dialect::Sqlite => sqlite::catalog::queries(),
        }
    }

    /// The query for the names of the tables in a schema.
    pub fn tables(self, schema: Option<&str>) -> String {
        match self.family() {
            Family::Postgres => postgres::catalog::tables(schema),
            Family::MySql => mysql::catalog::TABLES.to_owned(),
            Family::Sqlite => sqlite::catalog::TABLES.to_owned(),
        }
    }

    /// A table's name, quoted, in its schema if it has one.
    pub fn qualified(self, schema: Option<&str>, table: &str) -> String {
        match schema {
            Some(schema) => format!("{}.{}", self.quote(schema), self.quote(table)),
            None => self.quote(table),
        }
    }

    /// `identifier` as the dialect quotes it. Case is kept: `user` is reserved in PostgreSQL and `User` another table.
    pub fn quote(self, identifier: &str) -> String {
        let quote = self.syntax().quote;
        let mut quoted = String::with_capacity(identifier.len() + 2);
        quoted.push(quote);
        for character in identifier.chars() {
            if character == quote {
                quoted.push(quote);
            }
            quoted.push(character);
        }
        quoted.push(quote);
        quoted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoting_cannot_be_left() {
        assert_eq!(Dialect::Postgres.quote("User"), "\"User\"");
        assert_eq!(Dialect::Postgres.quote("a\"; DROP TABLE b; --"), "\"a\"\"; DROP TABLE b; --\"");
        assert_eq!(Dialect::MySql.quote("a`b"), "`a``b`");
    }

    #[test]
    fn names_in_different_case_are_the_same_but_to_postgresql() {
        for dialect in Dialect::ALL {
            assert!(dialect.is_same_name("user", "user"), "{dialect:?}");
            assert!(!dialect.is_same_name("user", "users"), "{dialect:?}");
            assert_eq!(dialect.is_same_name("User", "user"), dialect != Dialect::Postgres, "{dialect:?}");
        }
    }

    #[test]
    fn every_pattern_is_escaped_by_our_character_or_is_a_globs() {
        let escape = format!(" ESCAPE '{}'", syntax::ESCAPE);
        for dialect in Dialect::ALL {
            let Syntax { like, like_prefix, like_lower, glob, .. } = dialect.syntax();
            for (template, glob) in [(like, *glob), (like_prefix, *glob), (like_lower, false)] {
                let patterns = template.matches("LIKE ").count() + template.matches("GLOB ").count();
                assert!(patterns > 0, "{dialect:?}: {template}");
                assert_eq!(template.contains("GLOB "), glob, "{dialect:?}: {template}");
                let escapes = if glob { 0 } else { patterns };
                assert_eq!(template.matches(&escape).count(), escapes, "{dialect:?}: {template}");
            }
        }
    }
}
