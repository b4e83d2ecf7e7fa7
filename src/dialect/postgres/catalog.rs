//! How PostgreSQL's catalog is read.

use crate::dialect::catalog::{OUT_OF_PATH, Queries};

/// `more`: further schemas, besides the caller's or those of the search path and Supabase's `next_auth`.
pub fn queries(schema: Option<&str>, more: &[&str]) -> Queries {
    let more = more.iter().map(|name| format!(", {}", literal(name))).collect::<String>();
    let (schemas, reach) = match schema.map(literal) {
        Some(schema) => (
            format!("n.nspname IN ({schema}{more})"),
            format!("CASE n.nspname WHEN {schema} THEN 0 ELSE {OUT_OF_PATH} END"),
        ),
        None => (
            format!("(n.nspname = ANY (current_schemas(false)) OR n.nspname IN ('next_auth'{more}))"),
            format!("COALESCE(array_position(current_schemas(false), n.nspname) - 1, {OUT_OF_PATH})"),
        ),
    };
    let filled = |query: &str| {
        let query = query.replace("{counts}", COUNTS).replace("{instead_of_delete}", INSTEAD_OF_DELETE);
        query.replace("{enabled}", ENABLED).replace("{reach}", &reach).replace("{schemas}", &schemas)
    };
    Queries { columns: filled(COLUMNS), keys: filled(KEYS), references: filled(REFERENCES), views: None }
}

/// A text as a literal. A backslash is a character as any other, unless a setting or an E says that it escapes one.
fn literal(text: &str) -> String {
    let escapes = if text.contains('\\') { "E" } else { "" };
    format!("{escapes}'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

/// The names of the tables in `schema`, else in the first schema of the search path.
pub fn tables(schema: Option<&str>) -> String {
    let schema = schema.map_or("current_schema()".to_owned(), literal);
    format!("SELECT table_name::text FROM information_schema.tables WHERE table_schema = {schema}")
}

// A process asks these before its first call, in a session whose caches are empty: to plan them takes longer than to answer them. So each
// joins few tables, looks up single values by a query of their own, and says by `OFFSET 0` where the server is not to look for
// another order: first the tables of our schemas, then what belongs to each, by an index.

/// Before PostgreSQL 12 no collation had the property `collisdeterministic`: the row is asked for it, not the column. A database's own
/// collation (100) always has it, and what has no collation is 0.
///
/// The type of a domain is the one at the end of the domains that it is over. Of an array of JSON with more dimensions, an inner
/// array could be a dimension or a value. A domain's default is its columns', and of domains over each other the last one has it.
///
/// A column that the role may neither read nor write is hidden where it may read others: it is none of this application's, unless a field
/// of Auth.js's is in it. Where it may read none, the first call says what is not allowed.
const COLUMNS: &str = "\
SELECT n.nspname::text, c.relname::text, a.attname::text,
  b.typname::text,
  format_type(a.atttypid, NULL)::text,
  CASE WHEN NOT (has_table_privilege(c.oid, 'SELECT') OR has_column_privilege(c.oid, a.attnum, 'SELECT, INSERT, UPDATE')
         OR NOT has_any_column_privilege(c.oid, 'SELECT')) THEN 'hidden'
       WHEN t.typtype = 'e' THEN 'enum' WHEN b.typtype = 'e' THEN 'enum domain'
       WHEN b.typelem <> 0 AND (SELECT e.typarray = b.oid AND e.typtype <> 'c' AND e.typname <> 'hstore'
         AND NOT (e.typname IN ('json', 'jsonb') AND a.attndims > 1) FROM pg_catalog.pg_type e WHERE e.oid = b.typelem) THEN 'array'
       WHEN b.typname IN ('text', 'varchar', 'bpchar') AND a.attcollation NOT IN (0, 100)
         AND (SELECT pg_catalog.to_jsonb(l) ->> 'collisdeterministic' FROM pg_catalog.pg_collation l
           WHERE l.oid = a.attcollation) = 'false' THEN 'loose' ELSE '' END,
  CASE WHEN b.typname IN ('varchar', 'bpchar') AND m.typmod > 4 THEN m.typmod - 4
       WHEN b.typname IN ('timestamp', 'timestamptz') AND m.typmod >= 0 THEN m.typmod END::text,
  (NOT a.attnotnull)::text, (a.atthasdef OR a.attidentity <> '' OR t.typtype = 'd' AND t.typdefault IS NOT NULL)::text,
  (a.attgenerated <> '' OR a.attidentity = 'a')::text, 'false',
  (SELECT pg_get_expr(d.adbin, d.adrelid) FROM pg_catalog.pg_attrdef d WHERE d.adrelid = a.attrelid AND d.adnum = a.attnum),
  'false', ({reach})::text, 'false', c.relkind::text, NULL
FROM pg_catalog.pg_namespace n
JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid
CROSS JOIN LATERAL (SELECT * FROM pg_catalog.pg_attribute f
  WHERE f.attrelid = c.oid AND f.attnum > 0 AND NOT f.attisdropped OFFSET 0) a
JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
CROSS JOIN LATERAL (
  WITH RECURSIVE base AS (
    SELECT t.oid, a.atttypmod AS typmod, t.typtype, t.typbasetype, t.typtypmod
    UNION ALL
    SELECT p.oid, base.typtypmod, p.typtype, p.typbasetype, p.typtypmod
    FROM base JOIN pg_catalog.pg_type p ON p.oid = base.typbasetype WHERE base.typtype = 'd'
  )
  SELECT oid, typmod FROM base WHERE typtype <> 'd' LIMIT 1
) m
JOIN pg_catalog.pg_type b ON b.oid = m.oid
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND {schemas}
ORDER BY c.oid, a.attnum";

/// Names, not numbers: a database that was restored from another one's dump has others. An expression has the number 0. An index that is
/// not valid, as one that could not be built concurrently, keeps no value from being there twice. 403 are B-trees.
const KEYS: &str = "\
SELECT n.nspname::text, c.relname::text,
  (SELECT x.relname::text FROM pg_catalog.pg_class x WHERE x.oid = i.indexrelid),
  (SELECT a.attname::text FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attnum = k.number),
  CASE
    WHEN i.indisunique AND i.indisvalid AND i.indpred IS NULL THEN (i.indexprs IS NULL)::text
    WHEN NOT i.indisvalid OR i.indpred IS NOT NULL
      OR (SELECT x.relam FROM pg_catalog.pg_class x WHERE x.oid = i.indexrelid) <> 403 THEN 'unordered'
    ELSE 'false'
  END
FROM pg_catalog.pg_namespace n
JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid
CROSS JOIN LATERAL (SELECT * FROM pg_catalog.pg_index f WHERE f.indrelid = c.oid OFFSET 0) i
CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS k (number, position)
WHERE k.position <= i.indnkeyatts AND k.number <> 0 AND {schemas}
ORDER BY i.indexrelid, k.position";

/// A foreign key acts by triggers, internal ones: on this table, and on the other. Those that are not validated do. A
/// partition may have triggers that its table does not show.
///
/// Of a table with triggers: whether one fires after the event, on the table or a partition of it, or a rule does something besides. In
/// `tgtype`, 2 stands for BEFORE and 64 for INSTEAD OF, 4 for INSERT and 16 for UPDATE; in `ev_type`, 3 for INSERT and 2 for UPDATE.
const REFERENCES: &str = "\
SELECT * FROM (
SELECT n.nspname::text, c.relname::text, k.conname::text,
  (SELECT a.attname::text FROM pg_catalog.pg_attribute a WHERE a.attrelid = k.conrelid AND a.attnum = p.number),
  fn.nspname::text, fc.relname::text,
  (SELECT a.attname::text FROM pg_catalog.pg_attribute a WHERE a.attrelid = k.confrelid AND a.attnum = p.referred),
  CASE k.confupdtype WHEN 'c' THEN 'CASCADE' WHEN 'n' THEN 'SET NULL' WHEN 'd' THEN 'SET DEFAULT' WHEN 'r' THEN 'RESTRICT' END,
  CASE WHEN k.confdeltype = 'c' AND EXISTS (SELECT FROM pg_catalog.pg_trigger t
    WHERE t.tgconstraint = k.oid AND t.tgrelid = k.confrelid AND t.tgenabled IN ({enabled}) OFFSET 0) THEN 'cascade' ELSE '' END
FROM pg_catalog.pg_namespace n
JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid
CROSS JOIN LATERAL (SELECT * FROM pg_catalog.pg_constraint f WHERE f.conrelid = c.oid AND f.contype = 'f' OFFSET 0) k
JOIN pg_catalog.pg_class fc ON fc.oid = k.confrelid
JOIN pg_catalog.pg_namespace fn ON fn.oid = fc.relnamespace
CROSS JOIN LATERAL unnest(k.conkey, k.confkey) WITH ORDINALITY AS p (number, referred, position)
WHERE {schemas} AND EXISTS (SELECT FROM pg_catalog.pg_trigger t
  WHERE t.tgconstraint = k.oid AND t.tgrelid = k.conrelid AND t.tgenabled IN ({enabled}) OFFSET 0)
ORDER BY k.oid, p.position) AS keys
UNION ALL
SELECT n.nspname::text, c.relname::text, NULL, followed.insert::text, followed.update::text, NULL, NULL, NULL, NULL
FROM pg_catalog.pg_namespace n JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid
CROSS JOIN LATERAL (
  WITH RECURSIVE family AS (
    SELECT c.oid AS member UNION SELECT i.inhrelid FROM pg_catalog.pg_inherits i JOIN family ON i.inhparent = member
  )
  SELECT COALESCE(bool_or(acts.insert), false) AS insert, COALESCE(bool_or(acts.update), false) AS update FROM (
    SELECT t.tgtype & 4 <> 0 AS insert, t.tgtype & 16 <> 0 AS update FROM family JOIN pg_catalog.pg_trigger t ON t.tgrelid = member
    WHERE {counts} AND t.tgtype & 66 = 0 AND t.tgenabled IN ({enabled})
    UNION ALL
    SELECT r.ev_type = '3', r.ev_type = '2' FROM pg_catalog.pg_rewrite r WHERE r.ev_class = c.oid AND r.ev_enabled IN ({enabled})
  ) acts
) followed
WHERE {schemas} AND (c.relkind = 'p' OR c.relkind = 'r' AND (c.relhasrules OR c.relhastriggers
  AND EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid = c.oid AND {counts} OFFSET 0)))
UNION ALL
SELECT n.nspname::text, c.relname::text, NULL, NULL, NULL, 'true', NULL, NULL, NULL
FROM pg_catalog.pg_namespace n JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid
WHERE {schemas} AND c.relkind IN ('r', 'p', 'v') AND c.relhasrules AND {instead_of_delete}
UNION ALL
SELECT n.nspname::text, c.relname::text, NULL, NULL, NULL, NULL, NULL, NULL, 'guarded'
FROM pg_catalog.pg_namespace n JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid
WHERE {schemas} AND c.relkind IN ('r', 'p') AND (c.relrowsecurity OR c.oid IN (
  SELECT unnest(ARRAY[k.conrelid, k.confrelid]) FROM pg_catalog.pg_constraint k WHERE k.condeferrable OR k.contype = 'x'))";

/// Whether a rule takes the place of a DELETE, or a view's trigger, on the table itself or on one that the view shows. In `tgtype`,
/// 8 stands for DELETE and 64 for INSTEAD OF.
const INSTEAD_OF_DELETE: &str = "\
EXISTS (
  WITH RECURSIVE shown AS (
    SELECT c.oid AS member
    UNION
    SELECT d.refobjid FROM shown JOIN pg_catalog.pg_rewrite v ON v.ev_class = member AND v.ev_type = '1'
    JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_rewrite'::regclass AND d.objid = v.oid
      AND d.refclassid = 'pg_catalog.pg_class'::regclass
  )
  SELECT FROM shown WHERE EXISTS (SELECT FROM pg_catalog.pg_rewrite r
    WHERE r.ev_class = member AND r.ev_type = '4' AND r.is_instead AND r.ev_enabled IN ({enabled}) OFFSET 0)
  OR EXISTS (SELECT FROM pg_catalog.pg_trigger t
    WHERE t.tgrelid = member AND t.tgtype & 72 = 72 AND t.tgenabled IN ({enabled}) OFFSET 0))";

/// What says of a trigger that it may have a say in what becomes of a row. A foreign key's has not, nor has the one that `prisma dev`
/// gives to each table: it writes down what has been done, in a schema of its own.
const COUNTS: &str = "NOT t.tgisinternal AND (SELECT p.pronamespace FROM pg_catalog.pg_proc p WHERE p.oid = t.tgfoid) \
  IS DISTINCT FROM (SELECT s.oid FROM pg_catalog.pg_namespace s WHERE s.nspname = '_prisma_dev_wal')";

/// What says of a trigger that it acts in a session like ours.
const ENABLED: &str = "'A', CASE current_setting('session_replication_role') WHEN 'replica' THEN 'R' ELSE 'O' END";
