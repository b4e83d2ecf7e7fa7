//! The operations about passwords as requests, on the tables that were found: in a column of the users' table, or in a table of ours.

use std::sync::Arc;

use crate::authjs::keys::{OWNER, by_keys};
use crate::authjs::layout::Layout;
use crate::authjs::model::{HASH, Table};
use crate::authjs::password_column;
use crate::engine::compile::compile;
use crate::engine::compiled::Compiled;
use crate::engine::request::{Condition, Join, Method, Request};
use crate::engine::tables::Tables;
use crate::error::{Code, Error, Result};
use crate::table::column::Column;

/// The field under which a registration has the password, and later its hash.
pub const PASSWORD: &str = "password";

/// The fields of a user by which first verifications are told.
pub const VERIFIED: &str = "emailVerified";

#[derive(Debug)]
pub struct Passwords {
    pub place: Place,
    /// The user with an address, and the hash.
    pub by_email: Arc<Compiled>,
    /// The user with an id, and the hash.
    pub by_id: Arc<Compiled>,
    /// The same user, who stays as they are until the transaction's end.
    pub hold: Arc<Compiled>,
    /// Puts a hash into the place of another one, where that is still there.
    pub swap: Arc<Compiled>,
    /// Takes the hash away.
    pub clear: Arc<Compiled>,
    /// Stores a hash where there is none.
    pub store: Arc<Compiled>,
    /// Ends a user's sessions: all, or all but one.
    pub end: Option<[Arc<Compiled>; 2]>,
    /// One session of a user, by its token.
    pub current: Option<Arc<Compiled>>,
    /// The providers that a user is linked with.
    pub links: Option<Arc<Compiled>>,
    /// The same where Better Auth looks for it.
    pub other: Option<Other>,
}

/// A password of Better Auth's: in the accounts' table, of the user's account [`CREDENTIAL`].
#[derive(Debug)]
pub struct Other {
    /// Writes a hash, or none, in the place of the one that is there.
    pub swap: Arc<Compiled>,
    /// Writes a hash into the user's account, which has none.
    pub fill: Arc<Compiled>,
    /// Makes the account. `None` where the table has columns that only the application can fill.
    pub make: Option<Arc<Compiled>>,
}

/// The provider, and the type, of the account that has a password.
pub const CREDENTIAL: &str = "credential";

/// What such an account has but the hash, which comes last. The user's id is its id at the provider, too.
pub const ACCOUNT: [&str; 4] = ["userId", "type", "provider", "providerAccountId"];

/// Where hashes are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In a column of the users' table. `required`: a user without a password has an empty text there, `touched`: what is set
    /// to the present moment with it.
    Column { field: String, required: bool, touched: Vec<String> },
    /// In a table of ours.
    Table,
}

/// The hash needs this much room: a PHC string of argon2id, with the name of a pepper.
const ROOM: usize = 128;

impl Passwords {
    pub fn new(layout: &Layout, tables: &Tables) -> Result<Self> {
        let place = place(layout)?;
        let compiled = |request: Request| compile(tables, &request).map(Arc::new);
        let users = layout.table(Table::User);
        let find = |key: &str| {
            let request = by_keys(Method::FindOne, Table::User, &[key]);
            match &place {
                Place::Column { field, .. } => {
                    let shown = users.visible().map(|column| column.field.to_string());
                    Request { select: shown.chain([field.clone()]).collect(), ..request }
                }
                Place::Table => Request { join: vec![hash()], ..request },
            }
        };
        let (swap, clear, store) = match &place {
            Place::Column { field, touched, .. } => {
                let set: Vec<_> = std::iter::once(field).chain(touched).cloned().collect();
                let write = || Request { set: set.clone(), ..by_keys(Method::UpdateMany, Table::User, &["id"]) };
                let mut swap = write();
                swap.filter.push(Condition::equals(field));
                (swap, write(), write())
            }
            Place::Table => {
                let mut swap = by_keys(Method::UpdateMany, Table::UserPassword, &[OWNER, HASH]);
                swap.set = vec![HASH.to_owned()];
                let set = vec![OWNER.to_owned(), HASH.to_owned()];
                let store = Request { set, ..Request::new(Method::Create, Table::UserPassword.name()) };
                (swap, by_keys(Method::DeleteMany, Table::UserPassword, &[OWNER]), store)
            }
        };
        let of_user =
            |table: Table, request: &dyn Fn() -> Request| layout.has(table).then(|| compiled(request())).transpose();
        let all = || by_keys(Method::DeleteMany, Table::Session, &[OWNER]);
        let others = || {
            let mut request = all();
            request.filter.push(Condition::differs("sessionToken"));
            request
        };
        let end = of_user(Table::Session, &all)?.zip(of_user(Table::Session, &others)?);
        let current = of_user(Table::Session, &|| by_keys(Method::FindOne, Table::Session, &["sessionToken", OWNER]))?;
        let types =
            || Request { select: vec!["type".to_owned()], ..by_keys(Method::FindMany, Table::Account, &[OWNER]) };
        let typed = layout.has(Table::Account) && layout.table(Table::Account).position("type").is_some();
        Ok(Self {
            by_email: compiled(find("email"))?,
            by_id: compiled(find("id"))?,
            hold: compiled(Request { locks: true, ..by_keys(Method::FindOne, Table::User, &["id"]) })?,
            swap: compiled(swap)?,
            clear: compiled(clear)?,
            store: compiled(store)?,
            end: end.map(|(all, others)| [all, others]),
            current,
            links: typed.then(|| compiled(types())).transpose()?,
            other: other(layout).map(|column| Other::new(tables, column)).transpose()?,
            place,
        })
    }

    /// Everything that the operations send.
    #[cfg(test)]
    pub fn all(&self) -> Vec<(&'static str, &Arc<Compiled>)> {
        let mut all = vec![
            ("the user by address", &self.by_email),
            ("the user by id", &self.by_id),
            ("the user is held", &self.hold),
            ("another hash", &self.swap),
            ("no hash", &self.clear),
            ("a hash", &self.store),
        ];
        all.extend(self.end.iter().flatten().map(|compiled| ("sessions end", compiled)));
        all.extend(self.current.iter().map(|compiled| ("one session", compiled)));
        all.extend(self.links.iter().map(|compiled| ("the links", compiled)));
        if let Some(Other { swap, fill, make }) = &self.other {
            all.extend([("Better Auth's hash", swap), ("Better Auth's first hash", fill)]);
            all.extend(make.iter().map(|make| ("Better Auth's account", make)));
        }
        all
    }

    /// Whether `column` of the users' table is the one.
    pub fn is_kept_in(&self, column: &Column) -> bool {
        matches!(&self.place, Place::Column { field, .. } if column.field == **field)
    }
}

/// Whether Better Auth has a place for passwords in the accounts' table.
pub fn has_other(layout: &Layout) -> bool {
    other(layout).is_some()
}

/// Its place there.
fn other(layout: &Layout) -> Option<&Column> {
    let accounts = layout.has(Table::Account).then(|| layout.table(Table::Account))?;
    accounts.columns.iter().find(|column| password_column::is_others(Table::Account, column))
}

impl Other {
    fn new(tables: &Tables, column: &Column) -> Result<Self> {
        let compiled = |request: Request| compile(tables, &request).map(Arc::new);
        let set = || vec![column.field.to_string()];
        let mut swap = Request { set: set(), ..by_keys(Method::UpdateMany, Table::Account, &[OWNER]) };
        swap.filter.push(Condition { null: true, ..Condition::differs(&column.field) });
        let fill = Request { set: set(), ..by_keys(Method::UpdateMany, Table::Account, &[OWNER, "provider"]) };
        let all = ACCOUNT.iter().map(|field| (*field).to_owned()).chain(set());
        let make = Request { set: all.collect(), ..Request::new(Method::Create, Table::Account.name()) };
        Ok(Self { swap: compiled(swap)?, fill: compiled(fill)?, make: compiled(make).ok() })
    }
}

fn hash() -> Join {
    Join {
        model: Table::UserPassword.name().to_owned(),
        from: "id".to_owned(),
        to: OWNER.to_owned(),
        many: false,
        apart: false,
        inner: false,
    }
}

fn place(layout: &Layout) -> Result<Place> {
    if !layout.has(Table::User) {
        return Err(Error::new(Code::Schema, layout.why_not(Table::User)).about("table", Table::User.name()));
    }
    let users = layout.table(Table::User);
    let nowhere = |message: String| {
        Err(Error::new(Code::Schema, message).about("table", Table::User.name()).about("field", PASSWORD))
    };
    match password_column::of(users) {
        Some(column) if column.role.longest().is_some_and(|longest| longest < ROOM) => nowhere(format!(
            "the column {} of {} has no room for the hash of a password, which is up to {ROOM} characters: make it text, or \
             varchar(255)",
            column.name, users.name
        )),
        Some(column) => {
            let touched = users.columns.iter().filter(|column| column.touched);
            Ok(Place::Column {
                field: column.field.to_string(),
                required: column.required,
                touched: touched.map(|column| column.field.to_string()).collect(),
            })
        }
        None if layout.has(Table::UserPassword) => Ok(Place::Table),
        None => nowhere(format!(
            "there is no place for passwords: on the tables of another tool, ALTER TABLE {} ADD COLUMN password varchar(255) \
             makes one; npx rust-auth-adapter migrate --passwords makes ours",
            users.name
        )),
    }
}
