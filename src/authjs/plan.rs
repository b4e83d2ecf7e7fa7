//! The operations as requests of the engine, on the tables that were found: computed after a look at them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::authjs::keys::{OWNER, by_keys};
use crate::authjs::layout::{Layout, Owned};
use crate::authjs::model::Table;
use crate::authjs::operation::{Action, OPERATIONS, Operation};
use crate::authjs::password_requests::Passwords;
use crate::dialect::Dialect;
use crate::engine::compile::compile;
use crate::engine::compiled::Compiled;
use crate::engine::request::{Along, Condition, Join, Method, Owner, Request, Sort};
use crate::engine::tables::Tables;
use crate::error::{Error, Result};

/// More choices of columns than an application makes; further ones are not kept.
const MAX_CHOICES: usize = 64;

#[derive(Debug)]
pub struct Plan {
    pub layout: Layout,
    pub tables: Tables,
    /// By operation number.
    prepared: Vec<Prepared>,
    /// What performs the operations about passwords, or why there is no place for them.
    passwords: Result<Passwords>,
}

#[derive(Debug)]
pub enum Prepared {
    /// The same statements for all calls.
    Fixed(Arc<Compiled>),
    /// The statements depend on which fields are given.
    Varying(Choices),
    /// Several requests, one after the other, in one transaction. The one at `answers` answers.
    Sequence { requests: Vec<Arc<Compiled>>, answers: usize },
    /// A user's rows, and what deletes one of them by its token and user.
    Revoke { list: Arc<Compiled>, delete: Arc<Compiled> },
    /// Performed step by step.
    Stepwise,
    /// The database does not have the table.
    Impossible,
}

/// What has been compiled for which fields.
#[derive(Debug, Default)]
pub struct Choices(Mutex<HashMap<Vec<usize>, Arc<Compiled>>>);

impl Plan {
    pub fn new(dialect: Dialect, layout: Layout) -> Result<Self> {
        let tables = Table::ALL.iter().filter(|table| layout.has(**table));
        let tables = tables.map(|table| Ok((table.name().into(), Ok(layout.table(*table).to_table()?))));
        let tables = tables.collect::<Result<_>>()?;
        let tables = Tables::new(dialect, tables);
        let prepared =
            OPERATIONS.iter().map(|operation| prepare(&layout, &tables, operation)).collect::<Result<_>>()?;
        let passwords = Passwords::new(&layout, &tables);
        Ok(Self { layout, tables, prepared, passwords })
    }

    /// Whether `other` is about the same tables.
    pub fn is_like(&self, other: &Plan) -> bool {
        self.tables.dialect == other.tables.dialect && self.layout == other.layout
    }

    pub fn passwords(&self) -> Result<&Passwords> {
        self.passwords.as_ref().map_err(Error::clone)
    }

    pub fn prepared(&self, operation: &Operation) -> &Prepared {
        &self.prepared[operation.number()]
    }

    /// What performs `operation` with the columns at `positions`.
    pub fn varying(&self, operation: &Operation, choices: &Choices, positions: &[usize]) -> Result<Arc<Compiled>> {
        let mut known = choices.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(choice) = known.get(positions) {
            return Ok(choice.clone());
        }
        let set = self.fields(operation.table, positions);
        let request = match operation.action {
            // Nothing changes: the row is what it was.
            Action::Update | Action::UpdateExisting if positions.is_empty() => {
                by_keys(Method::FindOne, operation.table, operation.keys)
            }
            _ => {
                let (owner, refers) = self.owner(operation);
                Request { set, owner, refers, ..request(operation) }
            }
        };
        let choice = self.compile(&request)?;
        if known.len() < MAX_CHOICES {
            known.insert(positions.to_vec(), choice.clone());
        }
        Ok(choice)
    }

    fn fields(&self, table: Table, positions: &[usize]) -> Vec<String> {
        let columns = &self.layout.table(table).columns;
        positions.iter().map(|position| columns[*position].field.to_string()).collect()
    }

    /// What inserts a user's row with the columns at `positions` and holds on to the user meanwhile.
    pub fn holding_user(&self, operation: &Operation, positions: &[usize]) -> Result<Arc<Compiled>> {
        let set = self.fields(operation.table, positions);
        self.compile(&Request { set, owner: Some(user_as_owner()), ..request(operation) })
    }

    /// Whether a foreign key may refuse what `operation` inserts although the user is there: MariaDB does so while it copies the
    /// users' table for an ALTER, unless the transaction has read the user.
    pub fn may_refuse_by_mistake(&self, operation: &Operation) -> bool {
        let inserts = operation.inserts();
        let of_a_user = Table::OF_A_USER.contains(&operation.table);
        inserts && of_a_user && matches!(self.tables.dialect, Dialect::MySql | Dialect::MariaDb)
    }

    /// The row that a new one belongs to: where nothing but our INSERT itself sees to it that it is there, or else a foreign key.
    fn owner(&self, operation: &Operation) -> (Option<Owner>, Option<Owner>) {
        let table = operation.table;
        if !operation.inserts() || !Table::OF_A_USER.contains(&table) {
            return (None, None);
        }
        match self.layout.table(table).owned {
            Owned::Loosely => (Some(user_as_owner()), None),
            Owned::Firmly | Owned::Cascading => (None, Some(user_as_owner())),
        }
    }

    /// A request that no operation is.
    pub fn compile(&self, request: &Request) -> Result<Arc<Compiled>> {
        compile(&self.tables, request).map(Arc::new)
    }
}

fn prepare(layout: &Layout, tables: &Tables, operation: &Operation) -> Result<Prepared> {
    let compiled = |request: &Request| compile(tables, request).map(Arc::new);
    let needed: &[Table] = match operation.action {
        Action::FindUserByAccount | Action::FindSessionAndUser => &[operation.table, Table::User],
        _ => &[operation.table],
    };
    if !needed.iter().all(|table| layout.has(*table)) {
        return Ok(Prepared::Impossible);
    }
    Ok(match operation.action {
        Action::Insert
        | Action::Claim
        | Action::Link
        | Action::OpenSession
        | Action::Register
        | Action::Update
        | Action::UpdateExisting => Prepared::Varying(Choices::default()),
        Action::Prune
        | Action::VerifyPassword
        | Action::FindPassword
        | Action::SetPassword
        | Action::RemovePassword
        | Action::Swap => Prepared::Stepwise,
        Action::DeleteUser => {
            if let Some(request) = removal_at_once(layout, tables.dialect, operation) {
                return Ok(Prepared::Fixed(compiled(&request)?));
            }
            let (requests, answers) = removal(layout, tables.dialect, operation);
            Prepared::Sequence { requests: requests.iter().map(compiled).collect::<Result<_>>()?, answers }
        }
        Action::List => Prepared::Fixed(compiled(&list(layout, operation.table))?),
        Action::Revoke => Prepared::Revoke {
            list: compiled(&list(layout, operation.table))?,
            delete: compiled(&Request {
                as_stored: true,
                ..by_keys(Method::DeleteMany, operation.table, &["sessionToken", OWNER])
            })?,
        },
        _ => Prepared::Fixed(compiled(&request(operation))?),
    })
}

/// An operation as a request, but for the fields that it sets.
fn request(operation: &Operation) -> Request {
    let Operation { table, keys, .. } = *operation;
    let user_of = |request: Request| Request { join: vec![user()], ..request };
    match operation.action {
        Action::Find if !operation.lists() => by_keys(Method::FindOne, table, keys),
        Action::Find | Action::List => by_keys(Method::FindMany, table, keys),
        Action::FindSessionAndUser => user_of(by_keys(Method::FindOne, table, keys)),
        Action::FindUserByAccount => {
            let select = keys.iter().map(|key| (*key).to_owned()).collect();
            user_of(Request { select, joined_only: true, ..by_keys(Method::FindOne, table, keys) })
        }
        Action::Insert | Action::Link | Action::OpenSession | Action::Register => {
            Request::new(Method::Create, table.name())
        }
        Action::Claim => Request { claims: true, ..Request::new(Method::Create, table.name()) },
        Action::Update | Action::UpdateExisting => by_keys(Method::Update, table, keys),
        Action::Delete | Action::DeleteUser => by_keys(Method::Delete, table, keys),
        Action::RevokeOthers => {
            let mut request = by_keys(Method::DeleteMany, table, &keys[..1]);
            request.filter.extend(keys[1..].iter().map(|key| Condition::differs(key)));
            request
        }
        Action::Revoke | Action::RevokeAll | Action::Prune => by_keys(Method::DeleteMany, table, keys),
        // Performed step by step.
        Action::VerifyPassword | Action::FindPassword | Action::SetPassword | Action::RemovePassword | Action::Swap => {
            by_keys(Method::FindOne, table, keys)
        }
    }
}

/// A user's rows, as they may be shown.
fn list(layout: &Layout, table: Table) -> Request {
    let select = layout.table(table).listed().map(|column| column.field.to_string()).collect();
    let sort = table.identity().iter().map(|key| Sort { field: (*key).to_owned(), descending: false }).collect();
    // One odd row must not hide the list.
    Request { select, sort, forgiving: true, ..by_keys(Method::FindMany, table, &[OWNER]) }
}

/// The deletion of a user with all rows of theirs in one statement, where a foreign key takes along what comes in between. It names
/// them all the same: the key may have been dropped since the tables were looked at.
fn removal_at_once(layout: &Layout, dialect: Dialect, operation: &Operation) -> Option<Request> {
    let children: Vec<_> = Table::OF_A_USER.into_iter().filter(|table| layout.has(*table)).collect();
    let all = [&[Table::User], children.as_slice()].concat();
    let cascade = children.iter().all(|table| layout.table(*table).owned == Owned::Cascading);
    // Rules do not go with WITH, and what a trigger has changed is not to be deleted by the same statement.
    let acts = |table: &Table| layout.table(*table).triggered || layout.table(*table).followed.delete;
    if !dialect.syntax().writes_in_with || !cascade || all.iter().any(acts) {
        return None;
    }
    let along = |table: Table| Along { model: table.name().to_owned(), field: OWNER.to_owned() };
    let along = children.into_iter().map(along).collect();
    Some(Request { along, ..by_keys(Method::Delete, Table::User, operation.keys) })
}

/// The deletion of a user with all rows of theirs, and which request of it answers. An INSERT of a user's rows holds on to the
/// user first; so does this, lest rows come in between.
fn removal(layout: &Layout, dialect: Dialect, operation: &Operation) -> (Vec<Request>, usize) {
    let children = Table::OF_A_USER.into_iter().filter(|table| layout.has(*table));
    let (before, after): (Vec<_>, Vec<_>) = children.partition(|table| layout.table(*table).owned == Owned::Firmly);
    let user = |method| by_keys(method, Table::User, operation.keys);
    // Where rows have to go before the user, the user is seized before them.
    let seized = !dialect.syntax().single_writer && !before.is_empty();
    let mut requests: Vec<_> = seized.then(|| Request { locks: true, ..user(Method::FindOne) }).into_iter().collect();
    let delete = |table: Table| by_keys(Method::DeleteMany, table, &[OWNER]);
    requests.extend(before.into_iter().map(delete));
    let answers = requests.len();
    requests.push(user(Method::Delete));
    // Most likely nothing is left of what a foreign key takes along.
    let (gone, left): (Vec<_>, Vec<_>) = after.into_iter().partition(|table| goes_at_once(layout, dialect, *table));
    requests.extend(left.into_iter().map(delete));
    if let [first, others @ ..] = gone.as_slice() {
        let along = others.iter().map(|table| Along { model: table.name().to_owned(), field: OWNER.to_owned() });
        requests.push(Request { along: along.collect(), ..delete(*first) });
    }
    (requests, answers)
}

/// Whether a user's rows in `table`, of which none is left, may be deleted together with those of other tables. Its key has to be
/// stored as the sessions' is.
fn goes_at_once(layout: &Layout, dialect: Dialect, table: Table) -> bool {
    let own = layout.table(table);
    let sessions = layout.has(Table::Session).then(|| layout.table(Table::Session).column(OWNER));
    let is_plain = !own.triggered && !own.followed.delete && own.owned == Owned::Cascading;
    dialect.syntax().deletes_from_many && is_plain && sessions.is_some_and(|key| key.codec == own.column(OWNER).codec)
}

fn user_as_owner() -> Owner {
    Owner { model: Table::User.name().to_owned(), key: "id".to_owned(), field: OWNER.to_owned() }
}

/// The user that a row belongs to: without one, it is no row.
fn user() -> Join {
    Join {
        model: Table::User.name().to_owned(),
        from: OWNER.to_owned(),
        to: "id".to_owned(),
        many: false,
        apart: false,
        inner: true,
    }
}
