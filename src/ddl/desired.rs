//! The tables that an application wants, as it describes them.

use serde::Deserialize;

use crate::engine::schema::{Field as Known, FieldKind, Model, On};
use crate::table::table::ID;

/// The tables that an application wants.
#[derive(Debug, Deserialize)]
pub struct Wanted {
    pub tables: Vec<Table>,
    #[serde(default)]
    pub ids: Ids,
    /// The tables are Auth.js's, which are there already.
    #[serde(default)]
    pub on: Option<On>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ids {
    #[default]
    Text,
    Uuid,
    Serial,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Table {
    pub name: String,
    /// What the application calls the model, under any table name.
    #[serde(default)]
    pub key: String,
    /// Whether the application has chosen the name.
    #[serde(default)]
    pub named: bool,
    pub fields: Vec<Field>,
    #[serde(default)]
    pub indexes: Vec<Index>,
    /// The table that stands for it, under any name: its schema and name.
    #[serde(skip)]
    pub stands: Option<(String, String)>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Field {
    pub name: String,
    /// What the application calls the field, under any column.
    #[serde(default)]
    pub key: String,
    #[serde(rename = "type")]
    pub kind: Type,
    #[serde(default)]
    pub required: bool,
    /// Whether a table without a column for it is not the one that is wanted.
    #[serde(default)]
    pub essential: bool,
    #[serde(default)]
    pub unique: bool,
    #[serde(default)]
    pub indexed: bool,
    #[serde(default)]
    pub references: Option<Reference>,
    /// A moment that the database fills in if it is not given.
    #[serde(default)]
    pub now: bool,
    /// What rows that are there already get.
    #[serde(default)]
    pub default: Option<serde_json::Value>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Type {
    Id,
    Text,
    /// A text that is sorted or searched by.
    Key,
    Integer,
    Bigint,
    Bool,
    Date,
    Json,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Reference {
    pub table: String,
    pub field: String,
    pub on_delete: String,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Index {
    pub columns: Vec<String>,
    #[serde(default)]
    pub unique: bool,
    #[serde(default)]
    pub name: Option<String>,
}

impl Table {
    /// Whether it is told from tables of other applications by its columns.
    pub fn is_core(&self) -> bool {
        self.fields.iter().any(|field| field.essential)
    }

    /// As a model that a table stands for which need not have all that is wanted: what is missing is added.
    pub fn as_model(&self) -> Model {
        let known = |name: &str, kind, essential| Known {
            name: name.to_owned(),
            key: name.to_owned(),
            kind,
            required: true,
            essential,
            unique: false,
        };
        let essential = self.fields.iter().filter(|field| field.essential);
        let mut fields: Vec<_> = essential.map(|field| known(&field.name, FieldKind::Text, true)).collect();
        if fields.is_empty() {
            let needed = self.fields.iter().find(|field| field.required && field.kind != Type::Date);
            fields.extend(needed.map(|field| known(&field.name, FieldKind::Text, false)));
        }
        fields.insert(0, known(ID, FieldKind::Id, false));
        Model { name: self.name.clone(), key: self.key.clone(), fields, unique: Vec::new(), tokens: None }
    }
}

/// Indexes on one column, then those on several.
pub fn wanted_indexes(table: &Table) -> Vec<Index> {
    let single = table.fields.iter().filter(|field| field.indexed && !field.unique);
    let single = single.map(|field| Index { columns: vec![field.name.clone()], unique: false, name: None });
    single.chain(table.indexes.iter().cloned()).collect()
}

/// Tables after those that they refer to.
pub fn in_order(tables: &[Table]) -> Vec<&Table> {
    let mut ordered: Vec<&Table> = Vec::with_capacity(tables.len());
    while ordered.len() < tables.len() {
        let placed = |name: &str| ordered.iter().any(|table| table.name == name);
        let ready = |table: &&Table| {
            let others = table.fields.iter().filter_map(|field| field.references.as_ref());
            let mut others = others.filter(|other| other.table != table.name);
            !placed(&table.name)
                && others.all(|other| placed(&other.table) || !tables.iter().any(|each| each.name == other.table))
        };
        let rest = || tables.iter().find(|table| !placed(&table.name));
        match tables.iter().find(ready).or_else(rest) {
            Some(table) => ordered.push(table),
            None => break,
        }
    }
    ordered
}
