//! What the database says about its tables.

use std::collections::BTreeMap;

use crate::dialect::Dialect;
use crate::dialect::connection::Connection;
use crate::error::Result;

/// Tables that may hold authentication data, with their columns and indexes.
#[derive(Debug, Default)]
pub struct Catalog {
    pub tables: Vec<Table>,
}

#[derive(Debug, Default, Hash)]
pub struct Table {
    pub schema: String,
    pub name: String,
    pub columns: Vec<Column>,
    /// The primary key's included.
    pub indexes: Vec<Index>,
    /// SQLite: rows have no numbers.
    pub without_rowid: bool,
}

#[derive(Debug, Default, Hash)]
pub struct Index {
    pub columns: Vec<String>,
    /// Whether it keeps rows from agreeing in all columns, without exceptions.
    pub unique: bool,
}

#[derive(Debug, Clone, Default, Hash)]
pub struct Column {
    pub name: String,
    /// The type's own name in lower case: `timestamptz`, `varchar`, `tinyint(1)`, or what SQLite's DDL says.
    pub type_name: String,
    /// How a cast writes the type, where that differs from its name.
    pub cast_name: Option<String>,
    /// `enum`, `array`, `nocase` (of SQLite's texts: some column of the table ignores case) or nothing.
    pub category: String,
    /// Characters of a text, digits of a fraction of a second.
    pub length: Option<usize>,
    pub nullable: bool,
    /// The database fills the column in if an INSERT leaves it out.
    pub has_default: bool,
    /// An INSERT must leave the column out.
    pub computed: bool,
    /// The database changes the column with each UPDATE.
    pub on_update: bool,
}

impl Table {
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// Whether no two rows can agree in all of `columns`.
    pub fn is_unique(&self, columns: &[&str]) -> bool {
        let covers = |index: &Index| index.columns.iter().all(|column| columns.contains(&column.as_str()));
        self.indexes.iter().any(|index| index.unique && covers(index))
    }

    /// Whether an index finds the rows that have a given value in `column`.
    pub fn is_indexed(&self, column: &str) -> bool {
        self.indexes.iter().any(|index| index.columns.first().is_some_and(|first| first == column))
    }
}

/// Reads the catalog in two queries.
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
    let (columns, keys) = match dialect {
        Dialect::Postgres => {
            let schemas = match schema {
                Some(schema) => format!("n.nspname IN ({}{more})", literal(schema)),
                None => format!("(n.nspname = ANY (current_schemas(false)) OR n.nspname IN ('next_auth'{more}))"),
            };
            (POSTGRES_COLUMNS.replace("{schemas}", &schemas), POSTGRES_KEYS.replace("{schemas}", &schemas))
        }
        Dialect::MySql | Dialect::MariaDb => {
            let schemas = format!("TABLE_SCHEMA IN (DATABASE(){more})");
            (MYSQL_COLUMNS.replace("{schemas}", &schemas), MYSQL_KEYS.replace("{schemas}", &schemas))
        }
        Dialect::Sqlite => (SQLITE_COLUMNS.to_owned(), SQLITE_KEYS.to_owned()),
    };
    let mut tables: BTreeMap<(String, String), Table> = BTreeMap::new();
    for row in connection.texts(&columns).await? {
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
        };
        let without_rowid = yes(text());
        let entry = tables.entry((schema.clone(), table.clone())).or_default();
        (entry.schema, entry.name, entry.without_rowid) = (schema, table, without_rowid);
        entry.columns.push(column);
    }
    let mut indexes: BTreeMap<(String, String, String), Index> = BTreeMap::new();
    for row in connection.texts(&keys).await? {
        if let [Some(schema), Some(table), Some(name), Some(column), unique] = row.as_slice() {
            let index = indexes.entry((schema.clone(), table.clone(), name.clone())).or_default();
            index.columns.push(column.clone());
            index.unique = yes(unique.clone());
        }
    }
    for ((schema, table, _), index) in indexes {
        if let Some(table) = tables.get_mut(&(schema, table)) {
            table.indexes.push(index);
        }
    }
    Ok(Catalog { tables: tables.into_values().collect() })
}

fn yes(value: Option<String>) -> bool {
    matches!(value.as_deref(), Some("t" | "1" | "true" | "YES"))
}

/// schema, table, column, type, cast, category, length, nullable, default, computed, on update, without rowid.
const POSTGRES_COLUMNS: &str = "\
SELECT n.nspname::text, c.relname::text, a.attname::text,
  CASE WHEN t.typtype = 'd' THEN b.typname ELSE t.typname END::text,
  format_type(a.atttypid, NULL)::text,
  CASE WHEN t.typtype = 'e' THEN 'enum' WHEN t.typelem <> 0 AND t.typlen = -1 THEN 'array' ELSE '' END,
  CASE WHEN t.typname IN ('varchar', 'bpchar') AND a.atttypmod > 4 THEN a.atttypmod - 4
       WHEN t.typname IN ('timestamp', 'timestamptz') AND a.atttypmod >= 0 THEN a.atttypmod END::text,
  (NOT a.attnotnull)::text, (a.atthasdef OR a.attidentity <> '')::text,
  (a.attgenerated <> '' OR a.attidentity = 'a')::text, 'false'
FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_catalog.pg_type b ON b.oid = t.typbasetype
WHERE c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped AND {schemas}
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
SELECT TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME, COLUMN_TYPE, NULL, '',
  CAST(COALESCE(DATETIME_PRECISION, CHARACTER_MAXIMUM_LENGTH) AS CHAR),
  IF(IS_NULLABLE = 'YES', '1', '0'),
  IF((COLUMN_DEFAULT IS NOT NULL AND COLUMN_DEFAULT <> 'NULL') OR EXTRA LIKE '%auto_increment%', '1', '0'),
  IF(EXTRA LIKE '%VIRTUAL%' OR EXTRA LIKE '%STORED GENERATED%' OR EXTRA LIKE '%PERSISTENT%', '1', '0'),
  IF(EXTRA LIKE '%on update%', '1', '0')
FROM information_schema.COLUMNS
WHERE {schemas}
ORDER BY TABLE_NAME, ORDINAL_POSITION";

const MYSQL_KEYS: &str = "\
SELECT TABLE_SCHEMA, TABLE_NAME, INDEX_NAME, COLUMN_NAME, IF(NON_UNIQUE = 0, '1', '0')
FROM information_schema.STATISTICS
WHERE {schemas}
ORDER BY TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX";

/// An INTEGER PRIMARY KEY is the row's number, which SQLite gives.
const SQLITE_COLUMNS: &str = "\
SELECT '', m.name, c.name, c.type, NULL, CASE WHEN m.sql LIKE '%collate%nocase%' THEN 'nocase' ELSE '' END, NULL,
  CAST(c.\"notnull\" = 0 AND c.pk = 0 AS TEXT),
  CAST(c.dflt_value IS NOT NULL OR (c.pk = 1 AND upper(c.type) = 'INTEGER') AS TEXT),
  CAST(c.hidden IN (2, 3) AS TEXT), '0', CAST((SELECT wr FROM pragma_table_list(m.name) LIMIT 1) AS TEXT)
FROM sqlite_master m JOIN pragma_table_xinfo(m.name) c
WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND c.hidden <> 1
ORDER BY m.name, c.cid";

const SQLITE_KEYS: &str = "\
SELECT '', m.name, l.name, i.name, CAST(l.\"unique\" = 1 AND l.partial = 0 AS TEXT)
FROM sqlite_master m JOIN pragma_index_list(m.name) l JOIN pragma_index_info(l.name) i
WHERE m.type = 'table' AND i.name IS NOT NULL
UNION ALL
SELECT '', m.name, 'rowid', c.name, '1' FROM sqlite_master m JOIN pragma_table_info(m.name) c
WHERE m.type = 'table' AND c.pk = 1 AND upper(c.type) = 'INTEGER'
  AND NOT EXISTS (SELECT 1 FROM pragma_table_info(m.name) o WHERE o.pk > 1)";
