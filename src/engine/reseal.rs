//! The conversion of tokens that are not encrypted as they should be: those that are stored as they are, and, where that is wanted,
//! those of an earlier key or of an account's earlier provider.
//!
//! A token is replaced only where it is still the one that was read: what the application writes meanwhile stays.

use crate::dialect::Dialect;
use crate::driver::executor::Executor;
use crate::encryption::keyring::{Keyring, Standing};
use crate::encryption::place::Place;
use crate::error::{Code, Error, Result};
use crate::statement::statement::{Statement, stored_name};
use crate::table::builder::Builder;
use crate::table::column::{Column, Encrypted};
use crate::table::table::Table;
use crate::value::Value;

/// What is converted besides the tokens that are stored as they are.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Tokens that another key than the first one has encrypted.
    pub rotates: bool,
    /// Providers whose accounts have got another name in the table: the earlier one, and the one of now.
    pub renamed: Vec<(String, String)>,
}

/// What one step has done.
#[derive(Debug, Default)]
pub struct Resealed {
    /// Rows that were looked at.
    pub looked: u64,
    /// Tokens that were converted.
    pub converted: u64,
    /// Tokens that no key can read. They stay as they are.
    pub unreadable: u64,
    /// What names the last row, as it is stored. `None` behind the last row of the table.
    pub place: Option<Vec<Value>>,
}

/// A table's tokens.
pub struct Reseal<'a> {
    dialect: Dialect,
    table: &'a Table,
    identity: Vec<&'a Column>,
    tokens: Vec<&'a Column>,
    encrypted: &'a Encrypted,
}

impl<'a> Reseal<'a> {
    /// `None` for a table without encrypted columns.
    pub fn new(dialect: Dialect, table: &'a Table) -> Result<Option<Self>> {
        let tokens: Vec<_> = table.columns.iter().filter(|column| column.encrypted.is_some()).collect();
        let Some(encrypted) = tokens.first().and_then(|column| column.encrypted.as_deref()) else { return Ok(None) };
        let identity: Vec<_> = table.identity().collect();
        if identity.is_empty() {
            let message = format!("nothing names the rows of the table {}", table.model);
            return Err(Error::new(Code::Schema, message).about("table", &*table.model));
        }
        Ok(Some(Self { dialect, table, identity, tokens, encrypted }))
    }

    fn names(&self) -> [&'a Column; 2] {
        [&self.encrypted.provider, &self.encrypted.account]
    }

    /// Converts what needs it among the next `limit` rows from `place` on, or from the first one.
    pub async fn step(
        &self,
        executor: &mut impl Executor,
        wanted: &Wanted,
        place: Option<&Vec<Value>>,
        limit: u32,
    ) -> Result<Resealed> {
        let arguments = place.map_or(&[][..], Vec::as_slice);
        let mut rows = executor.rows(&self.behind(place.is_some(), limit as usize), arguments).await?;
        let mut done = Resealed::default();
        if rows.len() == limit as usize {
            done.place = rows.last().map(|row| self.place(row));
        }
        if let Some(last) = &done.place {
            let mut alike = executor.rows(&self.alike(), last).await?;
            for row in &rows {
                if let Some(known) = alike.iter().position(|each| each == row) {
                    alike.swap_remove(known);
                }
            }
            rows.append(&mut alike);
        }
        for row in &rows {
            self.row(executor, wanted, row, &mut done).await?;
        }
        Ok(done)
    }

    /// What names a row, as it is stored.
    fn place(&self, row: &[Value]) -> Vec<Value> {
        let stored = |(column, value): (&&Column, &Value)| column.codec.store(value.clone()).unwrap_or(Value::Null);
        self.identity.iter().zip(row).map(stored).collect()
    }

    /// Of rows, what names them, then the names of the account, then its tokens.
    fn rows(&self) -> Builder {
        let shown = self.identity.iter().copied().chain(self.names()).chain(self.tokens.iter().copied());
        let built = Builder::new(self.dialect).push("SELECT ");
        let built = shown.fold(built, |built, column| built.output("", column));
        built.push(" FROM ").push(&self.table.name)
    }

    /// At most `limit` rows in the order of what names them; those `behind` the arguments.
    fn behind(&self, behind: bool, limit: usize) -> Statement {
        let mut built = self.rows();
        let names = self.identity.iter().map(|column| &*column.name).collect::<Vec<_>>().join(", ");
        if behind && self.dialect.syntax().compares_rows {
            built = built.push(&format!(" WHERE ({names}) > ("));
            let name = |built: Builder, (index, column): (usize, &&Column)| built.ordered_argument(column, index);
            built = built.separated(", ", self.identity.iter().enumerate(), name).push(")");
        } else if behind {
            built = built.push(" WHERE ");
            // (a, b) > (0, 1) as (a > 0 OR (a = 0 AND (b > 1))).
            for (index, column) in self.identity.iter().enumerate() {
                built = built.push("(").push(&column.name).push(" > ").ordered_argument(column, index);
                if index + 1 < self.identity.len() {
                    built = built.push(" OR (").push(&column.name).push(" = ").ordered_argument(column, index);
                    built = built.push(" AND ");
                }
            }
            built = built.push(&"))".repeat(self.identity.len() - 1)).push(")");
        }
        built.push(&format!(" ORDER BY {names} LIMIT {limit}")).build()
    }

    /// The rows that share the place of the arguments: to the database, other names may be equal to theirs, and where no unique key
    /// forbids it, rows may have the very same.
    fn alike(&self) -> Statement {
        let built = self.rows().push(" WHERE ");
        let equal = |built: Builder, (index, column): (usize, &&Column)| {
            built.push(&column.name).push(" = ").ordered_argument(column, index)
        };
        built.separated(" AND ", self.identity.iter().enumerate(), equal).build()
    }

    /// Puts the first argument into the place of a token: of the second. The others name the row, and its account.
    fn replace(&self, token: &Column) -> Statement {
        let built = Builder::new(self.dialect).push("UPDATE ").push(&self.table.name).push(" SET ");
        let built = built.push(&token.name).push(" = ").argument(token, 0).push(" WHERE ");
        let named = std::iter::once(token).chain(self.identity.iter().copied()).chain(self.names());
        built.matching("", named, 1).build()
    }

    /// Converts the tokens of one row.
    async fn row(
        &self,
        executor: &mut impl Executor,
        wanted: &Wanted,
        row: &[Value],
        done: &mut Resealed,
    ) -> Result<()> {
        done.looked += 1;
        let (named, tokens) = row.split_at(self.identity.len() + 2);
        let known = &named[self.identity.len()..];
        let stored = |place: usize| stored_name(self.names()[place].codec.translation.as_ref(), &known[place]);
        let (provider, account) = (stored(0), stored(1));
        for (column, stored) in self.tokens.iter().zip(tokens) {
            let (Value::Text(stored), Some(encrypted)) = (stored, &column.encrypted) else { continue };
            let place = Place { purpose: encrypted.purpose, provider: &provider, account: &account };
            let text = match read(&encrypted.keyring, wanted, place, stored) {
                Read::Stays => continue,
                Read::Unreadable => {
                    done.unreadable += 1;
                    continue;
                }
                Read::Text(text) => text,
            };
            let mut values = vec![Value::Text(encrypted.keyring.seal(place, &text)?), Value::Text(stored.clone())];
            for (column, value) in self.identity.iter().copied().chain(self.names()).zip(named) {
                values.push(column.codec.store(value.clone()).unwrap_or(Value::Null));
            }
            done.converted += executor.affected(&self.replace(column), &values).await?;
        }
        Ok(())
    }
}

enum Read {
    Stays,
    Unreadable,
    /// To be encrypted anew.
    Text(String),
}

fn read(keyring: &Keyring, wanted: &Wanted, place: Place<'_>, stored: &str) -> Read {
    // What is to be encrypted is read, also where requests refuse it.
    let keyring = &keyring.reading_plain();
    let standing = keyring.standing(stored);
    let mut earlier = wanted.renamed.iter().filter(|(_, now)| now == place.provider).map(|(then, _)| then).peekable();
    let looked_at = standing == Standing::Plain || earlier.peek().is_some() || wanted.rotates;
    if !looked_at || (standing == Standing::Current && earlier.peek().is_none()) {
        return Read::Stays;
    }
    match keyring.open(place, stored) {
        Ok(_) if standing == Standing::Current || (standing == Standing::Other && !wanted.rotates) => Read::Stays,
        Ok(text) => Read::Text(text),
        Err(_) => {
            let then = earlier.find_map(|then| keyring.open(Place { provider: then, ..place }, stored).ok());
            then.map_or(Read::Unreadable, Read::Text)
        }
    }
}
