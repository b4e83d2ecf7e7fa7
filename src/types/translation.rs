//! A value that a column holds for one contract, as another one knows it.

use std::sync::Arc;

use chrono::Utc;

use crate::value::Value;

/// What callers know a stored value as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Translation {
    /// Of a moment, whether there was one.
    Presence,
    /// Of words with spaces between them, the same with commas.
    Words,
    /// Of bytes in base64, the same in base64url, as browsers write them.
    Base64,
    /// Of a name, the one that stands beside it: pairs of the stored name and theirs. Other names are the same to both.
    Names(Arc<[(String, String)]>),
}

impl Translation {
    /// What the column is given for a caller's value.
    pub fn store(&self, value: Value) -> Value {
        match (self, value) {
            (Translation::Presence, Value::Bool(true)) => Value::Time(Utc::now()),
            (Translation::Presence, Value::Bool(false)) => Value::Null,
            (Translation::Words, Value::Text(text)) => Value::Text(text.replace(',', " ")),
            (Translation::Base64, Value::Text(text)) => {
                let padding = "=".repeat((4 - text.len() % 4) % 4);
                Value::Text(text.replace('-', "+").replace('_', "/") + &padding)
            }
            (Translation::Names(names), Value::Text(text)) => {
                Value::Text(match_of(names, text, |(ours, theirs)| (theirs, ours)))
            }
            (_, value) => value,
        }
    }

    /// What a caller gets for the column's value.
    pub fn revive(&self, value: Value) -> Value {
        match (self, value) {
            (Translation::Presence, value) => Value::Bool(value != Value::Null),
            (Translation::Base64, Value::Text(text)) => {
                Value::Text(text.trim_end_matches('=').replace('+', "-").replace('/', "_"))
            }
            (Translation::Words, Value::Text(text)) => {
                Value::Text(text.split_whitespace().collect::<Vec<_>>().join(","))
            }
            (Translation::Names(names), Value::Text(text)) => {
                Value::Text(match_of(names, text, |(ours, theirs)| (ours, theirs)))
            }
            (_, value) => value,
        }
    }
}

/// The second name of the pair whose first is `text`, or else `text` itself.
fn match_of(names: &[(String, String)], text: String, order: fn(&(String, String)) -> (&String, &String)) -> String {
    let pair = names.iter().map(order).find(|(from, _)| **from == text);
    pair.map_or(text, |(_, to)| to.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_exchanged_both_ways() {
        let names = Translation::Names([("microsoft-entra-id".to_owned(), "microsoft".to_owned())].into());
        let text = |text: &str| Value::Text(text.into());
        assert_eq!(names.store(text("microsoft")), text("microsoft-entra-id"));
        assert_eq!(names.revive(text("microsoft-entra-id")), text("microsoft"));
        assert_eq!(names.store(text("google")), text("google"));
    }

    #[test]
    fn base64_is_written_in_both_alphabets() {
        let text = |text: &str| Value::Text(text.into());
        for (stored, theirs) in [("+/+/", "-_-_"), ("/w==", "_w"), ("//8=", "__8"), ("", "")] {
            assert_eq!(Translation::Base64.store(text(theirs)), text(stored));
            assert_eq!(Translation::Base64.revive(text(stored)), text(theirs));
        }
    }

    #[test]
    fn scopes_have_spaces_in_the_column() {
        let text = |text: &str| Value::Text(text.into());
        assert_eq!(Translation::Words.store(text("openid,email")), text("openid email"));
        assert_eq!(Translation::Words.revive(text("openid email")), text("openid,email"));
        // GitHub answers with commas.
        assert_eq!(Translation::Words.revive(text("read:user,user:email")), text("read:user,user:email"));
    }

    #[test]
    fn a_moment_is_there_or_not() {
        assert_eq!(Translation::Presence.revive(Value::Null), Value::Bool(false));
        assert_eq!(Translation::Presence.revive(Value::Int(0)), Value::Bool(true));
        assert_eq!(Translation::Presence.store(Value::Bool(false)), Value::Null);
        assert!(matches!(Translation::Presence.store(Value::Bool(true)), Value::Time(_)));
    }
}
