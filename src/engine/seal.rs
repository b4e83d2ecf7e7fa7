//! Tokens on their way into a row: encrypted for the account that the row is about.
//!
//! An INSERT says which account that is. An UPDATE may name its row otherwise: the account is then read first, and becomes part
//! of the conditions, so that no other row gets what was encrypted for this one.

use std::borrow::Cow;

use crate::driver::executor::Executor;
use crate::encryption::keyring::looks_sealed;
use crate::encryption::place::Place;
use crate::engine::predicate::Predicate;
use crate::engine::request::{Condition, Method, Request};
use crate::engine::statements::Statements;
use crate::engine::update::Change;
use crate::engine::where_clause::where_clause;
use crate::error::{Code, Error, Result};
use crate::statement::statement::{Statement, name, stored_name};
use crate::table::builder::Builder;
use crate::table::column::{Column, Encrypted};
use crate::table::table::Table;
use crate::value::Value;

/// The columns that name an account.
pub const NAMES: usize = 2;

#[derive(Debug)]
pub struct Seal {
    /// The arguments that are tokens, and their columns.
    tokens: Vec<(usize, Column)>,
    /// The arguments that name the account, where the request gives them.
    given: [Option<usize>; NAMES],
    /// The columns that name it.
    names: [Column; NAMES],
    /// Reads what names the account of the row that an UPDATE is about, and after that the tokens that it leaves as they are.
    pub(super) find: Option<Statement>,
    /// The same UPDATE without the account among its conditions, for all accounts that the caller's mean.
    pub(super) all: Option<Statement>,
}

/// How the tokens of a table are encrypted, if they are.
fn encrypted(table: &Table) -> Option<&Encrypted> {
    table.columns.iter().find_map(|column| column.encrypted.as_deref())
}

fn names(encrypted: &Encrypted) -> [&Column; NAMES] {
    [&encrypted.provider, &encrypted.account]
}

/// Whether a request writes tokens, or what names the account that they are encrypted for.
fn concerns(table: &Table, request: &Request) -> bool {
    let Some(encrypted) = encrypted(table) else { return false };
    let names = names(encrypted);
    let is_of_it = |column: &Column| column.encrypted.is_some() || names.iter().any(|name| name.name == column.name);
    request.set.iter().chain(&request.increment).filter_map(|field| table.column(field).ok()).any(is_of_it)
}

/// An UPDATE of tokens with the account among its conditions, whose arguments come last and are not the caller's. `None` for all
/// other requests.
pub fn bound(table: &Table, request: &Request) -> Option<Request> {
    let updates = matches!(request.method, Method::Update | Method::UpdateMany | Method::IncrementOne);
    let names = names(encrypted(table).filter(|_| updates && concerns(table, request))?);
    let position = |wanted: &Column| table.columns.iter().position(|column| column.name == wanted.name);
    let name = |column: &Column| position(column).and_then(|position| table.names.get(position));
    let conditions: Option<Vec<_>> =
        names.iter().map(|column| name(column).map(|name| Condition::equals(name))).collect();
    let filter = request.filter.iter().cloned().chain(conditions?).collect();
    Some(Request { filter, ..request.clone() })
}

/// Refuses conditions on tokens: the same one is stored as another text each time.
pub fn verify_conditions(table: &Table, request: &Request) -> Result<()> {
    let compared = request.filter.iter().filter(|condition| condition.places.is_some() || !condition.null);
    let sorted = request.sort.iter().map(|sort| &sort.field);
    for field in compared.map(|condition| &condition.field).chain(sorted) {
        // An id that is made of other columns has none, and fields that nothing stands for are refused where they are compared.
        if table.column(field).is_ok_and(|column| column.encrypted.is_some()) {
            let message = format!("{}.{field} is encrypted: no row can be found or sorted by it", table.model);
            let error = Error::new(Code::InvalidArgument, message);
            return Err(error.about("table", &*table.model).about("field", field.clone()));
        }
    }
    Ok(())
}

impl Seal {
    /// `written`: the columns whose arguments are at their positions. `conditions`: those of the caller, where the account is not
    /// given by the row itself.
    pub fn new(
        statements: &Statements<'_>,
        request: &Request,
        written: &[&Column],
        changes: &[Change<'_>],
        conditions: Option<&[Predicate<'_>]>,
    ) -> Result<Option<Self>> {
        let table = statements.table;
        let Some(encrypted) = encrypted(table).filter(|_| concerns(table, request)) else { return Ok(None) };
        let names = names(encrypted);
        let tokens: Vec<_> = (0..).zip(written).filter(|(_, column)| column.encrypted.is_some()).collect();
        let given = names.map(|name| written.iter().position(|column| column.name == name.name));
        if conditions.is_none()
            && !tokens.is_empty()
            && let Some(place) = given.iter().position(Option::is_none)
        {
            return Err(names[place].missing());
        }
        let find = conditions.map(|conditions| {
            let built = Builder::new(statements.dialect).push("SELECT ");
            let is_left = |column: &&Column| {
                column.encrypted.is_some() && !written.iter().any(|written| written.name == column.name)
            };
            let shown = names.into_iter().chain(table.columns.iter().filter(is_left));
            let built = shown.fold(built, |built, column| built.output("", column));
            where_clause(built.push(" FROM ").push(&table.name), "", conditions).build()
        });
        let names_stay = |_: &&[Predicate<'_>]| {
            let changed = |name: &Column| changes.iter().any(|change| change.column.name == name.name);
            request.method == Method::UpdateMany && !names.into_iter().any(changed)
        };
        let all = conditions.filter(names_stay).map(|conditions| {
            let (predicates, shown) = (conditions.to_vec(), statements.shown.clone());
            Statements { predicates, shown, ..*statements }.update(changes, false)
        });
        let tokens = tokens.into_iter().map(|(index, column)| (index, (*column).clone())).collect();
        Ok(Some(Self { tokens, given, names: names.map(Clone::clone), find, all }))
    }

    /// What is done where tokens are only taken away: that is the same for every account.
    pub fn clears(&self, values: &[Value]) -> Option<&Statement> {
        let is_null = |(index, _): &(usize, Column)| values.get(*index) == Some(&Value::Null);
        self.all.as_ref().filter(|_| self.tokens.iter().all(is_null))
    }

    /// Whether the row has to be read before `values` can be encrypted.
    pub fn reads(&self) -> bool {
        self.find.is_some()
    }

    /// Encrypts the tokens of a new row.
    pub fn seal(&self, values: &mut [Value]) -> Result<()> {
        self.seal_for(values, [&Value::Null; NAMES])
    }

    /// `values` with their tokens encrypted for the row that they are about, and what names its account in the last places. `None`
    /// if there is no such row.
    pub async fn found(&self, executor: &mut impl Executor, values: &[Value]) -> Result<Option<Vec<Value>>> {
        let Some(find) = &self.find else { return Ok(Some(values.to_vec())) };
        let rows = executor.rows(find, values).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        if rows.iter().any(|other| other[..NAMES] != row[..NAMES]) {
            let message = "tokens are encrypted for one account each: the conditions have to mean one account";
            return Err(Error::new(Code::InvalidArgument, message).about("table", &*self.names[0].table));
        }
        let mut values = values.to_vec();
        let first = values.len() - NAMES;
        for (place, column) in self.names.iter().enumerate() {
            values[first + place] = column.codec.store(row[place].clone()).unwrap_or(Value::Null);
        }
        let stays = |place: usize| match self.given[place] {
            Some(given) => self.text(&values[given], place) == name(&row[place]),
            None => true,
        };
        let is_left = |row: &Vec<Value>| row[NAMES..].iter().any(|token| *token != Value::Null);
        if !(0..NAMES).all(stays) && rows.iter().any(is_left) {
            let message = format!(
                "{}: its tokens are encrypted for the account that it is: who gives it another provider or id has to give all of its \
                 tokens too, or null",
                self.names[0].table
            );
            return Err(Error::new(Code::InvalidArgument, message).about("table", &*self.names[0].table));
        }
        let row = [&row[0], &row[1]];
        self.seal_for(&mut values, row)?;
        Ok(Some(values))
    }

    /// What names the account, as records show it.
    fn text<'a>(&self, stored: &'a Value, place: usize) -> Cow<'a, str> {
        let column = &self.names[place];
        match column.codec.revive(column.kind, stored.clone()) {
            Some(revived) => name(&revived).into_owned().into(),
            None => name(stored),
        }
    }

    /// `row`: what names the account where the request does not.
    fn seal_for(&self, values: &mut [Value], row: [&Value; NAMES]) -> Result<()> {
        let named = |place: usize| match self.given[place] {
            Some(given) => self.text(&values[given], place).into_owned(),
            None => name(row[place]).into_owned(),
        };
        let stored = |place: usize| {
            let known = Value::Text(named(place));
            stored_name(self.names[place].codec.translation.as_ref(), &known).into_owned()
        };
        let (provider, account) = (stored(0), stored(1));
        for (index, column) in &self.tokens {
            let (Value::Text(text), Some(encrypted)) = (&values[*index], &column.encrypted) else { continue };
            if looks_sealed(text) {
                return Err(column.invalid("begins as encrypted tokens do"));
            }
            let place = Place { purpose: encrypted.purpose, provider: &provider, account: &account };
            values[*index] = Value::Text(encrypted.keyring.seal(place, text)?);
        }
        Ok(())
    }
}
