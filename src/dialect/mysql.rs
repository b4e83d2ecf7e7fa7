//! MySQL, and MariaDB, which has what MySQL lacks.

pub mod catalog;

use crate::dialect::standard::STANDARD;
use crate::dialect::syntax::{Ddl, Lists, Lowered, MigrationLock, Placeholder, Replication, Syntax};

/// The name of the migrations' lock. GET_LOCK is server-wide: the name, of 64 characters at most, carries the database.
/// (MySQL 9.6 lost SHA1.)
macro_rules! migration_lock {
    ($before:literal, $after:literal) => {
        concat!($before, "CONCAT('rust_auth_adapter:', LEFT(SHA2(DATABASE(), 256), 40))", $after)
    };
}

/// What the server tells of itself; its variables of the session are in another table on MariaDB.
macro_rules! server {
    ($name:literal, $variables:literal) => {
        concat!(
            "SELECT CONCAT('", $name, " ', SUBSTRING_INDEX(VERSION(), '-', 1)), DATABASE(), \
             IF(@@session.time_zone = 'SYSTEM', @@system_time_zone, @@session.time_zone), \
             (SELECT variable_value FROM ", $variables, " WHERE variable_name = 'Ssl_version'), \
             (SELECT CAST(SUM(data_length + index_length) AS CHAR) FROM information_schema.tables WHERE table_schema = DATABASE())"
        )
    };
}

pub const MYSQL: Syntax = Syntax {
    server: server!("MySQL", "performance_schema.session_status"),
    quote: '`',
    placeholder: Placeholder::Anonymous,
    insert_returning: false,
    update_returning: false,
    delete_returning: false,
    delete_limit: true,
    deletes_from_many: true,
    messages_of_several: true,
    insert_nothing: " () VALUES ()",
    drops_rows: false,
    begin: "START TRANSACTION",
    lock: Some(
        "SELECT CAST(GET_LOCK(CONCAT('rust_auth:', LEFT(SHA2(CONCAT(DATABASE(), '/', {value}), 256), 40)), 10) AS SIGNED)",
    ),
    hold: " LOCK IN SHARE MODE",
    unlock: Some("DO RELEASE_ALL_LOCKS()"),
    migration_lock: MigrationLock::Session {
        take: migration_lock!("SELECT GET_LOCK(", ", 60)"),
        give_back: migration_lock!("DO RELEASE_LOCK(", ")"),
    },
    delete_some: "DELETE FROM {table} WHERE {rows}",
    delete_some_by_key: "DELETE FROM {table} WHERE {rows}",
    last_id: "LAST_INSERT_ID()",
    loose_equality: true,
    exact_text: "CAST(CONVERT({text} USING utf8mb4) AS BINARY)",
    exact_value: "CAST({value} AS BINARY)",
    lists: Lists::Places,
    lower_text: "CAST(LOWER(CONVERT({text} USING utf8mb4)) AS BINARY)",
    lower_value: "CAST(LOWER(CONVERT({value} USING utf8mb4)) AS BINARY)",
    lowered: Lowered::Expression,
    like: "(CAST(CONVERT({text} USING utf8mb4) AS BINARY) LIKE CAST({value} AS BINARY) ESCAPE '|')",
    // The index serves the loose comparison of the beginning, and that of the bytes decides.
    like_prefix: "({text} LIKE {value} ESCAPE '|' \
                  AND CAST(CONVERT({text} USING utf8mb4) AS BINARY) LIKE CAST({value} AS BINARY) ESCAPE '|')",
    like_lower: "CAST(LOWER(CONVERT({text} USING utf8mb4)) AS BINARY) \
                 LIKE CAST(LOWER(CONVERT({value} USING utf8mb4)) AS BINARY) ESCAPE '|'",
    sha256: Some(
        "REPLACE(REPLACE(TRIM(TRAILING '=' FROM TO_BASE64(UNHEX(SHA2(CONVERT({text} USING utf8mb4), 256)))), '+', '-'), '/', '_')",
    ),
    text_type: "CHAR",
    lowers_names: true,
    escaped_defaults: true,
    clocks: "unix_timestamp timestampdiff utc_timestamp now sysdate current_timestamp curtime",
    computing: "cast as round floor ceiling ceil truncate abs signed unsigned integer decimal char \
        double concat second microsecond to_seconds div _utf8mb4 _utf8mb3 _utf8 _latin1",
    clock_offset: Some(
        "SELECT CAST(TIMESTAMPDIFF(MINUTE, UTC_TIMESTAMP(), \
         CONVERT_TZ(UTC_TIMESTAMP(), '+00:00', @@global.time_zone)) AS CHAR)",
    ),
    replication: Some(Replication {
        position: "SELECT CASE WHEN @@global.log_bin AND @@global.gtid_mode LIKE 'ON%' THEN @@global.gtid_executed END, \
                   DATABASE()",
        reached: "SELECT CAST(CASE WHEN NOT @@global.read_only THEN 'writes' \
                  WHEN GTID_SUBSET({value}, @@global.gtid_executed) THEN 'has' ELSE 'behind' END AS CHAR), \
                  CAST(DATABASE() AS CHAR)",
        send: None,
    }),
    passes_over_tables: true,
    ddl: DDL,
    ..STANDARD
};

pub const MARIADB: Syntax = Syntax {
    server: server!("MariaDB", "information_schema.session_status"),
    insert_returning: true,
    delete_returning: true,
    names_what_triggers_fill: true,
    lowered: Lowered::Column,
    without_waiting: Some("SET STATEMENT innodb_lock_wait_timeout = 0 FOR "),
    // ROW_COUNT tells of rows that have matched, changed or not: the driver asks for that when it connects.
    compound: Some(["BEGIN NOT ATOMIC ", "; IF ROW_COUNT() > 0 THEN ", "; END IF; END"]),
    on_duplicate: Some([" FORCE INDEX ({index})", " ON DUPLICATE KEY UPDATE "]),
    escaped_defaults: false,
    // Its `read_only` has more values than two, as texts.
    replication: Some(Replication {
        position: "SELECT CASE WHEN @@global.log_bin THEN @@global.gtid_binlog_pos END, DATABASE()",
        reached: "SELECT CAST(CASE WHEN CAST(@@global.read_only AS CHAR) IN ('0', 'OFF') THEN 'writes' \
                  WHEN MASTER_GTID_WAIT({value}, 0) = 0 THEN 'has' ELSE 'behind' END AS CHAR), CAST(DATABASE() AS CHAR)",
        send: None,
    }),
    ddl: Ddl { exact_collation: "utf8mb4_nopad_bin", ..DDL },
    ..MYSQL
};

const DDL: Ddl = Ddl {
    id: "varchar(64)",
    uuid: "varchar(64)",
    made_uuid: "varchar(64)",
    counted_id: "integer AUTO_INCREMENT",
    indexed_text: "varchar(255)",
    date: "datetime(3)",
    json: "json",
    now: " DEFAULT CURRENT_TIMESTAMP(3)",
    parenthesized_defaults: true,
    index_prefix: "(191)",
    inline_references: false,
    // DROP CONSTRAINT leaves one alone on MariaDB that has the name of an index.
    drop_reference: "DROP FOREIGN KEY",
    lengthen: Some(("MODIFY", "mediumtext")),
    uuid_default: Some("(uuid())"),
    exact_collation: "utf8mb4_0900_bin",
    record_text: "varchar(100)",
    ..STANDARD.ddl
};
