//! What `check` tells of keys: which rows nothing keeps apart, which are kept apart although they may be alike, and which may stay when
//! their user goes.

use crate::authjs::layout::{Layout, Owned, TableLayout};
use crate::authjs::model::Table;
use crate::dialect::Dialect;
use crate::table::catalog::{self, Catalog, ForeignKey};
use crate::table::report::{Report, Warning};

/// What else there is to do where no key keeps addresses apart.
const SHARED_EMAILS: &str =
    "; where several users may have one address on purpose, the option emails: \"shared\" leaves it so";

/// The fields in which no two rows that Auth.js writes are alike.
fn distinct(table: Table) -> &'static [&'static [&'static str]] {
    match table {
        Table::User => &[&["id"], &["email"]],
        Table::Account => &[&["provider", "providerAccountId"]],
        Table::Session => &[&["sessionToken"]],
        Table::VerificationToken => &[&["token"]],
        Table::Authenticator => &[&["credentialID"], &["providerAccountId"], &["credentialPublicKey"]],
        Table::UserPassword => &[&["userId"]],
    }
}

/// The statement that makes an index.
pub fn index(
    dialect: Dialect,
    unique: &str,
    used: &TableLayout,
    physical: &catalog::Table,
    columns: &[&str],
) -> String {
    let title = dialect.quote(&format!("{}_{}_index", physical.name, columns.join("_")));
    let columns: Vec<_> = columns.iter().map(|column| dialect.quote(column)).collect();
    format!("CREATE {unique}INDEX {title} ON {} ({});", used.name, columns.join(", "))
}

/// The column of the database that stands for `field`.
pub fn found<'catalog>(
    dialect: Dialect,
    used: &TableLayout,
    physical: &'catalog catalog::Table,
    field: &str,
) -> Option<&'catalog catalog::Column> {
    let name = &used.columns[used.position(field)?].name;
    physical.columns.iter().find(|each| dialect.quote(&each.name) == *name)
}

impl Report {
    /// Keys that ought to be there, and those that Auth.js's tables do not have.
    pub(super) fn examine_keys(&mut self, used: &TableLayout, physical: &catalog::Table) {
        let dialect = self.dialect;
        let name = |field: &&str| found(dialect, used, physical, field).map(|each| each.name.as_str());
        for key in used.table.keys() {
            let columns: Vec<_> = key.iter().filter_map(name).collect();
            if physical.is_table() && columns.len() == key.len() && !physical.is_unique(&columns) {
                let message = format!(
                    "{} has no unique key on {}: each insert has to take a lock and look first{}",
                    physical.name,
                    columns.join(", "),
                    if key == &["email"] { SHARED_EMAILS } else { "" }
                );
                self.warn(message, Some(index(dialect, "UNIQUE ", used, physical, &columns)));
            }
        }
        let fields = used.table.fields().iter().map(|field| field.name);
        let own: Vec<_> = fields.filter_map(|field| Some((field, name(&field)?))).collect();
        for key in physical.indexes.iter().filter(|index| index.unique) {
            let field = |column: &String| own.iter().find(|(_, name)| name == column).map(|(field, _)| *field);
            // A key with a column of the application's own is the application's.
            let Some(fields) = key.columns.iter().map(field).collect::<Option<Vec<_>>>() else { continue };
            let tells = |distinct: &&[&str]| distinct.iter().all(|field| fields.contains(field));
            if fields != ["id"] && !distinct(used.table).iter().any(tells) {
                let message = format!(
                    "{} has a unique key on {}, which Auth.js's tables do not have: a second {} with the same is refused",
                    physical.name,
                    key.columns.join(", "),
                    used.table.name()
                );
                self.warn(message, None);
            }
        }
    }

    /// Which rows may stay when their user goes, and which keep the user. Ours do neither; those that others insert would.
    pub(super) fn examine_owners(&mut self, catalog: &Catalog, layout: &Layout) {
        let user = layout.table(Table::User);
        let Some(parent) = self.physical(user, catalog) else { return };
        let of_a_user = Table::OF_A_USER.into_iter().filter(|table| layout.has(*table));
        for used in of_a_user.map(|table| layout.table(table)) {
            let Some(child) = self.physical(used, catalog) else { continue };
            let of = |table, column| {
                found(self.dialect, table, if std::ptr::eq(table, user) { parent } else { child }, column)
            };
            let (Some(from), Some(to)) = (of(used, "userId"), of(user, "id")) else { continue };
            match used.owned {
                Owned::Loosely => self.examine_loose((used, child, from), (user, parent, to)),
                Owned::Firmly => {
                    let key = child.reference(&from.name, parent, &to.name);
                    self.examine_firm((used, child, from), (user, parent, to), key);
                }
                Owned::Cascading => {}
            }
        }
    }

    fn examine_loose(&mut self, (used, child, from): Place<'_>, (user, parent, to): Place<'_>) {
        let lacks = format!("{}.{} has no foreign key to {}.{}", child.name, from.name, parent.name, to.name);
        let (why, remedy) = match self.dialect.syntax().ddl.fixed_references {
            _ if !child.is_table() || !parent.is_table() => (", which views cannot have", None),
            Some(why) => (why, None),
            _ if from.type_name != to.type_name => (", which would have to be of the same type", None),
            _ if !parent.is_unique(&[&to.name]) => (", which would have to be unique", None),
            _ => ("", Some(format!("ALTER TABLE {} ADD {};", used.name, self.reference(from, user, to)))),
        };
        self.warn(format!("{lacks}{why}: what other programs insert may outlive its user"), remedy);
    }

    fn examine_firm(
        &mut self,
        (used, child, from): Place<'_>,
        (user, parent, to): Place<'_>,
        key: Option<&ForeignKey>,
    ) {
        let ddl = &self.dialect.syntax().ddl;
        let drop = ddl.drop_reference;
        let remedy = key.filter(|_| ddl.fixed_references.is_none()).map(|key| {
            let (name, add) = (self.dialect.quote(&key.name), self.reference(from, user, to));
            let on_update =
                if key.on_update.is_empty() { String::new() } else { format!(" ON UPDATE {}", key.on_update) };
            format!("ALTER TABLE {} {drop} {name}, ADD {add}{on_update};", used.name)
        });
        let message = format!(
            "the foreign key of {}.{} to {}.{} does not cascade: this adapter deletes such rows before their user, and other programs \
             have to do so too",
            child.name, from.name, parent.name, to.name
        );
        self.recommendations.push(Warning { message, remedy });
    }

    fn reference(&self, from: &catalog::Column, user: &TableLayout, to: &catalog::Column) -> String {
        let (from, to) = (self.dialect.quote(&from.name), self.dialect.quote(&to.name));
        format!("FOREIGN KEY ({from}) REFERENCES {} ({to}) ON DELETE CASCADE", user.name)
    }
}

/// A table as it is used, as it is in the database, and the column of one that refers to the other.
type Place<'a> = (&'a TableLayout, &'a catalog::Table, &'a catalog::Column);
