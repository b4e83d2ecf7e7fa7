//! Where the values of a column are that stand for instants of the past, whichever form each has.

use chrono::{DateTime, TimeDelta, Utc};

use crate::types::instant::{END_OF_JULIAN_DAYS, FIRST_MILLIS, Instant, julian_day};
use crate::types::wire::Wire;
use crate::value::Value;

/// Where the stored values are that stand for instants before another one.
#[derive(Debug, PartialEq)]
pub struct Past {
    /// Values that compare as the instants do.
    pub spans: Vec<Span>,
    /// Texts that may be such, and some that are not are among them: each has to be read.
    pub texts: Vec<Texts>,
}

/// Values from the first on, if there is one, up to the other, which is not included.
#[derive(Debug, PartialEq)]
pub struct Span {
    pub from: Option<Value>,
    pub until: Value,
}

/// Texts before another one.
#[derive(Debug, PartialEq)]
pub struct Texts {
    pub until: Value,
    /// Only those that begin with a year and a hyphen.
    pub dated: bool,
}

impl Span {
    pub fn arguments(&self) -> Vec<Value> {
        [Some(self.until.clone()), self.from.clone()].into_iter().flatten().collect()
    }
}

impl Instant {
    /// Where the numbers are that stand for instants before `now`.
    pub fn numbers_before(self, now: DateTime<Utc>, wire: Wire) -> Vec<Span> {
        let millis = now.timestamp_millis();
        let seconds = match wire {
            Wire::Any => Value::Float(millis as f64 / 1000.0),
            // Of whole numbers, those before the next whole second.
            _ => Value::Int(-(-millis).div_euclid(1000)),
        };
        let milliseconds = Span { from: Some(Value::Int(FIRST_MILLIS)), until: Value::Int(millis) };
        match self {
            Instant::JulianDay => vec![
                Span { from: None, until: Value::Float(julian_day(now)) },
                Span { from: Some(Value::Int(END_OF_JULIAN_DAYS)), until: seconds },
                milliseconds,
            ],
            _ => vec![Span { from: None, until: seconds }, milliseconds],
        }
    }

    /// Where the texts are that may stand for instants before `now`. A day later, since a program may write another zone's clock,
    /// or the hour next to the day instead of a T.
    pub fn texts_before(self, now: DateTime<Utc>) -> Vec<Texts> {
        let until = |form: Instant| form.write(now + TimeDelta::days(1), Wire::Text);
        match self {
            // The two do not compare with each other.
            Instant::MillisText | Instant::JulianDay => {
                vec![Texts { until: until(self), dated: false }, Texts { until: until(Instant::Spaced), dated: true }]
            }
            Instant::IsoZ => vec![Texts { until: until(Instant::IsoZ), dated: false }],
            _ => vec![Texts { until: until(Instant::Spaced), dated: false }],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_past_by_its_value_is_past_by_its_reading() {
        let now = DateTime::from_timestamp_millis(1_795_900_000_500).unwrap();
        let number = |value: &Value| match value {
            Value::Int(int) => *int as f64,
            Value::Float(float) => *float,
            other => panic!("{other:?}"),
        };
        for form in [Instant::Millis, Instant::Seconds, Instant::JulianDay] {
            for wire in [Wire::Any, Wire::Int] {
                let spans = form.numbers_before(now, wire);
                for offset in
                    [-1_000_000_000_000, -86_400_000, -1_500, -1_000, -500, -1, 0, 1, 500, 1_000, 9_000_000_000]
                {
                    let time = now + TimeDelta::milliseconds(offset);
                    for written in [Instant::Millis, Instant::Seconds, form] {
                        let stored = written.write(time, wire);
                        if wire == Wire::Int && matches!(stored, Value::Float(_)) {
                            continue;
                        }
                        let read = form.read_number(number(&stored)).unwrap();
                        let within = |span: &Span| {
                            number(&stored) < number(&span.until)
                                && span.from.as_ref().is_none_or(|from| number(&stored) >= number(from))
                        };
                        assert_eq!(spans.iter().any(within), read < now, "{form:?} {wire:?} {written:?} {offset}");
                    }
                }
            }
        }
    }
}
