//! Which table and columns of the database stand for a model, and how their values are written and read.

use std::borrow::Cow;
use std::sync::Arc;

use crate::dialect::Dialect;
use crate::driver::answers::Answers;
use crate::engine::borrowed::{Borrowed, lend};
use crate::engine::locate::{Locator, Theirs};
use crate::engine::schema::{Field, Model, Schema};
use crate::error::{Code, Error, Result};
use crate::table::catalog::{Catalog, Relation};
use crate::table::column::{Column, Fill};
use crate::table::conventions::Conventions;
use crate::table::encrypted::{self, Tokens};
use crate::table::infer;
use crate::table::naming;
use crate::table::subject::Facts;
use crate::table::table::{ID, Table};
use crate::table::{capacity, catalog, defaults, stored_forms};
use crate::types::codec::{Codec, Form};
use crate::types::id::IdForm;
use crate::types::instant::Instant;
use crate::types::kind::{Besides, Kind, Role};
use crate::types::wire::Wire;

/// The tables of all models; for each that cannot be used, why. `borrowed`: what stands for models by their keys, under any name.
pub async fn tables(
    answers: &mut impl Answers,
    dialect: Dialect,
    conventions: &Conventions,
    theirs: Theirs,
    catalog: &Catalog,
    schema: &Schema,
    borrowed: &[(&str, Borrowed<'_>)],
) -> Result<Vec<Result<Table>>> {
    // Ids are text here, of any type in the database.
    let conventions = &Conventions { numeric_ids: false, ..conventions.clone() };
    let locator = Locator::new(catalog, &schema.models, theirs);
    let unmixed = if borrowed.is_empty() { locator.unmixed(&schema.models) } else { Ok(()) };
    let lent = |model: &Model| borrowed.iter().find(|(key, _)| *key == model.key).map(|(_, lent)| lent);
    let find =
        |model: &Model| if model.is_core() { unmixed.clone() } else { Ok(()) }.and_then(|()| locator.find(model));
    let stands = |model: &Model| match lent(model) {
        Some(lent) => table(dialect, conventions, model, lent.table, Some(lent)),
        None => find(model).and_then(|found| table(dialect, conventions, model, found, None)),
    };
    let mut tables: Vec<_> = schema.models.iter().map(stands).collect();
    let columns = tables.iter().flatten().flat_map(|table| &table.columns);
    // Look-ups do without.
    if answers.has_rows() || !stored_forms::tell_only_new_ids(dialect, columns) {
        let found = tables.iter_mut().flatten().map(|table| (table.name.as_str(), table.columns.as_mut_slice()));
        stored_forms::adopt(answers, dialect, found, conventions.dates).await?;
    }
    if schema.ids == "uuid" && schema.on.is_none() {
        for (model, table) in schema.models.iter().zip(&mut tables) {
            let Ok(table) = table else { continue };
            let id = find(model).ok().and_then(|found| found.similar(ID).first().copied());
            let is_random = id.and_then(|id| id.default.as_deref()).is_some_and(defaults::is_random_uuid);
            with_uuids(table, is_random);
        }
    }
    for (model, table) in schema.models.iter().zip(&mut tables) {
        if let (Some(lent), Ok(table)) = (lent(model), table) {
            lend(dialect, table, &model.fields, lent);
        }
    }
    let models = tables.into_iter().zip(&schema.models);
    Ok(models.map(|(table, model)| encrypted(conventions, model, table?)).collect())
}

/// A model's table, whose tokens are encrypted if the application has keys.
pub(super) fn encrypted(conventions: &Conventions, model: &Model, mut table: Table) -> Result<Table> {
    if let (Some(keyring), Some(tokens)) = (&conventions.encryption, &model.tokens) {
        encrypted::encrypt(&mut table, tokens, keyring)?;
    }
    Ok(table)
}

/// Has new ids be UUIDs, also beside ids of another form. Where the database would make random ones, they are made here: what becomes of an
/// INSERT whose answer is lost is found out by the id.
fn with_uuids(table: &mut Table, is_random: bool) {
    for column in table.columns.iter_mut().filter(|column| column.field == ID) {
        let is_other = matches!(column.fill, Fill::Id { form, .. } if !matches!(form, IdForm::Uuid | IdForm::UuidV7));
        if is_other || is_random {
            column.fill = Fill::Id { form: IdForm::Uuid, strict: false };
        }
    }
}

/// The names do not tell which of several columns is meant.
fn ambiguous(model: &Model, field: &str, columns: &[&catalog::Column]) -> Error {
    let names: Vec<_> = columns.iter().map(|column| column.name.as_str()).collect();
    Error::new(
        Code::Schema,
        format!(
            "{}.{field} could be any of {}; name the column in Better Auth's options: fields: {{ {field}: \"{}\" }}",
            model.name,
            names.join(", "),
            names.first().copied().unwrap_or_default()
        ),
    )
    .about("table", model.name.as_str())
    .about("field", field)
}

pub(super) fn table(
    dialect: Dialect,
    conventions: &Conventions,
    model: &Model,
    found: &catalog::Table,
    borrowed: Option<&Borrowed<'_>>,
) -> Result<Table> {
    let place = found;
    let triggered = found.triggered && found.is_table();
    let name: Arc<str> = model.name.as_str().into();
    let mut columns = Vec::with_capacity(found.columns.len());
    let mut physical = Vec::with_capacity(found.columns.len());
    let mut names = Vec::with_capacity(model.fields.len());
    let mut taken = Vec::with_capacity(model.fields.len());
    let (mut absent, mut absent_names, mut unserved) = (Vec::new(), Vec::new(), Vec::new());
    let mut lacks = |field: &Field| {
        absent.push(nothing(dialect, name.clone(), field));
        absent_names.push((field.name.clone(), field.key.clone()));
    };
    for field in &model.fields {
        let columns_of_it = match borrowed {
            Some(borrowed) => borrowed.columns(field),
            None => found.similar(&field.name),
        };
        let stand = borrowed.and_then(|borrowed| borrowed.of(field));
        if columns_of_it.len() > 1 {
            return Err(ambiguous(model, &field.name, &columns_of_it));
        }
        // A column stands for one field.
        let is_free = |found: &&&catalog::Column| {
            let exact = |other: &Field| other.name == found.name && other.name != field.name;
            !taken.contains(&found.name.as_str()) && (stand.is_some() || !model.fields.iter().any(exact))
        };
        let free = columns_of_it.first().filter(is_free);
        let Some(found) = free.copied() else {
            lacks(field);
            continue;
        };
        let (kind, role, required) = field.wants();
        let kind = stand.map_or(kind, |stand| stand.meaning.kind(kind, found));
        let key = Cow::Owned(field.key.clone());
        let column = infer::column(dialect, conventions, name.clone(), key, found, Some(kind), triggered);
        taken.push(found.name.as_str());
        let wants = (kind, role, required && (stand.is_none() || field.essential));
        let says_when = naming::is_recent(&field.key) || naming::is_recent(&field.name);
        let takes_days = kind == Kind::Time && role == Role::Free && !says_when;
        let column = column.map(|mut column| {
            // When a row was made or expires is no day.
            if column.codec.besides == Besides::Days && !takes_days {
                column.codec.besides = Besides::Nothing;
            }
            column
        });
        let serves = |column: &Column| {
            (takes_days && column.codec.besides == Besides::Days)
                || capacity::serves(dialect, wants, found, Some(column.kind))
        };
        match column.filter(serves) {
            Some(column) => {
                let is_token = |tokens: &Tokens| tokens.fields.iter().any(|(token, _)| *token == field.name);
                if conventions.encryption.is_some() && model.tokens.as_ref().is_some_and(is_token) {
                    encrypted::verify(dialect, place, &column, found)?;
                }
                physical.push(found.name.as_str());
                // As PostgreSQL's json and MySQL's come, a driver has parsed them.
                let revived = column.kind == Kind::Json && column.codec.read == "{}";
                columns.push(Column { touched: false, revived, ..column });
                names.push(field.name.clone());
            }
            None => {
                let error = capacity::unserved(&model.name, found, &field.name, field.kind.meant());
                if field.is_needed() {
                    return Err(error);
                }
                lacks(field);
                unserved.push((field.name.clone(), error));
            }
        }
    }
    for found in &found.columns {
        // What is out of reach is neither read nor written.
        let is_out_of_reach = found.category == catalog::HIDDEN && !found.computed;
        if is_out_of_reach || physical.contains(&found.name.as_str()) {
            continue;
        }
        let meant = infer::is_moment(&found.name).then_some(Kind::Time);
        let key = Cow::Owned(found.name.clone());
        if let Some(mut column) = infer::column(dialect, conventions, name.clone(), key, found, meant, triggered) {
            // No caller writes it.
            column.codec.besides = Besides::Nothing;
            physical.push(&found.name);
            columns.push(column);
        }
    }
    if dialect.syntax().dynamic_types && is_sqlalchemy(found) {
        for column in &mut columns {
            if column.codec.form == Form::Instant(Instant::IsoOffset) {
                column.codec.form = Form::Instant(Instant::SpacedMicros);
            }
        }
    }
    if found.triggered {
        infer::forget_keeping(&mut columns);
    }
    let position = |column: &String| physical.iter().position(|each| each == column);
    let key = |index: &catalog::Index| index.columns.iter().map(position).collect::<Option<Vec<_>>>();
    let unique: Vec<Vec<usize>> = found.indexes.iter().filter(|index| index.unique).filter_map(key).collect();
    let is_shared = |field: &Field| conventions.shared_emails && model.key == "user" && field.key == "email";
    let wants = |position: &usize| {
        let is_wanted = |field: &Field| field.unique && field.name == names[*position] && !is_shared(field);
        model.fields.iter().any(is_wanted)
    };
    let alone = |position: usize| vec![position];
    let alone = (0..names.len()).filter(wants).map(alone);
    let place = |column: &String| names.iter().position(|name| name == column);
    let together = model.unique.iter().filter_map(|key| key.iter().map(place).collect::<Option<Vec<_>>>());
    let is_kept = |wanted: &Vec<usize>| unique.iter().any(|key| key.iter().all(|each| wanted.contains(each)));
    let mut unguarded: Vec<Vec<usize>> = Vec::new();
    for wanted in alone.chain(together).filter(|wanted| !is_kept(wanted)) {
        if !unguarded.contains(&wanted) {
            unguarded.push(wanted);
        }
    }
    let identity = names.iter().position(|name| name == ID).into_iter().collect();
    Ok(Table {
        model: name,
        name: found.qualified(dialect),
        columns,
        names,
        absent,
        absent_names,
        unserved,
        unique,
        unguarded,
        keys: found.keys(),
        identity,
        repeatable: false,
        numbered: !found.without_rowid,
        partitioned: found.relation == Relation::Partitioned,
        keeps: false,
        triggered: found.triggered,
        followed: found.followed,
        guarded: found.guarded,
        named: false,
        shared: Default::default(),
        facts: Facts::of(found),
    })
}

/// A field without a column.
fn nothing(dialect: Dialect, table: Arc<str>, field: &Field) -> Column {
    Column {
        name: String::new(),
        codec: Codec::plain(Wire::Text).reading("NULL"),
        generated: true,
        ..Column::plain(dialect, table, field.key.clone(), Kind::Text, Role::Free)
    }
}

/// SQLAlchemy declares texts as VARCHAR and instants as DATETIME, for which others have TEXT.
fn is_sqlalchemy(table: &catalog::Table) -> bool {
    let declares = |word: &str| table.columns.iter().any(|column| column.type_name.starts_with(word));
    declares("varchar") && !declares("text")
}
