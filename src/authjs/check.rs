//! What `check` tells: which table is which, how each column is read and written, and what would be better.

use crate::authjs::discover;
use crate::authjs::file;
use crate::authjs::layout::{Layout, Owned, TableLayout};
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
use crate::table::{catalog, sql_types};
use crate::types::affinity::Numbering;
use crate::types::codec::Form;
use crate::types::instant::Instant;
use crate::types::kind::Kind;
use crate::types::zone::Zone;

/// What else there is to do where no key keeps addresses apart.
const SHARED_EMAILS: &str =
    "; where several users may have one address on purpose, the option emails: \"shared\" leaves it so";

/// Columns that hold tokens of any length.
const TOKENS: [&str; 3] = ["access_token", "refresh_token", "id_token"];
const ROOM_FOR_TOKENS: usize = 2048;

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
            if !layout.has(table) {
                let instead = layout.instead_of(table).map(|instead| format!("; {instead}")).unwrap_or_default();
                report.warn(format!("there is no table for {}: what needs it will fail{instead}", table.name()), None);
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

    fn physical<'catalog>(&self, used: &TableLayout, catalog: &'catalog Catalog) -> Option<&'catalog catalog::Table> {
        catalog.tables.iter().find(|each| each.is_named(self.dialect, &used.name))
    }

    /// Which rows may stay when their user goes. Ours do not; those that others insert would.
    fn examine_owners(&mut self, catalog: &Catalog, layout: &Layout) {
        let is_loose = |table: &Table| layout.has(*table) && layout.table(*table).owned == Owned::Loosely;
        let user = layout.table(Table::User);
        for used in Table::OF_A_USER.into_iter().filter(is_loose).map(|table| layout.table(table)) {
            let (Some(child), Some(parent)) = (self.physical(used, catalog), self.physical(user, catalog)) else {
                continue;
            };
            let of = |table: &catalog::Table, column: &Column| {
                table.columns.iter().find(|each| self.dialect.quote(&each.name) == column.name).cloned()
            };
            let (column, id) = (used.column("userId"), user.column("id"));
            let (Some(from), Some(to)) = (of(child, column), of(parent, id)) else { continue };
            let lacks = format!("{}.{} has no foreign key to {}.{}", child.name, from.name, parent.name, to.name);
            let add = format!(
                "ALTER TABLE {} ADD FOREIGN KEY ({}) REFERENCES {} ({}) ON DELETE CASCADE;",
                used.name, column.name, user.name, id.name
            );
            let (why, remedy) = match self.dialect.syntax().ddl.fixed_references {
                _ if !child.is_table() || !parent.is_table() => (", which views cannot have", None),
                Some(why) => (why, None),
                _ if from.type_name != to.type_name => (", which would have to be of the same type", None),
                _ if !parent.is_unique(&[&to.name]) => (", which would have to be unique", None),
                _ => ("", Some(add)),
            };
            self.warn(format!("{lacks}{why}: what other programs insert may outlive its user"), remedy);
        }
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
        let name =
            |field: &str| used.position(field).and_then(|at| of(&used.columns[at])).map(|each| each.name.as_str());
        let index = |unique: &str, columns: &[&str]| {
            let title = dialect.quote(&format!("{}_{}_index", physical.name, columns.join("_")));
            let columns: Vec<_> = columns.iter().map(|column| dialect.quote(column)).collect();
            format!("CREATE {unique}INDEX {title} ON {} ({});", used.name, columns.join(", "))
        };
        for key in used.table.keys() {
            let columns: Vec<_> = key.iter().filter_map(|field| name(field)).collect();
            if physical.is_table() && columns.len() == key.len() && !physical.is_unique(&columns) {
                let message = format!(
                    "{} has no unique key on {}: each insert has to take a lock and look first{}",
                    physical.name,
                    columns.join(", "),
                    if key == &["email"] { SHARED_EMAILS } else { "" }
                );
                self.warn(message, Some(index("UNIQUE ", &columns)));
            }
        }
        for column in searched(used.table).iter().filter_map(|field| name(field)) {
            if physical.is_table() && !physical.is_indexed(column) {
                self.warn(format!("{} has no index on {column}", physical.name), Some(index("", &[column])));
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
            if let (Fill::Id { .. }, false) = (column.fill, column.field == "id") {
                let message = format!(
                    "{}.{} has no default in the database: it is filled here with a UUID, and other programs have to do so too",
                    physical.name, physical_column.name
                );
                self.recommendations.push(Warning { message, remedy: default });
            }
            self.examine_guess(physical, physical_column, column);
            if column.field == "id" && column.kind == Kind::Text && column.codec.form == Form::IntegerId {
                let message = format!(
                    "{}.{} is an integer: Prisma and Drizzle give it as a number, and this adapter as a text, as Auth.js has it, \
                     unless the option ids is \"number\"",
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
        for column in &physical.columns {
            if !used.columns.iter().any(|each| each.name == dialect.quote(&column.name)) {
                self.warn(sql_types::left_alone(dialect, &physical.name, column), None);
            }
        }
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
