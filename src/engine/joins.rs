//! Records that belong to others, and are shown with them.

use std::collections::HashMap;
use std::sync::OnceLock;

use crate::dialect::Dialect;
use crate::driver::executor::Executor;
use crate::engine::arguments::list;
use crate::engine::first::terms;
use crate::engine::lists::width;
use crate::engine::predicate::Predicate;
use crate::engine::where_clause::conditions;
use crate::error::Result;
use crate::statement::count::number;
use crate::statement::statement::Statement;
use crate::table::builder::{Builder, shape_of};
use crate::table::column::Column;
use crate::table::table::Table;
use crate::value::{Records, Value};

#[derive(Debug)]
pub enum Joined {
    /// Part of the same row.
    Single,
    Many(Box<Many>),
}

impl Joined {
    /// Whether no row can have more than one, nor needs to be told so.
    pub fn is_one_by_a_key(&self) -> bool {
        match self {
            Joined::Single => true,
            Joined::Many(many) => many.one && many.distinct,
        }
    }
}

/// The records of a table that belong to others: at most so many to each.
#[derive(Debug)]
pub struct Many {
    pub dialect: Dialect,
    pub table: Table,
    pub to: Column,
    /// Where the column that they refer to is among the outputs of those others.
    pub from: usize,
    /// Which argument limits their number.
    pub limit: usize,
    /// Only one is shown.
    pub one: bool,
    /// A key keeps there from being more than one, so that nothing limits their number.
    pub distinct: bool,
    pub all: Texts,
    pub limited: Texts,
}

/// What has been written before, by the power of two that is the number of places.
#[derive(Debug, Default)]
pub struct Texts([OnceLock<Statement>; 32]);

impl Texts {
    fn of(&self, places: usize, write: impl FnOnce() -> Result<Statement>) -> Result<&Statement> {
        let known = &self.0[places.ilog2() as usize];
        if let Some(statement) = known.get() {
            return Ok(statement);
        }
        let statement = write()?;
        Ok(known.get_or_init(|| statement))
    }
}

/// So many records of several are read without asking how many each has.
const PLENTY: usize = 1_000;

impl Many {
    /// The statement for all records of as many as there are `places`, a power of two; for one more than [`PLENTY`], if there are
    /// that many. Its arguments are a list of what they refer to, or that itself for one place.
    pub(super) fn all(&self, places: usize) -> Result<&Statement> {
        self.all.of(places, || {
            let built = self.rows();
            let built = match places {
                1 => built.equals("", &self.to, 0),
                _ => conditions(built, "", &[Predicate::member(&self.to, places)]),
            };
            let built = if self.distinct { built } else { built.push(&format!(" LIMIT {}", PLENTY + 1)) };
            Ok(built.build())
        })
    }

    /// The statement for a limited number of records of each. Its arguments are as above, and the limit. Databases take several
    /// times as long for it.
    pub(super) fn limited(&self, places: usize) -> Result<&Statement> {
        self.limited
            .of(places, || if places == 1 { Ok(self.limited_of_one()) } else { self.limited_of_several(places) })
    }

    fn rows(&self) -> Builder {
        let built = Builder::new(self.dialect).push("SELECT ").record_of("", self.table.visible());
        built.push(" FROM ").push(&self.table.name).push(" WHERE ")
    }

    fn limited_of_one(&self) -> Statement {
        let built = self.rows().equals("", &self.to, 0);
        let order = terms(self.dialect, &self.table, "");
        let built = if order.is_empty() { built } else { built.push(" ORDER BY ").push(&order) };
        built.push(" LIMIT ").limit(1).build()
    }

    fn limited_of_several(&self, places: usize) -> Result<Statement> {
        let (name, to) = (&self.table.name, &self.to.name);
        self.table.made_id().map_or_else(|| self.table.id(), Ok)?;
        let order = terms(self.dialect, &self.table, "");
        let columns: Vec<_> =
            self.table.visible().map(|column| &*column.name).filter(|name| !name.is_empty()).collect();
        let built = Builder::new(self.dialect).push("SELECT ").record_of("c.", self.table.visible());
        let number = format!("ROW_NUMBER() OVER (PARTITION BY {to} ORDER BY {order}) AS rust_auth_place");
        let built = built.push(&format!(" FROM (SELECT {}, {number} FROM {name} WHERE ", columns.join(", ")));
        let built = conditions(built, "", &[Predicate::member(&self.to, places)]);
        let built = built.push(") c WHERE c.rust_auth_place <= ");
        Ok(built.limit(width(self.dialect, places)).build())
    }

    /// The record that stands for none.
    fn none(&self) -> (u32, Vec<Value>) {
        (shape_of(self.table.visible()), vec![Value::Null; self.table.visible().count()])
    }

    /// The place in a record of what it refers to.
    fn reference(&self) -> usize {
        self.table.visible().position(|column| column.name == self.to.name).unwrap_or_default()
    }
}

/// For each of `rows`, its own record and those that are joined to it. `values` are the request's.
pub async fn joined(
    connection: &mut impl Executor,
    joins: &[Joined],
    statement: &Statement,
    rows: Vec<Vec<Value>>,
    values: &[Value],
) -> Result<Vec<Records>> {
    let mut gathered = Vec::with_capacity(joins.len());
    for join in joins {
        gathered.push(match join {
            Joined::Single => None,
            Joined::Many(many) => Some((many, children(connection, many, &rows, values).await?)),
        });
    }
    let of_row = |row: Vec<Value>| {
        let keys: Vec<_> = gathered.iter().flatten().map(|(many, _)| row[many.from].clone()).collect();
        let (mut parts, mut keys) = (statement.split(row), keys.into_iter());
        let mut records = Records::with_capacity(1 + joins.len());
        records.extend(parts.next());
        for join in &gathered {
            let Some((many, children)) = join else {
                records.extend(parts.next());
                continue;
            };
            let key = keys.next().filter(|key| *key != Value::Null);
            let mut own = key.and_then(|key| children.get(&name(&key))).cloned().unwrap_or_default();
            if many.one {
                records.push(own.pop().unwrap_or_else(|| many.none()));
            } else {
                records.push(number(own.len() as u64));
                records.append(&mut own);
            }
        }
        records
    };
    Ok(rows.into_iter().map(of_row).collect())
}

/// The records that belong to any of `rows`.
async fn children(
    connection: &mut impl Executor,
    many: &Many,
    rows: &[Vec<Value>],
    values: &[Value],
) -> Result<Children> {
    let mut keys: Vec<Value> = Vec::new();
    for row in rows {
        if let Some(key) = many.to.codec.store(row[many.from].clone()).filter(|key| *key != Value::Null)
            && !keys.contains(&key)
        {
            keys.push(key);
        }
    }
    if keys.is_empty() {
        return Ok(Children::new());
    }
    let places = keys.len().next_power_of_two();
    let mut arguments = Vec::new();
    if places == 1 {
        arguments.append(&mut keys);
    } else {
        list(many.dialect, &many.to, keys, places, &mut arguments)?;
    }
    let by_key = |statement: &Statement, found: Vec<Vec<Value>>| {
        let mut children = Children::new();
        for (shape, record) in found.into_iter().flat_map(|row| statement.split(row)) {
            children.entry(name(&record[many.reference()])).or_default().push((shape, record));
        }
        children
    };
    if places > 1 || many.distinct {
        let statement = many.all(places)?;
        let found = connection.rows(statement, &arguments).await?;
        let complete = many.distinct || found.len() <= PLENTY;
        let children = by_key(statement, found);
        let exceeds = |records: &Records| match values[many.limit] {
            Value::Int(limit) => records.len() as i64 > limit,
            _ => true,
        };
        if complete && (many.distinct || !children.values().any(exceeds)) {
            return Ok(children);
        }
    }
    arguments.push(values[many.limit].clone());
    let statement = many.limited(places)?;
    Ok(by_key(statement, connection.rows(statement, &arguments).await?))
}

/// Records by the name of what they refer to.
type Children = HashMap<String, Records>;

/// What tells a value from others of its column.
fn name(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        Value::Int(int) => int.to_string(),
        Value::Unsigned(int) => int.to_string(),
        other => format!("{other:?}"),
    }
}
