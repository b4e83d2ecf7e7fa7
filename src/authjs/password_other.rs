//! A user's password where Better Auth looks for it, done to a connection: in the accounts' table.

use std::sync::Arc;

use crate::authjs::model::Table;
use crate::authjs::password_requests::{ACCOUNT, CREDENTIAL, Other};
use crate::authjs::plan::Plan;
use crate::authjs::row::owned;
use crate::driver::executor::Executor;
use crate::driver::work::Work;
use crate::engine::call::Call;
use crate::engine::compiled::Compiled;
use crate::error::Result;
use crate::statement::count::counted;
use crate::value::{Input, Value};

/// A change of a user's password where Better Auth looks for it.
pub struct OtherChange {
    swap: Call,
    /// For a user who has none there: into the account that is there, or with a new one.
    first: Option<(Call, Option<Call>)>,
}

impl OtherChange {
    pub fn new(plan: &Plan, other: &Other, id: &Value, hash: Value) -> Result<Self> {
        let owner = owned(plan, Table::Account, id)?;
        let first = match hash {
            Value::Null => None,
            _ => {
                let [_, provider, _] = names(plan, id)?;
                let fill = Call::encoded(other.fill.clone(), vec![hash.clone(), owner.clone(), provider])?;
                Some((fill, other.make.as_ref().map(|make| account(plan, make, id, hash.clone())).transpose()?))
            }
        };
        Ok(Self { swap: Call::encoded(other.swap.clone(), vec![hash, owner])?, first })
    }

    /// Whether something has been changed.
    pub async fn on(&self, executor: &mut impl Executor) -> Result<bool> {
        if counted(&self.swap.on(executor).await?) > 0 {
            return Ok(true);
        }
        let Some((fill, make)) = &self.first else { return Ok(false) };
        if counted(&fill.on(executor).await?) > 0 {
            return Ok(true);
        }
        match make {
            Some(make) => make.on(executor).await.map(|_| true),
            None => Ok(false),
        }
    }
}

/// Makes the account of a user in which Better Auth looks for the password.
pub fn account(plan: &Plan, make: &Arc<Compiled>, id: &Value, hash: Value) -> Result<Call> {
    let [kind, provider, account] = names(plan, id)?;
    Call::encoded(make.clone(), vec![owned(plan, Table::Account, id)?, kind, provider, account, hash])
}

/// The type of such an account, its provider, and its id there.
fn names(plan: &Plan, id: &Value) -> Result<[Value; 3]> {
    let users = plan.layout.table(Table::User).column("id");
    let id = match users.codec.revive(users.kind, id.clone()) {
        Some(Value::Int(number)) => number.to_string(),
        Some(Value::Text(text)) => text,
        _ => return Err(users.invalid("is not of the form that an account's id has")),
    };
    let text = |field: &str, text: String| plan.layout.table(Table::Account).column(field).encode(&Input::Text(text));
    let [_, kind, provider, account] = ACCOUNT;
    Ok([text(kind, CREDENTIAL.to_owned())?, text(provider, CREDENTIAL.to_owned())?, text(account, id)?])
}
