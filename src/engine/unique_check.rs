//! The look before a write into a table that ought to have a unique key and has none.

use crate::driver::executor::Executor;
use crate::engine::request::{Method, Request};
use crate::engine::statements::Statements;
use crate::error::{Code, Error, Result};
use crate::statement::statement::{Output, Statement};
use crate::table::builder::Builder;
use crate::table::column::Column;
use crate::table::table::Table;
use crate::value::Value;

/// Refuses what the table ought to refuse. Other calls that write the same values wait for the lock, and then see the row.
#[derive(Debug)]
pub struct UniqueCheck {
    table: String,
    /// The fields of the key, for the error.
    fields: String,
    /// Names the lock, together with the values.
    pub(super) name: String,
    /// Takes a lock by name; `None` where a transaction that writes is alone anyway.
    pub(super) lock: Option<Statement>,
    /// Finds the rows that have the key.
    pub(super) holders: Statement,
    /// The arguments of the write that make up the key.
    key: Vec<usize>,
    /// For a change: finds the rows that it is about.
    pub(super) targets: Option<Statement>,
    /// Whether all rows that match are changed on purpose.
    many: bool,
}

impl UniqueCheck {
    /// The checks before a write of `columns`, whose arguments are at their positions.
    pub fn all(statements: &Statements<'_>, request: &Request, columns: &[&Column]) -> Vec<Self> {
        let (table, method) = (statements.table, request.method);
        let creates = method == Method::Create;
        // Of a row that nothing names, a change cannot tell whether it has the key already.
        let unguarded = table.unguarded.iter().filter(|_| creates || !table.identity.is_empty());
        let claimed = claimed(table, request.claims);
        let checked = unguarded.chain(&claimed);
        let check = |key: &Vec<usize>| {
            let key: Vec<&Column> = key.iter().map(|position| &table.columns[*position]).collect();
            let list = |of: fn(&Column) -> &str| key.iter().map(|column| of(column)).collect::<Vec<_>>().join(", ");
            let place = |column: &&Column| columns.iter().position(|each| each.name == column.name);
            let arguments = key.iter().map(place).collect::<Option<Vec<_>>>()?;
            Some(Self {
                table: table.model.to_string(),
                fields: list(|column| &column.field),
                name: format!("{} {}", table.name, list(|column| &column.name)),
                lock: lock(statements),
                holders: statements.holders(&key),
                key: arguments,
                targets: (!creates).then(|| statements.targets()),
                many: method == Method::UpdateMany,
            })
        };
        checked.filter_map(check).collect()
    }

    /// The key's values among those of the write; `None` if one of them is null: nulls are as many as there are.
    fn key(&self, values: &[Value]) -> Option<Vec<Value>> {
        let key: Vec<_> = self.key.iter().map(|index| values[*index].clone()).collect();
        (!key.contains(&Value::Null)).then_some(key)
    }

    /// Whether the key is another row's than those that the write is about.
    async fn is_taken(&self, executor: &mut impl Executor, key: &[Value], values: &[Value]) -> Result<bool> {
        let holders = executor.rows(&self.holders, key).await?;
        if holders.is_empty() && !self.many {
            return Ok(false);
        }
        let Some(targets) = &self.targets else { return Ok(true) };
        let targets = executor.rows(targets, values).await?;
        // A row that has the key already keeps it.
        let is_kept = targets.iter().all(|target| holders.contains(target));
        let is_free = holders.is_empty() && targets.len() == 1;
        Ok(!is_kept && !is_free)
    }
}

/// Whether there is something to look at.
pub fn any(checks: &[UniqueCheck], values: &[Value]) -> bool {
    checks.iter().any(|check| check.key(values).is_some())
}

/// Refuses what a table ought to refuse. All locks are taken before the first look, at which MySQL's snapshot is taken.
pub async fn run(checks: &[UniqueCheck], executor: &mut impl Executor, values: &[Value]) -> Result<()> {
    let keys = || checks.iter().filter_map(|check| Some((check, check.key(values)?)));
    for (check, key) in keys() {
        if let Some(lock) = &check.lock {
            // To some columns, addresses that differ in case are one.
            let name = Value::Text(format!("{} {key:?}", check.name).to_lowercase());
            if executor.rows(lock, &[name]).await? != [[Value::Int(1)]] {
                let message = "another caller has been writing a row with the same key for too long";
                return Err(Error::new(Code::Timeout, message));
            }
        }
    }
    for (check, key) in keys() {
        if check.is_taken(executor, &key, values).await? {
            let error = Error::new(Code::Unique, "a row with the same key exists already");
            return Err(error.about("table", check.table.as_str()).about("field", check.fields.as_str()));
        }
    }
    Ok(())
}

/// The identity that a new row claims, if no unique index keeps it.
fn claimed(table: &Table, claims: bool) -> Option<Vec<usize>> {
    (claims && !table.named).then(|| table.identity.clone())
}

/// What takes the lock that its one argument names; see [`crate::dialect::Syntax::lock`].
fn lock(statements: &Statements<'_>) -> Option<Statement> {
    let template = statements.dialect.syntax().lock?;
    Some(Builder::new(statements.dialect).template(template, "", 0).unnamed("", Output::number()).build())
}
