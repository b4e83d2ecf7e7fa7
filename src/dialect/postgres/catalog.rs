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
    let references = REFERENCES
        .replace("{after_insert}", &after("4", "3"))
        .replace("{after_update}", &after("16", "2"))
        .replace("{instead_of_delete}", INSTEAD_OF_DELETE)
        .replace("{enabled}", ENABLED)
        .replace("{counts}", COUNTS);
    Queries {
        columns: COLUMNS.replace("{reach}", &reach).replace("{schemas}", &schemas),
        keys: KEYS.replace("{schemas}", &schemas),
        references: references.replace("{schemas}", &schemas),
        views: None,
    }
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

/// Before PostgreSQL 12 no collation had the property `collisdeterministic`: the row is asked for it, not the column.
///
/// The type of a domain is the one at the end of the domains that it is over. Of an array of JSON with more dimensions, an inner
/// array could be a dimension or a value.
const COLUMNS: &str = "\
SELECT n.nspname::text, c.relname::text, a.attname::text,
  b.typname::text,
  format_type(a.atttypid, NULL)::text,
  CASE WHEN t.typtype = 'e' THEN 'enum' WHEN b.typtype = 'e' THEN 'enum domain'
       WHEN e.typarray = b.oid AND e.typtype <> 'c' AND e.typname <> 'hstore'
         AND NOT (e.typname IN ('json', 'jsonb') AND a.attndims > 1) THEN 'array'
       WHEN b.typname IN ('text', 'varchar', 'bpchar') AND EXISTS (SELECT FROM pg_catalog.pg_collation l
         WHERE l.oid = a.attcollation AND pg_catalog.to_jsonb(l) ->> 'collisdeterministic' = 'false') THEN 'loose' ELSE '' END,
  CASE WHEN b.typname IN ('varchar', 'bpchar') AND m.typmod > 4 THEN m.typmod - 4
       WHEN b.typname IN ('timestamp', 'timestamptz') AND m.typmod >= 0 THEN m.typmod END::text,
  (NOT a.attnotnull)::text, (a.atthasdef OR a.attidentity <> '')::text,
  (a.attgenerated <> '' OR a.attidentity = 'a')::text, 'false', pg_get_expr(d.adbin, d.adrelid), 'false', ({reach})::text,
  'false', c.relkind::text
FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
JOIN LATERAL (
  WITH RECURSIVE base AS (
    SELECT t.oid, a.atttypmod AS typmod, t.typtype, t.typbasetype, t.typtypmod
    UNION ALL
    SELECT p.oid, base.typtypmod, p.typtype, p.typbasetype, p.typtypmod
    FROM base JOIN pg_catalog.pg_type p ON p.oid = base.typbasetype WHERE base.typtype = 'd'
  )
  SELECT oid, typmod FROM base WHERE typtype <> 'd'
) m ON true
JOIN pg_catalog.pg_type b ON b.oid = m.oid
LEFT JOIN pg_catalog.pg_type e ON e.oid = b.typelem
LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND a.attnum > 0 AND NOT a.attisdropped AND {schemas}
ORDER BY c.oid, a.attnum";

/// Names, not numbers: a database that was restored from another one's dump has others.
const KEYS: &str = "\
SELECT n.nspname::text, c.relname::text, x.relname::text, a.attname::text,
  (i.indisunique AND i.indpred IS NULL AND i.indexprs IS NULL)::text
FROM pg_catalog.pg_index i
JOIN pg_catalog.pg_class c ON c.oid = i.indrelid
JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS k (number, position)
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.number
WHERE k.position <= i.indnkeyatts AND {schemas}
ORDER BY i.indexrelid, k.position";

/// A foreign key acts by triggers, internal ones: on this table, and on the other. Those that are not validated do. A
/// partition may have triggers that its table does not show.
const REFERENCES: &str = "\
SELECT * FROM (
SELECT n.nspname::text, c.relname::text, k.conname::text, a.attname::text, fn.nspname::text, fc.relname::text, fa.attname::text,
  CASE k.confupdtype WHEN 'c' THEN 'CASCADE' WHEN 'n' THEN 'SET NULL' WHEN 'd' THEN 'SET DEFAULT' WHEN 'r' THEN 'RESTRICT' END,
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
SELECT n.nspname::text, c.relname::text, NULL, {after_insert}, {after_update}, NULL, NULL, NULL, NULL
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE {schemas} AND (c.relkind = 'p' OR c.relkind = 'r' AND (c.relhasrules
  OR EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid = c.oid AND {counts})))
UNION ALL
SELECT n.nspname::text, c.relname::text, NULL, NULL, NULL, 'true', NULL, NULL, NULL
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE {schemas} AND c.relkind IN ('r', 'p', 'v') AND c.relhasrules AND {instead_of_delete}
UNION ALL
SELECT n.nspname::text, c.relname::text, NULL, NULL, NULL, NULL, NULL, NULL, 'guarded'
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE {schemas} AND c.relkind IN ('r', 'p') AND (c.relrowsecurity OR EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE (k.conrelid = c.oid OR k.confrelid = c.oid) AND (k.condeferrable OR k.contype = 'x')))";

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
    WHERE r.ev_class = member AND r.ev_type = '4' AND r.is_instead AND r.ev_enabled IN ({enabled}))
  OR EXISTS (SELECT FROM pg_catalog.pg_trigger t
    WHERE t.tgrelid = member AND t.tgtype & 72 = 72 AND t.tgenabled IN ({enabled})))";

/// Whether a trigger fires after the event, on the table or a partition of it, or a rule does something besides. In `tgtype`, 2
/// stands for BEFORE and 64 for INSTEAD OF, 4 for INSERT and 16 for UPDATE.
const AFTER: &str = "\
(EXISTS (
  WITH RECURSIVE family AS (
    SELECT c.oid AS member UNION SELECT i.inhrelid FROM pg_catalog.pg_inherits i JOIN family ON i.inhparent = member
  )
  SELECT FROM family JOIN pg_catalog.pg_trigger t ON t.tgrelid = member
  WHERE {counts} AND t.tgtype & 66 = 0 AND t.tgtype & {bit} <> 0 AND t.tgenabled IN ({enabled}))
OR EXISTS (SELECT FROM pg_catalog.pg_rewrite r
  WHERE r.ev_class = c.oid AND r.ev_type = '{event}' AND r.ev_enabled IN ({enabled})))::text";

fn after(bit: &str, event: &str) -> String {
    AFTER.replace("{bit}", bit).replace("{event}", event)
}

/// What says of a trigger that it may have a say in what becomes of a row. A foreign key's has not, nor has the one that `prisma dev`
/// gives to each table: it writes down what has been done, in a schema of its own.
const COUNTS: &str = "NOT t.tgisinternal AND t.tgfoid NOT IN (SELECT p.oid FROM pg_catalog.pg_proc p \
  JOIN pg_catalog.pg_namespace s ON s.oid = p.pronamespace WHERE s.nspname = '_prisma_dev_wal')";

/// What says of a trigger that it acts in a session like ours.
const ENABLED: &str = "'A', CASE current_setting('session_replication_role') WHEN 'replica' THEN 'R' ELSE 'O' END";
