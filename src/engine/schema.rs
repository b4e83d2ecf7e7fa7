//! What an application says of its tables: models and their fields.

use serde::Deserialize;

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
        namespaces(self.models.iter().map(|model| model.name.as_str()))
    }
}

/// The schemas of the database that the names of tables begin with, each once.
pub fn namespaces<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut namespaces: Vec<_> = names.filter_map(|name| Some(name.rsplit_once('.')?.0)).collect();
    namespaces.sort_unstable();
    namespaces.dedup();
    namespaces
}
