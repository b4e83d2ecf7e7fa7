//! What stands in the way of a link. Sign-ins race, and people come back: linking what is linked to the same user already is no
//! error. Where no foreign key keeps the tables in step, the link may be to a user who is gone: it is no link, and would lock
//! out for ever the person that it was made for.

use std::sync::Arc;

use crate::authjs::call::Call;
use crate::authjs::keys::{OWNER, by_keys};
use crate::authjs::model::Table;
use crate::authjs::operation::{Action, OPERATIONS};
use crate::authjs::plan::Prepared;
use crate::database::database::Database;
use crate::driver::executor::Executor;
use crate::driver::work::{Scope, Work};
use crate::engine::call;
use crate::engine::compiled::Compiled;
use crate::engine::request::Method;
use crate::error::Result;
use crate::value::{Records, Value};

/// What an account that exists already is to the one that is to be linked.
pub enum LinkConflict {
    /// The same user's.
    Same(Records),
    /// Another user's.
    Other,
    /// It belonged to no user any more, and is not there now.
    Gone,
}

/// Looks at the account that keeps `call` from linking its own.
pub async fn look(database: &Database, call: &Call<'_>) -> Result<LinkConflict> {
    let Some(keys) = call.given(Table::Account.identity()) else { return Ok(LinkConflict::Other) };
    let account = Table::Account.identity();
    let link: Vec<_> = account.iter().copied().chain([OWNER]).collect();
    let user = OPERATIONS.iter().find(|operation| operation.action == Action::FindUserByAccount);
    let Some(Prepared::Fixed(user)) = user.map(|operation| call.plan.prepared(operation)) else {
        return Ok(LinkConflict::Other);
    };
    let look = Look {
        find: call::Call::encoded(
            call.plan.compile(&by_keys(Method::FindMany, Table::Account, account))?,
            keys.clone(),
        )?,
        user: call::Call::encoded(user.clone(), keys.clone())?,
        delete: call.plan.compile(&by_keys(Method::DeleteMany, Table::Account, &link))?,
        call,
        keys,
    };
    database.run(&look).await
}

struct Look<'a, 'plan> {
    call: &'a Call<'plan>,
    /// What finds the accounts, their user, and what deletes the very link.
    find: call::Call,
    user: call::Call,
    delete: Arc<Compiled>,
    keys: Vec<Value>,
}

impl Work for Look<'_, '_> {
    type Output = LinkConflict;

    fn scope(&self) -> Scope {
        Scope::Atomic
    }

    async fn on(&self, executor: &mut impl Executor) -> Result<LinkConflict> {
        let found = self.find.on(executor).await?;
        let (same, others): (Vec<_>, Vec<_>) = found.into_iter().partition(|(_, record)| self.is_of_same_user(record));
        if !same.is_empty() {
            return Ok(LinkConflict::Same(self.find.first_of(same)));
        }
        if !self.user.on(executor).await?.is_empty() {
            return Ok(LinkConflict::Other);
        }
        // By its owner too: meanwhile, another call may have removed it and linked the account anew.
        for owner in others.iter().filter_map(|(_, record)| self.owner(record)) {
            let link = [self.keys.as_slice(), &[owner]].concat();
            call::Call::encoded(self.delete.clone(), link)?.on(executor).await?;
        }
        Ok(LinkConflict::Gone)
    }
}

impl Look<'_, '_> {
    fn is_of_same_user(&self, record: &[Value]) -> bool {
        let given = self.call.given(&[OWNER]).and_then(|mut values| values.pop());
        given.is_some() && self.owner(record) == given
    }

    /// Whose account `record` is, as it is stored.
    fn owner(&self, record: &[Value]) -> Option<Value> {
        let table = self.call.table();
        let position = table.visible().position(|column| column.field == OWNER)?;
        let owner = table.column(OWNER).codec.store(record.get(position)?.clone())?;
        (owner != Value::Null).then_some(owner)
    }
}
