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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_between_words() {
        assert_eq!(unquoted("`a`, `b`", ", ", '`'), ["a", "b"]);
        assert_eq!(between("Key (a, b)=(x)=(y)", "(", ")=("), Some("a, b"));
    }
}
