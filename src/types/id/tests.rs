use std::collections::HashSet;

use crate::types::id::*;

/// Every form, with ids of other makers'.
const SAMPLES: [(IdForm, &[&str]); 11] = [
    (IdForm::Uuid, &["0e984725-c51c-4bf4-9960-e1c80e27aba0", "0E984725-C51C-4BF4-9960-E1C80E27ABA0"]),
    (IdForm::UuidV7, &["0192f3c8-7d4e-7a31-9c55-0242ac120002", "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"]),
    (IdForm::UuidHex, &["0e984725c51c4bf49960e1c80e27aba0"]),
    (IdForm::UuidV7Hex, &["0192f3c87d4e7a319c550242ac120002"]),
    (IdForm::Ulid { upper: true }, &["01ARZ3NDEKTSV4RRFFQ69G5FAV", "01D39ZY06FGSCTVN4T2V9PKHFZ"]),
    (IdForm::Ulid { upper: false }, &["01arz3ndektsv4rrffq69g5fav"]),
    (IdForm::ObjectId, &["507f191e810c19729de860ea", "a07f191e810c19729de860ea"]),
    (IdForm::Cuid, &["cjld2cjxh0000qzrmn831i7rn", "clxoz3h2k000008l5g7d1c2ab"]),
    (IdForm::Cuid2, &["tz4a98xxat96iws9zmbrgj3a", "pfh0haxfpzowht3oi213cqos"]),
    (IdForm::Nanoid(21), &["V1StGXR8_Z5jdHi6B-myT"]),
    (IdForm::Nanoid(12), &["V1StGXR8_Z5j"]),
];

#[test]
fn ids_of_other_makers_are_recognised() {
    for (form, ids) in SAMPLES {
        for id in ids {
            assert_eq!(IdForm::recognise(id), Some(form), "{id}");
        }
    }
}

#[test]
fn ids_that_only_look_alike_are_something_else() {
    for (id, form) in [
        ("6ba7b810-9dad-11d1-80b4-00c04fd430c8", Some(IdForm::Uuid)), // version 1
        ("ffffffff-ffff-7fff-bfff-ffffffffffff", Some(IdForm::Uuid)), // version 7, in the year 10889
        ("ffffffffffff7fffbfffffffffffffff", Some(IdForm::UuidHex)),
        ("81ARZ3NDEKTSV4RRFFQ69G5FAV", Some(IdForm::Nanoid(26))), // more than 128 bits
        ("7ZZZZZZZZZZZZZZZZZZZZZZZZZ", Some(IdForm::Nanoid(26))), // the year 10889
        ("O1ARZ3NDEKTSV4RRFFQ69G5FAV", Some(IdForm::Nanoid(26))), // an O for a 0
        ("01ARZ3NDEKTSv4rrffq69g5fav", Some(IdForm::Nanoid(26))), // both cases
        ("507F191E810C19729DE860EA", Some(IdForm::Nanoid(24))),   // MongoDB writes lower case
        ("9z4a98xxat96iws9zmbrgj3a", Some(IdForm::Nanoid(24))),   // a digit first
        ("djld2cjxh0000qzrmn831i7rn", Some(IdForm::Nanoid(25))),
        ("ada", None),
        ("ada@example.com", None),
        ("ééééééééééééé", None),
        ("", None),
    ] {
        assert_eq!(IdForm::recognise(id), form, "{id}");
    }
}

#[test]
fn what_is_made_is_of_the_form_it_was_made_in() {
    for (form, ids) in SAMPLES {
        for _ in 0..2_000 {
            let made = form.generate().unwrap();
            assert_eq!(made.len(), ids[0].len(), "{made}");
            assert_eq!(IdForm::recognise(&made), Some(form), "{made}");
            assert!(form.admits(&made), "{made}");
        }
    }
}

#[test]
fn a_hundred_thousand_ids_are_all_different() {
    for (form, _) in SAMPLES {
        let made: HashSet<_> = (0..100_000).map(|_| form.generate().unwrap()).collect();
        assert_eq!(made.len(), 100_000, "{form}");
    }
}

#[test]
fn cuid2_begins_with_any_letter() {
    let first: HashSet<_> = (0..2_000).filter_map(|_| IdForm::Cuid2.generate().unwrap().chars().next()).collect();
    assert_eq!(first, ('a'..='z').collect());
}

#[test]
fn ids_that_begin_with_the_time_tell_it() {
    for (form, time) in [
        (IdForm::UuidV7, (|id| u64::from_str_radix(&id.replace('-', "")[..12], 16).unwrap()) as fn(&str) -> u64),
        (IdForm::UuidV7Hex, |id| u64::from_str_radix(&id[..12], 16).unwrap()),
        (IdForm::Ulid { upper: false }, |id| Ulid::from_string(id).unwrap().timestamp_ms()),
        (IdForm::ObjectId, |id| u64::from_str_radix(&id[..8], 16).unwrap() * 1000),
        (IdForm::Cuid, |id| u64::from_str_radix(&id[1..9], 36).unwrap()),
    ] {
        let (made, now) = (form.generate().unwrap(), now());
        assert!(now.abs_diff(time(&made)) <= 2_000, "{made}");
    }
    let in_order: Vec<_> = (0..1_000).map(|_| IdForm::UuidV7.generate().unwrap()).collect();
    assert!(in_order.is_sorted());
}

#[test]
fn columns_of_which_only_the_length_is_known() {
    for (length, form) in [
        (None, IdForm::Uuid),
        (Some(255), IdForm::Uuid),
        (Some(36), IdForm::Uuid),
        (Some(35), IdForm::Nanoid(21)),
        (Some(12), IdForm::Nanoid(12)),
    ] {
        assert_eq!(IdForm::for_length(length), form);
    }
}

#[test]
fn a_given_id_is_taken_where_it_can_stand_among_the_others() {
    for (form, ids) in SAMPLES {
        assert!(ids.iter().all(|id| form.admits(id)), "{form}");
        // What Auth.js gives every user.
        assert_eq!(form.admits(&Uuid::new_v4().to_string()), form == IdForm::Uuid, "{form}");
    }
    for (form, id) in [
        (IdForm::Uuid, "0192f3c8-7d4e-7a31-9c55-0242ac120002"),
        (IdForm::Uuid, "ada"),
        (IdForm::UuidV7, "0192f3c87d4e7a319c550242ac120002"),
        (IdForm::UuidHex, "0192f3c87d4e7a319c550242ac120002"),
    ] {
        assert!(form.admits(id), "{form}: {id}");
    }
    assert!(!IdForm::Cuid2.admits("507f191e810c19729de860ea"));
}
