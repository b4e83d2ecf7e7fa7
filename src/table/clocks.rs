//! What a default computes, as the database itself computes it: which unit a number of it has for the present moment.
//!
//! The text comes from the catalog, and is evaluated only if it consists of literals, operators and functions that do nothing but
//! compute.

use chrono::Utc;

use crate::dialect::Dialect;
use crate::dialect::syntax::Syntax;
use crate::types::instant::{Instant, julian_day};

/// A default is about the present if it computes a moment of these years around it.
const YEARS: f64 = 20.0;
const YEAR: f64 = 365.25 * 86_400.0;

/// SQL for what the default computes, if it is about the present moment and nothing that matters happens by evaluating it.
pub fn computable(dialect: Dialect, default: &str) -> Option<String> {
    let Syntax { clocks, computing, escaped_defaults, .. } = dialect.syntax();
    let text = if *escaped_defaults { default.replace("\\'", "'") } else { default.to_owned() };
    let (mut rest, mut depth, mut tells) = (text.as_str(), 0_i32, false);
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '\'' => literal(rest)?,
            '(' | ')' => {
                depth += if first == '(' { 1 } else { -1 };
                1
            }
            '0'..='9' | '.' => number(rest),
            _ if first.is_ascii_alphabetic() || first == '_' => {
                let end = rest.find(|each: char| !(each.is_ascii_alphanumeric() || each == '_')).unwrap_or(rest.len());
                let word = rest[..end].to_ascii_lowercase();
                let is_clock = is_one_of(clocks, &word);
                tells |= is_clock;
                if !is_clock && !is_one_of(computing, &word) {
                    return None;
                }
                end
            }
            // No comments.
            '-' | '/' if rest[1..].starts_with(['-', '*']) => return None,
            '+' | '-' | '*' | '/' | '%' | '^' | ',' => 1,
            '|' | ':' if rest[1..].starts_with(first) => 2,
            _ if first.is_ascii_whitespace() => 1,
            _ => return None,
        };
        if depth < 0 {
            return None;
        }
        rest = &rest[length..];
    }
    (depth == 0 && tells && !text.to_ascii_lowercase().contains("localtime'")).then_some(text)
}

fn is_one_of(words: &str, word: &str) -> bool {
    words.split(' ').any(|each| each == word)
}

/// How long the text in quotes is that `rest` begins with.
fn literal(rest: &str) -> Option<usize> {
    let end = rest[1..].find('\'')? + 2;
    (!rest[..end].contains('\\')).then_some(end)
}

/// How long the number is that `rest` begins with.
fn number(rest: &str) -> usize {
    let digits = |text: &str| text.find(|each: char| !(each.is_ascii_digit() || each == '.')).unwrap_or(text.len());
    let mantissa = digits(rest);
    let Some(exponent) = rest[mantissa..].strip_prefix(['e', 'E']) else { return mantissa };
    let sign = usize::from(exponent.starts_with(['+', '-']));
    match digits(&exponent[sign..]) {
        0 => mantissa,
        length => mantissa + 1 + sign + length,
    }
}

/// What a computed value is: `None` if it is no number, else its unit if it stands for about the present.
pub fn unit(computed: &str) -> Option<Option<Instant>> {
    let number: f64 = computed.trim().parse().ok()?;
    let now = Utc::now();
    let seconds = now.timestamp() as f64;
    let is_near = |present: f64, year: f64| (number - present).abs() < YEARS * year;
    Some(match number {
        _ if is_near(seconds, YEAR) => Some(Instant::Seconds),
        _ if is_near(seconds * 1000.0, YEAR * 1000.0) => Some(Instant::Millis),
        _ if is_near(julian_day(now), YEAR / 86_400.0) => Some(Instant::JulianDay),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_computes_is_evaluated() {
        for (dialect, default) in [
            (Dialect::Sqlite, "unixepoch()*1e3"),
            (Dialect::Sqlite, "strftime('%s','now')||'000'"),
            (Dialect::Sqlite, "CAST(strftime('%s', 'now') AS INTEGER)"),
            (Dialect::MariaDb, "(timestampdiff(SECOND,'1970-01-01',utc_timestamp()))"),
            (Dialect::Postgres, "((EXTRACT(epoch FROM now()) * (1000)::numeric))::bigint"),
        ] {
            assert_eq!(computable(dialect, default).as_deref(), Some(default));
        }
        let escaped = "timestampdiff(SECOND,_utf8mb4\\'1970-01-01\\',utc_timestamp())";
        assert_eq!(computable(Dialect::MySql, escaped), Some(escaped.replace('\\', "")));
        for default in [
            "nextval('ids'::regclass)",
            "0",
            "'now'",
            "now(",
            "now())",
            ") OR (now()",
            "now() -- 1",
            "now() /* */",
            "now(); DROP TABLE users",
            "own_clock(now())",
            "public.now()",
            "\"now\"()",
            "(SELECT max(id) FROM users) + now()",
            "'\\' + now() + '",
            "'unclosed now()",
            "setval('ids', 1, now() IS NULL)",
            "datetime('now', 'localtime')",
        ] {
            for dialect in Dialect::ALL {
                assert_eq!(computable(dialect, default), None, "{dialect:?} {default}");
            }
        }
    }

    #[test]
    fn units_are_told_by_what_is_near() {
        let now = Utc::now();
        let seconds = now.timestamp();
        for (computed, expected) in [
            (seconds.to_string(), Some(Some(Instant::Seconds))),
            (format!("{seconds}.123456"), Some(Some(Instant::Seconds))),
            (format!("{}", seconds + 30 * 86_400), Some(Some(Instant::Seconds))),
            (format!("{seconds}000"), Some(Some(Instant::Millis))),
            (format!("{seconds}000.0"), Some(Some(Instant::Millis))),
            (julian_day(now).to_string(), Some(Some(Instant::JulianDay))),
            (format!("{seconds}000000"), Some(None)),
            ("0".to_owned(), Some(None)),
            ("2026-01-02 03:04:05".to_owned(), None),
        ] {
            assert_eq!(unit(&computed), expected, "{computed}");
        }
    }
}
