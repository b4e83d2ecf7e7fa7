//! What acts on a table's rows besides the statements that are sent: foreign keys and triggers.
//!
//! A foreign key counts if the database enforces it: PostgreSQL's may be disabled, MySQL's switched off.

use std::collections::BTreeMap;

use crate::dialect::Dialect;
use crate::driver::connection::Texts;
use crate::table::catalog::{ForeignKey, Table};

/// In the last column of a row that is about no foreign key: the table is guarded, and no trigger is meant.
const GUARDED: &str = "guarded";

/// Completes `tables` by the rows that [`crate::dialect::catalog::Queries::references`] found.
pub fn add(dialect: Dialect, rows: Vec<Texts>, tables: &mut BTreeMap<(String, String), Table>) {
    let mut keys: BTreeMap<(String, String, String), ForeignKey> = BTreeMap::new();
    for row in rows {
        let row_guards = row.last().is_some_and(|last| last.as_deref() == Some(GUARDED));
        let mut values = row.into_iter();
        let mut text = || values.next().flatten();
        let (schema, table, name) = (text().unwrap_or_default(), text().unwrap_or_default(), text());
        let Some(name) = name else {
            if let Some(table) = tables.get_mut(&(schema, table)) {
                let says = |value: Option<String>| value.is_some_and(|value| value == "true");
                if row_guards {
                    table.guarded = true;
                    continue;
                }
                table.triggered |= dialect.syntax().triggers_change_rows;
                table.followed.insert |= says(text());
                table.followed.update |= says(text());
                table.followed.delete |= says(text());
            }
            continue;
        };
        let key = keys.entry((schema, table, name.clone())).or_default();
        key.name = name;
        key.columns.extend(text());
        (key.schema, key.table) = (text().unwrap_or_default(), text().unwrap_or_default());
        key.referred.extend(text());
        key.on_update = text().unwrap_or_default();
        key.cascades = text().is_some_and(|action| action.eq_ignore_ascii_case("cascade"));
    }
    for ((schema, table, _), key) in keys {
        if let Some(table) = tables.get_mut(&(schema, table)) {
            table.foreign_keys.push(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::catalog::Index;
    use super::*;

    fn key(columns: &[&str], schema: &str, table: &str, referred: &[&str]) -> ForeignKey {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        ForeignKey {
            columns: owned(columns),
            schema: schema.to_owned(),
            table: table.to_owned(),
            referred: owned(referred),
            cascades: true,
            ..ForeignKey::default()
        }
    }

    fn refers(key: ForeignKey, schema: &str) -> bool {
        let table = |name: &str| Table { schema: schema.to_owned(), name: name.to_owned(), ..Table::default() };
        let id = Index { columns: vec!["id".to_owned()], unique: true, ..Index::default() };
        let users = Table { indexes: vec![id], ..table("users") };
        Table { foreign_keys: vec![key], ..table("sessions") }.reference("userId", &users, "id").is_some()
    }

    #[test]
    fn only_a_reference_to_the_id_itself_counts() {
        assert!(refers(key(&["userId"], "auth", "users", &["id"]), "auth"));
        assert!(refers(key(&["userId"], "", "Users", &[]), ""));
        for other in [
            key(&["userId"], "auth", "users", &["email"]),
            key(&["userId"], "auth", "people", &["id"]),
            key(&["userId"], "public", "users", &["id"]),
            key(&["userId"], "auth", "Users", &["id"]),
            // With a tenant that is null it asks for nothing.
            key(&["tenant", "userId"], "auth", "users", &["tenant", "id"]),
        ] {
            assert!(!refers(other.clone(), "auth"), "{other:?}");
        }
    }
}
