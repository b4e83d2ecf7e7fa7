//! From a request to statements: what can be refused without the database is refused here.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crate::driver::sqlite::reader::Long;
use crate::engine::arguments::Encoder;
use crate::engine::batched_lookup::Batched;
use crate::engine::batched_write::BatchedWrite;
use crate::engine::borrowed;
use crate::engine::compiled::{Compiled, Steps};
use crate::engine::filter::predicates;
use crate::engine::first_form::FirstForm;
use crate::engine::insert::insert;
use crate::engine::joins::{Joined, Many};
use crate::engine::mirrored;
use crate::engine::replaced_delete::Replaced;
use crate::engine::request::{Along, Join, Method, Request};
use crate::engine::seal::{self, NAMES, Seal};
use crate::engine::select::Single;
use crate::engine::settle::repeats;
use crate::engine::statements::Statements;
use crate::engine::tables::Tables;
use crate::engine::token::Token;
use crate::engine::unique_check::UniqueCheck;
use crate::engine::update::Change;
use crate::engine::written::Written;
use crate::error::{Code, Error, Result};
use crate::statement::statement::Statement;
use crate::table::builder::Builder;
use crate::table::column::Column;
use crate::table::shared::Address;
use crate::table::table::{ID, Table};

pub fn compile(tables: &Tables, request: &Request) -> Result<Compiled> {
    let table = tables.get(&request.model)?;
    if table.made_id().is_some() && request.set.iter().any(|field| field == ID) {
        return Err(borrowed::made(&table.model));
    }
    seal::verify_conditions(table, request)?;
    let bound = seal::bound(table, request);
    let request = bound.as_ref().unwrap_or(request);
    let mut encoders = Vec::new();
    let written = request.set.iter().map(|field| table.column(field)).collect::<Result<Vec<_>>>()?;
    encoders.extend(written.iter().map(|column| Encoder::Store((*column).clone())));
    let counters = request.increment.iter().map(|field| table.column(field)).collect::<Result<Vec<_>>>()?;
    encoders.extend(counters.iter().map(|column| Encoder::Add((*column).clone())));
    let mut changes: Vec<_> = (0..)
        .zip(written.iter().chain(&counters))
        .map(|(index, column)| Change { column, index, adds: index >= written.len(), rehashes: false })
        .collect();

    let mut next = changes.len();
    let mut statements = Statements {
        dialect: tables.dialect,
        table,
        predicates: predicates(tables.dialect, table, request, &mut next, &mut encoders)?,
        shown: shown(table, request)?,
        joined_only: request.joined_only,
    };
    let token = Token::of(&statements, request, &written);
    if request.method == Method::Update
        && let Some((column, index)) = statements.rehashed()
    {
        changes.push(Change { column, index, adds: false, rehashes: true });
    }
    // What is bound by the plan itself comes last, and is no argument of the caller's.
    let asked = statements.predicates.len() - if bound.is_some() { NAMES } else { 0 };
    let conditions = bound.is_some().then(|| &statements.predicates[..asked]);
    encoders.truncate(encoders.len() - if bound.is_some() { NAMES } else { 0 });
    let seal = Seal::new(&statements, request, &written, &changes, conditions)?;
    let mut compiled = Compiled {
        token,
        method: request.method,
        model: table.model.clone(),
        encoders,
        fills: Vec::new(),
        seal,
        checks: if request.method == Method::Create {
            Vec::new()
        } else {
            UniqueCheck::all(&statements, request, &written)
        },
        followed: None,
        both: None,
        first_form: None,
        otherwise: None,
        mirrored: mirrored::statements(&statements, request),
        may_mirror: mirrored::concerns(&statements, request)
            && table.shared.secret.as_ref().is_some_and(|secret| secret.elsewhere.is_none()),
        inserted: Vec::new(),
        repeats: match request.method {
            Method::Update => repeats(&statements, &changes),
            // What is gone stays gone; what it was is not answered the second time.
            Method::Delete => !table.triggered,
            Method::DeleteMany => !table.triggered && request.uncounted,
            _ => false,
        },
        steps: Steps::Count(statements.count()),
        joins: Vec::new(),
        batched: None,
        batched_write: None,
        one: request.method == Method::FindOne && request.lenient,
        owner: None,
        long: Long::default(),
        foretold: AtomicBool::default(),
    };
    let syntax = tables.dialect.syntax();
    // Where a change cannot answer rows, the conditions find them again unless it changes what they are about. What a counter
    // came to is for a look-up to tell.
    let found_again = || {
        let changed =
            |column: &Column| changes.iter().any(|change| !change.rehashes && change.column.name == column.name);
        !changes.iter().any(|change| change.adds)
            && !statements.predicates.iter().any(|predicate| changed(predicate.column))
    };
    let locked_id = next;
    let is_followed = match request.method {
        Method::Create => syntax.insert_returning && table.followed.insert,
        Method::Update | Method::IncrementOne => syntax.update_returning && table.followed.update,
        _ => false,
    };
    if is_followed && !table.identity.is_empty() {
        compiled.followed = Some(statements.by_identity());
    }
    compiled.steps = match request.method {
        Method::Count => compiled.steps,
        Method::Create => insert(tables, &statements, request, written, &mut compiled)?,
        Method::FindOne | Method::FindMany => {
            let singles = joins(tables, table, request, &mut statements.shown, &mut next, &mut compiled)?;
            for (given, name) in [(request.limit, "limit"), (request.offset, "offset")] {
                if given {
                    compiled.encoders.push(Encoder::Amount(name));
                }
            }
            let sort = request.sort.iter().map(|sort| Ok((table.column(&sort.field)?, sort.descending)));
            let sort = sort.collect::<Result<Vec<_>>>()?;
            if request.method == Method::FindOne && compiled.joins.iter().all(Joined::is_one_by_a_key) {
                compiled.batched = Batched::new(&statements, &singles, request.lenient).map(Arc::new);
            }
            let prefix = if singles.is_empty() { "" } else { "b." };
            let one = request.method == Method::FindOne && sort.is_empty() && !request.lenient;
            let find = |statements: &Statements<'_>| {
                statements.find(&singles, |built| {
                    let built = if one { statements.in_order(built, prefix) } else { built };
                    let built = tail(built, prefix, &sort, request, next);
                    if request.locks { built.push(syntax.seize) } else { built }
                })
            };
            let found = find(&statements);
            compiled.first_form = FirstForm::new(&statements, request, |likelier| Statement {
                lenient: request.forgiving,
                ..find(likelier)
            });
            if let Some(in_any_case) = by_address(&statements, request) {
                // Few look-ups are by an address: none waits for others.
                compiled.batched = None;
                compiled.otherwise = Some(in_any_case.find(&singles, |built| built.push(" LIMIT 2")));
            }
            Steps::Find(Statement { lenient: request.forgiving, ..found })
        }
        Method::Update if syntax.update_returning => Steps::Update {
            write: statements.update(&changes, true),
            // Of rows by other conditions, another caller may have changed what they are about.
            find: (syntax.drops_rows && found_again() && (request.lenient || statements.is_one_by_a_key()))
                .then(|| statements.find_after_write()),
        },
        Method::Update if found_again() => Steps::Then {
            written: Written::new(
                changes.iter().filter(|change| !change.is_moment()).map(|change| (change.column, change.index)),
                &statements.shown,
            ),
            write: statements.update(&changes, false),
            read: statements.first(request),
        },
        Method::Update => Steps::Locked {
            find: statements.lock_one(false)?,
            write: statements.update(&changes, false),
            read: Some(statements.by_id(locked_id)?),
        },
        Method::UpdateMany => Steps::Affect(statements.update(&changes, false)),
        Method::Delete | Method::DeleteMany | Method::ConsumeOne if table.followed.delete => {
            Steps::Replaced(Box::new(Replaced::new(&statements, request.method)?))
        }
        // Of all who delete one row at once (use a token, say), the database gives it to one.
        Method::Delete if !request.along.is_empty() => {
            Steps::Return(statements.delete_along(&others(tables, request)?, true))
        }
        Method::Delete if syntax.delete_returning => Steps::Return(statements.delete(true)),
        Method::Delete => Steps::Take { read: statements.first(request), write: statements.delete(false) },
        Method::DeleteMany if !request.along.is_empty() => {
            let [key] = request.filter.as_slice() else {
                return Err(Error::new(Code::Internal, "several keys go along"));
            };
            Steps::Affect(statements.delete_from_all(table.column(&key.field)?, &others(tables, request)?))
        }
        Method::DeleteMany => Steps::Affect(statements.delete(false)),
        Method::ConsumeOne if syntax.delete_returning => Steps::Return(statements.delete_one()?),
        // Of all who read the row of a unique key, one deletes it.
        Method::ConsumeOne if statements.is_one_by_a_key() => {
            Steps::Take { read: statements.find(&[], |built| built), write: statements.delete(false) }
        }
        Method::ConsumeOne => {
            Steps::Locked { find: statements.lock_one(true)?, write: statements.delete_locked(locked_id)?, read: None }
        }
        Method::IncrementOne if syntax.update_returning => Steps::Return(statements.update_one(&changes)?),
        Method::IncrementOne => Steps::Locked {
            find: statements.lock_one(false)?,
            write: statements.update_locked(&changes, locked_id)?,
            read: Some(statements.by_id(locked_id)?),
        },
    };
    if let (Method::Update, Steps::Then { write, read, .. }) = (request.method, &compiled.steps) {
        compiled.both = syntax.compound.map(|compound| write.then(compound, read));
    }
    if request.method != Method::Create && compiled.checks.is_empty() && compiled.followed.is_none() {
        let batched = |wires| BatchedWrite::new(&statements, request, &changes, wires, compiled.repeats);
        compiled.batched_write = compiled.wires().and_then(batched).map(Arc::new);
    }
    if !compiled.mirrored.is_empty() {
        compiled.batched_write = None;
    }
    Ok(compiled)
}

/// The rows that go along, by their tables and the columns that hold the key.
fn others<'plan>(tables: &'plan Tables, request: &Request) -> Result<Vec<(&'plan Table, &'plan Column)>> {
    let other = |along: &Along| {
        let other = tables.get(&along.model)?;
        Ok((other, other.column(&along.field)?))
    };
    request.along.iter().map(other).collect()
}

fn shown<'plan>(table: &'plan Table, request: &Request) -> Result<Vec<&'plan Column>> {
    if request.select.is_empty() {
        return Ok(table.visible().collect());
    }
    let column = |field: &String| match table.made_id() {
        Some(id) if field == ID => Ok(id),
        _ => table.read(field),
    };
    request.select.iter().map(column).collect()
}

/// What looks for the row of an address in any case.
fn by_address<'plan>(statements: &Statements<'plan>, request: &Request) -> Option<Statements<'plan>> {
    let Address { at, sieve } = statements.table.shared.address.as_ref()?;
    let address = &statements.table.columns[*at];
    let [predicate] = statements.predicates.as_slice() else { return None };
    let is_it = predicate.column.name == address.name && predicate.pins();
    (request.method == Method::FindOne && is_it).then(|| Statements {
        predicates: vec![predicate.in_any_case(sieve.as_ref())],
        shown: statements.shown.clone(),
        ..*statements
    })
}

/// Joins to one become part of the statement if they may, joins to many further ones. `next` is the argument after the last.
fn joins<'plan>(
    tables: &'plan Tables,
    table: &'plan Table,
    request: &Request,
    shown: &mut Vec<&'plan Column>,
    next: &mut usize,
    compiled: &mut Compiled,
) -> Result<Vec<Single<'plan>>> {
    let mut singles = Vec::new();
    for Join { model, from, to, many, apart, inner } in &request.join {
        let other = tables.get(model)?;
        let (from, to) = (table.column(from)?, other.column(to)?);
        if *inner {
            singles.push(Single { table: other, from, to, inner: true });
            compiled.joins.push(Joined::Single);
            continue;
        }
        compiled.encoders.push(Encoder::Amount("limit"));
        *next += 1;
        // Only a unique key keeps the rows from multiplying.
        if !many && !apart && other.is_unique(&[&to.name]) {
            singles.push(Single { table: other, from, to, inner: false });
            compiled.joins.push(Joined::Single);
            continue;
        }
        let place = shown.iter().position(|column| column.name == from.name).unwrap_or_else(|| {
            shown.push(from);
            shown.len() - 1
        });
        compiled.joins.push(Joined::Many(Box::new(Many {
            dialect: tables.dialect,
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
    Ok(singles)
}

/// ` ORDER BY … LIMIT … OFFSET …`, whose arguments begin at `first`.
fn tail(built: Builder, prefix: &str, sort: &[(&Column, bool)], request: &Request, first: usize) -> Builder {
    let built = sort.iter().enumerate().fold(built, |built, (position, (column, descending))| {
        let (before, order) = (if position > 0 { ", " } else { " ORDER BY " }, if *descending { " DESC" } else { "" });
        built.push(&format!("{before}{prefix}{}{order}", column.name))
    });
    let built = match (request.method, request.limit) {
        // Of several, the first by its values answers.
        (Method::FindOne, _) if request.lenient => built,
        (Method::FindOne, _) => built.push(" LIMIT 1"),
        (_, true) => built.push(" LIMIT ").limit(first),
        // An offset cannot do without, on some databases.
        (_, false) if request.offset => built.push(" LIMIT 9223372036854775807"),
        (_, false) => built,
    };
    if request.offset { built.push(" OFFSET ").limit(first + usize::from(request.limit)) } else { built }
}
