//! What a table has of its own that serves two contracts: columns, by position, where one contract's habits differ from the
//! other's.

use crate::table::any_case::Sieve;
use crate::table::column::Column;

#[derive(Debug, Clone, Default)]
pub struct Shared {
    /// What names a row in the place of its id, which rows of the other contract may lack.
    pub name: Option<usize>,
    /// What ids are made of where the table has none: a provider's name and an id there, or what names the row by itself.
    pub made: Vec<usize>,
    /// An e-mail address, which is also found where a row has it in other capitals.
    pub address: Option<Address>,
    /// A password, which the other contract may look for in another place.
    pub secret: Option<Secret>,
}

/// An e-mail address, and what an index serves where it is looked for in any case.
#[derive(Debug, Clone)]
pub struct Address {
    pub at: usize,
    pub sieve: Option<Sieve>,
}

/// A password, the user whose it is, and where the other contract looks for it.
#[derive(Debug, Clone)]
pub struct Secret {
    pub field: usize,
    pub owner: usize,
    pub elsewhere: Option<Elsewhere>,
}

/// Where the other contract looks for a user's password. Names are quoted.
#[derive(Debug, Clone)]
pub struct Elsewhere {
    pub table: String,
    pub hash: String,
    /// The column of the user's id.
    pub user: String,
    /// The longest hash that the column holds, if it has a limit.
    pub room: Option<usize>,
    pub without: Without,
}

/// What a user without a password has there.
#[derive(Debug, Clone)]
pub enum Without {
    Null,
    /// An empty text.
    Empty,
    /// No row, in a table of passwords. The users' table and its id say who may have one.
    Row {
        users: String,
        id: String,
    },
}

/// The id of a row that has none: both of the values that name it, the first of which ends at the first colon.
pub fn pair_of(id: &str) -> Option<(String, &str)> {
    let (first, second) = id.split_once(':')?;
    Some((first.replace("%3A", ":").replace("%25", "%"), second))
}

/// SQL for that id. `{.}` stands for the alias of the table.
pub fn pair(concat: bool, first: &Column, second: &Column) -> String {
    let escaped = format!("replace(replace({{.}}{}, '%', '%25'), ':', '%3A')", first.name);
    let second = format!("{{.}}{}", second.name);
    if concat { format!("concat({escaped}, ':', {second})") } else { format!("{escaped} || ':' || {second}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_pairs_tell_both() {
        assert_eq!(pair_of("google:1:2"), Some(("google".into(), "1:2")));
        assert_eq!(pair_of("https%3A//id.example/50%25:7"), Some(("https://id.example/50%".into(), "7")));
        assert_eq!(pair_of("a%253A:7"), Some(("a%3A".into(), "7")));
        assert_eq!(pair_of("google"), None);
    }
}
