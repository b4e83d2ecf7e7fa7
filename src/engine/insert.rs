//! What inserts a row, and how the row comes to be known.

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
use crate::table::builder::Builder;
use crate::table::column::{Column, Fill};

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
        return Ok(Steps::Keep { write: statements.unread(write), arguments });
    }
    if syntax.insert_returning {
        return Ok(Steps::Return(statements.returning(write, &[], table.followed.insert)));
    }
    let read = statements.inserted(&columns)?;
    let written = Written::new((0..).zip(&columns).map(|(index, column)| (*column, index)), &statements.shown);
    Ok(Steps::Then { write: write.build(), read, written })
}
