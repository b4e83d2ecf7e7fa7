//! What stands in the way of a link. Sign-ins race, and people come back: linking what is linked to the same user already is no
//! error. Where no foreign key keeps the tables in step, the link may be to a user who is gone: it is no link, and would lock
//! out for ever the person that it was made for.

use crate::authjs::call::Call;
use crate::authjs::first;
use crate::authjs::model::Table;
use crate::database::database::Store;
use crate::dialect::writer::Writer;
use crate::driver::connection::Connection;
use crate::driver::executor::Verbs;
use crate::driver::work::{Scope, Work};
use crate::error::Result;
use crate::value::{Records, Value};

/// What an account that exists already is to the one that is to be linked.
pub enum Standing {
    /// The same user's.
    Same(Records),
    /// Another user's.
    Other,
    /// It was no user's any more, and is not there now.
    Gone,
}

/// What the account is that keeps `call` from linking its own.
pub async fn look(store: &Store, call: &Call<'_>) -> Result<Standing> {
    match call.given(Table::Account.identity()) {
        Some(keys) => store.run(&Look { call, keys }, &call.plan.begin, None).await,
        None => Ok(Standing::Other),
    }
}

struct Look<'a, 'plan> {
    call: &'a Call<'plan>,
    keys: Vec<Value>,
}

impl Work for Look<'_, '_> {
    type Output = Standing;

    fn scope(&self) -> Scope {
        Scope::Atomic
    }

    async fn run(&self, connection: &mut Connection) -> Result<Standing> {
        self.on(connection).await
    }

    async fn write(&self, writer: &mut Writer) -> Result<Standing> {
        self.on(writer).await
    }
}

impl Look<'_, '_> {
    async fn on(&self, connection: &mut impl Verbs) -> Result<Standing> {
        let (account, statements) = (Table::Account.identity(), &self.call.plan.statements);
        let find = statements.find(Table::Account, account);
        let found = connection.rows(&find, &self.keys).await?;
        let (same, others): (Vec<_>, Vec<_>) = found.into_iter().partition(|row| self.is_of_same_user(row));
        if !same.is_empty() {
            return Ok(Standing::Same(first::records(&find, same)));
        }
        if !connection.rows(&statements.user_by_account(account), &self.keys).await?.is_empty() {
            return Ok(Standing::Other);
        }
        // By its owner too: meanwhile, another call may have removed it and linked the account anew.
        for owner in others.iter().filter_map(|row| self.owner(row)) {
            let link = [self.keys.as_slice(), &[owner]].concat();
            let statement = statements.delete_unseen(Table::Account, &["provider", "providerAccountId", "userId"]);
            connection.affected(&statement, &link).await?;
        }
        Ok(Standing::Gone)
    }

    fn is_of_same_user(&self, record: &[Value]) -> bool {
        let given = self.call.given(&["userId"]).and_then(|mut values| values.pop());
        given.is_some() && self.owner(record) == given
    }

    /// Whose account `record` is, as it is stored.
    fn owner(&self, record: &[Value]) -> Option<Value> {
        let table = self.call.table();
        let position = table.visible().position(|column| column.field == "userId")?;
        let owner = table.column("userId").codec.store(record.get(position)?.clone())?;
        (owner != Value::Null).then_some(owner)
    }
}
