//! SQLite.

pub mod catalog;

use crate::dialect::standard::STANDARD;
use crate::dialect::syntax::{Ddl, Lists, Placeholder, Syntax};

pub const SQLITE: Syntax = Syntax {
    compares_rows: true,
    // Not the double quote: around a name that no column has, SQLite takes it for a string's.
    quote: '`',
    placeholder: Placeholder::Numbered('?'),
    triggers_change_rows: false,
    // A deferred transaction that turns into a writing one fails at once when another writer is there.
    begin: "BEGIN IMMEDIATE",
    // Who writes is alone.
    seize: "",
    last_id: "last_insert_rowid()",
    lists: Lists::Json,
    like: "{text} GLOB {value}",
    like_prefix: "{text} GLOB {value}",
    like_lower: "{text} LIKE {value} ESCAPE '|'",
    glob: true,
    for_update: "",
    single_writer: true,
    server: "SELECT 'SQLite ' || sqlite_version(), NULL, NULL, NULL, CAST(page_count * page_size AS TEXT) \
             FROM pragma_page_count, pragma_page_size",
    file: true,
    dynamic_types: true,
    schema_version: Some("PRAGMA schema_version"),
    clocks: "unixepoch strftime julianday current_timestamp datetime",
    computing: "cast as round floor ceil trunc abs integer int bigint real text numeric coalesce",
    ddl: Ddl {
        bool: "integer",
        bools: ["0", "1"],
        fixed_references: Some(", which SQLite takes only when the table is made"),
        ..STANDARD.ddl
    },
    ..STANDARD
};
