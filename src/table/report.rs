//! What `check` tells, of any tables: which stands for which, how each column is read and written, and what would be better.

use std::fmt;

use serde_json::json;

use crate::dialect::Dialect;
use crate::statement::shape;
use crate::table::catalog;
use crate::table::column::{Column, Fill};
use crate::table::naming;
use crate::table::server::Server;
use crate::types::codec::Form;
use crate::types::instant::Instant;
use crate::types::kind::Kind;
use crate::value::Value;

#[derive(Debug)]
pub struct Report {
    pub dialect: Dialect,
    pub tables: Vec<Found>,
    pub warnings: Vec<Warning>,
    /// What would be better, and is no fault.
    pub recommendations: Vec<Warning>,
    /// Of SQLite.
    pub file: Option<File>,
    /// What the server tells of itself, if it does.
    pub server: Option<Server>,
}

/// A table, and what stands for it in the database.
#[derive(Debug)]
pub struct Found {
    pub table: String,
    pub name: String,
    /// Field, column, type, meaning.
    pub columns: Vec<[String; 4]>,
    /// How many rows it has, and how many of them have expired, where they do. `None` if that was not counted, or took too long.
    pub rows: Option<u64>,
    pub expired: Option<u64>,
}

#[derive(Debug)]
pub struct Warning {
    pub message: String,
    /// The statement that mends it, where there is one.
    pub remedy: Option<String>,
}

/// The library that reads and writes a SQLite file, and how the file keeps what is being written.
#[derive(Debug)]
pub struct File {
    pub version: &'static str,
    pub journal_mode: String,
}

impl Found {
    pub fn new(table: &str, name: &str, columns: Vec<[String; 4]>) -> Self {
        Self { table: table.to_owned(), name: name.to_owned(), columns, rows: None, expired: None }
    }

    fn counts(&self) -> String {
        let rows = self.rows.map(|rows| format!(", {rows} {}", if rows == 1 { "row" } else { "rows" }));
        let expired = self.expired.map(|expired| format!(", {expired} of them expired"));
        rows.into_iter().chain(expired).collect()
    }
}

impl Report {
    pub fn empty(dialect: Dialect) -> Self {
        Self {
            dialect,
            tables: Vec::new(),
            warnings: Vec::new(),
            recommendations: Vec::new(),
            file: None,
            server: None,
        }
    }

    pub fn warn(&mut self, message: String, remedy: Option<String>) {
        self.warnings.push(Warning { message, remedy });
    }

    /// Tells of a table of which an address is looked for without an index, and of the statements that make one.
    pub fn examine_search(&mut self, table: &str, statements: &[String]) {
        if !statements.is_empty() {
            let message = format!(
                "{table} has no index by which an e-mail address is looked for in any case: each look-up of an address that no row has \
                 as it is reads the whole table; `rust-auth-adapter better-auth migrate` makes one"
            );
            self.warn(message, Some(format!("{};", statements.join("; "))));
        }
    }

    /// Tells of a column by which an ORM hides rows in the place of deleting them. Of a view, it may be what its rows are chosen by.
    pub fn examine_soft_deletion(&mut self, physical: &catalog::Table) {
        let marks = |column: &&catalog::Column| column.nullable && naming::bare(&column.name) == "deletedat";
        let Some(column) = physical.columns.iter().find(marks).filter(|_| physical.is_table()) else { return };
        let message = format!(
            "{}.{} looks like the mark of an ORM that hides rows in the place of deleting them: here such rows count as there, and a \
             deletion deletes; a view of the rows without it can take the table's place",
            physical.name, column.name
        );
        self.warn(message, None);
    }

    /// Tells of columns that are spelled in two ways; `settled` says what settles which one is meant.
    pub fn examine_twins(&mut self, physical: &catalog::Table, columns: &[Column], settled: &str) {
        let known_as = |twin: &&catalog::Column| {
            let name = self.dialect.quote(&twin.name);
            let column = columns.iter().find(|column| column.name == name);
            let field = column.map_or("is left alone".to_owned(), |column| format!("is the field {}", column.field));
            format!("{} {field}", twin.name)
        };
        let twins = physical.twins().into_iter().map(|twins| {
            let known: Vec<_> = twins.iter().map(known_as).collect();
            format!("{} spells one name in {} ways: {}; {settled}", physical.name, known.len(), known.join(", "))
        });
        for message in twins.collect::<Vec<_>>() {
            self.warn(message, None);
        }
    }

    /// As a record: its text, itself as JSON, and whether the tables can be used.
    pub fn record(&self, usable: bool) -> (u32, Vec<Value>) {
        let fields = [("text", Kind::Text), ("json", Kind::Text), ("warnings", Kind::Int), ("usable", Kind::Bool)];
        let shape = shape::number(fields.map(|(name, kind)| (name.to_owned(), kind)).into());
        let warnings = i64::try_from(self.warnings.len()).unwrap_or(i64::MAX);
        let json = format!("{:#}", self.to_json());
        (shape, vec![Value::Text(self.to_string()), Value::Text(json), Value::Int(warnings), Value::Bool(usable)])
    }

    pub fn to_json(&self) -> serde_json::Value {
        let column = |[field, column, kind, meaning]: &[String; 4]| json!({ "field": field, "column": column, "type": kind, "meaning": meaning });
        let table = |found: &Found| {
            let columns: Vec<_> = found.columns.iter().map(column).collect();
            let (rows, expired) = (found.rows, found.expired);
            json!({ "table": found.table, "foundAs": found.name, "rows": rows, "expired": expired, "columns": columns })
        };
        let warning = |warning: &Warning| json!({ "message": warning.message, "remedy": warning.remedy });
        json!({
            "dialect": self.dialect.name(),
            "server": self.server.as_ref().map(Server::to_json),
            "sqlite": self.file.as_ref().map(|file| json!({ "version": file.version, "journalMode": file.journal_mode })),
            "tables": self.tables.iter().map(table).collect::<Vec<_>>(),
            "warnings": self.warnings.iter().map(warning).collect::<Vec<_>>(),
            "recommendations": self.recommendations.iter().map(warning).collect::<Vec<_>>(),
        })
    }
}

/// How a column's values are understood, in a few words.
pub fn meaning(column: &Column) -> String {
    let value = match (column.kind, column.codec.form) {
        (Kind::Int, Form::Seconds(_)) => "number of seconds, stored as a date",
        (Kind::Int, _) => "number",
        (_, Form::Instant(Instant::Millis) | Form::Millis) => "date, as milliseconds",
        (_, Form::Instant(Instant::Seconds)) => "date, as seconds",
        (_, Form::Instant(Instant::JulianDay)) => "date, as a Julian day",
        (_, Form::Instant(Instant::MillisText)) => "date, as milliseconds in a text",
        (_, Form::Instant(Instant::IsoZ)) => "date, as 2030-06-07T08:09:10.123Z",
        (_, Form::Instant(Instant::IsoOffset)) => "date, as 2030-06-07T08:09:10.123+00:00",
        (_, Form::Instant(Instant::Spaced)) => "date, as 2030-06-07 08:09:10.123 +00:00",
        (_, Form::Instant(Instant::SpacedSeconds)) => "date, as 2030-06-07 08:09:10",
        (_, Form::Instant(Instant::SpacedMillis)) => "date, as 2030-06-07 08:09:10.123",
        (_, Form::Instant(Instant::SpacedMicros)) => "date, as 2030-06-07 08:09:10.123000",
        (_, Form::Wall(_)) => "date, on another zone's clock",
        (_, Form::Uuid) => "text, a UUID",
        (_, Form::IntegerId | Form::Undeclared { integers: true }) => "text, stored as an integer",
        (_, Form::Caseless) => "text, matched in any case",
        (_, Form::Array | Form::JsonArray) => "array",
        (Kind::Text, _) => "text",
        (Kind::Float, _) => "number",
        (Kind::Bool, _) => "boolean",
        (Kind::Json, _) => "JSON",
        (Kind::Time, _) => "date",
    };
    match column.fill {
        _ if column.generated => format!("{value}; made by the database"),
        Fill::Id { form, .. } => format!("{value}; made here ({form})"),
        Fill::Now | Fill::Derived(_) => format!("{value}; filled in here"),
        Fill::Trigger => format!("{value}; left to the table's triggers"),
        Fill::Nothing | Fill::Unknown => value.to_owned(),
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(server) = &self.server {
            server.lines().iter().try_for_each(|line| writeln!(formatter, "{line}"))?;
            writeln!(formatter)?;
        }
        for found @ Found { table, name, columns, .. } in &self.tables {
            writeln!(formatter, "{table}: found as {name}{}", found.counts())?;
            let width = |at: usize| columns.iter().map(|column| column[at].chars().count()).max().unwrap_or_default();
            let widths = [width(0), width(1), width(2)];
            for [field, column, kind, meaning] in columns {
                let [a, b, c] = widths;
                writeln!(formatter, "  {field:a$}  {column:b$}  {kind:c$}  {meaning}")?;
            }
            writeln!(formatter)?;
        }
        if let Some(File { version, journal_mode }) = &self.file {
            writeln!(formatter, "SQLite {version}, journal mode {journal_mode}")?;
        }
        match self.warnings.len() {
            0 => writeln!(formatter, "no warnings"),
            1 => writeln!(formatter, "1 warning"),
            count => writeln!(formatter, "{count} warnings"),
        }?;
        list(formatter, &self.warnings)?;
        match self.recommendations.len() {
            0 => return Ok(()),
            1 => writeln!(formatter, "1 recommendation"),
            count => writeln!(formatter, "{count} recommendations"),
        }?;
        list(formatter, &self.recommendations)
    }
}

fn list(formatter: &mut fmt::Formatter<'_>, warnings: &[Warning]) -> fmt::Result {
    for Warning { message, remedy } in warnings {
        writeln!(formatter, "  - {message}")?;
        if let Some(remedy) = remedy {
            writeln!(formatter, "    {remedy}")?;
        }
    }
    Ok(())
}
