//! How do a report and the lines of a command look on a terminal?

use std::io::{IsTerminal, stderr, stdout};

const RED: &str = "\x1b[31m";
const GREEN: &str = "\x1b[32m";
const YELLOW: &str = "\x1b[33m";
const CYAN: &str = "\x1b[36m";
const BOLD: &str = "\x1b[1m";
const END: &str = "\x1b[0m";

/// A report for standard output, with marks and colours where they are shown.
pub fn report(text: &str) -> String {
    if shows(&stdout()) { painted(text) } else { text.to_owned() }
}

/// A line for standard output: what was to be done is done.
pub fn done(line: &str) -> String {
    marked(&stdout(), GREEN, "✓", line)
}

/// A line for standard output: it is done, but for what the line says.
pub fn partly(line: &str) -> String {
    marked(&stdout(), YELLOW, "!", line)
}

/// A line for standard error, where standard output is for something else: what was done.
pub fn told(line: &str) -> String {
    marked(&stderr(), GREEN, "✓", line)
}

/// A line for standard error that the reader ought to know.
pub fn note(line: &str) -> String {
    marked(&stderr(), YELLOW, "!", line)
}

/// A line for standard error: an error.
pub fn failed(line: &str) -> String {
    marked(&stderr(), RED, "✗", line)
}

/// Whether a stream is a terminal that shows marks and colours, and the variable `NO_COLOR` is not set.
fn shows(stream: &impl IsTerminal) -> bool {
    let is_wanted = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    is_wanted && stream.is_terminal() && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

fn marked(stream: &impl IsTerminal, colour: &str, mark: &str, line: &str) -> String {
    if shows(stream) { format!("{colour}{mark}{END} {line}") } else { line.to_owned() }
}

fn painted(text: &str) -> String {
    let mut list = "";
    let line = |line: &str| {
        let is_heading = !line.starts_with(' ');
        if is_heading {
            list = match line.rsplit(' ').next() {
                Some("warning" | "warnings") if line == "no warnings" => GREEN,
                Some("warning" | "warnings") => YELLOW,
                Some("recommendation" | "recommendations") => CYAN,
                _ => "",
            };
        }
        match (is_heading, list) {
            (true, GREEN) => format!("{GREEN}✓ {line}{END}\n"),
            (true, YELLOW) => format!("{YELLOW}! {line}{END}\n"),
            (true, CYAN) => format!("{CYAN}{line}{END}\n"),
            (true, _) => match line.split_once(": found as ") {
                Some((table, rest)) => format!("{BOLD}{table}{END}: found as {rest}\n"),
                None => format!("{line}\n"),
            },
            (false, colour) if !colour.is_empty() && line.starts_with("  - ") => format!("{colour}{line}{END}\n"),
            _ => format!("{line}\n"),
        }
    };
    text.lines().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warnings_and_what_is_well_are_marked() {
        let text = "user: found as users\n  id  id  text\n\n1 warning\n  - x has no key\n    ALTER TABLE x;\n";
        let shown = "\x1b[1muser\x1b[0m: found as users\n  id  id  text\n\n\x1b[33m! 1 warning\x1b[0m\n\x1b[33m  - x has no key\x1b[0m\n    ALTER TABLE x;\n";
        assert_eq!(painted(text), shown);
        assert_eq!(painted("no warnings\n"), "\x1b[32m✓ no warnings\x1b[0m\n");
    }
}
