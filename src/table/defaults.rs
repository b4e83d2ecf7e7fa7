//! What a column's default says about its values: the text that the database shows of it.

use crate::types::instant::Instant;

/// Whether the default is a UUID of version 4.
pub fn is_random_uuid(default: &str) -> bool {
    let name = default.trim().rsplit('.').next().unwrap_or_default();
    ["gen_random_uuid()", "uuid_generate_v4()"].contains(&name)
}

/// The form in which the default writes the present moment; `None` if it is no such default, or of a clock that is not UTC.
pub fn instant(default: &str) -> Option<Instant> {
    let text: String = default.to_lowercase().split_whitespace().collect();
    let says = |word: &str| text.contains(word);
    if says("localtime") && !says("localtimestamp") {
        return None;
    }
    let times = |factor: f64| numbers(&text).any(|number| number == factor);
    if says("julianday(") {
        return match (says("2440587.5"), times(86_400_000.0), times(86_400.0), times(1000.0)) {
            (true, true, ..) | (true, _, true, true) => Some(Instant::Millis),
            (true, _, true, false) => Some(Instant::Seconds),
            (true, ..) => None,
            (false, ..) => Some(Instant::JulianDay),
        };
    }
    // SQLite's, MySQL's, PostgreSQL's.
    if says("unixepoch(") || says("unix_timestamp(") || says("'%s'") || says("epochfrom") || says("'epoch'") {
        return match (times(1000.0), times(1_000_000.0)) {
            (true, false) => Some(Instant::Millis),
            (false, false) => Some(Instant::Seconds),
            _ => None,
        };
    }
    if says("strftime(") {
        return match (says("t%h:"), says("%f")) {
            (true, _) => Some(Instant::IsoZ),
            (false, true) => Some(Instant::SpacedMillis),
            (false, false) if says("%m-%d%h:%m:%s") => Some(Instant::SpacedSeconds),
            _ => None,
        };
    }
    match says("subsec") {
        true if says("datetime(") => Some(Instant::SpacedMillis),
        _ if says("datetime(") || says("current_timestamp") => Some(Instant::SpacedSeconds),
        _ => None,
    }
}

/// Whether the default is one text for all rows, or NULL, with or without a cast.
pub fn is_constant(default: &str) -> bool {
    let text = default.trim_matches(|character: char| character.is_whitespace() || "()".contains(character));
    if text.eq_ignore_ascii_case("null") || text.to_ascii_lowercase().starts_with("null::") {
        return true;
    }
    // A quote in the text is doubled.
    let unquoted = text.strip_prefix('\'').map(|rest| rest.replace("''", ""));
    let behind = unquoted.as_deref().and_then(|rest| Some(rest.split_once('\'')?.1));
    behind.is_some_and(|behind| behind.is_empty() || behind.starts_with("::") && !behind.contains('|'))
}

/// Whether the default is one of the words for a boolean, rather than a number that may stand for one.
pub fn is_boolean(default: &str) -> bool {
    let text = default.trim_matches(|character: char| character.is_whitespace() || "()".contains(character));
    ["true", "false"].iter().any(|word| text.eq_ignore_ascii_case(word))
}

/// The numbers with which words of a text begin, of which the spaces have been taken out.
fn numbers(text: &str) -> impl Iterator<Item = f64> {
    let is_part = |character: char| character.is_alphanumeric() || character == '.' || character == '_';
    let is_digit = |character: char| character.is_ascii_digit() || character == '.';
    let words = text.split(move |character| !is_part(character));
    words.filter_map(move |word| word.split(|character| !is_digit(character)).next()?.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_tell_their_unit() {
        for (form, defaults) in [
            (
                Some(Instant::Seconds),
                &[
                    "unixepoch()",
                    "(unixepoch())",
                    "unixepoch('now')",
                    "UNIXEPOCH('now', 'subsec')",
                    "strftime('%s', 'now')",
                    "CAST(strftime('%s','now') AS INT)",
                    "cast((julianday('now') - 2440587.5) * 86400 as integer)",
                    "unix_timestamp()",
                    "EXTRACT(epoch FROM now())",
                    "(date_part('epoch'::text, now()))::integer",
                    "floor(EXTRACT(epoch FROM CURRENT_TIMESTAMP))",
                ][..],
            ),
            (
                Some(Instant::Millis),
                &[
                    "unixepoch() * 1000",
                    "(1000 * unixepoch())",
                    "cast(unixepoch('subsecond') * 1000 as integer)",
                    "unixepoch('subsec')*1000.0",
                    "(strftime('%s','now') * 1000)",
                    "(cast((julianday('now') - 2440587.5)*86400000 as integer))",
                    "(julianday('now') - 2440587.5) * 86400.0 * 1000",
                    "(unix_timestamp(current_timestamp(3)) * 1000)",
                    "(EXTRACT(epoch FROM now()) * (1000)::numeric)",
                    "((date_part('epoch'::text, clock_timestamp()) * (1000)::double precision))::bigint",
                ],
            ),
            (Some(Instant::JulianDay), &["julianday('now')", "(julianday())"]),
            (
                Some(Instant::SpacedSeconds),
                &["CURRENT_TIMESTAMP", "datetime('now')", "strftime('%Y-%m-%d %H:%M:%S','now')"],
            ),
            (Some(Instant::SpacedMillis), &["datetime('now','subsec')", "strftime('%Y-%m-%d %H:%M:%f', 'now')"]),
            (Some(Instant::IsoZ), &["strftime('%Y-%m-%dT%H:%M:%fZ', 'now')", "strftime('%Y-%m-%dT%H:%M:%SZ','now')"]),
            (
                None,
                &[
                    "0",
                    "'x'",
                    "NULL",
                    "datetime('now', 'localtime')",
                    "date('now')",
                    "strftime('%Y','now')",
                    "unixepoch('subsec') * 1000000",
                    "'1000'",
                ],
            ),
        ] {
            for default in defaults {
                assert_eq!(instant(default), form, "{default}");
            }
        }
    }

    #[test]
    fn words_are_booleans_and_numbers_are_not() {
        for (default, is) in
            [("false", true), ("TRUE", true), ("(false)", true), ("0", false), ("'false'", false), ("falsehood", false)]
        {
            assert_eq!(is_boolean(default), is, "{default}");
        }
    }

    #[test]
    fn one_text_for_all_rows_makes_no_ids() {
        for (default, is) in [
            ("''", true),
            ("''::text", true),
            ("('none'::character varying)::text", true),
            ("'it''s'", true),
            ("NULL", true),
            ("null::text", true),
            ("gen_random_uuid()", false),
            ("nextval('ids'::regclass)", false),
            ("'user_' || lower(hex(randomblob(8)))", false),
            ("(('user_'::text || (gen_random_uuid())::text))", false),
            ("lower(hex(randomblob(16)))", false),
            ("uuid()", false),
        ] {
            assert_eq!(is_constant(default), is, "{default}");
        }
    }
}
