//! What SQLite makes of a text that it stores: in columns of some declared types, those that look like numbers become numbers.

use std::sync::Arc;

use crate::value::Value;

/// Which class of values a column prefers, by its declared type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Affinity {
    Integer,
    Text,
    Blob,
    Real,
    Numeric,
}

/// SQLite's rules: the first that has a word of the declared type. A type with none of these words is numeric.
const RULES: [(&[&str], Affinity); 4] = [
    (&["int"], Affinity::Integer),
    (&["char", "clob", "text"], Affinity::Text),
    (&["blob"], Affinity::Blob),
    (&["real", "floa", "doub"], Affinity::Real),
];

impl Affinity {
    /// `declared` is in lower case.
    pub fn of(declared: &str) -> Self {
        let says = |words: &[&str]| words.iter().any(|word| declared.contains(word));
        match RULES.iter().find(|(words, _)| says(words)) {
            _ if declared.is_empty() => Affinity::Blob,
            Some((_, affinity)) => *affinity,
            None => Affinity::Numeric,
        }
    }

    fn makes_numbers(self) -> bool {
        matches!(self, Affinity::Integer | Affinity::Real | Affinity::Numeric)
    }
}

/// A column that stores numbers for texts that look like them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Numbering {
    affinity: Affinity,
    /// As the table's DDL has it.
    pub declared: Arc<str>,
}

impl Numbering {
    /// `None` if a column of the type `declared` stores texts as they are.
    pub fn of(declared: &str) -> Option<Self> {
        let affinity = Affinity::of(declared);
        affinity.makes_numbers().then(|| Self { affinity, declared: declared.into() })
    }

    pub fn is_real(&self) -> bool {
        self.affinity == Affinity::Real
    }

    /// Whether the column stores an integer to its last digit: a floating-point number has room for 53 bits.
    pub fn keeps(&self, number: i128) -> bool {
        !self.is_real() || number as f64 as i128 == number
    }

    /// What is stored for a text; `None` if what is read then would be another one.
    ///
    /// A number is read as its digits, so that one text alone stands for it: "7", and neither "007" nor "7.0".
    pub fn store(&self, text: String) -> Option<Value> {
        if !is_number(&text) {
            return Some(Value::Text(text));
        }
        let whole: Option<i64> = text.parse().ok().filter(|number: &i64| number.to_string() == text);
        if let (Some(number), Affinity::Integer | Affinity::Numeric) = (whole, self.affinity) {
            return Some(Value::Int(number));
        }
        let real: f64 = text.parse().ok()?;
        // Zero has no sign once it is stored.
        let keeps = digits(real) == text && (real != 0.0 || text == "0");
        keeps.then_some(Value::Float(real))
    }
}

/// A number as the text that stands for it: all digits, and none that is not needed.
pub fn digits(number: f64) -> String {
    number.to_string()
}

/// Whether SQLite takes a text for a number: a decimal one, perhaps with a sign, a fraction, an exponent and blanks around it.
pub fn is_number(text: &str) -> bool {
    let blank = |each: char| matches!(each, ' ' | '\t' | '\n' | '\u{b}' | '\u{c}' | '\r');
    let text = text.trim_matches(blank);
    let text = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let is_exponent = |text: &str| {
        let text = text.strip_prefix(['+', '-']).unwrap_or(text);
        !text.is_empty() && are_digits(text)
    };
    are_digits(whole)
        && are_digits(fraction)
        && !(whole.is_empty() && fraction.is_empty())
        && exponent.is_none_or(is_exponent)
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::*;

    /// Texts of few characters, in every order: what numbers are made of, and some that they are not.
    fn texts() -> Vec<String> {
        const CHARACTERS: [char; 11] = ['0', '7', '.', 'e', 'E', '+', '-', ' ', '\t', 'x', 'a'];
        let mut texts = vec![String::new()];
        let mut last = texts.clone();
        for _ in 0..4 {
            last = last.iter().flat_map(|text| CHARACTERS.map(|character| format!("{text}{character}"))).collect();
            texts.extend_from_slice(&last);
        }
        let more = [
            "\u{b}7\u{c}",
            "\r\n7",
            "\u{a0}7",
            "\u{85}7",
            "7_0",
            "inf",
            "nan",
            "1e400",
            "-1e-400",
            "0.1",
            "107123456789012345678",
        ];
        texts.extend(more.map(str::to_owned));
        texts.extend(
            (0..400).map(|at| {
                format!("{}{}", "1234567890123456789012".split_at(at % 22).0, ["", ".0", ".5", "e3"][at % 4])
            }),
        );
        texts
    }

    #[test]
    fn texts_are_judged_as_sqlite_does_and_come_back_as_they_were() {
        let file = Connection::open_in_memory().expect("a database");
        for declared in ["integer", "numeric", "real", "string", "json", "double"] {
            file.execute_batch(&format!("DROP TABLE IF EXISTS t; CREATE TABLE t (v {declared}); BEGIN"))
                .expect("a table");
            let numbering = Numbering::of(declared).expect("it makes numbers");
            let mut insert = file.prepare("INSERT INTO t VALUES (?) RETURNING v, typeof(v)").expect("a statement");
            let class = |value: &dyn rusqlite::ToSql, insert: &mut rusqlite::Statement<'_>| {
                insert
                    .query_row([value], |row| {
                        let text = match row.get::<_, rusqlite::types::Value>(0)? {
                            rusqlite::types::Value::Integer(int) => int.to_string(),
                            rusqlite::types::Value::Real(real) => digits(real),
                            rusqlite::types::Value::Text(text) => text,
                            other => panic!("{other:?}"),
                        };
                        Ok((text, row.get::<_, String>(1)?))
                    })
                    .expect("a row")
            };
            for text in texts() {
                let (_, stored) = class(&text, &mut insert);
                assert_eq!(stored != "text", is_number(&text), "{declared}: {text:?}");
                let read = match numbering.store(text.clone()) {
                    Some(Value::Text(text)) => class(&text, &mut insert),
                    Some(Value::Int(int)) => class(&int, &mut insert),
                    Some(Value::Float(real)) => class(&real, &mut insert),
                    Some(other) => panic!("{other:?}"),
                    None => continue,
                };
                assert_eq!(read, (text.clone(), stored), "{declared}: {text:?}");
            }
            drop(insert);
            file.execute_batch("COMMIT").expect("an end");
        }
    }

    #[test]
    fn the_first_rule_decides() {
        for (declared, affinity) in [
            ("charint", Affinity::Integer),
            ("floating point", Affinity::Integer),
            ("nvarchar(3)", Affinity::Text),
            ("", Affinity::Blob),
            ("double precision", Affinity::Real),
            ("string", Affinity::Numeric),
            ("datetime", Affinity::Numeric),
        ] {
            assert_eq!(Affinity::of(declared), affinity, "{declared}");
        }
    }
}
