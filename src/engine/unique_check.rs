//! The look before an INSERT into a table that ought to have a unique key and has none.

use crate::driver::executor::Executor;
use crate::engine::statements::Statements;
use crate::error::{Code, Error, Result};
use crate::statement::statement::{Output, Statement};
use crate::table::builder::Builder;
use crate::table::column::Column;
use crate::value::Value;

/// Refuses what the table ought to refuse. Others that insert the same wait for the lock, and then see the row.
#[derive(Debug)]
pub struct UniqueCheck {
    table: String,
    /// Takes a lock by name; `None` where a transaction that writes is alone anyway.
    lock: Option<Statement>,
    find: Statement,
    /// The arguments of the INSERT that make up the key.
    key: Vec<usize>,
}

impl UniqueCheck {
    /// The checks before an INSERT of `columns`, whose arguments are at their positions.
    pub fn all(statements: &Statements<'_>, columns: &[&Column]) -> Vec<Self> {
        let table = statements.table;
        let check = |key: &Vec<usize>| {
            let key: Vec<&Column> = key.iter().map(|position| &table.columns[*position]).collect();
            let place = |column: &&Column| columns.iter().position(|each| each.name == column.name);
            let arguments = key.iter().map(place).collect::<Option<Vec<_>>>()?;
            let find = Builder::new(statements.dialect).push("SELECT ").unnamed("1", Output::number());
            let find = find.push(" FROM ").push(&table.name).push(" WHERE ").matching("", key, 0).push(" LIMIT 1");
            Some(Self {
                table: table.model.to_string(),
                lock: lock(statements),
                find: find.build(statements.persistent),
                key: arguments,
            })
        };
        table.unguarded.iter().filter_map(check).collect()
    }

    /// The key's values among those of the INSERT; `None` if one of them is null.
    fn key(&self, values: &[Value]) -> Option<Vec<Value>> {
        let key: Vec<_> = self.key.iter().map(|index| values[*index].clone()).collect();
        (!key.contains(&Value::Null)).then_some(key)
    }
}

/// Refuses what a table ought to refuse. All locks are taken before the first look, at which MySQL's snapshot is taken.
pub async fn run(checks: &[UniqueCheck], executor: &mut impl Executor, values: &[Value]) -> Result<()> {
    let keys = || checks.iter().filter_map(|check| Some((check, check.key(values)?)));
    for (check, key) in keys() {
        if let Some(lock) = &check.lock {
            let name = Value::Text(format!("{} {key:?}", check.table));
            if executor.rows(lock, &[name]).await? != [[Value::Int(1)]] {
                return Err(Error::new(Code::Timeout, "another caller is inserting the same row"));
            }
        }
    }
    for (check, key) in keys() {
        if !executor.rows(&check.find, &key).await?.is_empty() {
            let error = Error::new(Code::Unique, "a row with the same key exists already");
            return Err(error.about("table", check.table.as_str()));
        }
    }
    Ok(())
}

/// What takes the lock that its one argument names; see [`crate::dialect::Syntax::lock`].
fn lock(statements: &Statements<'_>) -> Option<Statement> {
    let text = statements.dialect.syntax().lock?;
    Some(Statement {
        text: text.into(),
        arguments: [0].into(),
        columns: [Output::number()].into(),
        records: [].into(),
        keys: [].into(),
        persistent: statements.persistent,
        lenient: false,
    })
}
