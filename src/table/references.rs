//! What acts on a table's rows besides the statements that are sent: foreign keys and triggers.
//!
//! A foreign key counts if the database enforces it: PostgreSQL's may be disabled, MySQL's switched off.

use std::collections::BTreeMap;

use crate::dialect::Dialect;
use crate::driver::connection::Connection;
use crate::error::Result;
use crate::table::catalog::{ForeignKey, Table};

/// Completes `tables`, in one query. `schemas` is the condition that the catalog is read by; MySQL's lacks the column.
pub async fn read(
    connection: &mut Connection,
    dialect: Dialect,
    schemas: &str,
    tables: &mut BTreeMap<(String, String), Table>,
) -> Result<()> {
    let text = match dialect {
        Dialect::Postgres => POSTGRES
            .replace("{after_insert}", &postgres_after("4", "3"))
            .replace("{after_update}", &postgres_after("16", "2"))
            .replace("{enabled}", POSTGRES_ENABLED)
            .replace("{schemas}", schemas),
        Dialect::MySql | Dialect::MariaDb => MYSQL.replace("{grantee}", MYSQL_GRANTEE).replace("{schemas}", schemas),
        Dialect::Sqlite => SQLITE.to_owned(),
    };
    let mut keys: BTreeMap<(String, String, String), ForeignKey> = BTreeMap::new();
    for row in connection.texts(&text).await? {
        let mut values = row.into_iter();
        let mut text = || values.next().flatten();
        let (schema, table, name) = (text().unwrap_or_default(), text().unwrap_or_default(), text());
        let Some(name) = name else {
            if let Some(table) = tables.get_mut(&(schema, table)) {
                let says = |value: Option<String>| value.is_some_and(|value| value == "true");
                table.triggered |= dialect != Dialect::Sqlite;
                table.followed.insert |= says(text());
                table.followed.update |= says(text());
            }
            continue;
        };
        let key = keys.entry((schema, table, name)).or_default();
        key.columns.extend(text());
        (key.schema, key.table) = (text().unwrap_or_default(), text().unwrap_or_default());
        key.referred.extend(text());
        key.cascades = text().is_some_and(|action| action.eq_ignore_ascii_case("cascade"));
    }
    for ((schema, table, _), key) in keys {
        if let Some(table) = tables.get_mut(&(schema, table)) {
            table.foreign_keys.push(key);
        }
    }
    Ok(())
}

/// schema, table, foreign key, column, schema and table it refers to, column there, what happens to rows whose row there is
/// deleted; then the tables with triggers: a null in the place of a foreign key, and after it whether something follows an INSERT,
/// and an UPDATE, that may change the row once more.
///
/// A foreign key acts by triggers, internal ones: on this table, and on the other. Those that are not validated do. A
/// partition may have triggers that its table does not show.
const POSTGRES: &str = "\
SELECT * FROM (
SELECT n.nspname::text, c.relname::text, k.oid::text, a.attname::text, fn.nspname::text, fc.relname::text, fa.attname::text,
  CASE WHEN k.confdeltype = 'c' AND EXISTS (SELECT FROM pg_catalog.pg_trigger t
    WHERE t.tgconstraint = k.oid AND t.tgrelid = k.confrelid AND t.tgenabled IN ({enabled})) THEN 'cascade' ELSE '' END
FROM pg_catalog.pg_constraint k
JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_class fc ON fc.oid = k.confrelid
JOIN pg_catalog.pg_namespace fn ON fn.oid = fc.relnamespace
CROSS JOIN LATERAL unnest(k.conkey, k.confkey) WITH ORDINALITY AS p (number, referred, position)
JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = p.number
JOIN pg_catalog.pg_attribute fa ON fa.attrelid = k.confrelid AND fa.attnum = p.referred
WHERE k.contype = 'f' AND {schemas} AND EXISTS (SELECT FROM pg_catalog.pg_trigger t
  WHERE t.tgconstraint = k.oid AND t.tgrelid = k.conrelid AND t.tgenabled IN ({enabled}))
ORDER BY k.oid, p.position) AS keys
UNION ALL
SELECT n.nspname::text, c.relname::text, NULL, {after_insert}, {after_update}, NULL, NULL, NULL
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE {schemas} AND (c.relkind = 'p' OR c.relkind = 'r' AND (c.relhasrules
  OR EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal)))";

/// Whether a trigger fires after the event, on the table or a partition of it, or a rule does something besides. In `tgtype`, 2
/// stands for BEFORE and 64 for INSTEAD OF, 4 for INSERT and 16 for UPDATE.
const POSTGRES_AFTER: &str = "\
(EXISTS (
  WITH RECURSIVE family AS (
    SELECT c.oid AS member UNION SELECT i.inhrelid FROM pg_catalog.pg_inherits i JOIN family ON i.inhparent = member
  )
  SELECT FROM family JOIN pg_catalog.pg_trigger t ON t.tgrelid = member
  WHERE NOT t.tgisinternal AND t.tgtype & 66 = 0 AND t.tgtype & {bit} <> 0 AND t.tgenabled IN ({enabled}))
OR EXISTS (SELECT FROM pg_catalog.pg_rewrite r
  WHERE r.ev_class = c.oid AND r.ev_type = '{event}' AND r.ev_enabled IN ({enabled})))::text";

fn postgres_after(bit: &str, event: &str) -> String {
    POSTGRES_AFTER.replace("{bit}", bit).replace("{event}", event)
}

/// What says of a trigger that it acts in a session like ours.
const POSTGRES_ENABLED: &str =
    "'A', CASE current_setting('session_replication_role') WHEN 'replica' THEN 'R' ELSE 'O' END";

/// MyISAM's tables and partitioned ones have none, even if their DDL has. Triggers are shown to those only who may make them, and
/// roles' privileges not at all: tables of which that cannot be told count as having some.
const MYSQL: &str = "\
SELECT * FROM (
SELECT k.TABLE_SCHEMA, k.TABLE_NAME, k.CONSTRAINT_NAME, k.COLUMN_NAME, k.REFERENCED_TABLE_SCHEMA, k.REFERENCED_TABLE_NAME,
  k.REFERENCED_COLUMN_NAME, r.DELETE_RULE
FROM information_schema.KEY_COLUMN_USAGE k
LEFT JOIN information_schema.REFERENTIAL_CONSTRAINTS r
  ON r.CONSTRAINT_SCHEMA = k.CONSTRAINT_SCHEMA AND r.CONSTRAINT_NAME = k.CONSTRAINT_NAME AND r.TABLE_NAME = k.TABLE_NAME
WHERE k.TABLE_SCHEMA {schemas} AND k.REFERENCED_TABLE_NAME IS NOT NULL AND @@SESSION.foreign_key_checks = 1
ORDER BY k.TABLE_NAME, k.CONSTRAINT_NAME, k.ORDINAL_POSITION LIMIT 1000000) found
UNION ALL
SELECT t.TABLE_SCHEMA, t.TABLE_NAME, NULL, NULL, NULL, NULL, NULL, NULL
FROM information_schema.TABLES t
WHERE t.TABLE_SCHEMA {schemas} AND (
  (t.TABLE_SCHEMA, t.TABLE_NAME) IN (SELECT EVENT_OBJECT_SCHEMA, EVENT_OBJECT_TABLE FROM information_schema.TRIGGERS
    WHERE EVENT_OBJECT_SCHEMA {schemas})
  OR 'TRIGGER' NOT IN (
    SELECT PRIVILEGE_TYPE FROM information_schema.USER_PRIVILEGES WHERE GRANTEE = {grantee}
    UNION SELECT p.PRIVILEGE_TYPE FROM information_schema.SCHEMA_PRIVILEGES p
    WHERE p.GRANTEE = {grantee} AND t.TABLE_SCHEMA LIKE p.TABLE_SCHEMA))";

/// `'user'@'host'`; the user's name may have an @ in it. One with a quote is not recognized.
const MYSQL_GRANTEE: &str = "\
CONCAT('''', LEFT(CURRENT_USER(), CHAR_LENGTH(CURRENT_USER()) - CHAR_LENGTH(SUBSTRING_INDEX(CURRENT_USER(), '@', -1)) - 1),
'''@''', SUBSTRING_INDEX(CURRENT_USER(), '@', -1), '''')";

/// Our connections enforce all. Triggers change no row that is about to be stored, but may change it afterwards. Of when and after
/// what they do so nothing but their text tells: any may be one.
const SQLITE: &str = "\
SELECT * FROM (
SELECT '', m.name, CAST(k.id AS TEXT), k.\"from\", '', k.\"table\", k.\"to\", k.on_delete
FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) k
WHERE m.type = 'table'
ORDER BY m.name, k.id, k.seq)
UNION ALL
SELECT '', t.name, NULL, 'true', 'true', NULL, NULL, NULL FROM sqlite_master t
WHERE t.type = 'table' AND EXISTS (SELECT 1 FROM sqlite_master m WHERE m.type = 'trigger' AND m.tbl_name = t.name COLLATE NOCASE)";

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
