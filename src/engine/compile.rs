//! From a request to statements: what can be refused without the database is refused here.

use std::sync::Arc;

use crate::dialect::reader::Long;
use crate::driver::work::Scope;
use crate::engine::arguments::Encoder;
use crate::engine::batched_lookup::Shared;
use crate::engine::filter::predicates;
use crate::engine::joins::{Joined, Many};
use crate::engine::plan::Plan;
use crate::engine::request::{Join, Method, Request, Schema};
use crate::engine::resolve::must_be_given;
use crate::engine::statements::{Change, Single, Statements};
use crate::engine::written::Written;
use crate::error::{Error, Result};
use crate::statement::statement::Statement;
use crate::table::builder::Builder;
use crate::table::column::{Column, Fill};
use crate::table::table::{ID, Table};

/// A request on one database.
#[derive(Debug)]
pub struct Compiled {
    pub method: Method,
    /// The name of the table's model.
    pub model: Arc<str>,
    pub encoders: Vec<Encoder>,
    /// Columns that an INSERT fills by itself, whose values follow the arguments.
    pub fills: Vec<Column>,
    pub steps: Steps,
    /// For each of the request's joins, in order.
    pub joins: Vec<Joined>,
    /// For several callers at once.
    pub shared: Option<Arc<Shared>>,
    /// Whether it is too long for the calling thread.
    pub long: Long,
}

#[derive(Debug)]
pub enum Steps {
    Find(Statement),
    Count(Statement),
    /// Answers how many rows were concerned.
    Affect(Statement),
    /// Answers the first of the rows it wrote or deleted.
    Return(Statement),
    /// The same. Where it changes none, the second finds those that it was about.
    Update {
        write: Statement,
        find: Option<Statement>,
    },
    /// The second answers what the first wrote, if it wrote anything, with what it is known to have written over it.
    Then {
        write: Statement,
        read: Statement,
        written: Written,
    },
    /// The first takes hold of a row, whose id then follows the other arguments. What is answered is what the last reads,
    /// or else what the first found.
    Locked {
        find: Statement,
        write: Statement,
        read: Option<Statement>,
    },
}

impl Compiled {
    pub fn scope(&self) -> Scope {
        match self.steps {
            Steps::Find(_) | Steps::Count(_) => Scope::Read,
            Steps::Affect(_) | Steps::Return(_) | Steps::Update { .. } | Steps::Then { .. } => Scope::Write,
            Steps::Locked { .. } => Scope::Atomic,
        }
    }
}

pub fn compile(plan: &Plan, schema: &Schema, request: &Request) -> Result<Compiled> {
    let table = plan.table(schema, &request.model)?;
    let mut encoders = Vec::new();
    let written = request.set.iter().map(|field| table.column(field)).collect::<Result<Vec<_>>>()?;
    encoders.extend(written.iter().map(|column| Encoder::Store((*column).clone())));
    let counters = request.increment.iter().map(|field| table.column(field)).collect::<Result<Vec<_>>>()?;
    encoders.extend(counters.iter().map(|column| Encoder::Add((*column).clone())));
    let changes: Vec<_> = (0..)
        .zip(written.iter().chain(&counters))
        .map(|(index, column)| Change { column, index, adds: index >= written.len() })
        .collect();

    let filtered = predicates(plan.dialect, table, &request.filter, changes.len(), &mut encoders)?;
    let mut next = filtered.iter().map(|predicate| predicate.end(plan.dialect)).max().unwrap_or(changes.len());
    let mut statements = Statements {
        dialect: plan.dialect,
        persistent: plan.persistent,
        table,
        predicates: filtered,
        shown: shown(table, request)?,
    };
    let mut compiled = Compiled {
        method: request.method,
        model: table.model.clone(),
        encoders,
        fills: Vec::new(),
        steps: Steps::Count(statements.count()),
        joins: Vec::new(),
        shared: None,
        long: Long::default(),
    };
    let returning = plan.dialect.syntax().update_returning;
    // Where a change cannot answer rows, the conditions find them again unless it changes what they are about. What a counter
    // came to is for a look-up to tell.
    let found_again = || {
        let changed = |column: &Column| changes.iter().any(|change| change.column.name == column.name);
        !changes.iter().any(|change| change.adds)
            && !statements.predicates.iter().any(|predicate| changed(predicate.column))
    };
    let locked_id = next;
    compiled.steps = match request.method {
        Method::Count => compiled.steps,
        Method::Create => insert(&statements, written, &mut compiled.fills)?,
        Method::FindOne | Method::FindMany => {
            let (singles, joined) = joins(plan, schema, table, request, &mut statements.shown, &mut next)?;
            compiled.encoders.extend(joined.iter().map(|_| Encoder::Amount("limit")));
            compiled.joins = joined;
            for (given, name) in [(request.limit, "limit"), (request.offset, "offset")] {
                if given {
                    compiled.encoders.push(Encoder::Amount(name));
                }
            }
            let sort =
                request.sort.as_ref().map(|sort| Ok((table.column(&sort.field)?, sort.descending))).transpose()?;
            if request.method == Method::FindOne && compiled.joins.iter().all(Joined::is_one_by_a_key) {
                compiled.shared = Shared::new(&statements, &singles).map(Arc::new);
            }
            let prefix = if singles.is_empty() { "" } else { "b." };
            let one = request.method == Method::FindOne && sort.is_none();
            Steps::Find(statements.find(&singles, |built| {
                let built = if one { statements.in_order(built, prefix) } else { built };
                tail(built, prefix, sort, request, next)
            }))
        }
        Method::Update if returning => Steps::Update {
            write: statements.update(&changes, true),
            // Of rows by other conditions, another caller may have changed what they are about.
            find: (statements.is_one_by_a_key() && found_again()).then(|| statements.find(&[], |built| built)),
        },
        Method::Update if found_again() => Steps::Then {
            written: Written::new(changes.iter().map(|change| (change.column, change.index)), &statements.shown),
            write: statements.update(&changes, false),
            read: statements.find(&[], |built| statements.in_order(built, "").push(" LIMIT 1")),
        },
        Method::Update => Steps::Locked {
            find: statements.lock_one(false)?,
            write: statements.update(&changes, false),
            read: Some(statements.by_id(locked_id)?),
        },
        Method::UpdateMany => Steps::Affect(statements.update(&changes, false)),
        Method::DeleteMany => Steps::Affect(statements.delete()),
        Method::ConsumeOne if plan.dialect.syntax().delete_returning => Steps::Return(statements.delete_one()?),
        Method::ConsumeOne => {
            Steps::Locked { find: statements.lock_one(true)?, write: statements.delete_locked(locked_id)?, read: None }
        }
        Method::IncrementOne if returning => Steps::Return(statements.update_one(&changes)?),
        Method::IncrementOne => Steps::Locked {
            find: statements.lock_one(false)?,
            write: statements.update_locked(&changes, locked_id)?,
            read: Some(statements.by_id(locked_id)?),
        },
    };
    Ok(compiled)
}

fn shown<'plan>(table: &'plan Table, request: &Request) -> Result<Vec<&'plan Column>> {
    if request.select.is_empty() {
        return Ok(table.visible().collect());
    }
    request.select.iter().map(|field| table.column(field)).collect()
}

fn insert(statements: &Statements<'_>, written: Vec<&Column>, fills: &mut Vec<Column>) -> Result<Steps> {
    let table = statements.table;
    let mut columns = written;
    let given = columns.len();
    for column in &table.columns {
        if columns[..given].iter().any(|written| written.name == column.name) || column.generated {
            continue;
        }
        if must_be_given(column) {
            let why = "must not be null, has no default, and was given no value";
            return Err(Error { stale: true, ..Error::invalid_value(&table.model, &column.field, why) });
        }
        if matches!(column.fill, Fill::Id { .. } | Fill::Now) {
            fills.push(column.clone());
            columns.push(column);
        }
    }
    let write = statements.insert(&columns);
    if statements.dialect.syntax().insert_returning {
        return Ok(Steps::Return(write));
    }
    let id = columns.iter().position(|column| column.field == ID);
    let written = Written::new((0..).zip(&columns).map(|(index, column)| (*column, index)), &statements.shown);
    Ok(Steps::Then { write, read: statements.inserted(id)?, written })
}

/// Joins to one become part of the statement if they may, joins to many further ones. `next` is the argument after the last.
fn joins<'plan>(
    plan: &'plan Plan,
    schema: &Schema,
    table: &'plan Table,
    request: &Request,
    shown: &mut Vec<&'plan Column>,
    next: &mut usize,
) -> Result<(Vec<Single<'plan>>, Vec<Joined>)> {
    let (mut singles, mut joined) = (Vec::new(), Vec::new());
    for Join { model, from, to, many, apart } in &request.join {
        let other = plan.table(schema, model)?;
        let (from, to) = (table.column(from)?, other.column(to)?);
        // Only a unique key keeps the rows from multiplying.
        *next += 1;
        if !many && !apart && other.is_unique(&[&to.name]) {
            singles.push(Single { table: other, from, to });
            joined.push(Joined::Single);
            continue;
        }
        let place = shown.iter().position(|column| column.name == from.name).unwrap_or_else(|| {
            shown.push(from);
            shown.len() - 1
        });
        joined.push(Joined::Many(Box::new(Many {
            dialect: plan.dialect,
            persistent: plan.persistent,
            table: other.clone(),
            to: to.clone(),
            from: place,
            limit: *next - 1,
            one: !many,
            distinct: other.is_unique(&[&to.name]),
            all: Default::default(),
            limited: Default::default(),
        })));
    }
    Ok((singles, joined))
}

/// ` ORDER BY … LIMIT … OFFSET …`, whose arguments begin at `first`.
fn tail(built: Builder, prefix: &str, sort: Option<(&Column, bool)>, request: &Request, first: usize) -> Builder {
    let built = match sort {
        Some((column, descending)) => {
            let order = if descending { " DESC" } else { "" };
            built.push(&format!(" ORDER BY {prefix}{}{order}", column.name))
        }
        None => built,
    };
    let built = match (request.method, request.limit) {
        (Method::FindOne, _) => built.push(" LIMIT 1"),
        (_, true) => built.push(" LIMIT ").limit(first),
        // An offset cannot do without, on some databases.
        (_, false) if request.offset => built.push(" LIMIT 9223372036854775807"),
        (_, false) => built,
    };
    if request.offset { built.push(" OFFSET ").limit(first + usize::from(request.limit)) } else { built }
}
