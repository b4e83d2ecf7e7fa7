//! What a physical column stands for: its codec, what fills it, and the habits that its values show.

use std::borrow::Cow;
use std::sync::Arc;

use crate::dialect::Dialect;
use crate::table::capacity;
use crate::table::column::{Column, Fill, Keeps};
use crate::table::conventions::Conventions;
use crate::table::naming::{self, is_of_changing, is_of_making};
use crate::table::sql_types;
use crate::table::{catalog, clocks, defaults};
use crate::types::codec::Form;
use crate::types::id::IdForm;
use crate::types::instant::Instant;
use crate::types::kind::{Kind, Role};
use crate::types::wire::Wire;

/// `triggered`: whether the table has triggers that may have a say in what an INSERT stores.
pub fn column(
    dialect: Dialect,
    conventions: &Conventions,
    table: Arc<str>,
    field: Cow<'static, str>,
    physical: &catalog::Column,
    meant: Option<Kind>,
    triggered: bool,
) -> Option<Column> {
    let (kind, mut codec) = sql_types::codec(dialect, physical, meant, conventions.zone)?;
    let id = field == "id";
    let is_day = sql_types::is_day(dialect, physical);
    // By its type. An integer or a text named `modified` may be anything.
    let is_date = is_day || (kind == Kind::Time && (meant.is_none() || codec.wire == Wire::Time));
    // What holds neither instants nor days is the application's, under any name.
    let holds_moments = is_day || (kind == Kind::Time && capacity::has_room_for_instants(dialect, physical));
    // An INSERT that cannot return the id the database made would lose sight of the row; a counted one it can ask for. A text that is the
    // same in each row makes no ids: Auth.js's own tables for D1 have '' there.
    let is_same = codec.form != Form::IntegerId && physical.default.as_deref().is_some_and(defaults::is_constant);
    let made = physical.has_default && !is_same && (dialect.syntax().insert_returning || codec.form == Form::IntegerId);
    let fill = if physical.computed || if id { made } else { physical.has_default } {
        Fill::Nothing
    } else if id && kind == Kind::Text && codec.form != Form::IntegerId && capacity::holds_ids(dialect, physical) {
        let form = IdForm::for_length(physical.length);
        Fill::Id { form, strict: form != IdForm::Uuid }
    } else if physical.nullable {
        Fill::Nothing
    } else if is_own_uuid(physical) {
        Fill::Id { form: IdForm::Uuid, strict: false }
    } else if holds_moments
        && (is_moment(&physical.name) || (is_date && (is_of_making(&physical.name) || is_of_changing(&physical.name))))
    {
        Fill::Now
    } else if triggered && (!id || dialect.syntax().insert_returning) {
        Fill::Trigger
    } else {
        Fill::Unknown
    };
    let generated = physical.computed || (id && made);
    // A date that may be missing may mean something else, under any name but that one.
    let changes = is_update_moment(&physical.name) || (is_date && !physical.nullable && is_of_changing(&physical.name));
    let kind = match codec.form {
        Form::IntegerId if conventions.numeric_ids => {
            codec.form = Form::Plain;
            Kind::Int
        }
        _ => kind,
    };
    Some(Column {
        name: dialect.quote(&physical.name),
        codec,
        fill,
        generated,
        touched: changes && holds_moments && !physical.on_update && !physical.computed,
        largest: capacity::largest(dialect, physical),
        keeps: sql_types::keeps(dialect, physical),
        clock: physical.default.as_deref().and_then(defaults::instant),
        computed: physical.default.as_deref().and_then(|text| clocks::computable(dialect, text)).map(Arc::from),
        ..Column::plain(dialect, table, field, kind, bounded(Role::Free, physical))
    })
}

/// A trigger may write what it likes.
pub fn forget_keeping(columns: &mut [Column]) {
    columns.iter_mut().for_each(|column| column.keeps = Keeps::Nothing);
}

/// What our model says of a field, as far as the column has room for it.
pub fn bounded(role: Role, physical: &catalog::Column) -> Role {
    let text = physical.type_name.contains("char");
    match (role, physical.length.filter(|_| text)) {
        (Role::Key(max), Some(length)) => Role::Key(max.min(length)),
        (Role::AsciiKey(max), Some(length)) => Role::AsciiKey(max.min(length)),
        (role, _) => role,
    }
}

/// Ids of rows are text to JavaScript, of any type in the database.
pub fn id_kind(physical: &catalog::Column) -> Option<Kind> {
    physical.name.eq_ignore_ascii_case("id").then_some(Kind::Text)
}

/// Whether a column's type and name say that each row has a UUID of its own there, besides its id.
pub fn is_own_uuid(physical: &catalog::Column) -> bool {
    let holds_uuids = matches!(physical.type_name.as_str(), "uuid" | "char(36)" | "varchar(36)" | "bpchar" | "varchar");
    let is_long_enough =
        physical.type_name == "uuid" || physical.type_name.contains("(36)") || physical.length == Some(36);
    holds_uuids && is_long_enough && matches!(naming::bare(&physical.name).as_str(), "uuid" | "guid")
}

pub fn is_moment(name: &str) -> bool {
    matches!(naming::bare(name).as_str(), "createdat" | "updatedat")
}

pub fn is_update_moment(name: &str) -> bool {
    naming::bare(name) == "updatedat"
}

/// A column of accounts. Integers are a provider's numbers there, also those that say when: GitLab's `created_at`.
pub fn of_provider(dialect: Dialect, column: Column, physical: &catalog::Column) -> Column {
    if column.kind != Kind::Time || !capacity::is_integer(dialect, physical) {
        return column;
    }
    let mut codec = column.codec;
    codec.form = Form::Instant(Instant::Seconds);
    Column { kind: Kind::Int, codec, ..column }
}
