//! Which set of tables is used, where there are several: the one that the caller names, the one that a running process has used
//! so far, or the only one in use.

use crate::authjs::family::{self, lacks};
use crate::authjs::layout::Layout;
use crate::authjs::mapping::Mapping;
use crate::authjs::model::Table;
use crate::dialect::Dialect;
use crate::driver::answers::Answers;
use crate::error::{Code, Error, Result};
use crate::table::catalog;
use crate::table::catalog::Catalog;
use crate::table::naming::stem;
use crate::table::sets::{Kind, Set, standing};
use crate::table::tied::{Tie, complete};

/// The tables that are used.
#[derive(Debug)]
pub struct Choice<'catalog> {
    tables: [Option<&'catalog catalog::Table>; 6],
    /// Whether these are our own tables, but for those that the caller names.
    pub is_ours: bool,
    /// Each further set, in words.
    pub further: Vec<String>,
    /// What to tell, if the rows decided.
    pub notice: Option<String>,
}

impl<'catalog> Choice<'catalog> {
    pub fn table(&self, table: Table) -> Option<&'catalog catalog::Table> {
        self.tables[table as usize]
    }
}

/// Every set of Auth.js's tables that could stand alone, the tables that the caller names aside.
pub fn sets<'catalog>(catalog: &'catalog Catalog, mapping: &Mapping) -> Vec<Set<'catalog>> {
    let kind = |table: Table| Kind {
        stem: stem(table.name()),
        // Applications have tables of such a name themselves, with the hashes of earlier passwords: ours is known as ours, or is named.
        fits: Box::new(move |each| table != Table::UserPassword && lacks(mapping, table, each).is_empty()),
        given: mapping.table(table).is_some(),
    };
    let kinds = Table::ALL.map(kind);
    let tie = |kind: usize, table: &catalog::Table, users: &catalog::Table| match Table::ALL[kind] {
        Table::VerificationToken => Tie::Keyless,
        kind if family::reference(mapping, kind, table, users).is_some() => Tie::Tied,
        _ => Tie::Loose,
    };
    complete(catalog, &kinds, standing(catalog, &kinds), tie)
}

/// What is known of the tables before one of several sets is chosen.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// Our own table of users, if our own tables can be used.
    pub ours: Option<&'a catalog::Table>,
    /// What this process has used so far: it goes on with these tables as long as they are there.
    pub used: Option<&'a Layout>,
}

/// Chooses the tables to use. `None` if there are none.
pub async fn choose<'catalog>(
    answers: &mut impl Answers,
    dialect: Dialect,
    catalog: &'catalog Catalog,
    mapping: &Mapping,
    known: Known<'_>,
) -> Result<Option<Choice<'catalog>>> {
    let named = named(catalog, mapping)?;
    let sets = sets(catalog, mapping);
    let sets: Vec<_> = sets.iter().collect();
    let mut notice = None;
    let chosen = match belonging(&sets, &named).as_slice() {
        // Tables that the caller names, of no set: the table of users says that no set is meant.
        [] if sets.len() > 1 && mapping.table(Table::User).is_some() => None,
        [] if sets.is_empty() => None,
        [] => Some(only(answers, dialect, &sets, known, &mut notice).await?),
        [one] => Some(*one),
        several => Some(only(answers, dialect, several, known, &mut notice).await?),
    };
    // Tables that the caller names, of no set, take the place of ours.
    let is_ours = known.ours.is_some_and(|ours| chosen.is_none_or(|set| set.contains(ours)));
    let mut tables = [None; 6];
    if let Some(set) = chosen {
        tables.copy_from_slice(&set.tables);
        // Which of our own tables is which is no question.
        if !is_ours {
            settle(set, mapping)?;
        }
    }
    for (table, found) in &named {
        tables[*table as usize] = Some(*found);
    }
    if tables.iter().all(Option::is_none) {
        return Ok(None);
    }
    let qualified = several_schemas(&sets);
    let used = |set: &Set<'_>| {
        set.tables.iter().flatten().any(|each| tables.iter().flatten().any(|used| std::ptr::eq(*each, *used)))
    };
    let further = sets.iter().filter(|set| !used(set)).map(|set| set.describe(qualified)).collect();
    Ok(Some(Choice { tables, is_ours, further, notice }))
}

/// The tables that the caller names, which have to have what such tables must have.
fn named<'catalog>(catalog: &'catalog Catalog, mapping: &Mapping) -> Result<Vec<(Table, &'catalog catalog::Table)>> {
    let mut tables = Vec::with_capacity(mapping.tables.len());
    for (table, name) in &mapping.tables {
        let is_meant = |each: &&catalog::Table| each.name == *name || format!("{}.{}", each.schema, each.name) == *name;
        let found = catalog.tables.iter().filter(is_meant).min_by_key(|each| each.reach).ok_or_else(|| {
            let has: Vec<_> = catalog.tables.iter().map(|each| each.name.as_str()).collect();
            let has = if has.is_empty() { "no tables".to_owned() } else { format!("only {}", has.join(", ")) };
            let message = format!("the option tables.{} names {name}, but the database has {has}", table.name());
            Error::new(Code::Schema, message).about("table", name.as_str())
        })?;
        let lacking = lacks(mapping, *table, found);
        if !lacking.is_empty() {
            let has: Vec<_> = found.columns.iter().map(|column| column.name.as_str()).collect();
            return Err(Error::new(
                Code::Schema,
                format!(
                    "the table {name} has no column for {}; it has {}; the option columns.{} can name them",
                    lacking.join(", "),
                    has.join(", "),
                    table.name()
                ),
            )
            .about("table", name.as_str())
            .about("field", lacking[0]));
        }
        tables.push((*table, found));
    }
    Ok(tables)
}

/// The sets that have most of the tables that the caller names. Of several, those that have nothing else are no question.
fn belonging<'a, 'catalog>(
    sets: &[&'a Set<'catalog>],
    named: &[(Table, &'catalog catalog::Table)],
) -> Vec<&'a Set<'catalog>> {
    let count = |set: &Set<'_>| named.iter().filter(|(_, table)| set.contains(table)).count();
    let most = sets.iter().map(|set| count(set)).max().filter(|most| *most > 0);
    let mut belonging: Vec<_> = sets.iter().filter(|set| Some(count(set)) == most).copied().collect();
    if belonging.len() > 1 {
        belonging.retain(|set| set.tables.iter().flatten().count() > count(set));
    }
    belonging
}

/// The one of `sets` that is used: the one that this process uses already, or the only one that has users with sessions.
async fn only<'a, 'catalog>(
    answers: &mut impl Answers,
    dialect: Dialect,
    sets: &[&'a Set<'catalog>],
    known: Known<'_>,
    notice: &mut Option<String>,
) -> Result<&'a Set<'catalog>> {
    if let [set] = sets {
        return Ok(set);
    }
    if let Some(set) = known.used.and_then(|used| sets.iter().find(|set| is_of(dialect, set, used))) {
        return Ok(set);
    }
    let in_use = match in_use(answers, dialect, sets).await {
        Ok(in_use) => in_use,
        // A set that may not be read may be in use.
        Err(error) if error.code == Code::Database => return Err(ambiguous(sets)),
        Err(error) => return Err(error),
    };
    let [set] = in_use.as_slice() else { return Err(ambiguous(sets)) };
    *notice = Some(format!(
        "{}; {} is used, since no other has users with sessions",
        ambiguous(sets).message,
        set.describe(several_schemas(sets))
    ));
    Ok(set)
}

/// Whether the users of `set` are those of `layout`.
fn is_of(dialect: Dialect, set: &Set<'_>, layout: &Layout) -> bool {
    let users = set.tables.get(Table::User as usize).copied().flatten();
    users.is_some_and(|users| layout.has(Table::User) && users.is_named(dialect, &layout.table(Table::User).name))
}

/// Those of `sets` that have both a user and a session, all by one statement: what is written meanwhile is in all of the answer
/// or in none of it.
async fn in_use<'a, 'catalog>(
    answers: &mut impl Answers,
    dialect: Dialect,
    sets: &[&'a Set<'catalog>],
) -> Result<Vec<&'a Set<'catalog>>> {
    let exists = |table: &catalog::Table| format!("EXISTS (SELECT 1 FROM {} LIMIT 1)", table.qualified(dialect));
    let is_in_use = |set: &&Set<'_>| {
        let of = |table: Table| set.tables.get(table as usize).copied().flatten();
        match (of(Table::User), of(Table::Session)) {
            (Some(user), Some(session)) => {
                format!("CASE WHEN {} AND {} THEN '1' ELSE '0' END", exists(user), exists(session))
            }
            _ => "'0'".to_owned(),
        }
    };
    let columns: Vec<_> = sets.iter().map(is_in_use).collect();
    let rows = answers.answer_to(&format!("SELECT {}", columns.join(", "))).await?;
    let told = rows.into_iter().next().unwrap_or_default();
    Ok(sets.iter().zip(told).filter(|(_, answer)| answer.as_deref() == Some("1")).map(|(set, _)| *set).collect())
}

fn ambiguous(sets: &[&Set<'_>]) -> Error {
    let several = several_schemas(sets);
    let described: Vec<_> = sets.iter().map(|set| set.describe(several)).collect();
    let option = if several { "the option tables or schema" } else { "the option tables" };
    let described = described.join("; and ");
    Error::new(
        Code::Schema,
        format!(
            "the database has more than one set of tables for authentication: {described}; {option} can name the right ones"
        ),
    )
}

/// An error if a table of the set could be one of several, and the caller does not say which.
fn settle(set: &Set<'_>, mapping: &Mapping) -> Result<()> {
    let open = set.doubts.iter().map(|(kind, tables)| (Table::ALL[*kind], tables));
    let Some((table, rivals)) = open.into_iter().find(|(table, _)| mapping.table(*table).is_none()) else {
        return Ok(());
    };
    let rivals: Vec<_> = rivals.iter().map(|table| table.name.as_str()).collect();
    let message = format!(
        "the database has more than one table for {}: {}; the option tables.{} can name the right one",
        table.name(),
        rivals.join(", "),
        table.name()
    );
    Err(Error::new(Code::Schema, message).about("table", table.name()))
}

fn several_schemas(sets: &[&Set<'_>]) -> bool {
    sets.windows(2).any(|pair| pair[0].schema != pair[1].schema)
}
