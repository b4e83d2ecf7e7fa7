//! Tables of another contract that stand for models: which of their columns stand for which fields, and what differs.

use std::sync::Arc;

use crate::dialect::Dialect;
use crate::engine::schema::Field;
use crate::error::{Error, Result};
use crate::table::column::{Column, Derived, Fill, Keeps};
use crate::table::shared::{Address, Elsewhere, Secret, Shared, pair};
use crate::table::table::{ID, Table};
use crate::table::{any_case, catalog};
use crate::types::codec::{Codec, Form};
use crate::types::instant::Instant;
use crate::types::kind::{Kind, Role};
use crate::types::token_hash::Hashing;
use crate::types::translation::Translation;
use crate::types::wire::Wire;

/// What a column means to its own contract, by how a model's field differs from it.
#[derive(Debug, Clone, PartialEq)]
pub enum Meaning {
    Same,
    /// A moment, of which the field says whether there was one.
    Presence,
    /// A number of seconds, for which the field has a moment.
    Seconds,
    /// A token, in the place of which the other contract may have stored a hash.
    Token,
    /// A value that the field has in other words.
    Translated(Translation),
}

/// The column that stands for a field.
#[derive(Debug)]
pub struct Stand<'catalog> {
    /// What the application calls the field.
    pub field: &'static str,
    /// `None`: the table has no such column.
    pub column: Option<&'catalog catalog::Column>,
    pub meaning: Meaning,
}

/// The table that stands for a model.
#[derive(Debug)]
pub struct Borrowed<'catalog> {
    pub table: &'catalog catalog::Table,
    pub stands: Vec<Stand<'catalog>>,
    /// The fields that name one row.
    pub identity: &'static [&'static str],
    /// The field of an e-mail address.
    pub address: Option<&'static str>,
    /// Whether ids are made of what names a row, where the table has none.
    pub makes_ids: bool,
    /// Columns that only the other contract has, and what they are filled with.
    pub derived: Vec<(&'catalog catalog::Column, Derived)>,
    /// The fields of a password and of the user whose it is, and where the other contract looks for it.
    pub secret: Option<([&'static str; 2], Option<Elsewhere>)>,
}

impl<'catalog> Borrowed<'catalog> {
    pub fn of(&self, field: &Field) -> Option<&Stand<'catalog>> {
        self.stands.iter().find(|stand| stand.field == field.key)
    }

    /// The columns that may stand for a field: those that the contracts say, else those of that name.
    pub fn columns(&self, field: &Field) -> Vec<&'catalog catalog::Column> {
        match self.of(field) {
            Some(stand) => stand.column.into_iter().collect(),
            None => {
                let taken = |column: &&catalog::Column| {
                    self.stands.iter().any(|stand| stand.column.is_some_and(|each| each.name == column.name))
                };
                self.table.similar(&field.name).into_iter().filter(|column| !taken(column)).collect()
            }
        }
    }
}

impl Meaning {
    /// As what the column is looked at, for a field of `kind`.
    pub fn kind(&self, kind: Kind, column: &catalog::Column) -> Kind {
        match self {
            Meaning::Presence if is_bool(column) => kind,
            Meaning::Presence => Kind::Time,
            Meaning::Seconds => Kind::Int,
            Meaning::Same | Meaning::Token | Meaning::Translated(_) => kind,
        }
    }

    /// What the column then is to the model.
    fn give(&self, column: &mut Column) {
        match self {
            Meaning::Same => {}
            // A column of another type holds no hash, and a token that looks like one is none.
            Meaning::Token => {
                let is_text = column.kind == Kind::Text && column.codec.wire == Wire::Text;
                column.hashing = Some(if is_text { Hashing::Accepted } else { Hashing::Off });
            }
            // Some applications have made it a boolean.
            Meaning::Presence if column.kind != Kind::Time => {}
            Meaning::Presence => {
                column.kind = Kind::Bool;
                column.codec.translation = Some(Translation::Presence);
                // A row keeps the moment that it has.
                column.keeps = Keeps::Nothing;
            }
            Meaning::Seconds => {
                if let Form::Seconds(zone) = column.codec.form {
                    column.codec.form = zone.map_or(Form::Plain, Form::Wall);
                } else if column.codec.wire != Wire::Time {
                    column.codec.form = Form::Instant(Instant::Seconds);
                }
                column.kind = Kind::Time;
            }
            Meaning::Translated(translation) => column.codec.translation = Some(translation.clone()),
        }
    }
}

fn is_bool(column: &catalog::Column) -> bool {
    column.type_name.starts_with("bool") || column.type_name == "tinyint(1)"
}

/// Makes of `table`, which is known as a table of its own, the one that stands for a model with these fields.
pub fn lend(dialect: Dialect, table: &mut Table, fields: &[Field], borrowed: &Borrowed<'_>) {
    let place = |table: &Table, key: &str| table.columns[..table.names.len()].iter().position(|each| each.field == key);
    for field in fields {
        if let (Some(stand), Some(at)) = (borrowed.of(field), place(table, &field.key)) {
            stand.meaning.give(&mut table.columns[at]);
        }
    }
    let identity: Option<Vec<_>> = borrowed.identity.iter().map(|key| place(table, key)).collect();
    table.identity = identity.unwrap_or_default();
    table.shared = Shared {
        name: match table.identity.as_slice() {
            [one] => Some(*one),
            _ => None,
        },
        address: borrowed.address.and_then(|key| {
            let physical = borrowed.stands.iter().find(|stand| stand.field == key)?.column?;
            Some(Address { at: place(table, key)?, sieve: any_case::sieve(dialect, borrowed.table, physical) })
        }),
        made: Vec::new(),
        secret: borrowed.secret.as_ref().and_then(|([field, owner], elsewhere)| {
            let (field, owner) = (place(table, field)?, place(table, owner)?);
            Some(Secret { field, owner, elsewhere: elsewhere.clone() })
        }),
    };
    if let [first, second] = *table.identity.as_slice() {
        let key = vec![first, second];
        let is_unique = table.unique.iter().any(|unique| unique.iter().all(|each| key.contains(each)));
        if !is_unique && !table.unguarded.contains(&key) {
            table.unguarded.push(key);
        }
    }
    let has_id = table.names.iter().any(|name| name == ID);
    let of: Vec<_> = table.identity().collect();
    if let (true, false, Some(id)) = (borrowed.makes_ids, has_id, made_of(dialect, &table.model, &of)) {
        table.absent.retain(|column| column.field != ID);
        table.absent.push(id);
        table.shared.made.clone_from(&table.identity);
    }
    for (physical, derived) in &borrowed.derived {
        let name = dialect.quote(&physical.name);
        let column = table.columns.iter_mut().find(|column| column.name == name);
        // One that may be empty stays so.
        let is_left = |column: &&mut Column| {
            !matches!(derived, Derived::Issuer { .. }) || matches!(column.fill, Fill::Trigger | Fill::Unknown)
        };
        if let Some(column) = column.filter(is_left) {
            column.fill = Fill::Derived(*derived);
        }
    }
}

/// An id that is made of the values which name the row.
fn made_of(dialect: Dialect, model: &Arc<str>, of: &[&Column]) -> Option<Column> {
    let codec = match of {
        [one] => Codec { read: format!("{{.}}{}", one.name).into(), ..one.codec.clone() },
        [first, second] => Codec::plain(Wire::Text).reading(pair(dialect.syntax().loose_equality, first, second)),
        _ => return None,
    };
    let plain = Column::plain(dialect, model.clone(), ID, Kind::Text, Role::Free);
    Some(Column { name: String::new(), codec, generated: true, ..plain })
}

/// What is said where an application gives an id that is made of other values.
pub fn made(model: &str) -> Error {
    Error::invalid_value(model, ID, "is made of other columns, and cannot be given")
}

/// The id of a condition, which must be one that equals.
pub fn only_equal(model: &str, is_equal: bool) -> Result<()> {
    if is_equal {
        Ok(())
    } else {
        Err(Error::invalid_value(model, ID, "is made of other columns: it can only be compared by eq"))
    }
}
