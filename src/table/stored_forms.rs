//! In which form a table's dates and ids are written: as its rows and defaults have them, as its neighbours have theirs, or as
//! the declaration suggests.

use crate::dialect::Dialect;
use crate::dialect::syntax::Syntax;
use crate::driver::answers::Answers;
use crate::error::Result;
use crate::table::clocks;
use crate::table::column::{Column, Fill, Guess};
use crate::table::counted;
use crate::table::naming;
use crate::table::units;
use crate::types::codec::Form;
use crate::types::id::IdForm;
use crate::types::instant;
use crate::types::instant::Instant;
use crate::types::kind::{Besides, Kind, Role};
use crate::types::wire::Wire;

/// A column whose form is not settled by its type.
struct Habit {
    /// Which table, and which of its columns.
    place: (usize, usize),
    /// What the declaration suggests.
    declared: Instant,
    /// What the column itself shows, and whether it is what applications write: a default in text shows what the database does.
    found: Option<(Instant, bool)>,
}

/// Looks, in one query, at one value of each column that can be written in several ways, and at what its default computes, and
/// goes on as others began.
///
/// Each table comes with its name, ready for SQL.
pub async fn adopt(
    answers: &mut impl Answers,
    dialect: Dialect,
    tables: impl Iterator<Item = (&str, &mut [Column])>,
    chosen: Option<Instant>,
) -> Result<()> {
    let tables = tables.map(|(table, columns)| (table, columns.iter_mut().collect()));
    adopt_of(answers, dialect, tables.collect(), chosen).await
}

/// Whether all that the rows of a table with these columns can tell is what new ids look like, so that look-ups do without.
pub fn tell_only_new_ids<'a>(dialect: Dialect, mut columns: impl Iterator<Item = &'a Column>) -> bool {
    !dialect.syntax().dynamic_types
        && columns.all(|column| !matches!(column.codec.form, Form::Instant(_) | Form::Undeclared { .. }))
}

/// [`adopt`] of some of the columns.
pub async fn adopt_of(
    answers: &mut impl Answers,
    dialect: Dialect,
    mut tables: Vec<(&str, Vec<&mut Column>)>,
    chosen: Option<Instant>,
) -> Result<()> {
    let (mut samples, mut computed, mut habits) = (Vec::new(), Vec::new(), Vec::new());
    let (mut texts, mut counted) = (Vec::new(), Vec::new());
    // Where rows are looked at for dates at all: no other integers hold any.
    let has_units = {
        let mut columns = tables.iter().flat_map(|(_, columns)| columns.iter().map(|column| &**column));
        chosen.is_none_or(|chosen| !chosen.is_number()) && !tell_only_new_ids(dialect, &mut columns)
    };
    for (at, (table, columns)) in tables.iter().enumerate() {
        for (position, column) in columns.iter().enumerate() {
            let is_asked = match column.codec.form {
                Form::Instant(declared) => {
                    let found = match (chosen, column.clock) {
                        (Some(chosen), _) if column.kind == Kind::Time || chosen.is_number() => Some((chosen, false)),
                        // A unit in so many words. What the first row happens to have says less.
                        (_, Some(clock)) if clock.is_number() => Some((clock, true)),
                        _ => None,
                    };
                    let evaluated = column.computed.as_deref().filter(|_| chosen.is_none());
                    computed.extend(evaluated.map(|text| evaluation(dialect, at, position, text)));
                    habits.push(Habit { place: (at, position), declared, found });
                    found.is_none() || evaluated.is_some()
                }
                _ if matches!(column.codec.besides, Besides::Integers(_)) => has_units && units::is_open(column),
                // Their types do not tell what such columns hold.
                Form::Undeclared { .. } => true,
                Form::IntegerId => dialect.syntax().dynamic_types,
                Form::Plain | Form::Padded | Form::Uuid => matches!(column.fill, Fill::Id { .. }),
                _ => false,
            };
            if is_asked {
                samples.push(sample(dialect, (at, position), table, column));
            }
        }
    }
    if !samples.is_empty() {
        // What is computed comes last, and outweighs what the first row happens to have.
        samples.append(&mut computed);
        let mut rows = answers.answer_to(&samples.join(" UNION ALL ")).await?;
        rows.sort_by_key(|row| {
            row.first().is_some_and(|place| place.as_deref().is_some_and(|text| text.starts_with('=')))
        });
        for row in rows {
            let [Some(place), Some(value), class] = row.as_slice() else { continue };
            let (place, is_computed) = place.strip_prefix('=').map_or((&**place, false), |place| (place, true));
            let Some(place) = parse(place) else { continue };
            let Some(column) = tables.get_mut(place.0).and_then(|(_, columns)| columns.get_mut(place.1)) else {
                continue;
            };
            match habits.iter_mut().find(|habit| habit.place == place) {
                Some(habit) if is_computed => habit.adopt_computed(column, value),
                Some(habit) => {
                    if is_text(column, value) {
                        texts.push((place, instant::day(value).is_some()));
                    }
                    habit.adopt(column, value);
                }
                None if matches!(column.codec.besides, Besides::Integers(_)) => {
                    units::adopt(column, value);
                    counted.push(place);
                }
                None => {
                    adopt_id(column, value);
                    counted::adopt(column, class.as_deref());
                }
            }
        }
        counted::refer(&mut tables);
    }
    for (place, form, guess) in settled(&tables, &habits) {
        let column = &mut tables[place.0].1[place.1];
        column.guess = guess.filter(|_| form.is_number());
        // What is written as text is no provider's number.
        if !form.is_number() {
            column.kind = Kind::Time;
        }
        // Of dates that are not about the table's own rows, such as birthdays, many are older than what magnitudes tell apart.
        let is_exact = form == Instant::Millis && !naming::is_recent(&column.field) && !naming::is_recent(&column.name);
        column.codec.form = if is_exact { Form::Millis } else { Form::Instant(form) };
    }
    for (place, is_day) in texts {
        let column = &mut tables[place.0].1[place.1];
        (column.kind, column.codec.form) = (Kind::Text, Form::Undeclared { integers: false });
        column.codec.besides = if is_day { Besides::Days } else { Besides::Nothing };
        if !is_day {
            // In a form that is not known, no present moment is written.
            column.touched = false;
            column.fill = if column.fill == Fill::Now { Fill::Unknown } else { column.fill };
        }
    }
    units::settle(&mut tables, &counted, chosen);
    Ok(())
}

/// Whether a further column of SQLite's, which is declared as if it held instants, holds what is none: days, or other texts.
fn is_text(column: &Column, value: &str) -> bool {
    let is_further = column.role == Role::Free && !column.required && !naming::is_recent(&column.field);
    is_further
        && column.kind == Kind::Time
        && column.codec.wire == Wire::Any
        && (instant::day(value).is_some() || Instant::of(value).is_none())
}

impl Habit {
    /// Goes on as a stored value began.
    fn adopt(&mut self, column: &Column, value: &str) {
        self.found = match (self.declared, Instant::of(value)) {
            (Instant::MillisText, Some(Instant::Millis)) => Some((Instant::MillisText, true)),
            (_, Some(found)) => Some((found, column.clock != Some(found))),
            (_, None) => None,
        };
    }

    /// Goes on as the default begins, if it computes a number.
    fn adopt_computed(&mut self, column: &mut Column, value: &str) {
        let Some(unit) = clocks::unit(value) else { return };
        // Of another number, its text is no help either.
        let is_by_text = self.found.is_some_and(|(found, _)| column.clock == Some(found) && found.is_number());
        column.clock = unit;
        match (self.declared, unit) {
            (Instant::MillisText, Some(Instant::Millis)) => self.found = Some((Instant::MillisText, true)),
            (_, Some(unit)) => self.found = Some((unit, true)),
            (_, None) if is_by_text => self.found = None,
            (_, None) => {}
        }
    }

    /// Whether what is written into columns declared like this may go into one declared like the other.
    fn is_like(&self, other: &Self) -> bool {
        self.declared == other.declared || (self.declared.is_number() && other.declared.is_number())
    }
}

/// The form of each column: its own; that of the first like it in its table that has one, then of the other tables; what its
/// declaration suggests. Auth.js's own dates ask each other first: when an application's rows were made is often written
/// in another unit.
fn settled(tables: &[(&str, Vec<&mut Column>)], habits: &[Habit]) -> Vec<((usize, usize), Instant, Option<Guess>)> {
    let column = |habit: &Habit| &*tables[habit.place.0].1[habit.place.1];
    // A provider's numbers say nothing of the application's dates.
    let is_date = |habit: &Habit| column(habit).kind == Kind::Time;
    let form = |habit: &Habit| {
        if let Some((found, _)) = habit.found {
            return (found, None);
        }
        if let Some(clock) = column(habit).clock {
            return (clock, None);
        }
        let fits = |form: Instant| form != Instant::Millis || column(habit).largest.is_none();
        let told = |other: &&Habit| is_date(other) && other.is_like(habit);
        let is_of_authjs = |habit: &Habit| naming::is_date_of_authjs(&column(habit).field);
        let says = |other: &Habit| {
            let (form, _) = other.found.filter(|(form, tells)| *tells && fits(*form))?;
            let alike = is_of_authjs(habit) == is_of_authjs(other);
            let (table, field) = (column(other).table.clone(), column(other).field.to_string());
            Some((form, Some(Guess::Other { table, field, alike })))
        };
        let siblings = || habits.iter().filter(|_| is_date(habit)).filter(told);
        let alike = siblings().filter(|other| is_of_authjs(habit) && is_of_authjs(other));
        let (own, others): (Vec<_>, Vec<_>) = siblings().partition(|other| other.place.0 == habit.place.0);
        alike.chain(own).chain(others).find_map(says).unwrap_or((habit.declared, Some(Guess::Declaration)))
    };
    let settled = habits.iter().map(|habit| {
        let (form, guess) = form(habit);
        (habit.place, form, guess)
    });
    settled.collect()
}

/// New ids are like the one that is there.
fn adopt_id(column: &mut Column, value: &str) {
    match (column.codec.form, IdForm::recognise(value)) {
        // A column of UUIDs refuses by itself what is none, and takes every version.
        (Form::Uuid, Some(IdForm::Uuid)) | (_, None) => {}
        (_, Some(form)) => column.fill = Fill::Id { form, strict: true },
    }
}

fn parse(place: &str) -> Option<(usize, usize)> {
    let (at, position) = place.split_once(':')?;
    Some((at.parse().ok()?, position.parse().ok()?))
}

/// What a default computes, with the place of its column in the layout.
fn evaluation(dialect: Dialect, at: usize, position: usize, default: &str) -> String {
    let text = dialect.syntax().text_type;
    format!("SELECT '={at}:{position}' AS place, CAST(({default}) AS {text}) AS value, NULL AS class")
}

/// One value of a column, with the place of the column in the layout, and its class where each value has its own.
fn sample(dialect: Dialect, (at, position): (usize, usize), table: &str, column: &Column) -> String {
    let Syntax { text_type, dynamic_types, .. } = dialect.syntax();
    let name = &column.name;
    let class = if *dynamic_types { format!("typeof({name})") } else { "NULL".to_owned() };
    // Integers come before texts. Where an index has them in order, the odd ones are found at an end.
    let order = match column.codec.form {
        _ if !dynamic_types || !(column.indexed || column.field == "id") => String::new(),
        Form::Undeclared { .. } => format!(" ORDER BY {name}"),
        Form::IntegerId => format!(" ORDER BY {name} DESC"),
        _ => String::new(),
    };
    format!(
        "SELECT * FROM (SELECT '{at}:{position}' AS place, CAST({name} AS {text_type}) AS value, {class} AS class \
         FROM {table} WHERE {name} IS NOT NULL{order} LIMIT 1) sample_{at}_{position}"
    )
}
