//! How a row is inserted, and how the inserted row comes to be known.

use std::sync::Arc;

use crate::engine::batched_write::BatchedWrite;
use crate::engine::compiled::{Compiled, Steps};
use crate::engine::owner_check::OwnerCheck;
use crate::engine::request::Request;
use crate::engine::settle::Inserted;
use crate::engine::shared_statements::Owning;
use crate::engine::statements::Statements;
use crate::engine::tables::Tables;
use crate::engine::unique_check::UniqueCheck;
use crate::engine::written::Written;
use crate::error::{Error, Result};
use crate::statement::statement::Statement;
use crate::table::builder::Builder;
use crate::table::column::{Column, Fill};
use crate::table::table::Table;

/// The steps of an INSERT of the columns `written`, and of those that fill themselves.
pub fn insert(
    tables: &Tables,
    statements: &Statements<'_>,
    request: &Request,
    written: Vec<&Column>,
    compiled: &mut Compiled,
) -> Result<Steps> {
    let (table, syntax) = (statements.table, statements.dialect.syntax());
    let mut columns = written;
    let given = columns.len();
    for column in &table.columns {
        if columns[..given].iter().any(|written| written.name == column.name) || column.generated {
            continue;
        }
        if column.fill == Fill::Unknown {
            return Err(Error { stale: true, ..column.missing() });
        }
        if matches!(column.fill, Fill::Id { .. } | Fill::Now | Fill::Derived(_)) {
            compiled.fills.push(column.clone());
            columns.push(column);
        }
    }
    compiled.checks = UniqueCheck::all(statements, request, &columns);
    compiled.inserted = Inserted::all(statements, &columns);
    let owner = match &request.owner {
        Some(owner) => {
            let of = tables.get(&owner.model)?;
            Some((of, of.column(&owner.key)?, owner.field.as_str()))
        }
        None => None,
    };
    compiled.owner = owner.map(|(of, key, field)| {
        let find = Builder::new(statements.dialect).push("SELECT ").output("", key);
        let find = find.push(" FROM ").push(&of.name).push(" WHERE ").equals("", key, 0);
        let field = field.to_owned();
        OwnerCheck { model: table.model.clone(), field, find: syntax.drops_rows.then(|| find.build()) }
    });
    let refers = request.owner.as_ref().or(request.refers.as_ref()).map(|owner| {
        let of = tables.get(&owner.model)?;
        Ok::<_, Error>(Owning {
            table: of,
            key: of.column(&owner.key)?,
            column: table.column(&owner.field)?,
            holds: request.owner.is_some(),
        })
    });
    if compiled.checks.is_empty() {
        let batched = BatchedWrite::of_inserts(statements, &columns, refers.transpose()?.as_ref());
        compiled.batched_write = batched.map(Arc::new);
    }
    let write = statements.insert(&columns, owner.map(|(of, key, _)| (of, key)));
    if table.keeps {
        let argument = |shown: &&Column| columns.iter().position(|column| column.name == shown.name);
        let arguments = statements.shown.iter().map(argument).collect();
        // Its row is known without being read.
        return Ok(Steps::Keep { write: write.unread(statements.shown.iter().copied()).build(), arguments });
    }
    if syntax.insert_returning {
        return Ok(Steps::Return(statements.returning(write, table.followed.insert)));
    }
    let read = statements.inserted(&columns);
    let written = Written::new((0..).zip(&columns).map(|(index, column)| (*column, index)), &statements.shown);
    Ok(Steps::Then { write: write.build(), read, written })
}

impl Statements<'_> {
    /// `INSERT` of columns with the arguments at their positions. Nothing is inserted unless there is the `owner`, a table and
    /// the column that the next argument is compared with; that row then stays until the transaction's end.
    fn insert(&self, columns: &[&Column], owner: Option<(&Table, &Column)>) -> Builder {
        let syntax = self.dialect.syntax();
        let built = self.on_table("INSERT INTO ");
        if columns.is_empty() && owner.is_none() {
            return built.push(syntax.insert_nothing);
        }
        let is_left = |column: &&Column| {
            column.fill == Fill::Trigger && !columns.iter().any(|written| written.name == column.name)
        };
        let is_named = owner.is_some() && syntax.names_what_triggers_fill;
        let left: Vec<_> = self.table.columns.iter().filter(|column| is_named && is_left(column)).collect();
        let names = columns.iter().chain(&left);
        let built = built.push(" (").separated(", ", names, |built, column| built.push(&column.name));
        let built = built.push(if owner.is_some() { ") SELECT " } else { ") VALUES (" });
        let value = |built: Builder, (index, column): (usize, &&Column)| built.argument(column, index);
        let built = built.separated(", ", columns.iter().enumerate(), value);
        let Some((table, key)) = owner else { return built.push(")") };
        let built = left.iter().fold(built, |built, _| built.push(", NULL"));
        built.push(" FROM ").push(&table.name).push(" WHERE ").equals("", key, columns.len()).push(syntax.hold)
    }

    /// The row that was just inserted with `columns`, by what names it: their arguments, or the number that the database
    /// counted up.
    fn inserted(&self, columns: &[&Column]) -> Statement {
        let named = |built: Builder, column: &Column| match columns.iter().position(|each| each.name == column.name) {
            Some(index) => built.equals("", column, index),
            None => built.push(&column.name).push(" = ").push(self.dialect.syntax().last_id),
        };
        self.rows([]).push(" WHERE ").separated(" AND ", self.table.identity(), named).build()
    }
}
