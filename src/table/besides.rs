//! What an application's own column takes besides the values of its kind, since the ORM that declared it stored them so.

use chrono::SecondsFormat;

use crate::error::Result;
use crate::table::column::Column;
use crate::types::instant::Instant;
use crate::types::kind::Besides;
use crate::value::{Input, Value};

impl Column {
    /// Whether `input` is none of the column's kind, and yet of a type that it takes.
    pub fn takes_besides(&self, input: &Input) -> bool {
        matches!(
            (self.codec.besides, input),
            (Besides::Texts, Input::Json(_) | Input::Date(_))
                | (Besides::Integers(_), Input::Bool(_) | Input::Date(_))
                | (Besides::Days, Input::Date(_))
        )
    }

    /// The stored form of such an input; `None` for any other.
    pub fn encode_besides(&self, input: &Input) -> Option<Result<Value>> {
        if !self.takes_besides(input) {
            return None;
        }
        Some(match (self.codec.besides, input) {
            (_, Input::Json(json)) => Ok(Value::Text(json.clone())),
            (_, Input::Bool(bool)) => Ok(Value::Int(i64::from(*bool))),
            (besides, _) => self.encode_time(input).and_then(|time| match time {
                Value::Time(time) => match besides {
                    Besides::Integers(unit) => {
                        let number = match unit {
                            Some(Instant::Millis) => time.timestamp_millis(),
                            Some(_) => time.timestamp(),
                            None => return Err(self.invalid(UNKNOWN_UNIT)),
                        };
                        self.codec.integer(number.into()).ok_or_else(|| self.too_large())
                    }
                    Besides::Days => Ok(Value::Text(time.format("%Y-%m-%d").to_string())),
                    _ => Ok(Value::Text(time.to_rfc3339_opts(SecondsFormat::Millis, true))),
                },
                other => Ok(other),
            }),
        })
    }
}

const UNKNOWN_UNIT: &str = "is given a Date, and neither the integers of its column nor the table's other dates tell whether it counts \
    seconds or milliseconds: give the number, which is date.getTime() for milliseconds, and Math.floor(date.getTime() / 1000) for seconds";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::Dialect;
    use crate::types::kind::{Kind, Role};

    fn column(kind: Kind, besides: Besides) -> Column {
        let mut column = Column::plain(Dialect::Sqlite, "user", "field", kind, Role::Free);
        column.codec.besides = besides;
        column
    }

    /// 2030-06-07T23:09:10.123Z
    const MOMENT: f64 = 1_907_104_150_123.0;

    #[test]
    fn what_an_orm_stores_is_taken_and_nothing_else_of_that_type() {
        let seconds = Besides::Integers(Some(Instant::Seconds));
        let millis = Besides::Integers(Some(Instant::Millis));
        let text = |text: &str| Some(Value::Text(text.into()));
        let json = || Input::Json(r#"{"a":[1]}"#.into());
        for (kind, besides, input, stored) in [
            (Kind::Int, seconds, Input::Bool(true), Some(Value::Int(1))),
            (Kind::Int, Besides::Integers(None), Input::Bool(false), Some(Value::Int(0))),
            (Kind::Int, seconds, Input::Date(MOMENT), Some(Value::Int(1_907_104_150))),
            (Kind::Int, seconds, Input::Date(-1.0), Some(Value::Int(-1))),
            (Kind::Int, millis, Input::Date(MOMENT), Some(Value::Int(1_907_104_150_123))),
            (Kind::Int, millis, Input::Date(5.0), Some(Value::Int(5))),
            (Kind::Int, Besides::Integers(None), Input::Date(MOMENT), None),
            (Kind::Int, millis, json(), None),
            (Kind::Int, Besides::Nothing, Input::Bool(true), None),
            (Kind::Text, Besides::Texts, json(), text(r#"{"a":[1]}"#)),
            (Kind::Text, Besides::Texts, Input::Date(MOMENT), text("2030-06-07T23:09:10.123Z")),
            (Kind::Text, Besides::Days, Input::Date(MOMENT), text("2030-06-07")),
            (Kind::Text, Besides::Days, json(), None),
            (Kind::Text, Besides::Nothing, json(), None),
            (Kind::Text, Besides::Nothing, Input::Date(MOMENT), None),
        ] {
            assert_eq!(column(kind, besides).encode(&input).ok(), stored, "{besides:?} {input:?}");
        }
        for besides in [seconds, millis, Besides::Texts, Besides::Days] {
            for never in [f64::NAN, 8.64e15] {
                assert!(column(Kind::Text, besides).encode(&Input::Date(never)).is_err(), "{besides:?} {never}");
            }
        }
    }
}
