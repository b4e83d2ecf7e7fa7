//! In which form a session's token is stored: as it is, or as a hash, which is of no use to a reader of the table.

use sha2::{Digest, Sha256};

use crate::authjs::layout::TableLayout;
use crate::dialect::Dialect;
use crate::error::{Code, Error, Result};
use crate::table::column::Column;
use crate::types::codec::Form;
use crate::types::kind::{Kind, Role};
use crate::types::wire::Wire;

/// Begins every stored form that is a hash. No token that a caller presents begins with it: a stolen hash is not looked up.
pub const MARK: &str = "sha256:";

/// Characters of a stored form: the mark, and the hash in lower-case hexadecimal digits, which no collation folds together.
pub const LENGTH: usize = MARK.len() + 64;

/// The stored form of `token`.
pub fn hashed(token: &str) -> String {
    let mut stored = String::with_capacity(LENGTH);
    stored.push_str(MARK);
    for byte in Sha256::digest(token) {
        stored.push(char::from_digit(u32::from(byte >> 4), 16).unwrap_or_default());
        stored.push(char::from_digit(u32::from(byte & 15), 16).unwrap_or_default());
    }
    stored
}

/// Whether `stored` is a hash; also of what a caller presents, whether it pretends to be one, in any case.
pub fn is_marked(stored: &str) -> bool {
    stored.get(..MARK.len()).is_some_and(|start| start.eq_ignore_ascii_case(MARK))
}

/// Refuses a table whose column for tokens has no room for hashes.
pub fn require_room(dialect: Dialect, table: &TableLayout) -> Result<()> {
    let column = table.column("sessionToken");
    let is_text = column.kind == Kind::Text
        && column.codec.wire == Wire::Text
        && matches!(column.codec.form, Form::Plain | Form::Caseless | Form::Padded);
    let lacks = match column.role {
        _ if !is_text => "is no text",
        Role::Key(most) | Role::AsciiKey(most) if most < LENGTH => "is too short",
        _ => return Ok(()),
    };
    let message = format!(
        "{}.{} {lacks}: hashes of session tokens have {LENGTH} characters{}",
        table.table.name(),
        column.field,
        lengthened(dialect, table, column).map(|ddl| format!("; {ddl}")).unwrap_or_default()
    );
    Err(Error::new(Code::Schema, message)
        .about("table", table.table.name())
        .about("field", &*column.field)
        .about("length", LENGTH.to_string()))
}

/// The statement that makes room.
fn lengthened(dialect: Dialect, table: &TableLayout, column: &Column) -> Option<String> {
    let (before, _) = dialect.syntax().ddl.lengthen?;
    let kind = if before == "MODIFY" { "varchar(255) NOT NULL" } else { "TYPE varchar(255)" };
    Some(format!("ALTER TABLE {} {before} {} {kind};", table.name, column.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_marked_and_always_of_one_length() {
        for token in ["", "token", "\u{1f600}", &"long".repeat(200)] {
            let stored = hashed(token);
            assert_eq!(stored.len(), LENGTH);
            assert!(is_marked(&stored));
            assert_eq!(stored, stored.to_ascii_lowercase());
        }
        // By sha256sum.
        assert_eq!(hashed("token"), "sha256:3c469e9d6c5875d37a43f353d4f88e61fcf812c66eee3457465a40b0da4153e0");
    }

    #[test]
    fn what_pretends_to_be_a_hash_is_known_in_any_case() {
        for text in ["sha256:", "SHA256:abc", "Sha256:x"] {
            assert!(is_marked(text), "{text}");
        }
        for text in ["", "sha256", "sha25:6", "token", "sha\u{e9}256:"] {
            assert!(!is_marked(text), "{text}");
        }
    }
}
