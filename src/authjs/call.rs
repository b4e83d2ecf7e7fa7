//! An operation with its arguments, done to a connection. Every verb is written once.

use std::borrow::Cow;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;

use crate::authjs::layout::TableLayout;
use crate::authjs::model::Table;
use crate::authjs::operation::{Action, Operation};
use crate::authjs::plan::{Plan, Prepared, Removal};
use crate::authjs::row::{given, row};
use crate::authjs::statements::Write;
use crate::authjs::{first, session_list};
use crate::dialect::writer::Writer;
use crate::driver::connection::Connection;
use crate::driver::executor::Verbs;
use crate::driver::work::{Scope, Work};
use crate::error::{Code, Error, Result};
use crate::statement::count::count;
use crate::statement::statement::Statement;
use crate::value::{Fields, Input, Records, Value};

/// An operation with its arguments encoded: all that can be refused without the database has been.
pub struct Call<'plan> {
    pub plan: &'plan Plan,
    pub operation: &'plan Operation,
    pub keys: Vec<Value>,
    /// The given fields that have a column: its position, and the value.
    pub row: Vec<(usize, Value)>,
    pub fields: &'plan Fields,
    /// Whether it has taken effect although it failed, unless a transaction around it was undone.
    pub done: AtomicBool,
}

impl<'plan> Call<'plan> {
    /// `None` if no row can ever match.
    pub fn prepare(plan: &'plan Plan, operation: &'plan Operation, fields: &'plan Fields) -> Result<Option<Self>> {
        if let Prepared::Impossible = plan.prepared(operation) {
            return Err(no_table(plan, operation));
        }
        let table = plan.statements.layout.table(operation.table);
        let mut keys = Vec::with_capacity(operation.keys.len());
        for key in operation.keys {
            let (column, given) = (table.column(key), given(fields, key));
            match given.and_then(|input| column.key(input)) {
                Some(value) => keys.push(value),
                // Without the one that stays, others are unknown. To delete nothing would leave other devices signed in.
                None if operation.action == Action::RevokeOthers && *key != "userId" => {
                    let refused = given.and_then(|input| column.encode(input).err());
                    return Err(refused.unwrap_or_else(|| column.missing()));
                }
                None if operation.action == Action::UpdateExisting => return Err(not_found(operation)),
                None => return Ok(None),
            }
        }
        let row = if operation.writes_fields() { row(plan, operation, fields)? } else { Vec::new() };
        Ok(Some(Self { plan, operation, keys, row, fields, done: AtomicBool::new(false) }))
    }

    /// What the rows of a look-up come to: all that are listed, or else the first.
    pub fn records(&self, statement: &Statement, rows: Vec<Vec<Value>>) -> Records {
        if !self.operation.lists() {
            return first::records(statement, rows);
        }
        if (self.operation.action, self.operation.table) != (Action::List, Table::Session) {
            return rows.into_iter().flat_map(|row| statement.split(row)).collect();
        }
        let token = self.table().column("sessionToken");
        let current = given(self.fields, "sessionToken").and_then(|input| token.key(input));
        session_list::list(self.table(), rows, current.as_ref())
    }

    /// Deletes the session that was listed under the given id. Only the user's own are looked through.
    async fn revoke(&self, connection: &mut impl Verbs, list: &Statement, delete: &Statement) -> Result<Records> {
        let Some(Input::Text(id)) = given(self.fields, "id") else { return Ok(Records::new()) };
        let (Some(place), token) = (
            self.table().listed().position(|column| column.field == "sessionToken"),
            self.table().column("sessionToken"),
        ) else {
            return Ok(Records::new());
        };
        let mut revoked = 0;
        for row in connection.rows(list, &self.keys).await? {
            if session_list::id_of(&row[place]).as_ref() == Some(id)
                && let Some(stored) = token.codec.store(row[place].clone())
            {
                revoked += connection.affected(delete, &[&[stored], self.keys.as_slice()].concat()).await?;
            }
        }
        Ok(count(revoked))
    }

    /// Does it, on any connection.
    pub async fn on(&self, connection: &mut impl Verbs) -> Result<Records> {
        match (self.operation.action, self.plan.prepared(self.operation)) {
            (Action::DeleteUser, Prepared::Write(write)) => {
                let Removal { seize, before, after } = &self.plan.removal;
                if let Some(seize) = seize {
                    connection.rows(seize, &self.keys).await?;
                }
                for child in before {
                    connection.affected(child, &self.keys).await?;
                }
                let deleted = self.delete(connection, write).await?;
                for child in after {
                    connection.affected(child, &self.keys).await?;
                }
                Ok(deleted)
            }
            (_, Prepared::Read(statement)) => {
                Ok(self.records(statement, connection.rows(statement, &self.keys).await?))
            }
            (_, Prepared::Count(statement)) => Ok(count(connection.affected(statement, &self.keys).await?)),
            (_, Prepared::Revoke { list, delete }) => self.revoke(connection, list, delete).await,
            (_, Prepared::Write(write)) => self.delete(connection, write).await,
            (Action::Update | Action::UpdateExisting, Prepared::Varying) => self.update(connection).await,
            (_, Prepared::Varying) => self.insert(connection).await,
            (_, Prepared::Impossible) => Err(no_table(self.plan, self.operation)),
        }
    }

    pub fn table(&self) -> &'plan TableLayout {
        self.plan.statements.layout.table(self.operation.table)
    }

    /// The values given for `fields`; `None` unless all are.
    pub fn given(&self, fields: &[&str]) -> Option<Vec<Value>> {
        let value = |field: &&str| {
            let position = self.table().position(field)?;
            self.row.iter().find(|(each, _)| *each == position).map(|(_, value)| value.clone())
        };
        fields.iter().map(value).collect::<Option<Vec<_>>>().filter(|values| !values.contains(&Value::Null))
    }

    /// Whether the row was written or deleted although the call failed, as far as no transaction was undone.
    pub fn is_done(&self) -> bool {
        self.done.load(Relaxed)
    }

    /// The values by which the row that was inserted is found again, with the fields that hold them.
    pub fn inserted(&self) -> Option<(&'static [&'static str], Vec<Value>)> {
        let table = self.operation.table;
        let keys = std::iter::once(table.identity()).chain(table.keys().iter().copied());
        keys.into_iter().find_map(|key| Some((key, self.given(key)?)))
    }

    /// What a statement came to that answers the rows it writes: it has written those that cannot be read, too.
    pub fn returned(&self, outcome: Result<Records>) -> Result<Records> {
        outcome.inspect_err(|error| self.done.store(error.code == Code::Decode, Relaxed))
    }

    async fn update(&self, connection: &mut impl Verbs) -> Result<Records> {
        let (table, keys) = (self.operation.table, self.operation.keys);
        let (positions, values): (Vec<_>, Vec<_>) = self.row.iter().cloned().unzip();
        let arguments = [self.keys.as_slice(), &values].concat();
        if positions.is_empty() {
            let found = find(connection, &self.plan.statements.find(table, keys), &self.keys).await?;
            return self.existing(found);
        }
        let write = self.plan.updating(self.operation, &positions);
        let mut found = self.changed(connection, &write, &arguments).await?;
        if found.is_empty() && self.may_be_passed_over() {
            // A row that is there although none was changed has been made meanwhile, or is kept as it is.
            let read = self.plan.statements.find(table, keys);
            if !connection.rows(&read, &self.keys).await?.is_empty() {
                found = self.changed(connection, &write, &arguments).await?;
                if found.is_empty() && !connection.rows(&read, &self.keys).await?.is_empty() {
                    return Err(not_stored(self.operation));
                }
            }
        }
        self.existing(found)
    }

    /// The row that an UPDATE changed.
    async fn changed(&self, connection: &mut impl Verbs, write: &Write, arguments: &[Value]) -> Result<Records> {
        match write {
            Write::Returning(statement) => find(connection, statement, arguments).await,
            Write::WithRead { write, .. } if connection.affected(write, arguments).await? == 0 => Ok(Records::new()),
            Write::WithRead { read, .. } => self.as_written(read, find(connection, read, &self.keys).await?),
        }
    }

    /// An error where there has to be a row, and there is none.
    fn existing(&self, found: Records) -> Result<Records> {
        if found.is_empty() && self.operation.action == Action::UpdateExisting {
            return Err(not_found(self.operation));
        }
        Ok(found)
    }

    /// Whether the database may pass over a write and say nothing of it: by a trigger, a rule, or a policy.
    pub fn may_be_passed_over(&self) -> bool {
        self.plan.statements.dialect.syntax().drops_rows
    }

    /// Deletes and returns the row. Only the caller whose DELETE removed it gets it.
    async fn delete(&self, connection: &mut impl Verbs, write: &Write) -> Result<Records> {
        match write {
            Write::Returning(statement) => self.returned(find(connection, statement, &self.keys).await),
            Write::WithRead { write, read } => {
                let found = find(connection, read, &self.keys).await?;
                if found.is_empty() || connection.affected(write, &self.keys).await? == 0 {
                    return Ok(Records::new());
                }
                Ok(found)
            }
        }
    }
}

impl Work for Call<'_> {
    type Output = Records;

    /// An INSERT that has to look first does both in one transaction; so does a write that has to be read back.
    fn scope(&self) -> Scope {
        if self.looks_first() || self.is_read_back() { Scope::Atomic } else { self.operation.scope() }
    }

    async fn run(&self, connection: &mut Connection) -> Result<Records> {
        self.on(connection).await
    }

    async fn write(&self, writer: &mut Writer) -> Result<Records> {
        self.on(writer).await
    }
}

/// The first of the rows that a statement returns.
pub async fn find(connection: &mut impl Verbs, statement: &Statement, arguments: &[Value]) -> Result<Records> {
    Ok(first::records(statement, connection.rows(statement, arguments).await?))
}

pub fn not_stored(operation: &Operation) -> Error {
    Error::not_stored(operation.table.name())
}

fn no_table(plan: &Plan, operation: &Operation) -> Error {
    let why = plan.statements.layout.why_not(operation.table);
    Error::new(Code::Schema, format!("the database has no table for {}: {why}", operation.name))
        .about("table", operation.table.name())
}

fn not_found(operation: &Operation) -> Error {
    let (table, keys) = (operation.table.name(), operation.keys.join(" and "));
    Error::new(Code::NotFound, Cow::Owned(format!("no {table} has the given {keys}"))).about("table", table)
}
