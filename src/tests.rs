//! Texts that tests expect to the last character, each in a file beside the test.
//!
//! `UPDATE_EXPECTED=1 cargo test --lib` writes the files anew; what has changed is then for a reader of the diff to judge.

use std::fmt::Write as _;
use std::path::Path;

use crate::dialect::Dialect;
use crate::statement::statement::Statement;

/// What a file holds, by its path below the crate's folder.
pub fn expected(file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    std::fs::read_to_string(&path).unwrap_or_default()
}

/// Fails unless the file holds `text` and nothing else.
pub fn assert_expected(file: &str, text: &str) {
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
        return std::fs::write(&path, text).expect("the file of expected texts is written");
    }
    let expected = expected(file);
    if expected == text {
        return;
    }
    let both = || (1..).zip(expected.lines().chain(std::iter::repeat("")).zip(text.lines().chain(["(the end)"])));
    let different = both().find(|(_, (one, other))| one != other);
    let (line, (was, is)) = different.unwrap_or((0, ("", "")));
    let title = expected.lines().take(line).filter(|line| line.starts_with("=== ")).last().unwrap_or_default();
    panic!(
        "{file}:{line} {title}\n  expected {was}\n       got {is}\n\
         If this is right, UPDATE_EXPECTED=1 cargo test --lib writes the file anew."
    );
}

/// A statement's whole text. Below it, if there are any: the argument that each placeholder stands for, and which columns of a
/// row have to equal which argument.
pub fn shown(name: &str, statement: &Statement) -> String {
    let mut shown = format!("{name:8} {}\n", shortened(&statement.text));
    let mut below = Vec::new();
    if !statement.arguments.is_empty() {
        below.push(format!("arguments {}", ranges(&statement.arguments)));
    }
    let verified = statement.keys.iter().map(|(column, asked)| {
        let arguments: Vec<_> = asked.clone().map(|argument| format!("argument {argument}")).collect();
        format!("column {column} is {}", arguments.join(" or "))
    });
    below.extend(verified);
    if !below.is_empty() {
        writeln!(shown, "{:8} ({})", "", below.join(", ")).expect("a String takes it");
    }
    shown
}

/// A run of eight or more anonymous placeholders as their number.
fn shortened(text: &str) -> String {
    let mut parts = text.split("?, ").peekable();
    let mut shortened = parts.next().unwrap_or_default().to_owned();
    while parts.peek().is_some() {
        let mut run = 1;
        while parts.next_if(|part| part.is_empty()).is_some() {
            run += 1;
        }
        shortened += &if run < 8 { "?, ".repeat(run) } else { format!("({run} × ?, )") };
        shortened += parts.next().unwrap_or_default();
    }
    shortened
}

/// `0 1 0..127`: numbers, those that follow each other as their first and last.
fn ranges(numbers: &[usize]) -> String {
    let runs = numbers.chunk_by(|one, next| one + 1 == *next);
    let shown = runs.map(|run| match run {
        [first, .., last] if run.len() > 4 => format!("{first}..{last}"),
        _ => run.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
    });
    shown.collect::<Vec<_>>().join(" ")
}

/// What each dialect sends, those together that send the same.
pub fn by_dialect(of: impl Fn(Dialect) -> String) -> String {
    let mut texts: Vec<(Vec<&str>, String)> = Vec::new();
    for dialect in Dialect::ALL {
        let text = of(dialect);
        match texts.iter_mut().find(|(_, known)| *known == text) {
            Some((names, _)) => names.push(dialect.name()),
            None => texts.push((vec![dialect.name()], text)),
        }
    }
    texts.into_iter().map(|(names, text)| format!("--- {}\n{text}", names.join(", "))).collect()
}

/// The parts of a file that is a table: after `=== title`, what is asked for, up to the first line of an answer.
pub fn cases(file: &str) -> Vec<(String, String)> {
    let text = expected(file);
    let parts = text.split("=== ").skip(1);
    let case = |part: &str| {
        let (title, rest) = part.split_once('\n').expect("a title has a line of its own");
        let asked = rest.split("--- ").next().unwrap_or_default();
        (title.to_owned(), asked.to_owned())
    };
    parts.map(case).collect()
}
