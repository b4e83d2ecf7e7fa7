//! A DELETE in whose place a rule or a view's trigger does something else, and which therefore tells nothing: what was found before
//! it and is not found after it has been deleted.

use std::sync::Arc;

use crate::driver::executor::Executor;
use crate::engine::request::Method;
use crate::engine::statements::Statements;
use crate::error::{Error, Result};
use crate::statement::count::number;
use crate::statement::first;
use crate::statement::statement::Statement;
use crate::table::column::Column;
use crate::value::{Records, Value};

#[derive(Debug)]
pub struct Replaced {
    /// Locks the rows that match: of all who are about to delete a row, one does it at a time.
    lock: Statement,
    /// The same rows again, after the DELETE before has committed. What names a row comes after its record.
    find: Statement,
    write: Statement,
    /// How many columns at a row's end name it.
    names: usize,
    /// The DELETE is of one row among those that match: its arguments are what names that row.
    one: bool,
    /// It answers how many rows it deleted.
    counts: bool,
    model: Arc<str>,
}

impl Replaced {
    pub fn new(statements: &Statements<'_>, method: Method) -> Result<Self> {
        let table = statements.table;
        let one = method == Method::ConsumeOne && !statements.is_one_by_a_key();
        let names: Vec<&Column> = table.identity().collect();
        let names = if one && names.is_empty() { vec![table.id()?] } else { names };
        let find = if one { statements.named(&names) } else { statements.find_named(&names, "") };
        let write = if one { statements.delete_named(&names) } else { statements.delete(false) };
        let seize = statements.dialect.syntax().seize;
        let lock = statements.find_named(&names, &if one { format!(" LIMIT 1{seize}") } else { seize.to_owned() });
        Ok(Self {
            lock,
            find,
            write,
            names: names.len(),
            one,
            counts: method == Method::DeleteMany,
            model: table.model.clone(),
        })
    }

    /// All that it sends, in order. The second is sent again after the last.
    #[cfg(test)]
    pub fn statements(&self) -> [(&'static str, &Statement); 3] {
        [("lock", &self.lock), ("find", &self.find), ("write", &self.write)]
    }

    /// What names a row; all of it where the table has nothing that does.
    fn name<'row>(&self, row: &'row [Value]) -> &'row [Value] {
        &row[if self.names == 0 { 0 } else { row.len() - self.names }..]
    }

    /// Deletes the rows, and answers the first of them, or their number.
    pub async fn run(&self, executor: &mut impl Executor, values: &[Value]) -> Result<Records> {
        let locked = executor.rows(&self.lock, values).await?;
        let mut named = Vec::new();
        if self.one {
            let Some(row) = locked.first() else { return Ok(Records::new()) };
            named = self.lock.stored(row, row.len() - self.names);
        }
        let values = if self.one { &named } else { values };
        let is_among = |rows: &[Vec<Value>], row: &[Value]| rows.iter().any(|each| self.name(each) == self.name(row));
        let mut rows = Vec::new();
        if !locked.is_empty() {
            rows = executor.rows(&self.find, values).await?;
            rows.retain(|row| is_among(&locked, row));
        }
        if !rows.is_empty() {
            executor.affected(&self.write, values).await?;
            let left = executor.rows(&self.find, values).await?;
            if rows.iter().any(|row| is_among(&left, row)) {
                return Err(Error::not_deleted(&self.model));
            }
        }
        if self.counts {
            return Ok(vec![number(rows.len() as u64)]);
        }
        let row = first::first(&self.find, rows);
        Ok(row.into_iter().flat_map(|row| self.find.split(row)).collect())
    }
}
