//! Reads what the database says about its tables.

use std::collections::BTreeMap;

use crate::dialect::Dialect;
use crate::driver::connection::Connection;
use crate::error::{Code, Health, Result};
use crate::table::catalog::{Catalog, Column, Index, OUT_OF_PATH, Relation, Table};
use crate::table::references;

/// Reads the catalog in three queries.
///
/// `schema` is PostgreSQL's, from the URL; without it the search path counts, and Supabase's `next_auth`. `more` are
/// schemas that count as well.
pub async fn read(
    connection: &mut Connection,
    dialect: Dialect,
    schema: Option<&str>,
    more: &[&str],
) -> Result<Catalog> {
    let literal = |name: &str| format!("'{}'", name.replace('\\', "\\\\").replace('\'', "''"));
    let more = more.iter().map(|name| format!(", {}", literal(name))).collect::<String>();
    let (columns, keys, schemas) = match dialect {
        Dialect::Postgres => {
            let schemas = match schema {
                Some(schema) => format!("n.nspname IN ({}{more})", literal(schema)),
                None => format!("(n.nspname = ANY (current_schemas(false)) OR n.nspname IN ('next_auth'{more}))"),
            };
            let reach = match schema {
                Some(schema) => format!("CASE n.nspname WHEN {} THEN 0 ELSE {OUT_OF_PATH} END", literal(schema)),
                None => format!("COALESCE(array_position(current_schemas(false), n.nspname) - 1, {OUT_OF_PATH})"),
            };
            let columns = POSTGRES_COLUMNS.replace("{reach}", &reach);
            (columns.replace("{schemas}", &schemas), POSTGRES_KEYS.replace("{schemas}", &schemas), schemas)
        }
        Dialect::MySql | Dialect::MariaDb => {
            // The server finds the tables of one schema without looking through all others.
            let schemas = if more.is_empty() { "= DATABASE()".to_owned() } else { format!("IN (DATABASE(){more})") };
            let columns = mysql_columns(dialect).replace("{schemas}", &schemas);
            (columns, MYSQL_KEYS.replace("{schemas}", &schemas), schemas)
        }
        Dialect::Sqlite => (SQLITE_COLUMNS.to_owned(), SQLITE_KEYS.to_owned(), String::new()),
    };
    let mut tables: BTreeMap<(String, String), Table> = BTreeMap::new();
    let mut rows = connection.texts(&columns).await?;
    if dialect == Dialect::Sqlite {
        rows.extend(views(connection).await?);
    }
    for row in rows {
        let mut values = row.into_iter();
        let mut text = || values.next().flatten();
        let (schema, table) = (text().unwrap_or_default(), text().unwrap_or_default());
        let column = Column {
            name: text().unwrap_or_default(),
            type_name: text().unwrap_or_default().to_ascii_lowercase(),
            cast_name: text(),
            category: text().unwrap_or_default(),
            length: text().and_then(|length| length.parse().ok()),
            nullable: yes(text()),
            has_default: yes(text()),
            computed: yes(text()),
            on_update: yes(text()),
            default: text(),
            strict: false,
        };
        let without_rowid = yes(text());
        let reach = text().and_then(|reach| reach.parse().ok()).unwrap_or_default();
        let column = Column { strict: yes(text()), ..column };
        let relation = Relation::of(text().as_deref());
        let entry = tables.entry((schema.clone(), table.clone())).or_default();
        (entry.schema, entry.name, entry.without_rowid) = (schema, table, without_rowid);
        entry.reach = reach;
        if relation != Relation::Table {
            // Triggers and rules make of a write what they like, and there is nothing of a row but its values.
            (entry.relation, entry.triggered, entry.without_rowid) = (relation, true, true);
        }
        entry.columns.push(column);
    }
    let mut indexes: BTreeMap<(String, String, String), Index> = BTreeMap::new();
    for row in connection.texts(&keys).await? {
        if let [Some(schema), Some(table), Some(name), Some(column), unique] = row.as_slice() {
            let index = indexes.entry((schema.clone(), table.clone(), name.clone())).or_default();
            index.name.clone_from(name);
            index.columns.push(column.clone());
            index.unique = yes(unique.clone());
        }
    }
    for ((schema, table, _), index) in indexes {
        if let Some(table) = tables.get_mut(&(schema, table)) {
            table.indexes.push(index);
        }
    }
    references::read(connection, dialect, &schemas, &mut tables).await?;
    Ok(Catalog { tables: tables.into_values().collect() })
}

/// SQLite's views, column by column. One that does not work any more is passed over: SQLite cannot say what its columns are.
async fn views(connection: &mut Connection) -> Result<Vec<Vec<Option<String>>>> {
    let names = connection.texts("SELECT name FROM sqlite_master WHERE type = 'view' ORDER BY name").await?;
    let mut rows = Vec::new();
    for name in names.into_iter().flatten().flatten() {
        let literal = format!("'{}'", name.replace('\'', "''"));
        let columns = SQLITE_VIEW.replace("{name}", &literal);
        match connection.texts(&columns).await {
            Ok(columns) => rows.extend(columns),
            Err(error) if matches!(error.code, Code::Schema | Code::Database) && error.connection == Health::Sound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(rows)
}

fn yes(value: Option<String>) -> bool {
    matches!(value.as_deref(), Some("t" | "1" | "true" | "YES"))
}

/// schema, table, column, type, cast, category, length, nullable, has a default, computed, on update, default, without
/// rowid, reach, strict, kind. The type of a domain is the one at the end of the domains that it is over.
const POSTGRES_COLUMNS: &str = "\
SELECT n.nspname::text, c.relname::text, a.attname::text,
  CASE WHEN t.typtype = 'd' THEN b.typname ELSE t.typname END::text,
  format_type(a.atttypid, NULL)::text,
  CASE WHEN t.typtype = 'e' THEN 'enum' WHEN t.typelem <> 0 AND t.typlen = -1 THEN 'array' ELSE '' END,
  CASE WHEN t.typname IN ('varchar', 'bpchar') AND a.atttypmod > 4 THEN a.atttypmod - 4
       WHEN t.typname IN ('timestamp', 'timestamptz') AND a.atttypmod >= 0 THEN a.atttypmod END::text,
  (NOT a.attnotnull)::text, (a.atthasdef OR a.attidentity <> '')::text,
  (a.attgenerated <> '' OR a.attidentity = 'a')::text, 'false', pg_get_expr(d.adbin, d.adrelid), 'false', ({reach})::text,
  'false', c.relkind::text
FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
LEFT JOIN LATERAL (
  WITH RECURSIVE base AS (
    SELECT typname, typtype, typbasetype FROM pg_catalog.pg_type WHERE oid = t.typbasetype
    UNION ALL
    SELECT p.typname, p.typtype, p.typbasetype FROM base JOIN pg_catalog.pg_type p ON p.oid = base.typbasetype
  )
  SELECT typname FROM base WHERE typtype <> 'd'
) b ON true
LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND a.attnum > 0 AND NOT a.attisdropped AND {schemas}
ORDER BY c.oid, a.attnum";

/// schema, table, index, column, unique; an index's columns in their order.
const POSTGRES_KEYS: &str = "\
SELECT n.nspname::text, c.relname::text, i.indexrelid::text, a.attname::text,
  (i.indisunique AND i.indpred IS NULL AND i.indexprs IS NULL)::text
FROM pg_catalog.pg_index i
JOIN pg_catalog.pg_class c ON c.oid = i.indrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS k (number, position)
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.number
WHERE k.position <= i.indnkeyatts AND {schemas}
ORDER BY i.indexrelid, k.position";

const MYSQL_COLUMNS: &str = "\
SELECT TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME, COLUMN_TYPE, NULL, {json},
  CAST(COALESCE(DATETIME_PRECISION, CHARACTER_MAXIMUM_LENGTH) AS CHAR),
  IF(IS_NULLABLE = 'YES', '1', '0'),
  IF((COLUMN_DEFAULT IS NOT NULL AND COLUMN_DEFAULT <> 'NULL') OR EXTRA LIKE '%auto_increment%', '1', '0'),
  IF(EXTRA LIKE '%VIRTUAL%' OR EXTRA LIKE '%STORED GENERATED%' OR EXTRA LIKE '%PERSISTENT%', '1', '0'),
  IF(EXTRA LIKE '%on update%', '1', '0'), COLUMN_DEFAULT, '0', IF(TABLE_SCHEMA = DATABASE(), '0', '1000'), '0',
  IF((TABLE_SCHEMA, TABLE_NAME) IN (SELECT TABLE_SCHEMA, TABLE_NAME FROM information_schema.VIEWS WHERE TABLE_SCHEMA {schemas}), 'v', 'r')
FROM information_schema.COLUMNS
WHERE TABLE_SCHEMA {schemas}
ORDER BY TABLE_NAME, ORDINAL_POSITION";

/// MariaDB's JSON is a LONGTEXT that is checked.
const MARIADB_JSON: &str = "\
IF(DATA_TYPE = 'longtext' AND (TABLE_SCHEMA, TABLE_NAME, CONCAT('json_valid(`', COLUMN_NAME, '`)')) IN (
    SELECT CONSTRAINT_SCHEMA, TABLE_NAME, CHECK_CLAUSE FROM information_schema.CHECK_CONSTRAINTS
    WHERE CONSTRAINT_SCHEMA {schemas} AND CHECK_CLAUSE LIKE 'json_valid(%'), 'json', '')";

fn mysql_columns(dialect: Dialect) -> String {
    MYSQL_COLUMNS.replace("{json}", if dialect == Dialect::MariaDb { MARIADB_JSON } else { "''" })
}

const MYSQL_KEYS: &str = "\
SELECT TABLE_SCHEMA, TABLE_NAME, INDEX_NAME, COLUMN_NAME, IF(NON_UNIQUE = 0, '1', '0')
FROM information_schema.STATISTICS
WHERE TABLE_SCHEMA {schemas}
ORDER BY TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX";

/// An INTEGER PRIMARY KEY is the row's number, which SQLite gives.
const SQLITE_COLUMNS: &str = "\
SELECT '', m.name, c.name, c.type, NULL, CASE WHEN m.sql LIKE '%collate%nocase%' THEN 'nocase' ELSE '' END, NULL,
  CAST(c.\"notnull\" = 0 AND c.pk = 0 AS TEXT),
  CAST(c.dflt_value IS NOT NULL OR (c.pk = 1 AND upper(c.type) = 'INTEGER') AS TEXT),
  CAST(c.hidden IN (2, 3) AS TEXT), '0', c.dflt_value, CAST((SELECT wr FROM pragma_table_list(m.name) LIMIT 1) AS TEXT),
  '0', CAST((SELECT strict FROM pragma_table_list(m.name) LIMIT 1) AS TEXT), 'r'
FROM sqlite_master m JOIN pragma_table_xinfo(m.name) c
WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND c.hidden <> 1
ORDER BY m.name, c.cid";

/// As [`SQLITE_COLUMNS`], of one view. Its columns are declared as those are that they show.
const SQLITE_VIEW: &str = "\
SELECT '', {name}, c.name, c.type, NULL, '', NULL, '1', '0', '0', '0', NULL, '1', '0', '0', 'v'
FROM pragma_table_xinfo({name}) c
ORDER BY c.cid";

const SQLITE_KEYS: &str = "\
SELECT '', m.name, l.name, i.name, CAST(l.\"unique\" = 1 AND l.partial = 0 AS TEXT)
FROM sqlite_master m JOIN pragma_index_list(m.name) l JOIN pragma_index_info(l.name) i
WHERE m.type = 'table' AND i.name IS NOT NULL
UNION ALL
SELECT '', m.name, 'rowid', c.name, '1' FROM sqlite_master m JOIN pragma_table_info(m.name) c
WHERE m.type = 'table' AND c.pk = 1 AND upper(c.type) = 'INTEGER'
  AND NOT EXISTS (SELECT 1 FROM pragma_table_info(m.name) o WHERE o.pk > 1)";
