//! How the databases differ: as data, and as three small codecs.

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

/// Everything about a dialect's SQL that is not the same everywhere.
#[derive(Debug)]
pub struct Syntax {
    pub quote: char,
    /// What precedes the number of a parameter; MySQL's are anonymous.
    pub placeholder: Placeholder,
    pub insert_returning: bool,
    pub update_returning: bool,
    pub delete_returning: bool,
    /// Whether a trigger can make a statement pass over a row without failing.
    pub drops_rows: bool,
    /// Opens a transaction that is going to write. MySQL's level is the session's.
    pub begin: &'static str,
    /// Takes a lock by name until the transaction ends, and answers 1 when it has it. `None` where a transaction that
    /// writes is alone anyway.
    pub lock: Option<&'static str>,
    /// Ends a SELECT of a row that others must not delete, nor change its key, until the transaction ends.
    pub hold: &'static str,
    /// Ends a SELECT of a row that is going to be deleted: others wait for the transaction's end.
    pub seize: &'static str,
    /// What gives the locks back after the transaction, if they outlive it.
    pub unlock: Option<&'static str>,
    /// `DELETE` of some rows: `{rows}` is a condition with a limit. A subquery finds them where DELETE takes no limit, by
    /// where they are: `{row}` is SQLite's row number, or the key of a table that does without.
    pub delete_some: &'static str,
    /// The same where rows have no numbers or places.
    pub delete_some_by_key: &'static str,
    /// The id that the database counted up for the last INSERT, where that cannot return it.
    pub last_id: &'static str,
    /// Whether `=` on text may call different strings equal (collations that ignore case, accents or trailing spaces),
    /// so that key comparisons need a second, exact condition.
    pub loose_equality: bool,
    /// Whether one argument can hold a list of texts, so that one statement serves lists of any length.
    pub arrays: bool,
    /// Whether a transaction in which a statement failed refuses all others.
    pub errors_end_transactions: bool,
    /// What follows a placeholder for a number of rows.
    pub limit_cast: &'static str,
    /// What keeps a row that a SELECT found from being changed by others.
    pub for_update: &'static str,
    /// Whether one writer at a time is all that the database allows, so that ours queue here rather than there.
    pub single_writer: bool,
    /// How many expired rows go in one step, unless the caller says otherwise: as many as look-ups beside it bear best. Each
    /// step is a commit, which costs some databases more than the rows do.
    pub prune_step: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placeholder {
    Numbered(char),
    Anonymous,
}

/// What an error says of a write that a view does not let through to a table.
pub const UNWRITABLE: &str = "the database lets nothing be written to this view";

const POSTGRES: Syntax = Syntax {
    quote: '"',
    placeholder: Placeholder::Numbered('$'),
    insert_returning: true,
    update_returning: true,
    delete_returning: true,
    drops_rows: true,
    begin: "BEGIN ISOLATION LEVEL READ COMMITTED",
    lock: Some("SELECT 1::int8 WHERE pg_advisory_xact_lock(hashtextextended($1, 0)) IS NOT NULL"),
    hold: " FOR KEY SHARE",
    seize: " FOR UPDATE",
    unlock: None,
    delete_some: "DELETE FROM {table} WHERE ctid = ANY(ARRAY(SELECT ctid FROM {table} WHERE {rows} FOR UPDATE SKIP LOCKED))",
    delete_some_by_key: "DELETE FROM {table} WHERE ({row}) IN (SELECT {row} FROM {table} WHERE {rows})",
    last_id: "lastval()",
    loose_equality: false,
    arrays: true,
    errors_end_transactions: true,
    limit_cast: "::int8",
    for_update: " FOR UPDATE",
    single_writer: false,
    prune_step: 100,
};

const MYSQL: Syntax = Syntax {
    quote: '`',
    placeholder: Placeholder::Anonymous,
    insert_returning: false,
    update_returning: false,
    delete_returning: false,
    drops_rows: false,
    begin: "START TRANSACTION",
    lock: Some(
        "SELECT CAST(GET_LOCK(CONCAT('rust_auth:', LEFT(SHA2(CONCAT(DATABASE(), '/', ?), 256), 40)), 10) AS SIGNED)",
    ),
    hold: " LOCK IN SHARE MODE",
    seize: " FOR UPDATE",
    unlock: Some("DO RELEASE_ALL_LOCKS()"),
    delete_some: "DELETE FROM {table} WHERE {rows}",
    delete_some_by_key: "DELETE FROM {table} WHERE {rows}",
    last_id: "LAST_INSERT_ID()",
    loose_equality: true,
    arrays: false,
    errors_end_transactions: false,
    limit_cast: "",
    for_update: " FOR UPDATE",
    single_writer: false,
    prune_step: 500,
};

const MARIADB: Syntax = Syntax { insert_returning: true, delete_returning: true, ..MYSQL };

const SQLITE: Syntax = Syntax {
    // Not the double quote: around a name that no column has, SQLite takes it for a string's.
    quote: '`',
    placeholder: Placeholder::Numbered('?'),
    // A deferred transaction that turns into a writing one fails at once when another writer is there.
    begin: "BEGIN IMMEDIATE",
    lock: None,
    // Who writes is alone.
    hold: "",
    seize: "",
    delete_some: "DELETE FROM {table} WHERE ({row}) IN (SELECT {row} FROM {table} WHERE {rows})",
    arrays: false,
    errors_end_transactions: false,
    limit_cast: "",
    for_update: "",
    single_writer: true,
    prune_step: 500,
    ..POSTGRES
};

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

    pub fn syntax(self) -> &'static Syntax {
        match self {
            Dialect::Postgres => &POSTGRES,
            Dialect::MySql => &MYSQL,
            Dialect::MariaDb => &MARIADB,
            Dialect::Sqlite => &SQLITE,
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
}
