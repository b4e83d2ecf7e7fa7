//! An operation with its arguments, done to a connection.

use std::borrow::Cow;
use std::sync::Arc;

use crate::authjs::keys::OWNER;
use crate::authjs::layout::TableLayout;
use crate::authjs::model::Table;
use crate::authjs::operation::{Action, Operation};
use crate::authjs::password_call;
use crate::authjs::password_gate::Gate;
use crate::authjs::password_requests::{PASSWORD, Place};
use crate::authjs::plan::{Plan, Prepared};
use crate::authjs::row::{given, row};
use crate::authjs::session_list;
use crate::driver::executor::Executor;
use crate::driver::sqlite::reader::Reader;
use crate::driver::together;
use crate::driver::work::{Scope, Work};
use crate::engine::batched_write::Sharing;
use crate::engine::call;
use crate::engine::compiled::Compiled;
use crate::engine::owner_check::no_owner;
use crate::engine::settle::{Doubt, Look, Settle};
use crate::error::{Code, Error, Result};
use crate::statement::count::{counted, number};
use crate::value::{Fields, Input, Records, Value};

/// An operation with its arguments encoded: all that can be refused without the database has been.
pub struct Call<'plan> {
    pub plan: &'plan Plan,
    pub operation: &'plan Operation,
    fields: &'plan Fields,
    /// The given fields that have a column: its position, and the value.
    row: Vec<(usize, Value)>,
    steps: Steps<'plan>,
}

enum Steps<'plan> {
    One(call::Call),
    Sequence {
        calls: Vec<call::Call>,
        answers: usize,
    },
    /// The same in one message, of which these are the statements' texts.
    Together {
        calls: Vec<call::Call>,
        answers: usize,
        texts: Vec<String>,
    },
    Revoke {
        list: call::Call,
        delete: &'plan Arc<Compiled>,
        keys: Vec<Value>,
    },
    /// A write, and what comes before it.
    Gated {
        gate: &'plan Gate,
        user: Value,
        call: call::Call,
    },
    /// A new user, and the hash of their password in another table.
    Register {
        user: call::Call,
        hash: Value,
    },
}

impl<'plan> Call<'plan> {
    /// `None` if no row can match in any database.
    pub fn prepare(plan: &'plan Plan, operation: &'plan Operation, fields: &'plan Fields) -> Result<Option<Self>> {
        let prepared = plan.prepared(operation);
        if let Prepared::Impossible = prepared {
            return Err(no_table(plan, operation));
        }
        let table = plan.layout.table(operation.table);
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
        let call = |compiled: &Arc<Compiled>, values: Vec<Value>| call::Call::encoded(compiled.clone(), values);
        let steps = match prepared {
            Prepared::Fixed(compiled) => Steps::One(call(compiled, keys)?),
            Prepared::Varying(choices) => {
                let (positions, mut values): (Vec<_>, Vec<_>) = row.iter().cloned().unzip();
                let compiled = plan.varying(operation, choices, &positions)?;
                values.extend(keys);
                let call = call(&compiled, values)?;
                if let Some(hash) = apart(plan, operation, fields)? {
                    return Ok(Some(Self {
                        plan,
                        operation,
                        fields,
                        row,
                        steps: Steps::Register { user: call, hash },
                    }));
                }
                let owned = compiled.owner.is_some();
                Steps::One(if owned { call.owned_by(owner(plan, operation, fields)?) } else { call })
            }
            Prepared::Sequence { requests, answers } => {
                let calls: Vec<_> =
                    requests.iter().map(|compiled| call(compiled, keys.clone())).collect::<Result<_>>()?;
                match together(plan, &calls) {
                    Some(texts) => Steps::Together { calls, answers: *answers, texts },
                    None => Steps::Sequence { calls, answers: *answers },
                }
            }
            Prepared::Revoke { list, delete } => Steps::Revoke { list: call(list, keys.clone())?, delete, keys },
            Prepared::Stepwise | Prepared::Impossible => return Err(no_table(plan, operation)),
        };
        Ok(Some(Self { plan, operation, fields, row, steps }))
    }

    /// The same, with what comes before it, in one transaction.
    pub fn behind(mut self, gate: &'plan Gate) -> Self {
        let field = if self.operation.table == Table::User { "id" } else { OWNER };
        let id = self.plan.layout.table(Table::User).column("id");
        let user = given(self.fields, field).and_then(|input| id.key(input));
        self.steps = match (self.steps, user) {
            (Steps::One(call), Some(user)) => Steps::Gated { gate, user, call },
            (steps, _) => steps,
        };
        self
    }

    /// The same INSERT of a user's row, which holds on to the user meanwhile. `None` if this one does so already.
    pub fn holding_user(&self) -> Result<Option<Self>> {
        match &self.steps {
            Steps::One(call) if call.compiled.owner.is_none() && self.plan.may_refuse_by_mistake(self.operation) => {}
            _ => return Ok(None),
        }
        let Self { plan, operation, fields, .. } = *self;
        let (positions, values): (Vec<_>, Vec<_>) = self.row.iter().cloned().unzip();
        let call = call::Call::encoded(plan.holding_user(operation, &positions)?, values)?;
        let steps = Steps::One(call.owned_by(owner(plan, operation, fields)?));
        Ok(Some(Self { plan, operation, fields, row: self.row.clone(), steps }))
    }

    /// Answers a look-up without waiting for anything. `None` if that cannot be.
    pub fn at_once(&self, reader: &mut Reader) -> Option<Records> {
        match &self.steps {
            Steps::One(call) => call.at_once(reader).map(|records| self.shown(records)),
            _ => None,
        }
    }

    /// The request that it comes to, where that is one.
    pub fn compiled(&self) -> Option<&Arc<Compiled>> {
        if let Steps::One(call) = &self.steps { Some(&call.compiled) } else { None }
    }

    pub fn table(&self) -> &'plan TableLayout {
        self.plan.layout.table(self.operation.table)
    }

    /// The values given for `fields`; `None` unless all are.
    pub fn given(&self, fields: &[&str]) -> Option<Vec<Value>> {
        let value = |field: &&str| {
            let position = self.table().position(field)?;
            self.row.iter().find(|(each, _)| *each == position).map(|(_, value)| value.clone())
        };
        fields.iter().map(value).collect::<Option<Vec<_>>>().filter(|values| !values.contains(&Value::Null))
    }

    /// Whether the row was inserted or deleted although the call failed, as far as no transaction was undone.
    pub fn is_done(&self) -> bool {
        matches!(&self.steps, Steps::One(call) if call.is_done())
    }

    /// The values by which the row that was inserted is found again, with the fields that hold them.
    pub fn inserted(&self) -> Option<(&'static [&'static str], Vec<Value>)> {
        let table = self.operation.table;
        let keys = std::iter::once(table.identity()).chain(table.keys().iter().copied());
        keys.into_iter().find_map(|key| Some((key, self.given(key)?)))
    }

    /// `records`, or the error that there are none.
    fn found(&self, records: Records) -> Result<Records> {
        if records.is_empty() && self.operation.action == Action::UpdateExisting {
            return Err(not_found(self.operation));
        }
        Ok(records)
    }

    /// What the records of a look-up come to.
    fn shown(&self, records: Records) -> Records {
        if (self.operation.action, self.operation.table) != (Action::List, Table::Session) {
            return records;
        }
        let token = self.table().column("sessionToken");
        let current = given(self.fields, "sessionToken").and_then(|input| token.key(input));
        session_list::list(self.table(), records, current.as_ref())
    }

    /// Deletes the session that was listed under the given id. Only the user's own are looked through.
    async fn revoke(
        &self,
        executor: &mut impl Executor,
        list: &call::Call,
        delete: &Arc<Compiled>,
        keys: &[Value],
    ) -> Result<Records> {
        let Some(Input::Text(id)) = given(self.fields, "id") else { return Ok(Records::new()) };
        let (Some(place), token) = (
            self.table().listed().position(|column| column.field == "sessionToken"),
            self.table().column("sessionToken"),
        ) else {
            return Ok(Records::new());
        };
        let mut revoked = 0;
        for (_, row) in list.on(executor).await? {
            if session_list::id_of(&row[place]).as_ref() == Some(id)
                && let Some(stored) = token.codec.store(row[place].clone())
            {
                let values = [&[stored], keys].concat();
                revoked += counted(&call::Call::encoded(delete.clone(), values)?.on(executor).await?);
            }
        }
        Ok(vec![number(revoked)])
    }
}

impl Work for Call<'_> {
    type Output = Records;

    fn scope(&self) -> Scope {
        match &self.steps {
            Steps::One(call) => call.scope(),
            Steps::Sequence { .. } | Steps::Register { .. } | Steps::Gated { .. } => Scope::Atomic,
            // The message begins a transaction by itself.
            Steps::Together { .. } => Scope::Write,
            Steps::Revoke { delete, .. } => delete.scope(),
        }
    }

    fn takes_locks(&self) -> bool {
        matches!(&self.steps, Steps::One(call) | Steps::Register { user: call, .. } | Steps::Gated { call, .. } if call.takes_locks())
    }

    fn is_settled(&self) -> bool {
        self.only_reads() || self.doubt() != Doubt::Stays
    }

    async fn on(&self, executor: &mut impl Executor) -> Result<Records> {
        let records = match &self.steps {
            Steps::One(call) => self.shown(call.on(executor).await?),
            Steps::Sequence { calls, answers } => {
                let mut records = Records::new();
                for (place, call) in calls.iter().enumerate() {
                    let done = call.on(executor).await?;
                    if place == *answers {
                        records = done;
                    }
                }
                records
            }
            Steps::Together { calls, answers, texts } => {
                let steps: Vec<_> = calls.iter().filter_map(call::Call::plain_steps).flatten().collect();
                let mut done = executor.together(&steps, texts).await?.into_iter();
                let mut records = calls.iter().map(|call| call.concluded(&mut done));
                records.nth(*answers).unwrap_or_default()
            }
            Steps::Gated { gate, user, call } => {
                gate.pass(self.plan, user, executor).await?;
                call.on(executor).await?
            }
            Steps::Register { user, hash } => {
                let records = user.on(executor).await?;
                for call in password_call::store(self.plan, &records, hash)? {
                    call.on(executor).await?;
                }
                records
            }
            Steps::Revoke { list, delete, keys } => self.revoke(executor, list, delete, keys).await?,
        };
        self.found(records)
    }
}

impl Settle for Call<'_> {
    fn doubt(&self) -> Doubt {
        if self.table().triggered {
            return Doubt::Stays;
        }
        match (self.operation.action, &self.steps) {
            (
                Action::Insert | Action::Claim | Action::Link | Action::OpenSession | Action::Register,
                Steps::One(call) | Steps::Register { user: call, .. } | Steps::Gated { call, .. },
            ) => call.doubt(),
            // The same value once more, in a row that is still there.
            (Action::Update, _) => Doubt::Repeats,
            // A token is used by deleting it: who has used it would not be known.
            (Action::Delete, _) if self.operation.table == Table::VerificationToken => Doubt::Stays,
            (Action::Delete | Action::DeleteUser | Action::Revoke | Action::RevokeOthers | Action::RevokeAll, _) => {
                Doubt::Repeats
            }
            _ => Doubt::Stays,
        }
    }

    fn shared(&self) -> Option<Sharing<'_>> {
        if let Steps::One(call) = &self.steps { call.shared() } else { None }
    }

    fn answered(&self, outcome: Result<Records>) -> Result<Records> {
        match &self.steps {
            Steps::One(call) => call.answered(outcome).and_then(|records| self.found(records)),
            _ => outcome,
        }
    }

    fn look(&self) -> Option<Look<'_>> {
        match &self.steps {
            // The hash is stored with the user, or neither is; so is what comes before a write.
            Steps::One(call) | Steps::Register { user: call, .. } | Steps::Gated { call, .. } => call.look(),
            _ => None,
        }
    }
}

/// The texts of what `calls` send, if one message may be all of it.
fn together(plan: &Plan, calls: &[call::Call]) -> Option<Vec<String>> {
    if !plan.tables.dialect.syntax().messages_of_several {
        return None;
    }
    let steps = calls.iter().map(call::Call::plain_steps).collect::<Option<Vec<_>>>()?;
    together::texts(&steps.concat())
}

/// The hash of a new user's password, where it is kept apart from the user, too.
fn apart(plan: &Plan, operation: &Operation, fields: &Fields) -> Result<Option<Value>> {
    if operation.action != Action::Register {
        return Ok(None);
    }
    let passwords = plan.passwords()?;
    let is_apart = passwords.place == Place::Table || passwords.other.is_some();
    Ok(match given(fields, PASSWORD) {
        Some(Input::Text(hash)) if is_apart => Some(Value::Text(hash.clone())),
        _ => None,
    })
}

/// The id of the user whom a new row belongs to, as the user's own table stores it.
fn owner(plan: &Plan, operation: &Operation, fields: &Fields) -> Result<Value> {
    let id = plan.layout.table(Table::User).column("id");
    given(fields, OWNER).and_then(|input| id.key(input)).ok_or_else(|| no_owner(operation.table.name(), OWNER))
}

fn no_table(plan: &Plan, operation: &Operation) -> Error {
    plan.layout.missing(operation.table, operation.name)
}

fn not_found(operation: &Operation) -> Error {
    let (table, keys) = (operation.table.name(), operation.keys.join(" and "));
    Error::new(Code::NotFound, Cow::Owned(format!("no {table} has the given {keys}"))).about("table", table)
}
