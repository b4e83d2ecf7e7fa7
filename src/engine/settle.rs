//! What becomes of a write whose answer is lost: done again, looked for, or left to the caller.

use chrono::TimeDelta;

use crate::driver::executor::Executor;
use crate::driver::work::{Scope, Work};
use crate::engine::batched_write::Sharing;
use crate::engine::statements::Statements;
use crate::engine::token::Given;
use crate::engine::update::Change;
use crate::error::Result;
use crate::statement::statement::Statement;
use crate::table::column::Column;
use crate::types::codec::Form;
use crate::types::kind::Kind;
use crate::value::{Records, Value};

/// What can be done about a write of which it is not known whether it has taken effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    /// It can be done again: twice comes to the same as once.
    Repeats,
    /// Its row can be looked for by a key that is unique, and otherwise be inserted again.
    Looks,
    /// Nothing: the caller has to know.
    Stays,
}

/// A write that can be done again, or whose row can be looked for.
pub trait Settle: Work<Output = Records> {
    fn doubt(&self) -> Doubt;

    /// How it shares a statement with others, if it may.
    fn shared(&self) -> Option<Sharing<'_>> {
        None
    }

    /// What its caller hears, after the statement that it has shared has come to this.
    fn answered(&self, outcome: Result<Records>) -> Result<Records> {
        outcome
    }

    /// What looks for the row that it inserts, where its doubt is [`Doubt::Looks`].
    fn look(&self) -> Option<Look<'_>>;
}

/// How a row that was inserted is found again, by one unique key.
#[derive(Debug)]
pub struct Inserted {
    find: Statement,
    /// The arguments of the INSERT that make up the key.
    key: Vec<usize>,
    /// The columns that the INSERT writes and the look shows: each with its argument, and its place in a record.
    compared: Vec<(Column, usize, usize)>,
}

impl Inserted {
    /// One for each key that an INSERT of `columns`, whose arguments are at their positions, gives a value.
    pub fn all(statements: &Statements<'_>, columns: &[&Column]) -> Vec<Self> {
        let table = statements.table;
        if table.triggered {
            return Vec::new();
        }
        let identity = Some(&table.identity).filter(|_| table.repeatable);
        let keys = identity.into_iter().chain(&table.unique).filter_map(|key| {
            let of = key.iter().map(|position| &table.columns[*position]);
            let place = |column: &Column| columns.iter().position(|each| each.name == column.name);
            of.map(|column| Some((column, place(column)?))).collect::<Option<Vec<_>>>()
        });
        keys.map(|key| Self {
            find: statements.by_key(&key),
            key: key.iter().map(|(_, argument)| *argument).collect(),
            compared: (0..).zip(columns).filter_map(|(argument, column)| shown(statements, column, argument)).collect(),
        })
        .collect()
    }
}

/// Of a column that may give back something else than it was given (JSON in another order, an address with its mask), nothing is
/// compared.
fn shown(statements: &Statements<'_>, column: &Column, argument: usize) -> Option<(Column, usize, usize)> {
    let is_named = matches!(column.codec.form, Form::Uuid | Form::Caseless | Form::Padded | Form::IntegerId);
    let gives_back = match column.kind {
        Kind::Json | Kind::Float => false,
        Kind::Text => column.codec.read == "{}" || is_named,
        _ => true,
    };
    if !gives_back {
        return None;
    }
    Some((column.clone(), argument, statements.place(column)?))
}

/// Whether one row is given dates, and nothing else: the same dates once more change nothing.
pub fn repeats(statements: &Statements<'_>, changes: &[Change<'_>]) -> bool {
    let asked = |column: &Column| statements.predicates.iter().any(|predicate| predicate.column.name == column.name);
    let dates = |change: &Change<'_>| change.column.kind == Kind::Time && !change.adds && !asked(change.column);
    !changes.is_empty() && changes.iter().all(dates) && statements.is_one_by_a_key() && !statements.table.triggered
}

/// Looks for the row that a call inserts.
#[derive(Debug)]
pub struct Look<'call> {
    inserted: &'call Inserted,
    values: &'call [Value],
    given: Option<&'call Given>,
}

impl<'call> Look<'call> {
    /// By the first key whose values are all there.
    pub fn new(inserted: &'call [Inserted], values: &'call [Value], given: Option<&'call Given>) -> Option<Self> {
        let is_given = |inserted: &&Inserted| inserted.key.iter().all(|argument| values[*argument] != Value::Null);
        inserted.iter().find(is_given).map(|inserted| Self { inserted, values, given })
    }

    /// Whether a row that has the key is the one that the call inserts.
    fn is_own(&self, row: &[Value]) -> bool {
        let compared = &self.inserted.compared;
        compared.iter().all(|(column, argument, place)| is_stored(column, &row[*place], &self.values[*argument]))
    }
}

impl Work for Look<'_> {
    type Output = Records;

    fn scope(&self) -> Scope {
        Scope::Read
    }

    async fn on(&self, executor: &mut impl Executor) -> Result<Records> {
        let find = &self.inserted.find;
        let rows = executor.rows(find, self.values).await?;
        let own = rows.into_iter().filter(|row| self.is_own(row));
        let mut records = own.flat_map(|row| find.split(row)).collect();
        if let Some(given) = self.given {
            given.show(&mut records);
        }
        Ok(records)
    }
}

/// Whether `read` is what became of `stored`: a column may have no room for fractions of a second.
fn is_stored(column: &Column, read: &Value, stored: &Value) -> bool {
    let moment = |value: Option<Value>| if let Some(Value::Time(time)) = value { Some(time) } else { None };
    match (moment(Some(read.clone())), moment(column.codec.revive(column.kind, stored.clone()))) {
        (Some(read), Some(stored)) => (read - stored).abs() <= TimeDelta::seconds(1),
        _ => column.codec.is_same(column.kind, read, stored),
    }
}
