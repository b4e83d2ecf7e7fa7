//! Which tables and columns does a command line name, as an application's options `tables` and `columns` do?

use clap::Args;

use crate::authjs::mapping::Mapping;
use crate::authjs::model::Table;

/// No database has longer names.
const LONGEST: usize = 200;

#[derive(Debug, Args)]
pub struct Names {
    /// The table that stands for a model, as in the application's option tables; may be given several times
    #[arg(long = "table", value_name = "MODEL=TABLE", value_parser = table)]
    tables: Vec<(Table, String)>,
    /// The column that stands for a field, as in the application's option columns; may be given several times
    #[arg(long = "column", value_name = "MODEL.FIELD=COLUMN", value_parser = column)]
    columns: Vec<(Table, String, String)>,
}

impl Names {
    pub fn name(&self, mapping: &mut Mapping) {
        mapping.tables.clone_from(&self.tables);
        mapping.columns.clone_from(&self.columns);
    }
}

fn table(text: &str) -> Result<(Table, String), String> {
    let (model, name) = text.split_once('=').unwrap_or_default();
    Ok((modelled(model)?, identifier(name)?))
}

fn column(text: &str) -> Result<(Table, String, String), String> {
    let (field, name) = text.split_once('=').unwrap_or_default();
    let (model, field) = field.split_once('.').unwrap_or_default();
    Ok((modelled(model)?, identifier(field)?, identifier(name)?))
}

fn modelled(name: &str) -> Result<Table, String> {
    let known = || Table::ALL.map(Table::name).join(", ");
    Table::ALL.into_iter().find(|table| table.name() == name).ok_or_else(|| format!("the models are {}", known()))
}

fn identifier(name: &str) -> Result<String, String> {
    let is_one = !name.is_empty() && name.len() <= LONGEST && !name.contains(char::is_control);
    is_one.then(|| name.to_owned()).ok_or_else(|| "a name of a table or column is expected".to_owned())
}
