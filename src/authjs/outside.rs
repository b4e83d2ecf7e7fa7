//! Sets of tables in schemas that PostgreSQL's search path does not lead to, and that no option names: people may be in them.

use crate::authjs::choice;
use crate::authjs::mapping::Mapping;
use crate::authjs::model::Table;
use crate::dialect::Dialect;
use crate::driver::connection::Connection;
use crate::engine::locate::sets_of;
use crate::engine::schema::Model;
use crate::error::{Code, Error, Result};
use crate::table::introspect;
use crate::table::sets::Set;

/// What is outside.
#[derive(Debug, Default)]
pub struct Outside {
    pub sets: Vec<OutsideSet>,
    /// Whether the caller, or the database's owner, has said which schema is meant.
    pub is_deliberate: bool,
}

#[derive(Debug)]
pub struct OutsideSet {
    pub schema: String,
    /// The tables, in words.
    pub tables: String,
    /// Whether there are users and sessions in it.
    pub in_use: bool,
}

impl Outside {
    /// Why our tables may not be made while these are there.
    pub fn objection(&self) -> Option<Error> {
        let OutsideSet { schema, tables, .. } = self.sets.iter().find(|set| set.in_use && !self.is_deliberate)?;
        Some(Error::new(
            Code::Schema,
            format!(
                "the database has tables for authentication already, in a schema outside the search path: {tables}; nothing was \
                 changed, since a second, empty set would hide the users who are in them. The URL's parameter schema settles it: \
                 ?schema={schema} is for these, and ?schema=public for others in that schema"
            ),
        ))
    }

    /// A sentence for each set.
    pub fn notes(&self) -> impl Iterator<Item = String> {
        let of = |OutsideSet { schema, tables, .. }: &OutsideSet| {
            format!(
                "there is another set of tables for authentication, in a schema outside the search path, which is not used: \
                 {tables}; the URL's parameter schema (?schema={schema}) or the option schema uses it"
            )
        };
        self.sets.iter().map(of)
    }
}

/// The models of an application's tables, of which other sets may be, and the place of the sessions among them.
pub struct Further<'a> {
    pub models: Vec<&'a Model>,
    pub sessions: usize,
}

/// Looks through the schemas that this role may use, for sets of Auth.js's and `further` ones. `schema` is the caller's.
pub async fn look(
    connection: &mut Connection,
    dialect: Dialect,
    schema: Option<&str>,
    further: Option<Further<'_>>,
) -> Result<Outside> {
    if !dialect.syntax().schemas {
        return Ok(Outside::default());
    }
    let rows = connection.texts(SCHEMAS).await?;
    let mut is_deliberate = schema.is_some();
    let mut others = Vec::new();
    for row in rows {
        match row.as_slice() {
            [Some(name), Some(kind)] if kind == "schema" && schema != Some(name) => others.push(name.clone()),
            [Some(source), Some(kind)] if kind == "source" => is_deliberate |= source != "default",
            _ => {}
        }
    }
    if schema.is_some() {
        // All of the search path is outside then, but for that one schema.
        let rows = connection.texts("SELECT unnest(current_schemas(false))::text").await?;
        others.extend(rows.into_iter().flatten().flatten().filter(|name| Some(name.as_str()) != schema));
    }
    let mut outside = Outside { sets: Vec::new(), is_deliberate };
    if others.is_empty() {
        return Ok(outside);
    }
    let more: Vec<_> = others.iter().map(String::as_str).collect();
    let catalog = introspect::read(connection, dialect, schema, &more).await?;
    let mut sets: Vec<_> =
        choice::sets(&catalog, &Mapping::default()).into_iter().map(|set| (set, Table::Session as usize)).collect();
    if let Some(Further { models, sessions }) = further {
        sets.extend(sets_of(&catalog, &models).into_iter().map(|set| (set, sessions)));
    }
    for (set, sessions) in sets {
        if more.contains(&set.schema) {
            let in_use = is_in_use(connection, dialect, &set, sessions).await?;
            outside.sets.push(OutsideSet { schema: set.schema.to_owned(), tables: set.describe(true), in_use });
        }
    }
    Ok(outside)
}

/// Whether the set has users and sessions that this role may read: others' are not the application's.
async fn is_in_use(connection: &mut Connection, dialect: Dialect, set: &Set<'_>, sessions: usize) -> Result<bool> {
    let at = |place: usize| set.tables.get(place).copied().flatten();
    let (Some(user), Some(session)) = (at(0), at(sessions)) else { return Ok(false) };
    let names = [user, session].map(|table| dialect.qualified(Some(&table.schema), &table.name));
    let [may_read_users, may_read_sessions] =
        names.clone().map(|name| format!("has_table_privilege('{}', 'SELECT')", name.replace('\'', "''")));
    if !yes(connection, &format!("{may_read_users} AND {may_read_sessions}")).await? {
        return Ok(false);
    }
    let [users, sessions] = names.map(|name| format!("EXISTS (SELECT 1 FROM {name} LIMIT 1)"));
    yes(connection, &format!("{users} AND {sessions}")).await
}

async fn yes(connection: &mut Connection, condition: &str) -> Result<bool> {
    let rows = connection.texts(&format!("SELECT CASE WHEN {condition} THEN '1' ELSE '0' END")).await?;
    Ok(rows.into_iter().flatten().flatten().next().as_deref() == Some("1"))
}

/// The schemas that have tables and that the search path does not lead to, but for Supabase's, which is looked in anyway; and who
/// has set the search path.
const SCHEMAS: &str = "\
SELECT n.nspname::text, 'schema' FROM pg_catalog.pg_namespace n
WHERE n.nspname NOT LIKE 'pg\\_%' AND n.nspname NOT IN ('information_schema', 'next_auth')
  AND NOT n.nspname = ANY (current_schemas(false)) AND has_schema_privilege(n.oid, 'USAGE')
  AND EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.relnamespace = n.oid AND c.relkind IN ('r', 'p', 'v', 'm', 'f'))
UNION ALL SELECT source, 'source' FROM pg_catalog.pg_settings WHERE name = 'search_path'";
