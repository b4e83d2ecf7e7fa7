//! How the catalog of MySQL and of MariaDB is read.

use crate::dialect::catalog::{Queries, literal};

pub fn mysql(more: &[&str]) -> Queries {
    queries("FALSE", "", more)
}

pub fn mariadb(more: &[&str]) -> Queries {
    queries("j.CHECK_CLAUSE IS NOT NULL", MARIADB_JSON, more)
}

/// `json`: what tells a column of JSON from other texts, by the rows of `joined`.
fn queries(json: &str, joined: &str, more: &[&str]) -> Queries {
    let more = more.iter().map(|name| format!(", {}", literal(name))).collect::<String>();
    // The server finds the tables of one schema without looking through all others.
    let schemas = if more.is_empty() { "= DATABASE()".to_owned() } else { format!("IN (DATABASE(){more})") };
    Queries {
        columns: COLUMNS.replace("{json}", json).replace("{joined}", joined).replace("{schemas}", &schemas),
        keys: KEYS.replace("{schemas}", &schemas),
        references: REFERENCES.replace("{grantee}", GRANTEE).replace("{schemas}", &schemas),
        views: None,
    }
}

pub const TABLES: &str =
    "SELECT CONVERT(TABLE_NAME USING utf8mb4) FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()";

// Each of the server's own tables is asked once, for one schema: where a column or a foreign key is looked for in another one row by
// row, the server opens the files of all tables for each of them.

const COLUMNS: &str = "\
SELECT c.TABLE_SCHEMA, c.TABLE_NAME, c.COLUMN_NAME, c.COLUMN_TYPE, NULL,
  CASE WHEN {json} THEN 'json' WHEN c.EXTRA LIKE '%GENERATED%INVISIBLE%' THEN 'hidden'
    WHEN c.DATA_TYPE LIKE '%char' AND RIGHT(c.COLLATION_NAME, 3) = '_ci' THEN 'caseless'
    WHEN c.COLLATION_NAME IN ('utf8mb4_nopad_bin', 'utf8mb4_0900_bin') AND (c.DATA_TYPE LIKE '%char' OR c.DATA_TYPE LIKE '%text') THEN 'exact'
    ELSE '' END,
  CAST(COALESCE(c.DATETIME_PRECISION, c.CHARACTER_MAXIMUM_LENGTH) AS CHAR),
  IF(c.IS_NULLABLE = 'YES', '1', '0'),
  IF((c.COLUMN_DEFAULT IS NOT NULL AND c.COLUMN_DEFAULT <> 'NULL') OR c.EXTRA LIKE '%auto_increment%', '1', '0'),
  IF(c.EXTRA LIKE '%VIRTUAL%' OR c.EXTRA LIKE '%STORED GENERATED%' OR c.EXTRA LIKE '%PERSISTENT%', '1', '0'),
  IF(c.EXTRA LIKE '%on update%', '1', '0'), c.COLUMN_DEFAULT, '0', IF(c.TABLE_SCHEMA = DATABASE(), '0', '1000'), '0',
  IF(v.TABLE_NAME IS NULL, 'r', 'v'), c.COLLATION_NAME
FROM information_schema.COLUMNS c
LEFT JOIN (SELECT TABLE_SCHEMA, TABLE_NAME FROM information_schema.VIEWS WHERE TABLE_SCHEMA {schemas} LIMIT 1000000) v
  ON v.TABLE_SCHEMA = c.TABLE_SCHEMA AND v.TABLE_NAME = c.TABLE_NAME AND CAST(v.TABLE_NAME AS BINARY) = CAST(c.TABLE_NAME AS BINARY){joined}
WHERE c.TABLE_SCHEMA {schemas}
ORDER BY c.TABLE_NAME, c.ORDINAL_POSITION";

/// MariaDB's JSON is a LONGTEXT that is checked. The check is cut to 150 characters, more than one has that names a column: the server then
/// finds it by an index, in which a LONGTEXT cannot be.
const MARIADB_JSON: &str = "
LEFT JOIN (SELECT DISTINCT CONSTRAINT_SCHEMA, TABLE_NAME, CAST(CHECK_CLAUSE AS CHAR(150)) AS CHECK_CLAUSE
    FROM information_schema.CHECK_CONSTRAINTS WHERE CONSTRAINT_SCHEMA {schemas} AND CHECK_CLAUSE LIKE 'json_valid(%' LIMIT 1000000) j
  ON c.DATA_TYPE = 'longtext' AND j.CONSTRAINT_SCHEMA = c.TABLE_SCHEMA AND j.TABLE_NAME = c.TABLE_NAME
  AND j.CHECK_CLAUSE = CONCAT('json_valid(`', c.COLUMN_NAME, '`)')";

const KEYS: &str = "\
SELECT TABLE_SCHEMA, TABLE_NAME, INDEX_NAME, COLUMN_NAME, IF(NON_UNIQUE = 0, '1', '0')
FROM information_schema.STATISTICS
WHERE TABLE_SCHEMA {schemas}
ORDER BY TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX";

/// MyISAM's tables and partitioned ones have none, even if their DDL has. Triggers are shown to those only who may make them, and
/// roles' privileges not at all: tables of which that cannot be told count as having some.
const REFERENCES: &str = "\
SELECT * FROM (
SELECT k.TABLE_SCHEMA, k.TABLE_NAME, k.CONSTRAINT_NAME, k.COLUMN_NAME, k.REFERENCED_TABLE_SCHEMA, k.REFERENCED_TABLE_NAME,
  k.REFERENCED_COLUMN_NAME, IF(r.UPDATE_RULE IN ('NO ACTION', 'RESTRICT'), NULL, r.UPDATE_RULE), r.DELETE_RULE
FROM information_schema.KEY_COLUMN_USAGE k
LEFT JOIN (SELECT CONSTRAINT_SCHEMA, CONSTRAINT_NAME, TABLE_NAME, UPDATE_RULE, DELETE_RULE
    FROM information_schema.REFERENTIAL_CONSTRAINTS WHERE CONSTRAINT_SCHEMA {schemas} LIMIT 1000000) r
  ON r.CONSTRAINT_SCHEMA = k.CONSTRAINT_SCHEMA AND r.CONSTRAINT_NAME = k.CONSTRAINT_NAME AND r.TABLE_NAME = k.TABLE_NAME
WHERE k.TABLE_SCHEMA {schemas} AND k.REFERENCED_TABLE_NAME IS NOT NULL AND @@SESSION.foreign_key_checks = 1
ORDER BY k.TABLE_NAME, k.CONSTRAINT_NAME, k.ORDINAL_POSITION LIMIT 1000000) found
UNION ALL
SELECT t.TABLE_SCHEMA, t.TABLE_NAME, NULL, NULL, NULL, NULL, NULL, NULL, NULL
FROM information_schema.TABLES t
WHERE t.TABLE_SCHEMA {schemas} AND (
  (t.TABLE_SCHEMA, t.TABLE_NAME) IN (SELECT EVENT_OBJECT_SCHEMA, EVENT_OBJECT_TABLE FROM information_schema.TRIGGERS
    WHERE EVENT_OBJECT_SCHEMA {schemas})
  OR 'TRIGGER' NOT IN (
    SELECT PRIVILEGE_TYPE FROM information_schema.USER_PRIVILEGES WHERE GRANTEE = {grantee}
    UNION SELECT p.PRIVILEGE_TYPE FROM information_schema.SCHEMA_PRIVILEGES p
    WHERE p.GRANTEE = {grantee} AND t.TABLE_SCHEMA LIKE p.TABLE_SCHEMA))";

/// `'user'@'host'`; the user's name may have an @ in it. One with a quote is not recognized.
const GRANTEE: &str = "\
CONCAT('''', LEFT(CURRENT_USER(), CHAR_LENGTH(CURRENT_USER()) - CHAR_LENGTH(SUBSTRING_INDEX(CURRENT_USER(), '@', -1)) - 1),
'''@''', SUBSTRING_INDEX(CURRENT_USER(), '@', -1), '''')";
