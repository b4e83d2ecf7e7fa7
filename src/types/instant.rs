//! Instants in columns that have no date type: the forms in which they are written, and how any of them is read.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, SecondsFormat, Utc};

use crate::types::wire::Wire;
use crate::value::Value;

/// How a column without a native type for it writes an instant. All forms are read, whichever is written: of a number, its
/// magnitude tells the unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Instant {
    /// Milliseconds since the epoch.
    Millis,
    /// Seconds since the epoch.
    Seconds,
    /// Days since noon of the first of January 4713 BC, as SQLite's `julianday()` counts them.
    JulianDay,
    /// Milliseconds since the epoch, in digits.
    MillisText,
    /// `2030-06-07T08:09:10.123Z`
    IsoZ,
    /// `2030-06-07T08:09:10.123+00:00`
    IsoOffset,
    /// `2030-06-07 08:09:10.123 +00:00`
    Spaced,
    /// `2030-06-07 08:09:10`
    SpacedSeconds,
    /// `2030-06-07 08:09:10.123` (TypeORM)
    SpacedMillis,
    /// `2030-06-07 08:09:10.123000` (SQLAlchemy)
    SpacedMicros,
}

/// Numbers below are seconds, which reach to the end of the year 9999 so; numbers from here on are milliseconds, the first of
/// them in January 1978. No session, token or row of this kind of table is older.
pub const FIRST_MILLIS: i64 = 253_402_300_800;

/// In a column of Julian days, numbers below are such: the year 9999 ends on day 5,373,485.
pub const END_OF_JULIAN_DAYS: i64 = 10_000_000;

const JULIAN_EPOCH: f64 = 2_440_587.5;
const DAY: f64 = 86_400_000.0;

/// The first and the last instant that callers can store, which PostgreSQL's `-infinity` and `infinity` are read as.
pub const FIRST: DateTime<Utc> = DateTime::from_timestamp_millis(-30_610_224_000_000).expect("the year 1000");
pub const LAST: DateTime<Utc> = DateTime::from_timestamp_millis(253_402_300_799_999).expect("the year 9999");

impl Instant {
    /// What stands for `time` in a column of this form, whose values travel as `wire`.
    pub fn write(self, time: DateTime<Utc>, wire: Wire) -> Value {
        let millis = time.timestamp_millis();
        let written = match self {
            // As a number of milliseconds it would be read as one of seconds.
            Instant::Millis | Instant::MillisText if is_seconds(millis) => match millis % 1000 {
                0 => Value::Int(millis / 1000),
                _ if matches!(wire, Wire::Int | Wire::Unsigned) => Value::Int(millis.div_euclid(1000)),
                _ => Value::Float(millis as f64 / 1000.0),
            },
            Instant::Millis | Instant::MillisText => Value::Int(millis),
            Instant::Seconds => Value::Int(time.timestamp()),
            Instant::JulianDay => Value::Float(julian_day(time)),
            Instant::IsoZ => Value::Text(time.to_rfc3339_opts(SecondsFormat::Millis, true)),
            Instant::IsoOffset => Value::Text(time.to_rfc3339_opts(SecondsFormat::Millis, false)),
            Instant::Spaced => Value::Text(time.format("%Y-%m-%d %H:%M:%S%.3f +00:00").to_string()),
            Instant::SpacedSeconds => Value::Text(time.format("%Y-%m-%d %H:%M:%S").to_string()),
            Instant::SpacedMillis => Value::Text(time.format("%Y-%m-%d %H:%M:%S%.3f").to_string()),
            Instant::SpacedMicros => Value::Text(time.format("%Y-%m-%d %H:%M:%S%.6f").to_string()),
        };
        match written {
            Value::Int(number) if self == Instant::MillisText || wire == Wire::Text => Value::Text(number.to_string()),
            Value::Float(number) if self == Instant::MillisText || wire == Wire::Text => {
                Value::Text(number.to_string())
            }
            written => written,
        }
    }

    /// The form that a stored text or number has.
    pub fn of(stored: &str) -> Option<Self> {
        if let Some(number) = number(stored) {
            return Some(match number {
                _ if number.fract() != 0.0 && (2_000_000.0..END_OF_JULIAN_DAYS as f64).contains(&number) => {
                    Instant::JulianDay
                }
                _ if is_seconds(number as i64) => Instant::Seconds,
                _ => Instant::Millis,
            });
        }
        from_text(stored)?;
        Some(match (stored.contains('T'), stored.ends_with('Z'), stored.contains('+'), stored.len()) {
            (true, true, ..) => Instant::IsoZ,
            (true, false, ..) => Instant::IsoOffset,
            (false, _, true, _) => Instant::Spaced,
            (false, _, false, 26) => Instant::SpacedMicros,
            (false, _, false, 23) => Instant::SpacedMillis,
            (false, ..) => Instant::SpacedSeconds,
        })
    }

    /// Whether it is a number that is written.
    pub fn is_number(self) -> bool {
        matches!(self, Instant::Millis | Instant::Seconds | Instant::JulianDay)
    }

    /// What a number in a column of this form stands for.
    pub fn read_number(self, number: f64) -> Option<DateTime<Utc>> {
        if self == Instant::JulianDay && number < END_OF_JULIAN_DAYS as f64 {
            return DateTime::from_timestamp_millis(((number - JULIAN_EPOCH) * DAY).round() as i64);
        }
        from_number(number)
    }
}

/// Digits, perhaps with a sign and a fraction.
pub fn number(text: &str) -> Option<f64> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.' || byte == b'-');
    text.parse().ok().filter(|_| is_number)
}

fn is_seconds(number: i64) -> bool {
    number.unsigned_abs() < FIRST_MILLIS.unsigned_abs()
}

pub fn julian_day(time: DateTime<Utc>) -> f64 {
    time.timestamp_millis() as f64 / DAY + JULIAN_EPOCH
}

fn from_number(number: f64) -> Option<DateTime<Utc>> {
    let millis = if is_seconds(number as i64) { number * 1000.0 } else { number };
    DateTime::from_timestamp_millis(millis.round() as i64)
}

pub fn from_text(text: &str) -> Option<DateTime<Utc>> {
    if let Some(number) = number(text) {
        return from_number(number);
    }
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Some(time.to_utc());
    }
    // The second is PostgreSQL's own, where a timestamptz has become a text ("2030-01-02 03:04:05.678+00").
    let zoned = ["%Y-%m-%d %H:%M:%S%.f %:z", "%Y-%m-%d %H:%M:%S%.f%#z"];
    if let Some(time) = zoned.iter().find_map(|format| DateTime::parse_from_str(text, format).ok()) {
        return Some(time.to_utc());
    }
    let naive = ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f"];
    let naive = naive.iter().find_map(|format| NaiveDateTime::parse_from_str(text, format).ok());
    naive.or_else(|| day(text).map(|day| day.and_time(NaiveTime::MIN))).map(|time| time.and_utc())
}

/// A day without a time of it: `2030-06-07`.
pub fn day(text: &str) -> Option<NaiveDate> {
    // The parser takes spaces and signs for digits.
    let is_digit =
        |(index, byte): (usize, u8)| if matches!(index, 4 | 7) { byte == b'-' } else { byte.is_ascii_digit() };
    let is_day = text.len() == 10 && text.bytes().enumerate().all(is_digit);
    if is_day { NaiveDate::parse_from_str(text, "%Y-%m-%d").ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::codec::{Codec, Form};
    use crate::types::kind::Kind;

    const FORMS: [Instant; 10] = [
        Instant::Millis,
        Instant::Seconds,
        Instant::JulianDay,
        Instant::MillisText,
        Instant::IsoZ,
        Instant::IsoOffset,
        Instant::Spaced,
        Instant::SpacedSeconds,
        Instant::SpacedMillis,
        Instant::SpacedMicros,
    ];

    fn codec(form: Instant) -> Codec {
        Codec::plain(Wire::Any).form(Form::Instant(form))
    }

    /// Instants all over the years that callers can store.
    fn instants() -> impl Iterator<Item = DateTime<Utc>> {
        let (first, last) = (FIRST.timestamp_millis(), LAST.timestamp_millis());
        let near = [0, 1, -1, 999, 1_000_000, FIRST_MILLIS, FIRST_MILLIS - 1, 1_907_050_150_123, first, last];
        let spread = (0..2_000_i64).map(move |step| first + (last - first) / 2_000 * step + step * 7);
        near.into_iter().chain(spread).filter_map(DateTime::from_timestamp_millis)
    }

    #[test]
    fn what_any_form_writes_any_column_of_its_kind_reads() {
        for time in instants() {
            for form in FORMS {
                let stored = codec(form).store(Value::Time(time)).unwrap();
                let whole = matches!(form, Instant::Seconds | Instant::SpacedSeconds);
                let expected = if whole { DateTime::from_timestamp(time.timestamp(), 0).unwrap() } else { time };
                for reader in FORMS.into_iter().filter(|reader| {
                    // Only a column of Julian days knows them from seconds, and takes none of those of 1970.
                    let julian = |form: Instant| form == Instant::JulianDay;
                    julian(*reader) == julian(form) || time.timestamp() > END_OF_JULIAN_DAYS && !julian(form)
                }) {
                    let read = codec(reader).revive(Kind::Time, stored.clone());
                    assert_eq!(read, Some(Value::Time(expected)), "{form:?} by {reader:?}: {stored:?}");
                }
            }
        }
    }

    #[test]
    fn forms_are_recognised() {
        let time = DateTime::from_timestamp_millis(1_907_050_150_123).unwrap();
        for form in FORMS {
            let text = match codec(form).store(Value::Time(time)).unwrap() {
                Value::Int(int) => int.to_string(),
                Value::Float(float) => float.to_string(),
                Value::Text(text) => text,
                other => panic!("{other:?}"),
            };
            let expected = if form == Instant::MillisText { Instant::Millis } else { form };
            assert_eq!(Instant::of(&text), Some(expected), "{text}");
        }
        for no in ["soon", "", "2020-13-45", "nan", "1e9", "1-2"] {
            assert_eq!(Instant::of(no), None, "{no}");
        }
    }
}
