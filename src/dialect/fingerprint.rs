//! What tells one state of a database's tables from another: a hash that the server makes of all that its catalog answers.

use crate::dialect::catalog::{Queries, WIDTHS};
use crate::dialect::{Dialect, Family};

impl Dialect {
    /// The hash of what `queries` answer, as an expression. None of a file: to read its catalog takes no turn.
    pub fn fingerprint(self, queries: &Queries) -> Option<String> {
        let queries = [&*queries.columns, &queries.keys, &queries.references].into_iter().zip(WIDTHS);
        match self.family() {
            Family::Postgres => Some(POSTGRES.replace("{answers}", &joined(queries.map(|(query, _)| of_rows(query))))),
            Family::MySql => {
                Some(MYSQL.replace("{answers}", &joined(queries.map(|(query, width)| of_many(query, width)))))
            }
            Family::Sqlite => None,
        }
    }
}

/// A query that answers `mark`, and beside it, in each row, what `query` answers: an empty text, then its columns. Without rows, one
/// with nulls.
pub fn beside(mark: &str, query: &str) -> String {
    format!(
        "SELECT v.mark, f.* FROM (SELECT {mark} AS mark) v \
         LEFT JOIN (SELECT ''::pg_catalog.text AS is_there, q.* FROM ({query}) q) f ON true"
    )
}

fn joined(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(",\n")
}

/// A server of another version may say the same in other words.
const POSTGRES: &str = "\
pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(pg_catalog.concat_ws(pg_catalog.chr(10),
pg_catalog.current_setting('server_version_num'),
{answers}), 'UTF8')), 'hex')";

const MYSQL: &str = "SHA2(CONCAT_WS(' ', VERSION(),\n{answers}), 256)";

/// The rows themselves, whose order is the one that the server happens to find them in.
fn of_rows(query: &str) -> String {
    format!(
        "(SELECT pg_catalog.string_agg(q::pg_catalog.text, pg_catalog.chr(10) ORDER BY q::pg_catalog.text COLLATE \"C\") \
         FROM ({query}) q)"
    )
}

/// Their number, and sums of the parts of their hashes: a text of all of them would be cut off (`group_concat_max_len`).
fn of_many(query: &str, width: usize) -> String {
    let names: Vec<_> = (0..width).map(|number| format!("c{number}")).collect();
    // A null is a word without quotes.
    let quoted: Vec<_> = names.iter().map(|name| format!("QUOTE(CONVERT({name} USING utf8mb4))")).collect();
    let part =
        |number: usize| format!("SUM(CAST(CONV(SUBSTRING(hash, {}, 15), 16, 10) AS DECIMAL(40)))", 15 * number + 1);
    let parts: Vec<_> = (0..4).map(part).collect();
    format!(
        "(WITH found ({}) AS ({query}), hashed AS (SELECT SHA2(CONCAT_WS(',', {}), 256) AS hash FROM found) \
         SELECT CONCAT_WS(' ', COUNT(*), {}) FROM hashed)",
        names.join(", "),
        quoted.join(", "),
        parts.join(", ")
    )
}
