//! Which column of the table of users holds the hash of a password.

use crate::authjs::layout::TableLayout;
use crate::authjs::mapping::Mapping;
use crate::authjs::model::Table;
use crate::table::catalog;
use crate::table::column::{Column, Fill};
use crate::table::infer::bounded;
use crate::table::naming::bare;
use crate::types::kind::{Kind, Role};

/// What applications call it, in the order in which one is chosen where there are several. A name is compared without its
/// case and underscores.
const NAMES: [&str; 6] =
    ["passwordhash", "hashedpassword", "encryptedpassword", "passworddigest", "passwd", "password"];

/// Longer than any hash of ours.
const LONGEST: usize = 512;

fn rank(name: &str) -> Option<usize> {
    let name = bare(name);
    NAMES.iter().position(|each| *each == name)
}

/// Whether a column of users holds the hash of a password, unless the option `columns` says that it is an ordinary one.
pub fn is_one(mapping: &Mapping, name: &str, column: &Column) -> bool {
    rank(name).is_some() && column.kind == Kind::Text && mapping.field(Table::User, name).is_none() && !column.generated
}

/// Whether a column holds the hash of a password that Better Auth keeps: in the accounts' table, of the sort `credential`.
pub fn is_others(table: Table, column: &Column) -> bool {
    table == Table::Account && bare(&column.field) == "password" && column.kind == Kind::Text && !column.generated
}

/// The column, which no caller sees and no caller writes. Of a user without a password it is null, or an empty text where it
/// must not be null.
pub fn sealed(column: Column, physical: &catalog::Column) -> Column {
    let required = !physical.nullable;
    let fill = if matches!(column.fill, Fill::Unknown | Fill::Trigger) { Fill::Nothing } else { column.fill };
    Column { visible: false, sealed: true, required, fill, role: bounded(Role::Key(LONGEST), physical), ..column }
}

/// The one in which passwords are kept.
pub fn of(users: &TableLayout) -> Option<&Column> {
    let ranked = |column: &&Column| rank(&column.field).unwrap_or(NAMES.len());
    users.columns.iter().filter(|column| column.sealed).min_by_key(ranked)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_column() {
        for name in ["password", "Password", "hashed_password", "hashedPassword", "password_hash", "encrypted_password"]
        {
            assert!(rank(name).is_some(), "{name}");
        }
        for name in ["password_changed_at", "passwordResetToken", "hash", "pass", "has_password"] {
            assert!(rank(name).is_none(), "{name}");
        }
        assert!(rank("password_hash") < rank("password"));
    }
}
