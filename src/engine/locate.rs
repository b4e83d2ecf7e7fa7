//! Which table of the database stands for a model: in the schema that has the models together, else in the first of the
//! search path. No table is taken that lacks what the model must have.

use crate::dialect::catalog::OUT_OF_PATH;
use crate::engine::advice;
use crate::engine::schema::Model;
use crate::error::Result;
use crate::table::catalog::{Catalog, Table};
use crate::table::naming::{bare, stem};
use crate::table::sets::{Kind, Set, standing};

/// Which sets of tables another contract would use, in words.
pub type Theirs = fn(&Catalog) -> Vec<String>;

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

impl<'catalog> Locator<'catalog> {
    pub fn new(catalog: &'catalog Catalog, models: &[Model], theirs: Theirs) -> Self {
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
            locator.others = sets(catalog, &core, theirs);
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
            Found::Nothing(lacking) => Err(advice::missing(self.catalog, &self.others, model, &lacking)),
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
                    return Err(advice::ambiguous(model, table, rival));
                }
            }
        }
        Ok(())
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
    let mut fitting: Vec<_> = candidates.iter().filter(|table| model.fits(table)).copied().collect();
    // A view may show a table's rows.
    if fitting.iter().any(|table| table.is_table()) {
        fitting.retain(|table| table.is_table());
    }
    match fitting.as_slice() {
        [] => lacking.extend(candidates),
        [table] => return Ok(Some(table)),
        [first, second, ..] => return Err(advice::ambiguous(model, first, second)),
    }
    Ok(None)
}

/// Whether a name begins with a capital, and whether it is a plural.
fn style(name: &str) -> (bool, bool) {
    (name.starts_with(char::is_uppercase), name.to_lowercase().ends_with('s'))
}

/// The sets of tables for authentication that the database has, in words: Auth.js's, and those of models like these under
/// other names.
fn sets(catalog: &Catalog, core: &[&Model], theirs: Theirs) -> Vec<String> {
    let mut sets = theirs(catalog);
    sets.extend(sets_of(catalog, core).iter().map(|set| set.describe(set.is_elsewhere())));
    sets
}

/// The sets of tables of models like these, under any names.
pub fn sets_of<'catalog>(catalog: &'catalog Catalog, core: &[&Model]) -> Vec<Set<'catalog>> {
    let mut kinds = Vec::with_capacity(core.len());
    for model in core.iter().copied() {
        let name = if model.key.is_empty() { &model.name } else { &model.key };
        let fits = Box::new(move |table: &Table| model.nearly(table));
        kinds.push(Kind { stem: stem(name), fits, given: false });
    }
    standing(catalog, &kinds)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::schema::{Field, FieldKind};
    use crate::table::catalog::Column;
    use crate::table::table::ID;

    fn table(reach: usize, name: &str, columns: &[&str]) -> Table {
        let column = |name: &&str| Column { name: (*name).into(), ..Default::default() };
        let columns = columns.iter().map(column).collect();
        Table { schema: format!("s{reach}"), reach, name: name.into(), columns, ..Default::default() }
    }

    fn model(name: &str, essential: &[&str]) -> Model {
        let field = |name: &&str, essential| Field {
            name: (*name).into(),
            key: (*name).into(),
            kind: FieldKind::Text,
            required: true,
            essential,
            unique: false,
        };
        let fields = essential.iter().map(|name| field(name, true)).chain([field(&ID, false)]).collect();
        Model { name: name.into(), key: name.into(), fields, unique: Vec::new(), tokens: None }
    }

    fn models() -> [Model; 2] {
        [model("user", &["email"]), model("session", &["token", "userId", "expiresAt"])]
    }

    const USER: &[&str] = &["id", "email"];
    const SESSION: &[&str] = &["id", "token", "user_id", "expires_at"];

    fn found(tables: Vec<Table>) -> Vec<String> {
        let catalog = Catalog { tables };
        let models = models();
        let locator = Locator::new(&catalog, &models, |_| Vec::new());
        let name = |model| match locator.find(model) {
            Ok(table) => format!("{}.{}", table.schema, table.name),
            Err(error) => error.message.into_owned(),
        };
        models.iter().map(name).collect()
    }

    #[test]
    fn the_schema_that_has_the_set_comes_first_then_the_first() {
        assert_eq!(
            found(vec![table(0, "user", USER), table(1, "user", USER), table(1, "session", SESSION)]),
            ["s1.user", "s1.session"]
        );
        assert_eq!(
            found(vec![table(0, "users", USER), table(0, "sessions", SESSION), table(1, "user", USER)]),
            ["s0.users", "s0.sessions"]
        );
        assert_eq!(found(vec![table(0, "user", USER), table(1, "user", USER)])[0], "s0.user");
        assert!(found(vec![table(OUT_OF_PATH, "user", USER)])[0].contains("no table user"));
    }

    #[test]
    fn what_is_another_applications_is_passed_over() {
        let found =
            found(vec![table(0, "user", &["id", "login"]), table(0, "users", USER), table(0, "session", &["sid"])]);
        assert_eq!(found[0], "s0.users");
        assert!(found[1].contains("session has no column for token, userId, expiresAt, id"), "{}", found[1]);
    }

    #[test]
    fn other_names_are_named() {
        let [user, session] = &found(vec![table(0, "mail_user", USER), table(0, "mail_session", &SESSION[1..])])[..]
        else {
            panic!()
        };
        assert!(user.ends_with("user: { modelName: \"mail_user\" }"), "{user}");
        assert!(session.ends_with("session: { modelName: \"mail_session\", fields: { id: \"…\" } }"), "{session}");
        let found = found(vec![table(0, "customers", USER), table(0, "logins", SESSION)]);
        assert!(found[0].contains("migrate"), "{}", found[0]);
        assert!(found[1].contains("modelName: \"logins\""), "{}", found[1]);
    }

    #[test]
    fn spellings_are_not_mixed() {
        let capitals = || vec![table(0, "User", USER), table(0, "Session", SESSION)];
        let mixed = |tables| {
            let catalog = Catalog { tables };
            let models = models();
            Locator::new(&catalog, &models, |_| Vec::new()).unmixed(&models).is_err()
        };
        assert!(!mixed(capitals()));
        assert!(mixed(capitals().into_iter().chain([table(0, "user", USER)]).collect()));
    }
}
