//! In which unit an application's own integers count dates, of which only the ORM that declared them knows that they are dates.

use crate::table::column::Column;
use crate::table::naming;
use crate::types::codec::Form;
use crate::types::instant::{FIRST_MILLIS, Instant};
use crate::types::kind::{Besides, Kind};

/// What such a number is in seconds from 1976 to 2103. In milliseconds it would be of the first weeks of 1970, or before.
const RECENT_SECONDS: std::ops::Range<i64> = 200_000_000..4_200_000_000;

/// Whether a column may turn out to hold dates, although its default does not say so.
pub fn is_open(column: &Column) -> bool {
    matches!(column.codec.besides, Besides::Integers(_)) && of_default(column).is_none()
}

/// Goes on as a value began that the column has. One that tells no unit leaves it open: the others may be in any.
pub fn adopt(column: &mut Column, value: &str) {
    column.codec.besides = Besides::Integers(of(value));
}

/// The unit of each other column of integers: the one that is `chosen`, that of its default, or the one that all other dates of the
/// application's own have in that table which are stored in integers of that size. `shown` are the places of those of which a value has been looked at.
pub fn settle(tables: &mut [(&str, Vec<&mut Column>)], shown: &[(usize, usize)], chosen: Option<Instant>) {
    let chosen = chosen.filter(|chosen| is_unit(*chosen));
    for (at, (_, columns)) in tables.iter_mut().enumerate() {
        for position in 0..columns.len() {
            let column = &columns[position];
            if !matches!(column.codec.besides, Besides::Integers(_)) || shown.contains(&(at, position)) {
                continue;
            }
            let unit = chosen.or_else(|| of_default(column)).or_else(|| of_others(column, columns));
            columns[position].codec.besides = Besides::Integers(unit);
        }
    }
}

fn of_default(column: &Column) -> Option<Instant> {
    column.clock.filter(|clock| is_unit(*clock))
}

/// `None` as well where they differ, or where their own unit is a guess. What Auth.js counts in does not tell it alone: the application's own
/// dates may be in another unit.
fn of_others(column: &Column, columns: &[&mut Column]) -> Option<Instant> {
    let tells = |other: &&&mut Column| {
        other.kind == Kind::Time
            && other.codec.wire == column.codec.wire
            && other.largest == column.largest
            && other.guess.is_none()
    };
    let units = columns.iter().filter(tells).filter_map(|other| {
        let unit = match other.codec.form {
            Form::Millis => Some(Instant::Millis),
            Form::Instant(instant) => Some(instant).filter(|instant| is_unit(*instant)),
            _ => None,
        };
        unit.map(|unit| (unit, naming::is_date_of_authjs(&other.field)))
    });
    let units: Vec<_> = units.collect();
    let (first, _) = *units.iter().find(|(_, is_of_authjs)| !is_of_authjs)?;
    units.iter().all(|(unit, _)| *unit == first).then_some(first)
}

fn is_unit(instant: Instant) -> bool {
    matches!(instant, Instant::Millis | Instant::Seconds)
}

/// The unit that a stored value has for certain. A number may be too small to tell, a birthday of 1970 for instance.
fn of(value: &str) -> Option<Instant> {
    match value.parse::<i64>() {
        Ok(number) if number.unsigned_abs() >= FIRST_MILLIS.unsigned_abs() => Some(Instant::Millis),
        Ok(number) if RECENT_SECONDS.contains(&number) => Some(Instant::Seconds),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::Dialect;
    use crate::table::column::Guess;
    use crate::types::codec::Codec;
    use crate::types::kind::Role;
    use crate::types::wire::Wire;

    #[test]
    fn values_tell_their_unit_or_nothing() {
        for (value, unit) in [
            ("1907050150", Some(Instant::Seconds)),
            ("1907050150123", Some(Instant::Millis)),
            ("-300000000000", Some(Instant::Millis)),
            ("0", None),
            ("1", None),
            ("42", None),
            // Of 1970 in milliseconds, or of the year 2383 in seconds.
            ("13046400000", None),
            ("-13046400", None),
            ("2030-06-07", None),
        ] {
            assert_eq!(of(value), unit, "{value}");
        }
    }

    #[test]
    fn a_table_tells_the_unit_where_all_of_its_dates_agree() {
        let plain = |kind, form| Column {
            codec: Codec::plain(Wire::Any).form(form),
            ..Column::plain(Dialect::Sqlite, "user", "field", kind, Role::Free)
        };
        let date = |unit| plain(Kind::Time, Form::Instant(unit));
        let guessed = Column { guess: Some(Guess::Declaration), ..date(Instant::Millis) };
        let of_authjs = Column { field: "emailVerified".into(), ..date(Instant::Millis) };
        let small = Column { largest: Some(i32::MAX.into()), ..date(Instant::Millis) };
        let provider = plain(Kind::Int, Form::Instant(Instant::Seconds));
        let of = |others: &[Column], clock, chosen| {
            let mut open = Column { clock, ..plain(Kind::Int, Form::Plain) };
            open.codec.besides = Besides::Integers(None);
            let mut columns = vec![open];
            columns.extend_from_slice(others);
            settle(&mut [("user", columns.iter_mut().collect())], &[], chosen);
            let Besides::Integers(unit) = columns[0].codec.besides else { panic!("{:?}", columns[0]) };
            unit
        };
        let (seconds, millis) = (Some(Instant::Seconds), Some(Instant::Millis));
        assert_eq!(of(&[], None, None), None);
        assert_eq!(of(&[date(Instant::Seconds), date(Instant::Seconds)], None, None), seconds);
        assert_eq!(of(&[date(Instant::Seconds), plain(Kind::Time, Form::Millis)], None, None), None);
        assert_eq!(of(&[date(Instant::IsoZ), date(Instant::Millis)], None, None), millis);
        assert_eq!(of(&[of_authjs.clone(), date(Instant::Millis)], None, None), millis);
        assert_eq!(of(&[of_authjs.clone(), date(Instant::Seconds)], None, None), None);
        for silent in [guessed, of_authjs, small, provider, date(Instant::JulianDay)] {
            assert_eq!(of(&[silent], None, None), None);
        }
        assert_eq!(of(&[date(Instant::Seconds)], millis, None), millis);
        assert_eq!(of(&[date(Instant::Seconds)], None, millis), millis);
        assert_eq!(of(&[date(Instant::Seconds)], None, Some(Instant::IsoZ)), seconds);
    }
}
