//! The statements themselves: five verbs over any table, and the two joins.

use crate::authjs::layout::{Layout, Owned, TableLayout};
use crate::authjs::model::Table;
use crate::dialect::Dialect;
use crate::statement::statement::{Output, Statement};
use crate::table::builder::Builder;

/// How a write comes to know the row it wrote.
#[derive(Debug, Clone)]
pub enum Write {
    /// The statement returns it.
    Returning(Statement),
    /// The database cannot return rows from this verb: a second statement reads it, after an INSERT or UPDATE, before a
    /// DELETE.
    WithRead { write: Statement, read: Statement },
}

/// How an INSERT comes to know the row.
#[derive(Debug, Clone)]
pub enum Insert {
    /// It is what was given: of each column the argument, and null where there is none.
    AsGiven {
        write: Statement,
        arguments: Box<[Option<usize>]>,
    },
    Stored(Write),
}

/// Builds statements for one layout on one dialect.
#[derive(Debug, Clone)]
pub struct Statements {
    pub dialect: Dialect,
    pub layout: Layout,
    pub persistent: bool,
}

impl Statements {
    /// `SELECT … WHERE keys = arguments`.
    pub fn find(&self, table: Table, keys: &[&str]) -> Statement {
        let layout = self.layout.table(table);
        let select = self.record(Builder::new(self.dialect).push("SELECT "), layout);
        let from = select.push(" FROM ").push(&layout.name).push(" WHERE ");
        self.verified(from.matching("", columns(layout, keys), 0), layout, keys).build(self.persistent)
    }

    /// The rows of the user `owner`, as they may be shown.
    pub fn list(&self, table: Table, owner: &str) -> Statement {
        let layout = self.layout.table(table);
        let select = Builder::new(self.dialect).push("SELECT ").listed(layout);
        let mut built = select.push(" FROM ").push(&layout.name).push(" WHERE ").equals("", layout.column(owner), 0);
        if let Some(column) = layout.listed().position(|column| column.field == owner) {
            built = built.verified(column, 0);
        }
        let statement =
            list(built.push(" ORDER BY "), table.identity(), |built, _, key| built.push(&layout.column(key).name))
                .build(self.persistent);
        Statement { lenient: true, ..statement }
    }

    /// The user that an account belongs to.
    pub fn user_by_account(&self, keys: &[&str]) -> Statement {
        let (user, account) = (self.layout.table(Table::User), self.layout.table(Table::Account));
        let mut select = Builder::new(self.dialect).push("SELECT ").record("u.", user);
        for (index, column) in columns(account, keys).enumerate() {
            select = select.output("a.", column).verified(user.visible().count() + index, index);
        }
        self.join(select, account, "a", keys)
    }

    /// A session with its user, in one round trip. A session whose user is gone is no session.
    pub fn session_and_user(&self, keys: &[&str]) -> Statement {
        let (user, session) = (self.layout.table(Table::User), self.layout.table(Table::Session));
        let select = Builder::new(self.dialect).push("SELECT ").record("s.", session).record("u.", user);
        self.join(self.verified(select, session, keys), session, "s", keys)
    }

    /// [`Statements::find`], and others wait for the transaction's end who want the row.
    pub fn seize(&self, table: Table, keys: &[&str]) -> Statement {
        let found = self.find(table, keys);
        Statement { text: format!("{}{}", found.text, self.dialect.syntax().seize).into(), ..found }
    }

    /// Whether nothing but our INSERT itself sees to it that the user is there to whom a new row of `table` belongs.
    pub fn needs_user(&self, table: Table) -> bool {
        Table::OF_A_USER.contains(&table) && self.layout.table(table).owned == Owned::Loosely
    }

    /// `INSERT` of the fields at `positions`, whose arguments come in the same order. Where it needs the user, the user's id
    /// follows: nothing is inserted unless there is such a row, which stays until the transaction's end.
    pub fn insert(&self, table: Table, positions: &[usize]) -> Insert {
        let layout = self.layout.table(table);
        let mut built = Builder::new(self.dialect).push("INSERT INTO ").push(&layout.name).push(" (");
        built = list(built, positions, |built, _, position| built.push(&layout.columns[*position].name));
        let needs_user = self.needs_user(table);
        let values = if needs_user { ") SELECT " } else { ") VALUES (" };
        built = list(built.push(values), positions, |built, index, position| {
            built.argument(&layout.columns[*position], index)
        });
        built = if needs_user { self.of_user(built, positions.len()) } else { built.push(")") };
        let argument = |column| positions.iter().position(|candidate| *candidate == column);
        if layout.keeps {
            let visible = (0..).zip(&layout.columns).filter(|(_, column)| column.visible);
            let arguments = visible.map(|(position, _)| argument(position)).collect();
            return Insert::AsGiven { write: built.unread(layout).build(self.persistent), arguments };
        }
        if self.dialect.syntax().insert_returning {
            return Insert::Stored(Write::Returning(self.returned(built, layout).build(self.persistent)));
        }
        // The key's arguments are picked from among those of the INSERT.
        let keys = table.identity();
        let mut read = self.record(Builder::new(self.dialect).push("SELECT "), layout);
        read = read.push(" FROM ").push(&layout.name).push(" WHERE ");
        read = list_with(read, " AND ", keys, |read, _, key| match layout.position(key).and_then(argument) {
            Some(index) => read.equals("", layout.column(key), index),
            None => read.push(&layout.column(key).name).push(" = ").push(self.dialect.syntax().last_id),
        });
        Insert::Stored(Write::WithRead { write: built.build(self.persistent), read: read.build(self.persistent) })
    }

    /// `UPDATE` of the fields at `positions`; the arguments are those of `keys`, then the new values.
    pub fn update(&self, table: Table, keys: &[&str], positions: &[usize]) -> Write {
        let layout = self.layout.table(table);
        let mut built = Builder::new(self.dialect).push("UPDATE ").push(&layout.name).push(" SET ");
        built = list(built, positions, |built, index, position| {
            let column = &layout.columns[*position];
            built.push(&column.name).push(" = ").argument(column, keys.len() + index)
        });
        built = built.push(" WHERE ").matching("", columns(layout, keys), 0);
        if self.dialect.syntax().update_returning {
            return Write::Returning(self.verified(self.returned(built, layout), layout, keys).build(self.persistent));
        }
        Write::WithRead { write: built.build(self.persistent), read: self.find(table, keys) }
    }

    /// `DELETE` by `keys`.
    pub fn delete(&self, table: Table, keys: &[&str]) -> Write {
        let layout = self.layout.table(table);
        let built = self.delete_from(layout, keys);
        if self.dialect.syntax().delete_returning {
            return Write::Returning(self.verified(self.returned(built, layout), layout, keys).build(self.persistent));
        }
        Write::WithRead { write: built.build(self.persistent), read: self.find(table, keys) }
    }

    /// `DELETE` by `keys` of rows that no caller wants to see.
    pub fn delete_unseen(&self, table: Table, keys: &[&str]) -> Statement {
        self.delete_from(self.layout.table(table), keys).build(self.persistent)
    }

    /// `DELETE` of the rows that have the first of `keys` and do not have the second.
    pub fn delete_others(&self, table: Table, [owner, kept]: [&str; 2]) -> Statement {
        let layout = self.layout.table(table);
        let built = self.delete_from(layout, &[owner]).push(" AND ");
        built.differs("", layout.column(kept), 1).build(self.persistent)
    }

    /// Takes the lock that its one argument names; see [`crate::dialect::Syntax::lock`].
    pub fn lock(&self) -> Option<Statement> {
        let text = self.dialect.syntax().lock?;
        Some(Statement {
            text: text.into(),
            arguments: [0].into(),
            columns: [Output::number()].into(),
            records: [].into(),
            keys: [].into(),
            persistent: self.persistent,
            lenient: false,
        })
    }

    /// ` FROM user WHERE id = argument`, which others do not delete meanwhile.
    fn of_user(&self, built: Builder, argument: usize) -> Builder {
        let user = self.layout.table(Table::User);
        let found = built.push(" FROM ").push(&user.name).push(" WHERE ").equals("", user.column("id"), argument);
        found.push(self.dialect.syntax().hold)
    }

    fn delete_from(&self, layout: &TableLayout, keys: &[&str]) -> Builder {
        let built = Builder::new(self.dialect).push("DELETE FROM ").push(&layout.name).push(" WHERE ");
        built.matching("", columns(layout, keys), 0)
    }

    /// [`Statements::session_and_user`] for several keys at once.
    pub fn sessions_and_users(&self, key: &str, count: usize) -> Statement {
        let (user, session) = (self.layout.table(Table::User), self.layout.table(Table::Session));
        let select = Builder::new(self.dialect).push("SELECT ").record("s.", session).record("u.", user);
        self.joined(select, session, "s").among("s.", session.column(key), count).build(self.persistent)
    }

    /// [`Statements::find`] for several keys at once.
    pub fn find_many(&self, table: Table, key: &str, count: usize) -> Statement {
        let layout = self.layout.table(table);
        let select = self.record(Builder::new(self.dialect).push("SELECT "), layout);
        let from = select.push(" FROM ").push(&layout.name).push(" WHERE ");
        from.among("", layout.column(key), count).build(self.persistent)
    }

    fn join(&self, select: Builder, child: &TableLayout, alias: &str, keys: &[&str]) -> Statement {
        self.joined(select, child, alias).matching(&format!("{alias}."), columns(child, keys), 0).build(self.persistent)
    }

    /// `… FROM child JOIN user WHERE `
    fn joined(&self, select: Builder, child: &TableLayout, alias: &str) -> Builder {
        let user = self.layout.table(Table::User);
        select
            .push(&format!(" FROM {} {alias} JOIN {} u ON ", child.name, user.name))
            .joins(("u.", user.column("id")), (&format!("{alias}."), child.column("userId")))
            .push(" WHERE ")
    }

    fn record(&self, built: Builder, layout: &TableLayout) -> Builder {
        built.record("", layout)
    }

    fn returned(&self, built: Builder, layout: &TableLayout) -> Builder {
        self.record(built.push(" RETURNING "), layout)
    }

    /// Every row must carry the keys it was asked for by, which are among the columns of the first record.
    fn verified(&self, built: Builder, layout: &TableLayout, keys: &[&str]) -> Builder {
        keys.iter().enumerate().fold(built, |built, (index, key)| {
            match layout.visible().position(|column| column.field == *key) {
                Some(column) => built.verified(column, index),
                None => built,
            }
        })
    }
}

fn columns<'a>(layout: &'a TableLayout, fields: &'a [&str]) -> impl Iterator<Item = &'a crate::table::column::Column> {
    fields.iter().map(|field| layout.column(field))
}

fn list<T>(built: Builder, items: &[T], item: impl Fn(Builder, usize, &T) -> Builder) -> Builder {
    list_with(built, ", ", items, item)
}

fn list_with<T>(built: Builder, separator: &str, items: &[T], item: impl Fn(Builder, usize, &T) -> Builder) -> Builder {
    items
        .iter()
        .enumerate()
        .fold(built, |built, (index, each)| item(if index > 0 { built.push(separator) } else { built }, index, each))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statements(dialect: Dialect) -> Statements {
        Statements { dialect, layout: Layout::own(dialect, None, |_| false), persistent: true }
    }

    fn text(write: Write) -> (String, Option<String>) {
        match write {
            Write::Returning(statement) => (statement.text.to_string(), None),
            Write::WithRead { write, read } => (write.text.to_string(), Some(read.text.to_string())),
        }
    }

    #[test]
    fn session_lookup() {
        assert_eq!(
            &*statements(Dialect::Postgres).session_and_user(&["sessionToken"]).text,
            r#"SELECT s."sessionToken", s."userId", s."expires", u."id", u."name", u."email", u."emailVerified", u."image" FROM "session" s JOIN "user" u ON u."id" = s."userId" WHERE s."sessionToken" = $1"#
        );
    }

    #[test]
    fn mysql_compares_bytes_after_the_index() {
        let statement = statements(Dialect::MySql).find(Table::User, &["email"]);
        assert!(
            statement
                .text
                .ends_with("WHERE `email` = ? AND CAST(CONVERT(`email` USING utf8mb4) AS BINARY) = CAST(? AS BINARY)")
        );
        assert_eq!(*statement.arguments, [0, 0]);
        assert_eq!(*statement.keys, [(2, 0)]);
    }

    #[test]
    fn writes_return_rows_where_the_dialect_can() {
        let update = |dialect| text(statements(dialect).update(Table::Session, &["sessionToken"], &[2]));
        assert_eq!(
            update(Dialect::Sqlite).0,
            "UPDATE `session` SET `expires` = ?1 WHERE `sessionToken` = ?2 RETURNING `sessionToken`, `userId`, `expires`"
        );
        assert!(update(Dialect::MariaDb).1.is_some());
        let delete = |dialect| text(statements(dialect).delete(Table::Session, &["sessionToken"]));
        assert!(delete(Dialect::MariaDb).0.contains("RETURNING"));
        assert!(!delete(Dialect::MySql).0.contains("RETURNING"));
        let Insert::Stored(insert) = statements(Dialect::MySql).insert(Table::VerificationToken, &[0, 1, 2]) else {
            panic!("nobody has said that the table keeps what it is given")
        };
        let (insert, read) = text(insert);
        assert_eq!(insert, "INSERT INTO `verificationToken` (`identifier`, `token`, `expires`) VALUES (?, ?, ?)");
        assert!(read.is_some_and(|read| read.starts_with("SELECT")));
    }

    #[test]
    fn what_is_kept_is_not_read_back() {
        for dialect in Dialect::ALL {
            let layout = Layout::own(dialect, None, |table| table == Table::User);
            let statements = Statements { dialect, layout, persistent: true };
            // id and email.
            let Insert::AsGiven { write, arguments } = statements.insert(Table::User, &[0, 2]) else {
                panic!("{dialect:?} reads it")
            };
            assert!(write.text.ends_with(')') && !write.text.contains("RETURNING"), "{}", write.text);
            assert_eq!(*arguments, [Some(0), None, Some(1), None, None]);
            assert_eq!(write.columns.len(), arguments.len());
            assert!(matches!(statements.insert(Table::Session, &[0, 1, 2]), Insert::Stored(_)), "{dialect:?}");
        }
    }

    #[test]
    fn without_a_foreign_key_a_row_comes_from_its_user() {
        let insert = |dialect| {
            let mut layout = Layout::own(dialect, None, |_| true);
            layout.set_owned(Table::Session, Owned::Loosely);
            let statements = Statements { dialect, layout, persistent: true };
            assert!(statements.needs_user(Table::Session) && !statements.needs_user(Table::Account));
            match statements.insert(Table::Session, &[0, 1]) {
                Insert::AsGiven { write, .. } => write,
                Insert::Stored(_) => panic!("it is read back"),
            }
        };
        let statement = insert(Dialect::Postgres);
        assert_eq!(
            &*statement.text,
            r#"INSERT INTO "session" ("sessionToken", "userId") SELECT $1, $2 FROM "user" WHERE "id" = $3 FOR KEY SHARE"#
        );
        assert_eq!(*statement.arguments, [0, 1, 2]);
        assert!(insert(Dialect::MySql).text.ends_with("AS BINARY) LOCK IN SHARE MODE"));
        assert!(insert(Dialect::Sqlite).text.ends_with("FROM `user` WHERE `id` = ?3"));
    }

    #[test]
    fn schema_qualifies_tables() {
        let layout = Layout::own(Dialect::Postgres, Some("auth"), |_| false);
        let statements = Statements { dialect: Dialect::Postgres, layout, persistent: false };
        assert!(statements.find(Table::User, &["id"]).text.contains(r#" FROM "auth"."user" WHERE "#));
    }
}
