//! Passwords, done to a connection.

use crate::authjs::model::Table;
use crate::authjs::password_other::{OtherChange, account};
use crate::authjs::password_requests::{Place, VERIFIED};
use crate::authjs::plan::Plan;
use crate::authjs::row::owned;
use crate::driver::executor::Executor;
use crate::driver::work::{Scope, Work};
use crate::engine::call::Call;
use crate::error::{Code, Error, Result};
use crate::statement::count::counted;
use crate::table::builder::shape_of;
use crate::value::{Input, Records, Value};

/// A user, with the hash of their password.
#[derive(Clone)]
pub struct Holder {
    /// The user as callers get to see them.
    pub user: Records,
    /// The user's id, as the users' table stores it.
    pub id: Value,
    /// Whether the user's address is known to be theirs. `None` where the table does not say.
    pub verified: Option<bool>,
    pub hash: Option<String>,
}

/// Finds a user and the hash of their password by one key.
pub fn find(plan: &Plan, field: &str, value: Value) -> Result<Call> {
    let passwords = plan.passwords()?;
    let compiled = if field == "email" { &passwords.by_email } else { &passwords.by_id };
    // The limit of the join.
    let limit = (passwords.place == Place::Table).then_some(Value::Int(1));
    Call::encoded(compiled.clone(), std::iter::once(value).chain(limit).collect())
}

/// What [`find`] has found.
pub fn holder(plan: &Plan, found: Records) -> Result<Option<Holder>> {
    let users = plan.layout.table(Table::User);
    let mut found = found.into_iter();
    let Some((_, mut values)) = found.next() else { return Ok(None) };
    let hash = match &plan.passwords()?.place {
        Place::Column { .. } => values.pop(),
        Place::Table => {
            let place = plan.layout.table(Table::UserPassword).visible().position(|column| column.field == "hash");
            found.next().zip(place).and_then(|((_, joined), place)| joined.into_iter().nth(place))
        }
    };
    let hash = match hash {
        Some(Value::Text(hash)) if !hash.is_empty() => Some(hash),
        _ => None,
    };
    let shown = |field: &str| users.visible().position(|column| column.field == field).map(|place| &values[place]);
    let stored = shown("id").and_then(|id| users.column("id").codec.store(id.clone()));
    let Some(id) = stored else { return Err(Error::new(Code::Decode, "user.id could not be read")) };
    let verified = shown(VERIFIED).map(|verified| !matches!(verified, Value::Null | Value::Bool(false)));
    let masked = users.masked();
    values.extend(masked.iter().map(|_| Value::Null));
    let user = vec![(shape_of(users.visible().chain(&masked)), values)];
    Ok(Some(Holder { user, id, verified, hash }))
}

/// Which of a user's sessions end with a change.
#[derive(Debug, Clone, PartialEq)]
pub enum Ending {
    None,
    All,
    AllBut(String),
}

/// A change of a user's password: all of it, or nothing.
pub struct Change {
    hold: Call,
    steps: Vec<Call>,
    /// The same where Better Auth looks for the hash.
    other: Option<OtherChange>,
    ending: Vec<Call>,
}

/// What a change came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changed {
    /// The user is not there.
    NoUser,
    /// How many hashes the first step was about.
    Done(u64),
}

impl Change {
    /// Gives the user with this id another hash.
    pub fn set(plan: &Plan, id: &Value, hash: &str, ending: &Ending) -> Result<Self> {
        let passwords = plan.passwords()?;
        let steps = match &passwords.place {
            Place::Column { .. } => vec![Call::encoded(passwords.store.clone(), written(plan, Some(hash), id)?)?],
            Place::Table => {
                let owner = owned(plan, Table::UserPassword, id)?;
                vec![
                    Call::encoded(passwords.clear.clone(), vec![owner.clone()])?,
                    Call::encoded(passwords.store.clone(), vec![owner, Value::Text(hash.to_owned())])?,
                ]
            }
        };
        Self::new(plan, id, steps, Value::Text(hash.to_owned()), ending)
    }

    /// Takes the hash away.
    pub fn remove(plan: &Plan, id: &Value, ending: &Ending) -> Result<Self> {
        let passwords = plan.passwords()?;
        let values = match &passwords.place {
            Place::Column { .. } => written(plan, None, id)?,
            Place::Table => vec![owned(plan, Table::UserPassword, id)?],
        };
        Self::new(plan, id, vec![Call::encoded(passwords.clear.clone(), values)?], Value::Null, ending)
    }

    fn new(plan: &Plan, id: &Value, steps: Vec<Call>, hash: Value, ending: &Ending) -> Result<Self> {
        let passwords = plan.passwords()?;
        let ending = match (&passwords.end, ending) {
            (None, _) | (_, Ending::None) => Vec::new(),
            (Some([all, _]), Ending::All) => {
                vec![Call::encoded(all.clone(), vec![owned(plan, Table::Session, id)?])?]
            }
            (Some([_, others]), Ending::AllBut(token)) => {
                let column = plan.layout.table(Table::Session).column("sessionToken");
                let kept = column.encode(&Input::Text(token.clone()))?;
                vec![Call::encoded(others.clone(), vec![owned(plan, Table::Session, id)?, kept])?]
            }
        };
        let hold = Call::encoded(passwords.hold.clone(), vec![id.clone()])?;
        let other = passwords.other.as_ref().map(|other| OtherChange::new(plan, other, id, hash)).transpose()?;
        Ok(Self { hold, steps, other, ending })
    }
}

impl Change {
    /// Holds on to the user until the transaction's end. Whether the user is there.
    pub async fn holds(&self, executor: &mut impl Executor) -> Result<bool> {
        Ok(!self.hold.on(executor).await?.is_empty())
    }

    /// Does the change to the hash that Better Auth keeps alone. Whether there was one, with which the sessions end, too.
    pub async fn on_other(&self, executor: &mut impl Executor) -> Result<bool> {
        let Some(other) = &self.other else { return Ok(false) };
        if !other.on(executor).await? {
            return Ok(false);
        }
        for ending in &self.ending {
            ending.on(executor).await?;
        }
        Ok(true)
    }
}

impl Work for Change {
    type Output = Changed;

    fn scope(&self) -> Scope {
        Scope::Atomic
    }

    fn takes_locks(&self) -> bool {
        self.steps.iter().any(Work::takes_locks)
    }

    async fn on(&self, executor: &mut impl Executor) -> Result<Changed> {
        if !self.holds(executor).await? {
            return Ok(Changed::NoUser);
        }
        let mut done = None;
        for step in &self.steps {
            let records = step.on(executor).await?;
            done.get_or_insert(counted(&records));
        }
        if let Some(other) = &self.other {
            other.on(executor).await?;
        }
        for call in &self.ending {
            call.on(executor).await?;
        }
        Ok(Changed::Done(done.unwrap_or_default()))
    }
}

/// Stores the hash of the password of a user who has just been made, where it is not in the user's row.
pub fn store(plan: &Plan, user: &Records, hash: &Value) -> Result<Vec<Call>> {
    let passwords = plan.passwords()?;
    let users = plan.layout.table(Table::User);
    let place = users.visible().position(|column| column.field == "id");
    let id =
        place.and_then(|place| user.first()?.1.get(place)).and_then(|id| users.column("id").codec.store(id.clone()));
    let Some(id) = id else { return Err(Error::new(Code::Decode, "user.id could not be read").about("table", "user")) };
    let mut calls = Vec::new();
    if passwords.place == Place::Table {
        calls.push(Call::encoded(passwords.store.clone(), vec![owned(plan, Table::UserPassword, &id)?, hash.clone()])?);
    }
    let make = passwords.other.as_ref().and_then(|other| other.make.as_ref());
    calls.extend(make.map(|make| account(plan, make, &id, hash.clone())).transpose()?);
    Ok(calls)
}

/// Puts `new` into the place of `old`, if that is still there.
pub fn swap(plan: &Plan, id: &Value, old: &str, new: &str) -> Result<Call> {
    let passwords = plan.passwords()?;
    let mut values = match &passwords.place {
        Place::Column { .. } => written(plan, Some(new), id)?,
        Place::Table => vec![Value::Text(new.to_owned()), owned(plan, Table::UserPassword, id)?],
    };
    values.push(Value::Text(old.to_owned()));
    Call::encoded(passwords.swap.clone(), values)
}

/// The types of the accounts that a user is linked with.
pub fn links(plan: &Plan, id: &Value) -> Result<Option<Call>> {
    let Some(links) = &plan.passwords()?.links else { return Ok(None) };
    Call::encoded(links.clone(), vec![owned(plan, Table::Account, id)?]).map(Some)
}

/// The session of this user that has this token.
pub fn current(plan: &Plan, id: &Value, token: &str) -> Result<Option<Call>> {
    let Some(current) = &plan.passwords()?.current else { return Ok(None) };
    let token = plan.layout.table(Table::Session).column("sessionToken").encode(&Input::Text(token.to_owned()))?;
    Call::encoded(current.clone(), vec![token, owned(plan, Table::Session, id)?]).map(Some)
}

/// The values of a write to the users' table: the hash, what is touched by it, and the id.
fn written(plan: &Plan, hash: Option<&str>, id: &Value) -> Result<Vec<Value>> {
    let users = plan.layout.table(Table::User);
    let Place::Column { required, touched, .. } = &plan.passwords()?.place else { return Ok(vec![id.clone()]) };
    let value = match hash {
        Some(hash) => Value::Text(hash.to_owned()),
        None if *required => Value::Text(String::new()),
        None => Value::Null,
    };
    let moments = touched.iter().map(|field| users.column(field).present());
    let mut values = vec![value];
    values.extend(moments.collect::<Result<Vec<_>>>()?);
    values.push(id.clone());
    Ok(values)
}
