//! How does a report look on a terminal?

use std::io::{IsTerminal as _, stdout};

const GREEN: &str = "\x1b[32m";
const YELLOW: &str = "\x1b[33m";
const CYAN: &str = "\x1b[36m";
const BOLD: &str = "\x1b[1m";
const END: &str = "\x1b[0m";

/// `text` with marks and colours if standard output is a terminal that shows them, and the variable `NO_COLOR` is not set.
pub fn for_terminal(text: &str) -> String {
    let is_wanted = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let shows = stdout().is_terminal() && std::env::var_os("TERM").is_none_or(|term| term != "dumb");
    if is_wanted && shows { painted(text) } else { text.to_owned() }
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
