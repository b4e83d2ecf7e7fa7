use crate::dialect::Dialect;
use crate::table::column::Column;
use crate::types::kind::{Kind, Role};
use crate::value::{Input, Value};

fn column(kind: Kind, role: Role) -> Column {
    Column::plain(Dialect::MySql, "user", "field", kind, role)
}

fn text(value: &str) -> Input {
    Input::Text(value.into())
}

#[test]
fn keys_are_stored_as_given_or_refused() {
    let key = column(Kind::Text, Role::Key(4));
    assert_eq!(key.encode(&text("ab 😀")).unwrap(), Value::Text("ab 😀".into()));
    assert_eq!(key.encode(&Input::Number(123.0)).unwrap(), Value::Text("123".into()));
    assert_eq!(key.encode(&Input::Number(-0.0)).unwrap(), Value::Text("0".into()));
    for refused in [text("abcde"), text("a\0"), Input::Malformed("\u{FFFD}".into()), Input::Other("an array")] {
        assert!(key.encode(&refused).is_err(), "{refused:?}");
        assert_eq!(key.key(&refused), None);
    }
    for never in [Input::Null, Input::Bool(true), Input::Date(0.0)] {
        assert_eq!(key.key(&never), None, "{never:?}");
    }
}

#[test]
fn free_text_takes_what_peers_take() {
    let free = column(Kind::Text, Role::Free);
    assert_eq!(free.encode(&Input::Malformed("a\u{FFFD}".into())).unwrap(), Value::Text("a\u{FFFD}".into()));
    assert_eq!(free.encode(&Input::Bool(false)).unwrap(), Value::Text("false".into()));
    assert!(free.encode(&text("\0")).is_err());
    assert_eq!(free.encode(&text(&"x".repeat(1_000_000))).unwrap(), Value::Text("x".repeat(1_000_000)));
}

#[test]
fn integers_come_in_many_forms() {
    let int = column(Kind::Int, Role::Free);
    for (input, stored) in [
        (Input::Number(1_700_000_000.9), 1_700_000_000),
        (text("4102444800"), 4_102_444_800),
        (Input::BigInt("4294967295".into()), 4_294_967_295),
    ] {
        assert_eq!(int.encode(&input).unwrap(), Value::Int(stored));
    }
    for refused in
        [Input::Number(f64::NAN), Input::Number(1e300), text(""), text("soon"), text("inf"), Input::Bool(true)]
    {
        assert!(int.encode(&refused).is_err(), "{refused:?}");
    }
}

#[test]
fn times_keep_milliseconds_and_stay_in_range() {
    let time = column(Kind::Time, Role::Free);
    let Value::Time(stored) = time.encode(&Input::Date(4_102_444_800_123.0)).unwrap() else { panic!("a time") };
    assert_eq!(stored.timestamp_millis(), 4_102_444_800_123);
    assert!(time.encode(&text("2030-06-07T08:09:10.123Z")).is_ok());
    for refused in [Input::Date(f64::NAN), Input::Date(8.64e15), text("tomorrow"), Input::Number(0.0)] {
        assert!(time.encode(&refused).is_err(), "{refused:?}");
    }
}
