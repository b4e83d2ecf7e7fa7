//! What the operations amount to on the tables of one database: computed after a look at them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::authjs::layout::{Layout, Owned, TableLayout};
use crate::authjs::model::Table;
use crate::authjs::operation::{Action, OPERATIONS, Operation};
use crate::authjs::statements::{Insert, Statements, Write};
use crate::database::queue::{MAX_BATCH, SIZES};
use crate::dialect::Dialect;
use crate::dialect::reader::Long;
use crate::statement::statement::Statement;
use crate::types::codec::{Codec, Wire};

/// The field by which rows belong to a user.
const OWNER: &str = "userId";

/// More choices of columns than an application makes; others, which a caller makes up, are not kept.
const MAX_CHOICES: usize = 64;

#[derive(Debug)]
pub struct Plan {
    pub statements: Statements,
    /// What opens a transaction.
    pub begin: String,
    /// By operation number, for operations whose text never varies.
    prepared: Vec<Prepared>,
    /// By operation number.
    inserts: Vec<Choices<Insert>>,
    /// By operation number.
    updates: Vec<Choices<Write>>,
    /// By operation number, for look-ups that share queries.
    lookups: Vec<Option<Lookup>>,
    /// By operation number: whether it is too long for the calling thread.
    long: Vec<Long>,
    pub removal: Removal,
}

/// What the deletion of a user consists of besides the user's own. An INSERT of a user's rows holds on to the user first;
/// so does this, lest rows come in between.
#[derive(Debug)]
pub struct Removal {
    /// Where rows have to go before the user, the user is seized before them.
    pub seize: Option<Statement>,
    pub before: Vec<Statement>,
    pub after: Vec<Statement>,
}

impl Removal {
    fn new(statements: &Statements) -> Self {
        let (before, after): (Vec<_>, Vec<_>) = Table::OF_A_USER
            .into_iter()
            .filter(|table| statements.layout.has(*table))
            .partition(|table| statements.layout.table(*table).owned == Owned::Firmly);
        let alone = statements.dialect.syntax().single_writer;
        let delete = |tables: Vec<Table>| {
            tables.into_iter().map(|table| statements.delete_unseen(table, &[OWNER])).collect::<Vec<_>>()
        };
        Self {
            seize: (!alone && !before.is_empty()).then(|| statements.seize(Table::User, &["id"])),
            before: delete(before),
            after: delete(after),
        }
    }
}

/// What has been put into words for which columns: the text is made once for each choice of them.
#[derive(Debug)]
struct Choices<T>(Mutex<HashMap<Vec<usize>, Arc<T>>>);

impl<T> Default for Choices<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> Choices<T> {
    fn get(&self, positions: &[usize], make: impl FnOnce() -> T) -> Arc<T> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(choice) = known.get(positions) {
            return choice.clone();
        }
        let choice = Arc::new(make());
        if known.len() < MAX_CHOICES {
            known.insert(positions.to_vec(), choice.clone());
        }
        choice
    }
}

#[derive(Debug)]
pub enum Prepared {
    Read(Statement),
    Write(Write),
    /// A deletion of rows that are counted and not seen.
    Count(Statement),
    /// One of a user's rows: what finds them all, and what deletes the one by its token and user.
    Revoke {
        list: Statement,
        delete: Statement,
    },
    /// The text depends on which fields are given.
    Varying,
    /// The database does not have the table.
    Impossible,
}

/// A look-up by one key, for one caller and for many.
#[derive(Debug)]
pub struct Lookup {
    pub single: Statement,
    /// For growing numbers of keys: a query that has more places than keys repeats the last.
    many: Vec<Statement>,
    /// The column of the result that holds the key.
    pub key: usize,
    /// Whether the database may return rows of similar keys.
    pub loose: bool,
}

impl Lookup {
    fn new(statements: &Statements, operation: &Operation) -> Option<Self> {
        let ([key], true) = (operation.keys, operation.shares_queries()) else { return None };
        let syntax = statements.dialect.syntax();
        // A key that is not simply text has comparisons of its own, for one at a time.
        let plain = |table: &TableLayout| table.column(key).codec == Codec::plain(Wire::Text);
        let tables = [operation.table, Table::User];
        if syntax.single_writer
            || !tables.iter().all(|table| statements.layout.has(*table))
            || !plain(statements.layout.table(operation.table))
        {
            return None;
        }
        let (single, many): (_, fn(&Statements, &Operation, usize) -> Statement) = match operation.action {
            Action::FindSessionAndUser => {
                (statements.session_and_user(operation.keys), |statements, operation, count| {
                    statements.sessions_and_users(operation.keys[0], count)
                })
            }
            _ => (statements.find(operation.table, operation.keys), |statements, operation, count| {
                statements.find_many(operation.table, operation.keys[0], count)
            }),
        };
        let sizes = if syntax.arrays { vec![MAX_BATCH] } else { SIZES.into() };
        Some(Self {
            key: single.keys.first()?.0,
            single,
            many: sizes.into_iter().map(|count| many(statements, operation, count)).collect(),
            loose: syntax.loose_equality,
        })
    }

    /// The statement with places for `count` keys, which are at most [`MAX_BATCH`].
    pub fn many(&self, count: usize) -> &Statement {
        let fits = |statement: &&Statement| self.many.len() == 1 || statement.arguments.len() >= count;
        self.many.iter().find(fits).unwrap_or(&self.single)
    }
}

impl Plan {
    pub fn new(dialect: Dialect, layout: Layout, begin: String, persistent: bool) -> Self {
        let statements = Statements { dialect, layout, persistent };
        let prepared = OPERATIONS.iter().map(|operation| prepare(&statements, operation)).collect();
        let removal = Removal::new(&statements);
        let lookups = OPERATIONS.iter().map(|operation| Lookup::new(&statements, operation)).collect();
        let (inserts, updates) = OPERATIONS.iter().map(|_| Default::default()).unzip();
        let long = OPERATIONS.iter().map(|_| Long::default()).collect();
        Self { statements, begin, prepared, inserts, updates, lookups, long, removal }
    }

    /// Whether `other` is about the same tables.
    pub fn is_like(&self, other: &Plan) -> bool {
        self.statements.dialect == other.statements.dialect && self.statements.layout == other.statements.layout
    }

    pub fn long(&self, operation: &Operation) -> &Long {
        &self.long[operation.number()]
    }

    /// What gives back, after a transaction, the locks that outlive it.
    pub fn unlock(&self) -> Option<&'static str> {
        self.statements.dialect.syntax().unlock
    }

    pub fn prepared(&self, operation: &Operation) -> &Prepared {
        &self.prepared[operation.number()]
    }

    /// What inserts a row with the columns at `positions`.
    pub fn inserting(&self, operation: &Operation, positions: &[usize]) -> Arc<Insert> {
        self.inserts[operation.number()].get(positions, || self.statements.insert(operation.table, positions))
    }

    /// What changes the columns at `positions`.
    pub fn updating(&self, operation: &Operation, positions: &[usize]) -> Arc<Write> {
        let update = || self.statements.update(operation.table, operation.keys, positions);
        self.updates[operation.number()].get(positions, update)
    }

    /// How `operation` shares queries, if it does.
    pub fn lookup(&self, operation: &Operation) -> Option<&Lookup> {
        self.lookups[operation.number()].as_ref()
    }
}

fn prepare(statements: &Statements, operation: &Operation) -> Prepared {
    let Operation { table, keys, .. } = *operation;
    if !statements.layout.has(table) {
        return Prepared::Impossible;
    }
    match operation.action {
        Action::Find => Prepared::Read(statements.find(table, keys)),
        Action::FindUserByAccount => Prepared::Read(statements.user_by_account(keys)),
        Action::FindSessionAndUser => Prepared::Read(statements.session_and_user(keys)),
        Action::List => Prepared::Read(statements.list(table, OWNER)),
        Action::Revoke => Prepared::Revoke {
            list: statements.list(table, OWNER),
            delete: statements.delete_unseen(table, &["sessionToken", OWNER]),
        },
        Action::RevokeOthers => Prepared::Count(statements.delete_others(table, [OWNER, "sessionToken"])),
        Action::RevokeAll => Prepared::Count(statements.delete_unseen(table, keys)),
        Action::Delete | Action::DeleteUser => Prepared::Write(statements.delete(table, keys)),
        Action::Insert | Action::Link | Action::Update | Action::UpdateExisting | Action::Prune => Prepared::Varying,
    }
}
