//! PostgreSQL.

pub mod catalog;

use crate::dialect::standard::STANDARD;
use crate::dialect::syntax::{Ddl, ListCasts, Lists, MigrationLock, Placeholder, Replication, Syntax};

/// The cluster, which a replica shares with its primary, the database in it, and where names without a schema are looked for.
macro_rules! identity {
    () => {
        "concat_ws(' ', (SELECT system_identifier FROM pg_control_system()), current_database(), \
         array_to_string(current_schemas(false), ' '))"
    };
}

pub const POSTGRES: Syntax = Syntax {
    compares_rows: true,
    server: "SELECT 'PostgreSQL ' || current_setting('server_version'), current_database(), current_setting('TimeZone'), \
             (SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid()), pg_database_size(current_database())",
    quote: '"',
    placeholder: Placeholder::Numbered('$'),
    begin: "BEGIN ISOLATION LEVEL READ COMMITTED",
    // Pgpool-II's.
    beside_the_write: "/*NO LOAD BALANCE*/ ",
    transaction_timeout: Some("SET LOCAL statement_timeout = "),
    lock: Some("SELECT 1::int8 WHERE pg_advisory_xact_lock(hashtextextended({value}, 0)) IS NOT NULL"),
    hold: " FOR KEY SHARE",
    // It ends with the transaction, also behind a pooler. Waiting for another process may take longer than an operation may.
    migration_lock: MigrationLock::Transaction {
        enter: Some(
            "SET LOCAL statement_timeout = 0; SELECT pg_advisory_xact_lock(hashtext('rust_auth_adapter_migration'));",
        ),
    },
    // Each partition, and each table that inherits from this one, has rows of the same numbers. The server is not to look for the
    // repeated condition in an index, through all that has expired.
    delete_some: "DELETE FROM {table} WHERE ctid = ANY(ARRAY(SELECT ctid FROM {table} WHERE {rows} FOR UPDATE SKIP LOCKED)) \
                  AND ({again}) IS TRUE",
    last_id: "lastval()",
    exact_text: "{text} COLLATE \"C\"",
    exact_value: "{value}::text",
    // Before PostgreSQL 18, LIKE refuses a collation that takes different texts for equal.
    usual_text: "{text} COLLATE \"default\"",
    lists: Lists::Array,
    list_casts: ListCasts {
        text: "::text[]",
        int: "::int8[]",
        float: "::float8[]",
        bool: "::bool[]",
        time: "::timestamptz[]",
    },
    // Until the end of the transaction that the statement is.
    briefly: "(SELECT set_config('lock_timeout', '100ms', true)) AS briefly",
    for_change_now: " FOR NO KEY UPDATE OF b SKIP LOCKED",
    for_deletion_now: " FOR UPDATE OF b SKIP LOCKED",
    lower_value: "lower({value}::text)",
    like: "{text} LIKE {value}::text ESCAPE '|'",
    like_prefix: "{text} LIKE {value}::text ESCAPE '|'",
    like_lower: "{text} ILIKE {value}::text ESCAPE '|'",
    order: " NULLS FIRST",
    // A column's collation is likely to be a language's.
    text_order: " COLLATE \"C\" NULLS FIRST",
    errors_end_transactions: true,
    writes_in_with: true,
    int_cast: "::int8",
    bool_cast: "::bool",
    time_cast: "::timestamptz",
    sha256: Some("translate(rtrim(encode(sha256(convert_to({text}, 'UTF8')), 'base64'), '='), '+/', '-_')"),
    prune_step: 100,
    schemas: true,
    caseless_names: false,
    clocks: "now clock_timestamp statement_timestamp transaction_timestamp current_timestamp \
        localtimestamp",
    computing: "extract epoch from date_part cast as round floor ceil ceiling trunc abs integer int int4 \
        int8 bigint numeric double precision real text character varying timestamp time zone \
        with without timezone at",
    // A commit that does not wait for the disk is behind `pg_current_wal_lsn`, and is seen by others all the same. Where nothing
    // follows on a new page of the log, its next place is behind the page's head (longer on a segment's first page), which a
    // replica does not pass before something comes.
    //
    // Places of one timeline are compared: on another one, the same places have other transactions. A replica shows each user
    // the timeline of its last restart point; the one that it follows it shows only to users that may read all statistics.
    replication: Some(Replication {
        position: concat!(
            "SELECT concat_ws('/', left(pg_walfile_name(pg_current_wal_insert_lsn()), 8), \
             CASE WHEN place % segment = 40 THEN place - 40 WHEN place % page = 24 THEN place - 24 ELSE place END), ",
            identity!(),
            " FROM (SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0') AS place, \
             current_setting('wal_block_size')::numeric AS page, \
             pg_size_bytes(current_setting('wal_segment_size'))::numeric AS segment) AS log",
        ),
        reached: concat!(
            "SELECT CASE WHEN NOT pg_is_in_recovery() THEN 'writes' \
             WHEN NOT COALESCE(pg_wal_lsn_diff(pg_last_wal_replay_lsn(), '0/0') >= split_part({value}::text, '/', 2)::numeric, \
             false) THEN 'behind' \
             WHEN upper(lpad(to_hex(GREATEST((SELECT received_tli FROM pg_stat_wal_receiver), \
             (SELECT min_recovery_end_timeline FROM pg_control_recovery()), \
             (SELECT timeline_id FROM pg_control_checkpoint()))), 8, '0')) = split_part({value}::text, '/', 1) THEN 'has' \
             ELSE 'elsewhere' END::text, ",
            identity!(),
        ),
        // What a transaction that is still open has written is kept back until another one commits. A number of its own makes this
        // one's end such a commit.
        send: Some(
            "SELECT CASE WHEN pg_wal_lsn_diff(pg_current_wal_flush_lsn(), '0/0') < split_part({value}::text, '/', 2)::numeric \
             THEN txid_current() END::text",
        ),
    }),
    ddl: Ddl {
        uuid: "uuid",
        made_uuid: "uuid DEFAULT pg_catalog.gen_random_uuid()",
        counted_id: "integer GENERATED BY DEFAULT AS IDENTITY",
        date: "timestamptz",
        json: "jsonb",
        now: " DEFAULT CURRENT_TIMESTAMP",
        lengthen: Some(("ALTER COLUMN", "TYPE text")),
        uuid_default: Some("gen_random_uuid()"),
        ..STANDARD.ddl
    },
    ..STANDARD
};
