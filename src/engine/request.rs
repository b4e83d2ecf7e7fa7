//! What a caller asks for, without the values: the same for all calls of one form, and therefore translated once.

use std::sync::{Arc, Mutex, PoisonError};

use serde::Deserialize;

use crate::database::route::{Access, Replicas};
use crate::table::encrypted::Tokens;
use crate::table::table::ID;
use crate::types::kind::{Kind, Role};

/// The tables of an application, as it describes them.
#[derive(Debug, PartialEq, Deserialize)]
pub struct Schema {
    pub models: Vec<Model>,
    /// Which ids the application has chosen: `"uuid"`, or what it is to Better Auth.
    #[serde(default)]
    pub ids: serde_json::Value,
    /// The tables are another contract's.
    #[serde(default)]
    pub on: Option<On>,
}

/// Tables of Auth.js's, which are there already and stay as they are.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub struct On {
    /// What Auth.js calls providers, and what the application does.
    #[serde(default)]
    pub providers: Vec<(String, String)>,
}

#[derive(Debug, PartialEq, Deserialize)]
pub struct Model {
    /// The table's name, perhaps with a schema before a dot.
    pub name: String,
    /// What the application calls the model, under any table name.
    #[serde(default)]
    pub key: String,
    pub fields: Vec<Field>,
    /// The columns in all of which no two rows may agree, beside those that are unique by themselves.
    #[serde(default)]
    pub unique: Vec<Vec<String>>,
    /// Which of its fields are encrypted where the application has keys.
    #[serde(default)]
    pub tokens: Option<Tokens>,
}

#[derive(Debug, PartialEq, Deserialize)]
pub struct Field {
    /// The column's name, by which requests know the field.
    pub name: String,
    /// The name by which records show it.
    pub key: String,
    pub kind: FieldKind,
    #[serde(default)]
    pub required: bool,
    /// Whether a table without a column for it is not the model's at all.
    #[serde(default)]
    pub essential: bool,
    /// Whether no two rows may have the same value.
    #[serde(default)]
    pub unique: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FieldKind {
    /// A row's id, or a reference to one, which callers know as text.
    Id,
    Text,
    Float,
    Bool,
    Date,
    Json,
}

impl Field {
    /// Whether a record can do nothing without it.
    pub fn is_needed(&self) -> bool {
        self.required || self.essential || self.name == ID
    }

    /// What its column has to hold, as what, and whether each row has it.
    pub fn wants(&self) -> (Kind, Role, bool) {
        let is_key = self.kind == FieldKind::Id || self.unique || self.essential && self.kind == FieldKind::Text;
        (self.kind.meant(), if is_key { Role::Key(usize::MAX) } else { Role::Free }, self.is_needed())
    }
}

impl FieldKind {
    pub fn meant(self) -> Kind {
        match self {
            FieldKind::Id | FieldKind::Text => Kind::Text,
            FieldKind::Float => Kind::Float,
            FieldKind::Bool => Kind::Bool,
            FieldKind::Date => Kind::Time,
            FieldKind::Json => Kind::Json,
        }
    }
}

impl Schema {
    /// The schemas of the database that models name.
    pub fn namespaces(&self) -> Vec<&str> {
        let mut names: Vec<_> = self.models.iter().filter_map(|model| Some(model.name.rsplit_once('.')?.0)).collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}

/// The values of a request come in the order of its parts here: `set`, `increment`, `filter` (none for a null), the limit
/// of each join, limit, offset.
#[derive(Debug, Clone, PartialEq, Deserialize)]
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

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Method {
    Create,
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
}

impl Method {
    pub fn only_reads(self) -> bool {
        matches!(self, Method::FindOne | Method::FindMany | Method::Count)
    }
}

impl Request {
    /// A request for a model's records, without conditions.
    pub fn new(method: Method, model: &str) -> Self {
        Self {
            method,
            model: model.to_owned(),
            set: Vec::new(),
            increment: Vec::new(),
            filter: Vec::new(),
            select: Vec::new(),
            sort: Vec::new(),
            join: Vec::new(),
            limit: false,
            offset: false,
            lenient: false,
            joined_only: false,
            forgiving: false,
            uncounted: false,
            locks: false,
            owner: None,
            refers: None,
            claims: false,
            along: Vec::new(),
            as_stored: false,
        }
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

impl Condition {
    /// `field` equals a value.
    pub fn equals(field: &str) -> Self {
        Self {
            field: field.to_owned(),
            operator: "eq".to_owned(),
            or: false,
            insensitive: false,
            null: false,
            places: None,
        }
    }

    /// `field` differs from a value.
    pub fn differs(field: &str) -> Self {
        Self { operator: "ne".to_owned(), ..Self::equals(field) }
    }
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
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

/// What callers have described, by number. Equal descriptions share a number, so that the lists stay as long as there are
/// different ones; numbers are process-wide, as every JavaScript environment learns them once.
#[derive(Debug)]
struct Known {
    schemas: Vec<(String, Arc<Schema>)>,
    requests: Vec<(u32, String, Arc<Request>)>,
}

static KNOWN: Mutex<Known> = Mutex::new(Known { schemas: Vec::new(), requests: Vec::new() });

/// The number of the schema that `text` describes, in JSON.
pub fn describe(text: String) -> serde_json::Result<u32> {
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(number) = known.schemas.iter().position(|(each, _)| *each == text) {
        return Ok(number as u32);
    }
    let schema = Arc::new(serde_json::from_str(&text)?);
    known.schemas.push((text, schema));
    Ok(known.schemas.len() as u32 - 1)
}

/// The schema that has this number.
pub fn described(number: u32) -> Option<Arc<Schema>> {
    let known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    known.schemas.get(number as usize).map(|(_, schema)| schema.clone())
}

/// The number of the request that `text` describes, in JSON, to the tables of a schema.
pub fn register(schema: u32, text: String) -> serde_json::Result<u32> {
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(number) = known.requests.iter().position(|(of, each, _)| *of == schema && *each == text) {
        return Ok(number as u32);
    }
    let request = Arc::new(serde_json::from_str(&text)?);
    known.requests.push((schema, text, request));
    Ok(known.requests.len() as u32 - 1)
}

/// A request with its number and its schema.
#[derive(Debug, Clone)]
pub struct Numbered {
    pub number: u32,
    pub request: Arc<Request>,
    pub schema_number: u32,
    pub schema: Arc<Schema>,
}

/// What stands for the number of a request that is not registered.
pub const UNREGISTERED: u32 = u32::MAX;

/// A request that `text` describes, in JSON, and that is not worth remembering.
pub fn once(schema_number: u32, text: &str) -> Option<Numbered> {
    let request = Arc::new(serde_json::from_str(text).ok()?);
    let known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let (_, schema) = known.schemas.get(schema_number as usize)?;
    Some(Numbered { number: UNREGISTERED, request, schema_number, schema: schema.clone() })
}

pub fn numbered(number: u32) -> Option<Numbered> {
    let known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let (schema_number, _, request) = known.requests.get(number as usize)?;
    let (_, schema) = known.schemas.get(*schema_number as usize)?;
    Some(Numbered { number, request: request.clone(), schema_number: *schema_number, schema: schema.clone() })
}
