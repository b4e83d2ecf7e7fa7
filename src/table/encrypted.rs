//! Columns whose texts are encrypted, each for the account of its own row.

use std::sync::Arc;

use serde::Deserialize;

use crate::dialect::Dialect;
use crate::encryption::keyring::Keyring;
use crate::encryption::place::Purpose;
use crate::error::{Code, Error, Result};
use crate::table::catalog;
use crate::table::column::{Column, DECLARE, Encrypted, Keeps};
use crate::table::table::Table;
use crate::types::codec::Form;
use crate::types::wire::Wire;

/// Which fields of a table are encrypted, and which ones name the account that they belong to.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Tokens {
    pub provider: String,
    pub account: String,
    pub fields: Vec<(String, Purpose)>,
}

/// So many characters an encrypted token has room for at least. Identity providers' tokens have a few thousand.
pub const ROOM: usize = 4096;

/// Has the tokens of `table` encrypted. Its columns are in their last form.
pub fn encrypt(table: &mut Table, tokens: &Tokens, keyring: &Keyring) -> Result<()> {
    let (provider, account) = (table.column(&tokens.provider)?.clone(), table.column(&tokens.account)?.clone());
    for (field, purpose) in &tokens.fields {
        let Some(position) = table.position(field) else { continue };
        let (provider, account) = (provider.clone(), account.clone());
        let encrypted = Encrypted { purpose: *purpose, keyring: keyring.clone(), provider, account };
        let column = &mut table.columns[position];
        column.encrypted = Some(Arc::new(encrypted));
        // What is read is another text than what is written.
        column.keeps = Keeps::Nothing;
        table.keeps = false;
    }
    Ok(())
}

/// Refuses a column that has no room for encrypted tokens: what a provider sends tomorrow may be longer than what it sends today.
pub fn verify(dialect: Dialect, table: &catalog::Table, column: &Column, physical: &catalog::Column) -> Result<()> {
    let is_any_text = !["enum", "enum domain", "array", "json"].contains(&physical.category.as_str());
    let is_text = column.codec.wire == Wire::Text && column.codec.form == Form::Plain && is_any_text;
    let bound = physical.length.filter(|length| *length < ROOM && !dialect.syntax().dynamic_types);
    let is_free = column.codec.numbering.is_none() && !column.generated;
    let lacks = match bound {
        Some(length) => format!("has room for {length} characters, and needs room for {ROOM} at least"),
        None if is_text && is_free => return Ok(()),
        None if column.is_undeclared() => "is not declared to be a text".to_owned(),
        None => format!("is of the type {}, and has to be a text", physical.type_name),
    };
    let schema = Some(table.schema.as_str()).filter(|schema| !schema.is_empty() && dialect.syntax().schemas);
    let remedy = dialect.syntax().ddl.lengthen.map(|(before, after)| {
        format!(": ALTER TABLE {} {before} {} {after};", dialect.qualified(schema, &table.name), column.name)
    });
    let remedy = remedy.or_else(|| column.is_undeclared().then(|| format!(": {DECLARE}")));
    let message = format!(
        "{}.{} {lacks}, since the option encryption has the tokens in it encrypted{}",
        table.name,
        physical.name,
        remedy.unwrap_or_default()
    );
    let error = Error::new(Code::Schema, message);
    Err(error.about("table", &*column.table).about("field", column.field.to_string()))
}
