//! What `check` tells: which table is which, how each column is read and written, and what would be better.

use crate::authjs::check_keys;
use crate::authjs::discover;
use crate::authjs::file;
use crate::authjs::layout::{Layout, TableLayout, Unusable};
use crate::authjs::model::RECORD;
use crate::authjs::model::Table;
use crate::authjs::outside::Outside;
use crate::dialect::Dialect;
use crate::driver::connection::Connection;
use crate::error::Result;
use crate::table::catalog::Catalog;
use crate::table::column::{Column, Fill, Guess};
use crate::table::infer::is_own_uuid;
use crate::table::report::{Found, Report, Warning, meaning};
use crate::table::{capacity, catalog};
use crate::types::affinity::Numbering;
use crate::types::codec::Form;
use crate::types::instant::Instant;
use crate::types::kind::Kind;
use crate::types::zone::Zone;

/// Columns that hold tokens of any length.
const TOKENS: [&str; 3] = ["access_token", "refresh_token", "id_token"];
const ROOM_FOR_TOKENS: usize = 2048;

/// The tables that applications mark rows of in the place of deleting them.
const SOFTLY_DELETED: [Table; 4] = [Table::User, Table::Account, Table::Session, Table::VerificationToken];

/// What cannot be done without a table.
fn purpose(table: Table) -> &'static str {
    match table {
        Table::User | Table::Account => "signing in",
        Table::Session => "sessions in the database",
        Table::VerificationToken => "signing in by e-mail",
        Table::Authenticator => "passkeys",
        Table::UserPassword => "passwords",
    }
}

/// What look-ups, deletions and clean-ups search by, besides the keys.
fn searched(table: Table) -> &'static [&'static str] {
    match table {
        Table::User => &[],
        Table::Account | Table::Authenticator | Table::UserPassword => &["userId"],
        Table::Session => &["userId", "expires"],
        Table::VerificationToken => &["expires"],
    }
}

impl Report {
    async fn examine_file(&mut self, connection: &mut Connection) -> Result<()> {
        let (file, better) = file::examine(connection).await?;
        let warning = |(message, remedy): (String, &str)| Warning { message, remedy: Some(remedy.to_owned()) };
        self.recommendations.extend(better.map(warning));
        self.file = Some(file);
        Ok(())
    }

    pub async fn new(
        connection: &mut Connection,
        dialect: Dialect,
        catalog: &Catalog,
        discover::Found { layout, further, .. }: &discover::Found,
        outside: &Outside,
    ) -> Result<Self> {
        let mut report = Self::empty(dialect);
        for set in further {
            let message = format!(
                "there is another set of tables for authentication, which is not used: {set}; the option tables can name \
                 the right ones"
            );
            report.warn(message, None);
        }
        for note in outside.notes() {
            let notes = if outside.is_deliberate { &mut report.recommendations } else { &mut report.warnings };
            notes.push(Warning { message: note, remedy: None });
        }
        for table in Table::ALL {
            // Without one for passwords nothing fails that is not asked for.
            if !layout.has(table) && table == Table::UserPassword {
                continue;
            }
            if let Some(Unusable { why, .. }) = layout.unusable(table) {
                let (name, fails) = (table.name(), purpose(table));
                // Rows of a user that nothing leads to.
                let left = if Table::OF_A_USER.contains(&table) {
                    ", and deleteUser leaves its rows, unless a foreign key deletes them"
                } else {
                    ""
                };
                report.warn(
                    format!("there is no table for {name} that can be used: {fails} will fail{left}; {why}"),
                    None,
                );
                continue;
            }
            if !layout.has(table) {
                let instead = layout.instead_of(table).map(|instead| format!("; {instead}")).unwrap_or_default();
                let (name, fails) = (table.name(), purpose(table));
                let message = format!("there is no table for {name}: {fails} will fail{instead}");
                report.warn(message, None);
                continue;
            }
            let used = layout.table(table);
            if let Some(physical) = report.physical(used, catalog) {
                report.examine(used, physical);
            }
        }
        report.examine_owners(catalog, layout);
        let own = catalog.tables.iter().any(|table| table.name == RECORD);
        report.examine_clocks(connection, layout, own).await?;
        if dialect.syntax().file {
            report.examine_file(connection).await?;
        }
        Ok(report)
    }

    pub(super) fn physical<'catalog>(
        &self,
        used: &TableLayout,
        catalog: &'catalog Catalog,
    ) -> Option<&'catalog catalog::Table> {
        catalog.tables.iter().find(|each| each.is_named(self.dialect, &used.name))
    }

    fn examine(&mut self, used: &TableLayout, physical: &catalog::Table) {
        let dialect = self.dialect;
        let of = |column: &Column| physical.columns.iter().find(|each| dialect.quote(&each.name) == column.name);
        let columns = used.columns.iter().filter_map(|column| {
            let physical = of(column)?;
            Some([column.field.to_string(), physical.name.clone(), physical.type_name.clone(), meaning(column)])
        });
        self.tables.push(Found::new(used.table.name(), &physical.name, columns.collect()));

        if !physical.is_table() {
            let message = format!(
                "{} is a {}: it has no keys of its own, so that each insert has to look first, and what it does not let through \
                 cannot be written; the option tables can name the table behind it",
                physical.name,
                physical.relation.name()
            );
            self.warn(message, None);
        }
        if SOFTLY_DELETED.contains(&used.table) {
            self.examine_soft_deletion(physical);
        }
        self.examine_keys(used, physical);
        let name = |field: &&str| check_keys::found(dialect, used, physical, field).map(|each| each.name.as_str());
        for column in searched(used.table).iter().filter_map(name) {
            if physical.is_table() && !physical.is_indexed(column) {
                let index = check_keys::index(dialect, "", used, physical, &[column]);
                self.warn(format!("{} has no index on {column}", physical.name), Some(index));
            }
        }
        for column in &used.columns {
            let Some(physical_column) = of(column) else { continue };
            let default = self.uuid_default(used, physical_column);
            if column.fill == Fill::Unknown {
                let message = format!(
                    "{}.{} must not be null and has no default in the database: creating a row fails unless {} is given",
                    physical.name, physical_column.name, column.field
                );
                self.warn(message, default.clone());
            }
            if column.fill == Fill::Trigger {
                let message = capacity::left_to_triggers(&physical.name, physical_column, &column.field);
                self.recommendations.push(Warning { message, remedy: None });
            }
            if let (Fill::Id { .. }, false) = (column.fill, column.field == "id") {
                let message = format!(
                    "{}.{} has no default in the database: it is filled here with a UUID, and other programs have to do so too",
                    physical.name, physical_column.name
                );
                self.recommendations.push(Warning { message, remedy: default });
            }
            self.examine_proof(used, physical, physical_column);
            self.examine_guess(physical, physical_column, column);
            if column.field == "id" && column.kind == Kind::Text && column.codec.form == Form::IntegerId {
                let message = format!(
                    "{}.{} is an integer: adapters such as Prisma's, Drizzle's and pg's give it as a number, and this one as a text, as \
                     Auth.js has it, unless the option ids is \"number\"",
                    physical.name, physical_column.name
                );
                self.recommendations.push(Warning { message, remedy: None });
            }
            if let (Some(Numbering { declared, .. }), true) =
                (&column.codec.numbering, column.kind == Kind::Text && column.codec.form != Form::IntegerId)
            {
                let message = format!(
                    "{}.{} is declared {declared}: SQLite would store numbers for texts that look like them, so that such as \
                     \"007\" are refused; declare it TEXT, for which SQLite needs the table made anew",
                    physical.name, physical_column.name
                );
                self.warn(message, None);
            }
            let short = physical_column.length.filter(|length| *length < ROOM_FOR_TOKENS);
            if let (true, Some(length)) = (TOKENS.contains(&&*column.field), short) {
                let remedy = dialect
                    .syntax()
                    .ddl
                    .lengthen
                    .map(|(before, after)| format!("ALTER TABLE {} {before} {} {after};", used.name, column.name));
                let message = format!(
                    "{}.{} has room for {length} characters: some providers' tokens are longer",
                    physical.name, physical_column.name
                );
                self.warn(message, remedy);
            }
        }
        self.examine_twins(physical, &used.columns, "the option columns says which column stands for which field");
        for column in physical.columns.iter().filter(|column| column.category != catalog::HIDDEN) {
            if !used.columns.iter().any(|each| each.name == dialect.quote(&column.name)) {
                self.warn(capacity::left_alone(dialect, physical, column), None);
            }
        }
    }

    /// An address counts as verified as soon as there is a date, and a default is one.
    fn examine_proof(&mut self, used: &TableLayout, physical: &catalog::Table, column: &catalog::Column) {
        let name = self.dialect.quote(&column.name);
        let is_proof =
            used.table == Table::User && used.position("emailVerified").is_some_and(|at| used.columns[at].name == name);
        let is_null = column.default.as_deref().is_some_and(|default| default.eq_ignore_ascii_case("null"));
        if !is_proof || !column.has_default || is_null {
            return;
        }
        let message = format!(
            "{}.{} has a default in the database: the address of a user who is made without it counts as verified",
            physical.name, column.name
        );
        // Where columns can be altered.
        let lengthen = self.dialect.syntax().ddl.lengthen;
        let remedy = lengthen.map(|_| format!("ALTER TABLE {} ALTER COLUMN {name} DROP DEFAULT;", used.name));
        self.warn(message, remedy);
    }

    /// Of dates as numbers, where nothing in the column tells their unit yet.
    fn examine_guess(&mut self, physical: &catalog::Table, physical_column: &catalog::Column, column: &Column) {
        let is_seconds = column.codec.form == Form::Instant(Instant::Seconds);
        let (unit, mode, other) = match is_seconds {
            true => ("seconds", "timestamp", "milliseconds"),
            false => ("milliseconds", "timestamp_ms", "seconds"),
        };
        let name = format!("{}.{}", physical.name, physical_column.name);
        let settled = format!(
            "that is what Drizzle's mode \"{mode}\" reads; where the application reads {other}, the option dates: \"{other}\" says so"
        );
        match &column.guess {
            Some(Guess::Other { table, field, alike: false }) if column.kind == Kind::Time => {
                let message = format!(
                    "{name} has no date and no default that tells its unit: it is written in {unit}, as {table}.{field} is; {settled}"
                );
                self.warn(message, None);
            }
            Some(Guess::Declaration) if column.kind == Kind::Time => {
                let message = format!(
                    "{name} has no date and no default that tells its unit, and no other column does: it is written in {unit}; {settled}"
                );
                self.recommendations.push(Warning { message, remedy: None });
            }
            _ => {}
        }
    }

    /// What gives a column of UUIDs a default.
    fn uuid_default(&self, used: &TableLayout, column: &catalog::Column) -> Option<String> {
        let is_uuid = column.type_name == "uuid" || is_own_uuid(column);
        let default = self.dialect.syntax().ddl.uuid_default.filter(|_| is_uuid)?;
        let name = self.dialect.quote(&column.name);
        Some(format!("ALTER TABLE {} ALTER COLUMN {name} SET DEFAULT {default};", used.name))
    }

    /// MySQL's columns have no zone. On a server that is not in UTC, Drizzle writes UTC into TIMESTAMP columns as if it were
    /// the server's time; in a process that is not in UTC, Kysely and MikroORM write the process's time into DATETIME ones.
    async fn examine_clocks(&mut self, connection: &mut Connection, layout: &Layout, own: bool) -> Result<()> {
        let native = |table| layout.has(table) && layout.table(table).columns.iter().any(is_native_time);
        let query = self.dialect.syntax().clock_offset.filter(|_| Table::ALL.into_iter().any(native));
        let Some(query) = query else { return Ok(()) };
        let offset = connection.first_texts(query).await?.into_iter().next().unwrap_or_default();
        if offset != "0" && self.has_type("timestamp") {
            let message = format!(
                "the server's clock is {offset} minutes off UTC: if Drizzle wrote the timestamp columns, set the option \
                 timeZone: \"server\""
            );
            self.warn(message, None);
        }
        let local = Zone::local_minutes();
        if local != 0 && !own && self.has_type("datetime") {
            let message = format!(
                "this process's clock is {local} minutes off UTC: if Kysely, MikroORM or mysql2 wrote the datetime columns, \
                 set the option timeZone: \"local\""
            );
            self.warn(message, None);
        }
        Ok(())
    }

    fn has_type(&self, name: &str) -> bool {
        self.tables.iter().flat_map(|table| &table.columns).any(|column| column[2].starts_with(name))
    }
}

fn is_native_time(column: &Column) -> bool {
    column.kind == Kind::Time && !matches!(column.codec.form, Form::Instant(_) | Form::Millis)
}
