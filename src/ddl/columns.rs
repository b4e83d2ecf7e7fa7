//! How a column is declared: its type, its default and what it refers to.

use crate::ddl::desired::{Field, Ids, Reference, Table, Type};
use crate::ddl::missing::Ddl;
use crate::table::catalog;
use crate::table::naming::styled;

impl<'a> Ddl<'a> {
    /// The type of ids, with what makes them where the database does.
    pub(super) fn id(&self) -> &'static str {
        match self.wanted.ids {
            Ids::Text => self.ddl().id,
            Ids::Uuid => self.ddl().made_uuid,
            Ids::Serial => self.ddl().counted_id,
        }
    }

    /// The type of a field's column.
    pub(super) fn type_of(&self, table: &Table, field: &Field) -> String {
        if let Some(reference) = &field.references
            && let Some(physical) = self.referred(reference)
        {
            // A key that refers must be of the very type, and collation, that it refers to.
            let collation = physical.collation.as_ref().map(|name| format!(" COLLATE {name}")).unwrap_or_default();
            return physical.cast_name.clone().unwrap_or_else(|| format!("{}{collation}", physical.type_name));
        }
        // MySQL makes an index for a foreign key.
        let indexed = field.unique
            || field.indexed
            || field.references.is_some()
            || field.kind == Type::Key
            || table.indexes.iter().any(|index| index.columns.contains(&field.name));
        match (field.kind, self.wanted.ids) {
            (Type::Id, Ids::Text) => self.ddl().id,
            (Type::Id, Ids::Uuid) => self.ddl().uuid,
            (Type::Text | Type::Key, _) if indexed => self.ddl().indexed_text,
            (Type::Text | Type::Key, _) => "text",
            (Type::Integer, _) | (Type::Id, Ids::Serial) => "integer",
            (Type::Bigint, _) => "bigint",
            (Type::Bool, _) => self.ddl().bool,
            (Type::Date, _) => self.ddl().date,
            (Type::Json, _) => self.ddl().json,
        }
        .to_owned()
    }

    /// The default of a moment that the database fills in.
    pub(super) fn moment(&self, field: &Field) -> &'static str {
        if field.now { self.ddl().now } else { "" }
    }

    /// What the rows that are there get.
    pub(super) fn literal(&self, field: &Field) -> Option<String> {
        let long = self.ddl().parenthesized_defaults && matches!(field.kind, Type::Text | Type::Json);
        match field.default.as_ref()? {
            serde_json::Value::Bool(bool) => Some(self.ddl().bools[usize::from(*bool)].to_owned()),
            serde_json::Value::Number(number) => Some(number.to_string()),
            // In parentheses, MySQL's long texts may have one.
            serde_json::Value::String(text) => {
                let quoted = format!("'{}'", text.replace('\'', "''"));
                let plain = !text.contains('\\');
                plain.then(|| if long { format!("({quoted})") } else { quoted })
            }
            _ => None,
        }
    }

    /// ` REFERENCES …`, if the field refers to a table.
    pub(super) fn reference(&self, field: &Field, snake: bool) -> Option<String> {
        let reference = field.references.as_ref()?;
        let (name, column) = match self.target(reference) {
            Some(found) => {
                let column = self.referred(reference).map_or(&reference.field, |column| &column.name);
                (found.qualified(self.dialect), column.clone())
            }
            None => {
                let (schema, bare) = self.place(&reference.table);
                (self.dialect.qualified(schema, &styled(bare, snake)), styled(&reference.field, snake))
            }
        };
        let action = match reference.on_delete.as_str() {
            "set null" => "SET NULL",
            "restrict" => "RESTRICT",
            "no action" => "NO ACTION",
            "set default" => "SET DEFAULT",
            _ => "CASCADE",
        };
        Some(format!("REFERENCES {name} ({}) ON DELETE {action}", self.dialect.quote(&column)))
    }

    /// The table that is referred to, if it is there.
    fn target(&self, reference: &Reference) -> Option<&'a catalog::Table> {
        let table = self.wanted.tables.iter().find(|table| table.name == reference.table)?;
        self.existing(table).ok()?
    }

    /// The column that is referred to, if it is there.
    fn referred(&self, reference: &Reference) -> Option<&'a catalog::Column> {
        self.target(reference)?.similar(&reference.field).first().copied()
    }
}
