//! How SQLite's catalog is read.

use crate::dialect::catalog::{Queries, Views};

pub fn queries() -> Queries {
    Queries {
        columns: COLUMNS.to_owned(),
        keys: KEYS.to_owned(),
        references: REFERENCES.to_owned(),
        views: Some(Views { names: VIEWS, columns: VIEW }),
    }
}

/// The names of the tables, those of SQLite itself left out.
pub const TABLES: &str =
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'";

/// An INTEGER PRIMARY KEY is the row's number, which SQLite gives.
const COLUMNS: &str = "\
SELECT '', m.name, c.name, c.type, NULL, CASE WHEN m.sql LIKE '%collate%nocase%' THEN 'nocase' ELSE '' END, NULL,
  CAST(c.\"notnull\" = 0 AND c.pk = 0 AS TEXT),
  CAST(c.dflt_value IS NOT NULL OR (c.pk = 1 AND upper(c.type) = 'INTEGER') AS TEXT),
  CAST(c.hidden IN (2, 3) AS TEXT), '0', c.dflt_value, CAST((SELECT wr FROM pragma_table_list(m.name) LIMIT 1) AS TEXT),
  '0', CAST((SELECT strict FROM pragma_table_list(m.name) LIMIT 1) AS TEXT), 'r', NULL
FROM sqlite_master m JOIN pragma_table_xinfo(m.name) c
WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND c.hidden <> 1
ORDER BY m.name, c.cid";

const VIEWS: &str = "SELECT name FROM sqlite_master WHERE type = 'view' ORDER BY name";

/// As [`COLUMNS`], of one view. Its columns are declared as those are that they show.
const VIEW: &str = "\
SELECT '', {name}, c.name, c.type, NULL, '', NULL, '1', '0', '0', '0', NULL, '1', '0', '0', 'v', NULL
FROM pragma_table_xinfo({name}) c
ORDER BY c.cid";

/// Of an index with an expression (-2), the other columns are not unique by themselves.
const KEYS: &str = "\
SELECT '', m.name, l.name, i.name, CAST(l.\"unique\" = 1 AND l.partial = 0
  AND NOT EXISTS (SELECT 1 FROM pragma_index_info(l.name) e WHERE e.cid = -2) AS TEXT)
FROM sqlite_master m JOIN pragma_index_list(m.name) l JOIN pragma_index_info(l.name) i
WHERE m.type = 'table' AND i.name IS NOT NULL
UNION ALL
SELECT '', m.name, 'rowid', c.name, '1' FROM sqlite_master m JOIN pragma_table_info(m.name) c
WHERE m.type = 'table' AND c.pk = 1 AND upper(c.type) = 'INTEGER'
  AND NOT EXISTS (SELECT 1 FROM pragma_table_info(m.name) o WHERE o.pk > 1)";

/// Our connections enforce all. Triggers change no row that is about to be stored, but may change it afterwards. Of when and after
/// what they do so nothing but their text tells: any may be one.
const REFERENCES: &str = "\
SELECT * FROM (
SELECT '', m.name, CAST(k.id AS TEXT), k.\"from\", '', k.\"table\", k.\"to\", NULL, k.on_delete
FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) k
WHERE m.type = 'table'
ORDER BY m.name, k.id, k.seq)
UNION ALL
SELECT '', t.name, NULL, 'true', 'true', NULL, NULL, NULL, NULL FROM sqlite_master t
WHERE t.type = 'table' AND EXISTS (SELECT 1 FROM sqlite_master m WHERE m.type = 'trigger' AND m.tbl_name = t.name COLLATE NOCASE)
UNION ALL
SELECT '', t.name, NULL, NULL, NULL, 'true', NULL, NULL, NULL FROM sqlite_master t
WHERE t.type = 'view' AND EXISTS (SELECT 1 FROM sqlite_master m WHERE m.type = 'trigger' AND m.tbl_name = t.name COLLATE NOCASE)";
