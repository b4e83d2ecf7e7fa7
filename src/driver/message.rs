//! Names in the databases' messages.

/// The names in a list of quoted ones.
pub fn unquoted(list: &str, between: &str, quote: char) -> Vec<String> {
    list.split(between).map(|name| name.trim_matches(quote).to_owned()).collect()
}

/// What is between the first `before` and the next `after`.
pub fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(before)?;
    rest.split_once(after).map(|(found, _)| found)
}

/// The last part of a name that may be qualified and quoted, without its quotes.
pub fn last_name(name: &str) -> String {
    let Some(quote) = name.chars().last().filter(|last| matches!(last, '"' | '`')) else {
        return name.rsplit('.').next().unwrap_or(name).to_owned();
    };
    // A quote within a name is doubled.
    let doubled = [quote, quote].iter().collect::<String>();
    let hidden = name[..name.len() - 1].replace(&doubled, "\0");
    let last = hidden.rsplit(quote).next().unwrap_or(&hidden);
    last.replace('\0', &quote.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_part_of_a_name() {
        for (name, last) in [
            ("users", "users"),
            ("auth.users", "users"),
            ("\"User\"", "User"),
            ("\"a.b\".\"c.d\"", "c.d"),
            ("`auth`.`users`", "users"),
            ("\"a\".\"with \"\"quotes\"\"\"", "with \"quotes\""),
        ] {
            assert_eq!(last_name(name), last);
        }
    }

    #[test]
    fn names_are_found_between_words() {
        assert_eq!(unquoted("`a`, `b`", ", ", '`'), ["a", "b"]);
        assert_eq!(between("Key (a, b)=(x)=(y)", "(", ")=("), Some("a, b"));
    }
}
