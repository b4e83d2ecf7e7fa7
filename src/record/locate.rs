//! Which table of the database stands for a model: in the schema that has the models together, else in the first of the
//! search path. No table is taken that lacks what the model must have.

use super::request::{Field, FieldKind, Model};
use super::resolve::{self, ID};
use crate::error::{Code, Error, Result};
use crate::schema::catalog::{Catalog, OUT_OF_PATH, Table};
use crate::schema::choice;
use crate::schema::mapping::Mapping;
use crate::schema::names::{bare, stem};
use crate::schema::sets::{Kind, standing};

/// What a database has for a model.
pub enum Found<'catalog> {
    Table(&'catalog Table),
    /// No table, but perhaps some with such names that lack what the model needs.
    Nothing(Vec<&'catalog Table>),
}

/// Finds the tables of some models.
pub struct Locator<'catalog> {
    catalog: &'catalog Catalog,
    /// The place in the search path of the schema that has several of the models that belong together.
    home: Option<usize>,
    /// Whether no other schema is looked in.
    stays: bool,
    /// Sets of tables that the models are not in, in words, where the models themselves are not there.
    others: Vec<String>,
}

impl Model {
    /// The schema and the name within it.
    fn parts(&self) -> (Option<&str>, &str) {
        match self.name.rsplit_once('.') {
            Some((schema, name)) => (Some(schema), name),
            None => (None, &self.name),
        }
    }

    /// Whether it belongs together with others, and is told from tables of other applications by its columns.
    pub fn is_core(&self) -> bool {
        self.fields.iter().any(|field| field.essential)
    }

    /// The columns that `table` lacks, without which it is another application's.
    pub fn lacks(&self, table: &Table) -> Vec<&str> {
        let essential = |field: &&Field| field.essential || (field.name == ID && self.is_core());
        names(self.fields.iter().filter(essential), table)
    }

    /// Whether `table` has what every record has.
    fn fits(&self, table: &Table) -> bool {
        let needed = self.fields.iter().filter(|field| field.required || field.kind == FieldKind::Id);
        names(needed, table).is_empty() && self.lacks(table).is_empty()
    }
}

fn names<'a>(fields: impl Iterator<Item = &'a Field>, table: &Table) -> Vec<&'a str> {
    fields.map(|field| field.name.as_str()).filter(|field| resolve::column(table, field).is_none()).collect()
}

impl<'catalog> Locator<'catalog> {
    pub fn new(catalog: &'catalog Catalog, models: &[Model]) -> Self {
        let core: Vec<_> = models.iter().filter(|model| model.is_core() && model.parts().0.is_none()).collect();
        let mut places: Vec<_> =
            catalog.tables.iter().map(|table| table.reach).filter(|at| *at < OUT_OF_PATH).collect();
        places.sort_unstable();
        places.dedup();
        let mut locator = Self { catalog, home: None, stays: false, others: Vec::new() };
        let has =
            |at: usize| core.iter().filter(|model| !matches!(locator.at(at, model), Ok(Found::Nothing(_)))).count();
        let home = places.into_iter().find(|at| has(*at) > 1);
        if home.is_none() && !core.is_empty() {
            locator.others = sets(catalog, &core);
        }
        locator.home = home;
        locator
    }

    /// Looks in one schema only from now on: the one that has the models, else the first of the search path. Returns its
    /// place there.
    pub fn stay(&mut self) -> usize {
        self.stays = true;
        *self.home.get_or_insert(0)
    }

    /// Sets of tables that the models are not in, where the models themselves are not there.
    pub fn others(&self) -> &[String] {
        &self.others
    }

    pub fn look(&self, model: &Model) -> Result<Found<'catalog>> {
        let (schema, name) = model.parts();
        let mut lacking = Vec::new();
        if let Some(schema) = schema {
            let tables: Vec<_> = self.catalog.tables.iter().filter(|table| table.schema == schema).collect();
            if let Some(found) = among(&tables, name, model, &mut lacking)? {
                return Ok(Found::Table(found));
            }
            // The dot may be the name's own.
            let whole = self.catalog.tables.iter().find(|table| table.name == model.name);
            return Ok(whole.map_or(Found::Nothing(lacking), Found::Table));
        }
        let mut places: Vec<_> =
            self.catalog.tables.iter().map(|table| table.reach).filter(|at| *at < OUT_OF_PATH).collect();
        places.sort_unstable_by_key(|at| (Some(*at) != self.home, *at));
        places.dedup();
        if self.stays || model.is_core() {
            places.retain(|at| self.home.is_none_or(|home| home == *at));
        }
        for at in places {
            match self.at(at, model)? {
                Found::Table(table) => return Ok(Found::Table(table)),
                Found::Nothing(near) => lacking.extend(near),
            }
        }
        Ok(Found::Nothing(lacking))
    }

    fn at(&self, place: usize, model: &Model) -> Result<Found<'catalog>> {
        let tables: Vec<_> = self.catalog.tables.iter().filter(|table| table.reach == place).collect();
        let mut lacking = Vec::new();
        let found = among(&tables, &model.name, model, &mut lacking)?;
        Ok(found.map_or(Found::Nothing(lacking), Found::Table))
    }

    /// [`Self::look`], where there has to be a table.
    pub fn find(&self, model: &Model) -> Result<&'catalog Table> {
        match self.look(model)? {
            Found::Table(table) => Ok(table),
            Found::Nothing(lacking) => Err(self.missing(model, &lacking)),
        }
    }

    /// An error if the tables of two models are spelled differently, and the first could be spelled like the second: they
    /// would be parts of two sets.
    pub fn unmixed(&self, models: &[Model]) -> Result<()> {
        let found: Vec<_> = models
            .iter()
            .filter(|model| model.is_core() && model.parts().0.is_none())
            .filter_map(|model| match self.look(model) {
                Ok(Found::Table(table)) => Some((model, table)),
                _ => None,
            })
            .collect();
        for (model, table) in &found {
            let guessed = found.iter().filter(|(other, found)| other.name != found.name);
            for style in guessed.map(|(_, found)| style(&found.name)).filter(|other| *other != style(&table.name)) {
                let is_rival = |each: &&Table| {
                    each.schema == table.schema
                        && stem(&each.name) == stem(&table.name)
                        && self::style(&each.name) == style
                        && model.lacks(each).is_empty()
                };
                if let Some(rival) = self.catalog.tables.iter().find(is_rival) {
                    return Err(ambiguous(model, table, rival));
                }
            }
        }
        Ok(())
    }

    fn missing(&self, model: &Model, lacking: &[&Table]) -> Error {
        let option = |name: &str| format!("{}: {{ modelName: \"{name}\" }}", model.key);
        let wanted = stem(model.parts().1);
        let is_prefixed = |table: &&Table| {
            model.is_core()
                && table.reach < OUT_OF_PATH
                && stem(&table.name).ends_with(&wanted)
                && model.lacks(table).is_empty()
        };
        let message = if let Some(table) = self.catalog.tables.iter().find(is_prefixed) {
            format!(
                "the database has no table {}, but {} has its columns; Better Auth's options can name it: {}",
                model.name,
                table.name,
                option(&table.name)
            )
        } else if let Some(table) = lacking.first() {
            let mut lacks = model.lacks(table);
            if lacks.is_empty() {
                lacks = names(model.fields.iter().filter(|field| field.required), table);
            }
            format!(
                "the database has no table {}, and {} has no column for {}; Better Auth's options can name other columns \
                 (fields) or another table (modelName)",
                model.name,
                table.name,
                lacks.join(", ")
            )
        } else if self.others.is_empty() {
            format!("the database has no table {}; `rust-auth-adapter better-auth migrate` creates it", model.name)
        } else {
            format!(
                "the database has no table {}, but other tables for authentication: {}; if they are meant, Better Auth's \
                 options can name them: modelName, fields, usePlural",
                model.name,
                self.others.join("; and ")
            )
        };
        Error::new(Code::Schema, message).about("table", model.name.as_str())
    }
}

/// The table of that very name, else one whose name differs in case, separators or number, and that has what the model
/// needs.
fn among<'catalog>(
    tables: &[&'catalog Table],
    name: &str,
    model: &Model,
    lacking: &mut Vec<&'catalog Table>,
) -> Result<Option<&'catalog Table>> {
    if let Some(exact) = tables.iter().find(|table| table.name == name) {
        if model.lacks(exact).is_empty() {
            return Ok(Some(exact));
        }
        lacking.push(exact);
    }
    let similar = |same: &dyn Fn(&str) -> bool| {
        let others = tables.iter().filter(|table| table.name != name && same(&table.name));
        others.copied().collect::<Vec<_>>()
    };
    let mut candidates = similar(&|each| bare(each) == bare(name));
    if !candidates.iter().any(|table| model.fits(table)) {
        candidates = similar(&|each| stem(each) == stem(name));
    }
    let fitting: Vec<_> = candidates.iter().filter(|table| model.fits(table)).copied().collect();
    match fitting.as_slice() {
        [] => lacking.extend(candidates),
        [table] => return Ok(Some(table)),
        [first, second, ..] => return Err(ambiguous(model, first, second)),
    }
    Ok(None)
}

fn ambiguous(model: &Model, first: &Table, second: &Table) -> Error {
    Error::new(
        Code::Schema,
        format!(
            "both {} and {} could be the table {}: name the one that is meant as its modelName in Better Auth's options, \
             and the tables that belong to it likewise",
            first.name, second.name, model.name
        ),
    )
    .about("table", model.name.as_str())
}

/// Whether a name begins with a capital, and whether it is a plural.
fn style(name: &str) -> (bool, bool) {
    (name.starts_with(char::is_uppercase), name.to_lowercase().ends_with('s'))
}

/// The sets of tables for authentication that the database has, in words: Auth.js's, and those of models like these under
/// other names.
fn sets(catalog: &Catalog, core: &[&Model]) -> Vec<String> {
    let mut kinds = Vec::with_capacity(core.len());
    for model in core.iter().copied() {
        let name = if model.key.is_empty() { &model.name } else { &model.key };
        let fits = Box::new(move |table: &Table| model.lacks(table).is_empty());
        kinds.push(Kind { stem: stem(name), fits, given: false });
    }
    let theirs = choice::sets(catalog, &Mapping::default());
    let theirs = theirs.iter().map(|set| format!("{}, which are Auth.js's", set.describe(set.is_elsewhere())));
    let alike = standing(catalog, &kinds).into_iter().map(|set| set.describe(set.is_elsewhere()));
    theirs.chain(alike.collect::<Vec<_>>()).collect()
}
