//! Sessions as their users may see them: the newest first, under ids that open nothing.

use std::borrow::Cow;
use std::cmp::Reverse;

use chrono::Utc;
use sha2::{Digest, Sha256};

use crate::authjs::layout::TableLayout;
use crate::authjs::model::Table;
use crate::statement::shape;
use crate::table::naming;
use crate::types::kind::Kind;
use crate::types::token_hash::{hashed, is_marked};
use crate::value::{Records, Value};

/// Of the hash, so many bytes: two sessions of one user will never agree in them, and no reader counts back from them.
const ID_BYTES: usize = 16;

/// Keeps the id from being equal to any other hash of a token, such as one that an application stores.
const PURPOSE: &str = "rust-auth-adapter session id\0";

/// The id under which a session is listed, the same for as long as the session lasts: it is derived from the hash of the token,
/// whether `stored` is that hash or the token itself. It cannot be turned back into the token, and it is not the row's own id
/// either, which not every table has.
pub fn public_id(stored: &str) -> String {
    let token_hash = if is_marked(stored) { Cow::Borrowed(stored) } else { Cow::Owned(hashed(stored)) };
    let hash = Sha256::new_with_prefix(PURPOSE).chain_update(&*token_hash).finalize();
    hash.iter().take(ID_BYTES).map(|byte| format!("{byte:02x}")).collect()
}

/// What a row's token says in a list.
pub fn id_of(token: &Value) -> Option<String> {
    match token {
        Value::Text(token) => Some(public_id(token)),
        Value::Int(token) => Some(public_id(&token.to_string())),
        _ => None,
    }
}

/// The sessions among `records` that have not expired. `current`: the caller's own token.
pub fn list(layout: &TableLayout, records: Records, current: Option<&Value>) -> Records {
    let place = |field: &str| layout.listed().position(|column| naming::bare(&column.field) == field);
    let (Some(token), Some(expires)) = (place("sessiontoken"), place("expires")) else { return Records::new() };
    let created = place("createdat");
    let own = current.and_then(id_of);
    let now = Utc::now();
    let mut sessions = Vec::with_capacity(records.len());
    for (_, mut row) in records {
        let Value::Time(until) = row[expires] else { continue };
        let Some(id) = id_of(&row[token]) else { continue };
        if until < now {
            continue;
        }
        let is_current = own.as_ref() == Some(&id);
        let since = match created.map(|place| &row[place]) {
            Some(Value::Time(time)) => Some(*time),
            _ => None,
        };
        row[token] = Value::Text(id);
        row.push(Value::Bool(is_current));
        sessions.push((since, until, row));
    }
    // Where no column says when a session began, the one that lasts longest is the one used last.
    sessions.sort_by_key(|(since, until, _)| Reverse((*since, *until)));
    let shape = of_list(layout);
    sessions.into_iter().map(|(_, _, row)| (shape, row)).collect()
}

/// The number of the shape of `table`'s rows as lists show them. Sessions have an id there instead of their token.
pub fn of_list(table: &TableLayout) -> u32 {
    let listed = table.listed().map(|column| (column.field.to_string(), column.kind));
    if table.table != Table::Session {
        return shape::number(listed.collect());
    }
    let renamed = listed.map(|(field, kind)| match field.as_str() {
        "sessionToken" => ("id".to_owned(), Kind::Text),
        _ => (field, kind),
    });
    shape::number(renamed.chain([("current".to_owned(), Kind::Bool)]).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authjs::layout::Layout;
    use crate::authjs::model::Table;
    use crate::dialect::Dialect;

    #[test]
    fn ids_are_hashes_with_a_purpose() {
        let id = public_id("token");
        assert_eq!(id.len(), 2 * ID_BYTES);
        assert_eq!(id, public_id("token"));
        assert_ne!(id, public_id("Token"));
        let bare: String = Sha256::digest("token").iter().take(ID_BYTES).map(|byte| format!("{byte:02x}")).collect();
        assert_ne!(id, bare);
    }

    #[test]
    fn the_id_is_the_same_whether_the_token_or_its_hash_is_stored() {
        assert_eq!(public_id("token"), public_id(&hashed("token")));
        assert_ne!(public_id("token"), public_id("other"));
    }

    #[test]
    fn only_what_lasts_is_listed_newest_first_without_tokens() {
        let layout = Layout::own(Dialect::Sqlite, None, |_| false);
        let text = |text: &str| Value::Text(text.to_owned());
        let row = |token: &str, hours: i64| {
            vec![text(token), text("user"), Value::Time(Utc::now() + chrono::TimeDelta::hours(hours))]
        };
        let rows = vec![row("gone", -1), row("old", 1), row("new", 3), row("mine", 2)];
        let rows = rows.into_iter().map(|row| (0, row)).collect();
        let listed = list(layout.table(Table::Session), rows, Some(&text("mine")));
        let seen: Vec<_> = listed.iter().map(|(_, row)| (row[0].clone(), row[3].clone())).collect();
        let expected = [("new", false), ("mine", true), ("old", false)];
        assert_eq!(seen, expected.map(|(token, current)| (text(&public_id(token)), Value::Bool(current))));
        assert!(!format!("{listed:?}").contains("mine"));
    }
}
