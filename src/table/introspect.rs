//! Reads what the database says about its tables.

use std::collections::{BTreeMap, BTreeSet};

use crate::dialect::Dialect;
use crate::dialect::catalog::Views;
use crate::driver::answers::Answers;
use crate::driver::connection::Texts;
use crate::error::{Code, Health, Result};
use crate::table::catalog::{Catalog, Column, Index, Relation, Table};
use crate::table::references;

/// Reads the catalog, in one message, and one more where there are views that have to be asked for.
///
/// `schema` is PostgreSQL's, from the URL; without it the search path counts, and Supabase's `next_auth`. `more` are
/// schemas that count as well.
pub async fn read(
    answers: &mut impl Answers,
    dialect: Dialect,
    schema: Option<&str>,
    more: &[&str],
) -> Result<Catalog> {
    let queries = dialect.catalog(schema, more);
    let mut tables: BTreeMap<(String, String), Table> = BTreeMap::new();
    let mut answered = answers.answers_to(&queries.texts()).await?.into_iter();
    let mut answer = || answered.next().unwrap_or_default();
    let (mut rows, keys, references, names) = (answer(), answer(), answer(), answer());
    if let Some(views) = &queries.views {
        rows.extend(columns_of(answers, views, names).await?);
    }
    for row in rows {
        let mut values = row.into_iter();
        let mut text = || values.next().flatten();
        let (schema, table) = (text().unwrap_or_default(), text().unwrap_or_default());
        let column = Column {
            name: text().unwrap_or_default(),
            type_name: text().unwrap_or_default().to_ascii_lowercase(),
            cast_name: text(),
            category: text().unwrap_or_default(),
            length: text().and_then(|length| length.parse().ok()),
            nullable: yes(text()),
            has_default: yes(text()),
            computed: yes(text()),
            on_update: yes(text()),
            default: text(),
            collation: None,
            strict: false,
        };
        let without_rowid = yes(text());
        let reach = text().and_then(|reach| reach.parse().ok()).unwrap_or_default();
        let column = Column { strict: yes(text()), ..column };
        let relation = Relation::of(text().as_deref());
        let column = Column { collation: text().filter(|name| is_word(name)), ..column };
        let entry = tables.entry((schema.clone(), table.clone())).or_default();
        (entry.schema, entry.name, entry.without_rowid) = (schema, table, without_rowid);
        entry.reach = reach;
        if relation == Relation::Partitioned {
            entry.relation = relation;
        } else if relation != Relation::Table {
            // Triggers and rules make of a write what they like, and there is nothing of a row but its values.
            (entry.relation, entry.triggered, entry.without_rowid) = (relation, true, true);
        }
        entry.columns.push(column);
    }
    let mut indexes: BTreeMap<(String, String, String), Index> = BTreeMap::new();
    let mut computed = BTreeSet::new();
    for row in keys {
        let [Some(schema), Some(table), Some(name), column, unique] = row.as_slice() else { continue };
        let place = (schema.clone(), table.clone(), name.clone());
        // MySQL's indexes with an expression, besides which the other columns are not unique by themselves.
        let Some(column) = column else {
            computed.insert(place);
            continue;
        };
        let index = indexes.entry(place).or_default();
        index.name.clone_from(name);
        index.columns.push(column.clone());
        index.unordered = unique.as_deref() == Some("unordered");
        index.unique = yes(unique.clone());
    }
    for (place, mut index) in indexes {
        index.unique &= !computed.contains(&place);
        let (schema, table, _) = place;
        if let Some(table) = tables.get_mut(&(schema, table)) {
            table.indexes.push(index);
        }
    }
    references::add(dialect, references, &mut tables);
    Ok(Catalog { tables: tables.into_values().collect() })
}

/// The columns of views, of one at a time if need be. A view that does not work any more is passed over: the database cannot say
/// what its columns are.
async fn columns_of(answers: &mut impl Answers, views: &Views, names: Vec<Texts>) -> Result<Vec<Texts>> {
    let query = |name: String| views.columns.replace("{name}", &format!("'{}'", name.replace('\'', "''")));
    let queries: Vec<_> = names.into_iter().flatten().flatten().map(query).collect();
    let mut rows = Vec::new();
    for query in queries {
        match answers.answer_to(&query).await {
            Ok(columns) => rows.extend(columns),
            Err(error) if matches!(error.code, Code::Schema | Code::Database) && error.connection == Health::Sound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(rows)
}

/// Whether it can stand in a statement as it is.
fn is_word(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn yes(value: Option<String>) -> bool {
    matches!(value.as_deref(), Some("t" | "1" | "true" | "YES"))
}

#[cfg(test)]
mod tests;
