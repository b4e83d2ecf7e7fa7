//! Which indexes tables lack that are there, and which of them may be unique.

use crate::ddl::desired::{Index, Table, wanted_indexes};
use crate::ddl::missing::{Ddl, Step};
use crate::table::catalog::{self, Relation};
use crate::table::naming::{fitting, styled};

impl Ddl<'_> {
    /// Adds the indexes that `found` lacks, which `name` stands for in SQL.
    pub(super) fn add_indexes(&mut self, table: &Table, found: &catalog::Table, name: &str) {
        // The indexes that serve a view are those of the tables behind it.
        if found.is_table() {
            let wanted = wanted_indexes(table);
            let steps: Vec<_> = wanted.iter().filter_map(|index| self.step(table, found, name, index)).collect();
            self.indexes.extend(steps);
        }
    }

    /// What makes one of them; `None` if there is one that serves.
    fn step(&self, table: &Table, found: &catalog::Table, name: &str, index: &Index) -> Option<Step> {
        let physical = |column: &String| found.similar(column).first().copied();
        let columns: Vec<_> = index
            .columns
            .iter()
            .map(|column| match physical(column) {
                Some(physical) => (physical.name.clone(), physical.type_name.ends_with("text")),
                None => (styled(column, found.is_snake()), false),
            })
            .collect();
        let covers = |each: &catalog::Index| {
            each.columns.len() >= columns.len() && each.columns.iter().zip(&columns).all(|(a, (b, _))| a == b)
        };
        let is_served = found.indexes.iter().any(covers);
        let names: Vec<_> = columns.iter().map(|(column, _)| column.as_str()).collect();
        let is_unique = found.is_unique(&names);
        // An index of the beginnings of texts would refuse different ones.
        let is_cut = !self.ddl().index_prefix.is_empty() && columns.iter().any(|(_, long)| *long);
        // A key of a partitioned table has to hold what its partitions are told by.
        let is_cut = is_cut || found.relation == Relation::Partitioned;
        // Auth.js goes on writing the columns that it has as ever.
        let is_theirs = table.stands.is_some() && index.columns.iter().all(|column| physical(column).is_some());
        let create = |unique: bool, title: Option<&str>| {
            format!("CREATE {}", self.index(Some(name), &found.name, &columns, unique, title))
        };
        let plain = || create(false, index.name.as_deref());
        if !index.unique || is_unique || is_cut || is_theirs {
            return (!is_served && !is_unique).then(|| Step::Do(plain()));
        }
        // An index that is not unique may have the name already.
        let title = index.name.as_deref().filter(|title| found.indexes.iter().all(|each| each.name != **title));
        let unique = create(true, title);
        let given = |column: &String| {
            let field = table.fields.iter().find(|field| field.name == *column);
            field.is_some_and(|field| self.literal(field).is_some() || field.required && field.now)
        };
        let (old, new): (Vec<_>, Vec<_>) = index.columns.iter().partition(|column| physical(column).is_some());
        // In the rows that are there, one of the new ones is null.
        if !new.into_iter().all(given) {
            return Some(Step::Do(unique));
        }
        let old: Vec<_> = old.into_iter().filter_map(physical).collect();
        Some(Step::Unique { doubled: self.doubled(name, &old), unique, otherwise: (!is_served).then(plain) })
    }

    /// Answers a row if two rows agree in all of these columns.
    fn doubled(&self, table: &str, columns: &[&catalog::Column]) -> String {
        let names: Vec<_> = columns.iter().map(|column| self.dialect.quote(&column.name)).collect();
        if names.is_empty() {
            return format!("SELECT 'doubled' FROM {table} LIMIT 1 OFFSET 1");
        }
        let given: Vec<_> = names.iter().map(|name| format!("{name} IS NOT NULL")).collect();
        format!(
            "SELECT 'doubled' FROM {table} WHERE {} GROUP BY {} HAVING COUNT(*) > 1 LIMIT 1",
            given.join(" AND "),
            names.join(", ")
        )
    }

    /// `INDEX … ON …` of the table that is called `short` without its schema; without `on`, as a part of the statement that makes or alters the
    /// table. The columns come with whether they are texts without a limit, of which MySQL indexes the beginning.
    pub(super) fn index(
        &self,
        on: Option<&str>,
        short: &str,
        columns: &[(String, bool)],
        unique: bool,
        name: Option<&str>,
    ) -> String {
        let names: Vec<_> = columns.iter().map(|(column, _)| column.as_str()).collect();
        let (kind, suffix) = if unique { ("UNIQUE INDEX", "uidx") } else { ("INDEX", "idx") };
        let title = name.map_or_else(|| fitting(&format!("{short}_{}_{suffix}", names.join("_"))), str::to_owned);
        let part = |(column, long): &(String, bool)| {
            let prefix = if *long { self.ddl().index_prefix } else { "" };
            format!("{}{prefix}", self.dialect.quote(column))
        };
        let parts: Vec<_> = columns.iter().map(part).collect();
        let on = on.map(|table| format!(" ON {table}")).unwrap_or_default();
        format!("{kind} {}{on} ({})", self.dialect.quote(&title), parts.join(", "))
    }
}
