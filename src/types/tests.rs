//! What holds of every value: what a codec stores stands for what it was given, and for nothing else.

use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;

use crate::dialect::Dialect;
use crate::types::codec::{Codec, Form};
use crate::types::id::IdForm;
use crate::types::instant::{FIRST, FIRST_MILLIS, Instant, LAST};
use crate::types::kind::Kind;
use crate::types::wire::Wire;
use crate::types::zone::Zone;
use crate::value::Value;

/// Nothing is written beside the sources: a failure shows the smallest case, which then becomes a test of its own.
pub fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

/// Texts of any characters, and such as look like numbers.
pub fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::collection::vec(any::<char>(), 0..24).prop_map(String::from_iter),
        "[ -]?[+-]?0{0,2}[0-9]{0,3}(\\.[05]{0,2})?(e[0-9])?[ ]?",
        any::<i128>().prop_map(|number| number.to_string()),
        any::<f64>().prop_map(|number| number.to_string()),
        any::<u128>().prop_map(|bits| uuid::Uuid::from_u128(bits).to_string()),
        any::<u128>().prop_map(|bits| uuid::Uuid::from_u128(bits).simple().to_string().to_uppercase()),
    ]
}

/// Two texts, which often differ in what some database or parser overlooks.
pub fn pairs() -> impl Strategy<Value = (String, String)> {
    let other =
        prop_oneof![texts(), Just("@".into()), "0@", "\\+@", "-@", "@\\.0", "@0", " @", "@ ", "@e0", "LOWER", "UPPER"];
    (texts(), other).prop_map(|(one, other)| {
        let other = match other.as_str() {
            "LOWER" => one.to_lowercase(),
            "UPPER" => one.to_uppercase(),
            other => other.replacen('@', &one, 1),
        };
        (one, other)
    })
}

/// Instants that callers can store, many of them close to where something changes.
pub fn instants() -> impl Strategy<Value = DateTime<Utc>> {
    let (first, last) = (FIRST.timestamp_millis(), LAST.timestamp_millis());
    let near = prop::sample::select(vec![0, first, last, FIRST_MILLIS, -FIRST_MILLIS, 10_000_000, 10_000_000_000]);
    let near = (near, -2_000..2_000_i64).prop_map(move |(place, offset)| (place + offset).clamp(first, last));
    let millis = prop_oneof![first..=last, near];
    millis.prop_map(|millis| DateTime::from_timestamp_millis(millis).expect("within the years 1000 to 9999"))
}

fn zones() -> impl Strategy<Value = Zone> {
    prop_oneof![Just(Zone::Utc), Just(Zone::Server), (-1439..1440).prop_map(Zone::Fixed)]
}

const INSTANTS: [Instant; 10] = [
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

/// The whole second that an instant is in.
pub fn second(time: DateTime<Utc>) -> DateTime<Utc> {
    time - TimeDelta::milliseconds(time.timestamp_millis().rem_euclid(1000))
}

fn is_number(value: &Value) -> bool {
    matches!(value, Value::Int(_) | Value::Unsigned(_))
}

proptest! {
    #![proptest_config(config(4096))]

    #[test]
    fn numbers_of_32_bits_come_back_by_their_shortest_digits(single in any::<f32>(), float in any::<f64>()) {
        prop_assume!(single.is_finite() && float.is_finite());
        let codec = Codec::plain(Wire::Float).form(Form::Single);
        let digits: f64 = single.to_string().parse().expect("digits are a number");
        let stored = codec.store(Value::Float(digits)).expect("every number can be stored");
        prop_assert_eq!(&stored, &Value::Float(f64::from(single)));
        prop_assert_eq!(codec.revive(Kind::Float, stored), Some(Value::Float(digits)));
        // What is compared keeps its place among those that the column holds, and those beyond them.
        let Some(Value::Float(kept)) = codec.store(Value::Float(float)) else { panic!("every number can be compared") };
        let is_less = float < f64::from(single);
        prop_assert!(if is_less { kept <= f64::from(single) } else { kept >= f64::from(single) }, "{}", kept);
    }

    #[test]
    fn an_instant_comes_back_from_every_form_to_its_resolution(time in instants()) {
        for instant in INSTANTS {
            let wires: &[Wire] = match instant {
                _ if instant.is_number() => &[Wire::Any, Wire::Int, Wire::Text],
                _ => &[Wire::Any, Wire::Text],
            };
            for wire in wires {
                // A whole number of days says too little: no column of integers has that form.
                if (instant, *wire) == (Instant::JulianDay, Wire::Int) {
                    continue;
                }
                let codec = Codec::plain(*wire).form(Form::Instant(instant));
                let stored = codec.store(Value::Time(time)).expect("every instant can be stored");
                let is_whole = matches!(instant, Instant::Seconds | Instant::SpacedSeconds)
                    || (*wire == Wire::Int && time.timestamp_millis().unsigned_abs() < FIRST_MILLIS.unsigned_abs());
                let expected = if is_whole { second(time) } else { time };
                let read = codec.revive(Kind::Time, stored.clone());
                prop_assert_eq!(read, Some(Value::Time(expected)), "{:?} {:?}: {:?}", instant, wire, stored);
            }
        }
        let millis = Codec::plain(Wire::Int).form(Form::Millis);
        let stored = millis.store(Value::Time(time)).expect("every instant can be stored");
        prop_assert_eq!(millis.revive(Kind::Time, stored), Some(Value::Time(time)));
    }

    #[test]
    fn values_travel_as_the_codec_says(
        text in texts(), int in any::<i64>(), float in any::<f64>(), bool in any::<bool>(), time in instants(), zone in zones()
    ) {
        let forms = INSTANTS.into_iter().map(Form::Instant).chain([
            Form::Plain, Form::Padded, Form::Uuid, Form::IntegerId, Form::Array, Form::JsonArray, Form::ZeroOne, Form::Millis, Form::Single,
            Form::Wall(zone), Form::Seconds(None), Form::Seconds(Some(zone)), Form::Caseless,
        ]);
        let values = [
            (Kind::Text, Value::Text(text.clone())), (Kind::Json, Value::Text(text)), (Kind::Int, Value::Int(int)),
            (Kind::Float, Value::Float(float)), (Kind::Bool, Value::Bool(bool)), (Kind::Time, Value::Time(time)),
        ];
        for form in forms {
            for wire in [Wire::Text, Wire::Int, Wire::Float, Wire::Bool, Wire::Time] {
                // No column of numbers has dates in words, nor whole days in integers.
                if matches!(form, Form::Instant(instant) if wire == Wire::Int
                    && (!instant.is_number() || instant == Instant::JulianDay)) {
                    continue;
                }
                for (kind, value) in &values {
                    let codec = Codec::plain(wire).form(form);
                    let (Some(sent), Some(stored)) = (codec.sent_as(*kind), codec.store(value.clone())) else { continue };
                    let travels = match stored {
                        Value::Text(_) | Value::Unsigned(_) => Wire::Text,
                        Value::Int(_) => Wire::Int,
                        Value::Float(_) => Wire::Float,
                        Value::Bool(_) => Wire::Bool,
                        Value::Time(_) => Wire::Time,
                        Value::Null | Value::Unreadable(_) => sent,
                    };
                    prop_assert_eq!(travels, sent, "{:?} {:?} {:?}: {:?}", form, wire, kind, stored);
                }
            }
        }
    }

    #[test]
    fn an_instant_comes_back_from_the_clock_of_every_zone(time in instants(), zone in zones()) {
        let wall = Codec::plain(Wire::Time).form(Form::Wall(zone));
        let stored = wall.store(Value::Time(time)).expect("every instant can be stored");
        prop_assert_eq!(wall.revive(Kind::Time, stored), Some(Value::Time(time)));
        for zone in [None, Some(zone)] {
            let seconds = Codec::plain(Wire::Time).form(Form::Seconds(zone));
            let stored = seconds.store(Value::Int(time.timestamp())).expect("every second can be stored");
            prop_assert_eq!(seconds.revive(Kind::Int, stored), Some(Value::Int(time.timestamp())));
        }
        // Where this process's clock is set back, one hour's instants are read as those of the hour before.
        let (local, shown) = (Zone::Local, Zone::Local.wall(time));
        prop_assert_eq!(local.wall(local.instant(shown)), shown);
        prop_assert!((local.instant(shown) - time).abs() <= TimeDelta::hours(2));
    }

    #[test]
    fn our_own_columns_give_back_what_they_were_given(
        text in texts(), int in any::<i64>(), float in any::<f64>(), bool in any::<bool>(), time in instants()
    ) {
        prop_assume!(!float.is_nan());
        for dialect in Dialect::ALL {
            for (kind, value) in [
                (Kind::Text, Value::Text(text.clone())),
                (Kind::Int, Value::Int(int)),
                (Kind::Float, Value::Float(float)),
                (Kind::Bool, Value::Bool(bool)),
                (Kind::Time, Value::Time(time)),
            ] {
                let codec = Codec::own(dialect, kind);
                let stored = codec.store(value.clone()).expect("our own columns take all values");
                prop_assert!(codec.is_same(kind, &value, &stored));
                prop_assert_eq!(codec.revive(kind, stored), Some(value), "{:?}", dialect);
            }
        }
    }

    #[test]
    fn one_text_alone_stands_for_what_is_stored((one, other) in pairs()) {
        let of = |wire, form| Codec::plain(wire).form(form);
        for codec in [
            of(Wire::Text, Form::Plain),
            of(Wire::Text, Form::Padded),
            of(Wire::Text, Form::Uuid),
            of(Wire::Text, Form::Caseless),
            of(Wire::Int, Form::IntegerId),
            of(Wire::Unsigned, Form::IntegerId),
            of(Wire::Any, Form::Undeclared { integers: true }),
            of(Wire::Any, Form::Undeclared { integers: false }),
        ] {
            let stored = |text: &str| codec.store(Value::Text(text.to_owned()));
            let Some(key) = stored(&one) else { continue };
            prop_assert!(codec.form != Form::IntegerId || is_number(&key), "{:?}", key);
            let read = codec.revive(Kind::Text, key.clone()).expect("what is stored can be read");
            let Value::Text(read) = read else { panic!("{read:?} is not a text") };
            // A UUID comes back as PostgreSQL writes it. All others come back as they were.
            let canonical = |text: &str| uuid::Uuid::parse_str(text).ok().map(|uuid| uuid.to_string());
            let expected = if codec.form == Form::Uuid { canonical(&one) } else { Some(one.clone()) };
            prop_assert_eq!(Some(read.clone()), expected);
            prop_assert!(codec.is_same(Kind::Text, &Value::Text(read.clone()), &key));
            let is_same_text = match codec.form {
                Form::Uuid => canonical(&one) == canonical(&other),
                _ => one == other,
            };
            let is_same_key = stored(&other).as_ref() == Some(&key);
            prop_assert_eq!(is_same_key, is_same_text, "{:?}: {:?} {:?}", codec.form, one, other);
            if let (Some(key), false) = (stored(&other), codec.form == Form::Caseless) {
                prop_assert_eq!(codec.is_same(Kind::Text, &Value::Text(read), &key), is_same_text);
            }
        }
    }

    #[test]
    fn an_integer_keeps_its_digits_or_has_no_room(number in prop_oneof![any::<i128>(), any::<i64>().prop_map(i128::from), any::<u64>().prop_map(i128::from)]) {
        for (wire, fits) in [
            (Wire::Int, i64::try_from(number).is_ok()),
            (Wire::Unsigned, u64::try_from(number).is_ok()),
            (Wire::Any, i64::try_from(number).is_ok()),
        ] {
            let codec = Codec::plain(wire);
            let stored = codec.integer(number);
            prop_assert_eq!(stored.is_some(), fits, "{:?}", wire);
            let Some(stored) = stored else { continue };
            let digits = match codec.revive(Kind::Int, stored) {
                Some(Value::Int(int)) => int.to_string(),
                Some(Value::Unsigned(int)) => int.to_string(),
                other => panic!("{other:?}"),
            };
            prop_assert_eq!(digits, number.to_string());
        }
    }

    #[test]
    fn an_id_that_is_made_can_stand_among_those_that_are_there(length in 8..=64_usize, upper in any::<bool>()) {
        for form in [
            IdForm::Uuid, IdForm::UuidV7, IdForm::UuidHex, IdForm::UuidV7Hex, IdForm::Ulid { upper }, IdForm::ObjectId,
            IdForm::Cuid, IdForm::Cuid2, IdForm::Nanoid(length),
        ] {
            let id = form.generate().expect("the system has random bytes");
            prop_assert_eq!(IdForm::recognise(&id), Some(form), "{}", id);
            prop_assert!(form.admits(&id), "{}", id);
            // A column that has room for it stores it as it is.
            let text = Codec::plain(Wire::Text);
            prop_assert_eq!(text.store(Value::Text(id.clone())), Some(Value::Text(id.clone())));
            let uuid = Codec::plain(Wire::Text).form(Form::Uuid);
            let canonical = matches!(form, IdForm::Uuid | IdForm::UuidV7);
            prop_assert!(!canonical || uuid.store(Value::Text(id.clone())) == Some(Value::Text(id)));
        }
    }
}
