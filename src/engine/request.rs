//! What a caller asks for, without the values: the same for all calls of one form, and therefore translated once.

use serde::Deserialize;

use crate::database::route::{Access, Replicas};

/// The values of a request come in the order of its parts here: `set`, `increment`, `filter` (none for a null), the limit
/// of each join, limit, offset.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub struct Request {
    pub method: Method,
    /// The name of one of the schema's models.
    pub model: String,
    #[serde(default)]
    pub set: Vec<String>,
    #[serde(default)]
    pub increment: Vec<String>,
    #[serde(default)]
    pub filter: Vec<Condition>,
    /// The fields wanted; all if empty.
    #[serde(default)]
    pub select: Vec<String>,
    #[serde(default)]
    pub sort: Vec<Sort>,
    #[serde(default)]
    pub join: Vec<Join>,
    #[serde(default)]
    pub limit: bool,
    #[serde(default)]
    pub offset: bool,
    /// What no column can hold is found nowhere; otherwise it is an error.
    #[serde(default)]
    pub lenient: bool,
    /// An answer shows only the records that are joined.
    #[serde(default)]
    pub joined_only: bool,
    /// A value that cannot be read is null, rather than an error.
    #[serde(default)]
    pub forgiving: bool,
    /// The caller does not ask how many rows a deletion was about.
    #[serde(default)]
    pub uncounted: bool,
    /// The row is going to be deleted: others that want it wait for the transaction's end.
    #[serde(default)]
    pub locks: bool,
    /// Of a new row, the row that it belongs to.
    #[serde(default)]
    pub owner: Option<Owner>,
    /// The same, where a foreign key of the database's sees to it.
    #[serde(default)]
    pub refers: Option<Owner>,
    /// No other row may have the new one's identity, whether or not the database keeps it unique.
    #[serde(default)]
    pub claims: bool,
    /// The rows that go along with what is deleted by one key: those that hold the key in these fields. In one statement: with a row,
    /// as [`Syntax::writes_in_with`](crate::dialect::syntax::Syntax) says; with several, as `deletes_from_many` does.
    #[serde(default)]
    pub along: Vec<Along>,
    /// Tokens are given in the form in which they are stored, a hash or not.
    #[serde(default)]
    pub as_stored: bool,
}

/// Rows of another model, by the field that holds the key of the row that they belong to.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Along {
    pub model: String,
    pub field: String,
}

/// The row that a new one belongs to: it has to be there, and stays until the transaction's end.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Owner {
    pub model: String,
    /// The field of that model that names the row.
    pub key: String,
    /// The new row's field by which it belongs to that row.
    pub field: String,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Method {
    Create,
    #[default]
    FindOne,
    FindMany,
    Count,
    /// Changes all that match, and answers one of them.
    Update,
    UpdateMany,
    /// Deletes all that match, and answers one of them.
    Delete,
    /// Deletes all that match.
    DeleteMany,
    /// Deletes one that matches, and answers it.
    ConsumeOne,
    /// Changes one that matches, and answers it.
    IncrementOne,
}

/// One that is missing among them does not compile: the last one would have another place.
const _: () = assert!(Method::IncrementOne as usize + 1 == Method::ALL.len());

impl Method {
    /// In their order, by which they are counted.
    pub const ALL: [Method; 10] = [
        Method::Create,
        Method::FindOne,
        Method::FindMany,
        Method::Count,
        Method::Update,
        Method::UpdateMany,
        Method::Delete,
        Method::DeleteMany,
        Method::ConsumeOne,
        Method::IncrementOne,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Method::Create => "create",
            Method::FindOne => "findOne",
            Method::FindMany => "findMany",
            Method::Count => "count",
            Method::Update => "update",
            Method::UpdateMany => "updateMany",
            Method::Delete => "delete",
            Method::DeleteMany => "deleteMany",
            Method::ConsumeOne => "consumeOne",
            Method::IncrementOne => "incrementOne",
        }
    }

    pub fn only_reads(self) -> bool {
        matches!(self, Method::FindOne | Method::FindMany | Method::Count)
    }
}

impl Request {
    /// A request for a model's records, without conditions.
    pub fn new(method: Method, model: &str) -> Self {
        Self { method, model: model.to_owned(), ..Self::default() }
    }

    /// What serves it.
    pub fn access(&self) -> Access {
        let is_key = |condition: &Condition| condition.operator == "eq" && !condition.or;
        let reads = self.method.only_reads();
        Access {
            reads,
            shares: self.method == Method::FindOne
                && matches!(self.filter.as_slice(), [condition] if is_key(condition)),
            brief: !reads && (self.method == Method::Create || self.filter.iter().any(is_key)),
            // Its caller does not say whether a write follows from it.
            replicas: Replicas::Never,
        }
    }
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub struct Condition {
    pub field: String,
    pub operator: String,
    /// Whether it is one of the alternatives, of which one must hold, rather than one of those that must all hold.
    #[serde(default)]
    pub or: bool,
    #[serde(default)]
    pub insensitive: bool,
    /// The value is null, or one of the values is.
    #[serde(default)]
    pub null: bool,
    /// For a list of values: how many places a statement needs that has one for each.
    #[serde(default)]
    pub places: Option<usize>,
}

impl Condition {
    /// `field` equals a value.
    pub fn equals(field: &str) -> Self {
        Self { field: field.to_owned(), operator: "eq".to_owned(), ..Self::default() }
    }

    /// `field` differs from a value.
    pub fn differs(field: &str) -> Self {
        Self { operator: "ne".to_owned(), ..Self::equals(field) }
    }
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Sort {
    pub field: String,
    #[serde(default)]
    pub descending: bool,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Join {
    pub model: String,
    pub from: String,
    pub to: String,
    /// Several of the model's records may belong to one; their number is limited.
    #[serde(default)]
    pub many: bool,
    /// To be found by a statement of its own.
    #[serde(default)]
    pub apart: bool,
    /// Without a record of the model's, there is no answer.
    #[serde(default)]
    pub inner: bool,
}
