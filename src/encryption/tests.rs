use proptest::prelude::*;

use super::key::{self, Key};
use super::keyring::{Keyring, Standing, Why};
use super::place::{Place, Purpose};
use super::sealed::{NONCE, write};

const OTHER: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

fn place() -> Place<'static> {
    Place { purpose: Purpose::Access, provider: "github", account: "1234567" }
}

fn keyring(ids: &[(&str, &str)]) -> Keyring {
    let keys = ids.iter().map(|(id, text)| Key::new(id, text).expect("a key")).collect();
    Keyring::new(keys, true).expect("keys")
}

fn hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

/// The crate's XChaCha20-Poly1305 is that of draft-irtf-cfrg-xchacha-03, A.3.1.
#[test]
fn the_cipher_is_the_published_one() {
    use chacha20poly1305::aead::{Aead, KeyInit, Payload};
    let key: [u8; 32] = hex("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f").try_into().unwrap();
    let nonce: [u8; NONCE] = hex("404142434445464748494a4b4c4d4e4f5051525354555657").try_into().unwrap();
    let text = "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.";
    let payload = Payload { msg: text.as_bytes(), aad: &hex("50515253c0c1c2c3c4c5c6c7") };
    let sealed = chacha20poly1305::XChaCha20Poly1305::new(&key.into()).encrypt(&nonce.into(), payload).unwrap();
    assert_eq!(sealed[..16], hex("bd6d179d3e83d43b9576579493c0e939")[..]);
    assert_eq!(sealed[sealed.len() - 16..], hex("c0875924c1c7987947deafd8780acf49")[..]);
}

#[test]
fn keys_are_thirty_two_bytes_in_base64_or_hex() {
    let made = key::make().unwrap();
    assert_ne!(made, key::make().unwrap());
    let unpadded = made.trim_end_matches('=');
    let url_safe = made.replace('+', "-").replace('/', "_");
    let key = |text: &str| Key::new("a", text);
    assert!(key(&made).is_some());
    assert_eq!([key(unpadded), key(&url_safe), key(&format!(" {made}\n"))], [key(&made), key(&made), key(&made)]);
    assert_eq!(key(OTHER), key("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="));
    assert_eq!(key(OTHER), key(&OTHER.to_uppercase()));
    for refused in ["", "secret", &OTHER[2..], &format!("{OTHER}00"), &made[..40], &"z".repeat(64), &"é".repeat(32)] {
        assert_eq!(key(refused), None, "{refused}");
    }
    let shown = format!("{:?}", keyring(&[("2026", OTHER)]));
    assert!(shown.contains("2026") && !shown.contains("0102") && !shown.contains("1, 2"), "{shown}");
}

#[test]
fn ids_stand_between_dots() {
    for id in ["a", "2026-11", "Key_1", &"k".repeat(32)] {
        assert!(key::is_id(id), "{id}");
    }
    for id in ["", "a.b", "a b", "é", "a\n", &"k".repeat(33)] {
        assert!(!key::is_id(id), "{id:?}");
    }
    let twice = ["a", "a"].map(|id| Key::new(id, OTHER).unwrap());
    assert!(Keyring::new(twice.into(), true).is_none() && Keyring::new(Vec::new(), true).is_none());
}

#[test]
fn the_first_key_writes_and_all_read() {
    let made = key::make().unwrap();
    let (old, both) = (keyring(&[("old", OTHER)]), keyring(&[("new", &made), ("old", OTHER)]));
    let stored = old.seal(place(), "gho_token").unwrap();
    assert!(stored.starts_with("raa.enc1.old.") && !stored.contains("gho_token"), "{stored}");
    assert_eq!(both.open(place(), &stored).as_deref(), Ok("gho_token"));
    assert_eq!((old.standing(&stored), both.standing(&stored)), (Standing::Current, Standing::Other));
    let rotated = both.seal(place(), "gho_token").unwrap();
    assert!(rotated.starts_with("raa.enc1.new."));
    assert_eq!(old.open(place(), &rotated).map_err(|refused| (refused.key, refused.why)), {
        Err((Some("new".to_owned()), Why::UnknownKey))
    });
}

#[test]
fn plain_texts_are_read_unless_they_are_not_accepted() {
    let (accepts, refuses) =
        (keyring(&[("a", OTHER)]), Keyring::new(vec![Key::new("a", OTHER).unwrap()], false).unwrap());
    assert_eq!(accepts.open(place(), "gho_token").as_deref(), Ok("gho_token"));
    assert_eq!(refuses.open(place(), "gho_token").map_err(|refused| refused.why), Err(Why::Plain));
    assert_eq!(refuses.reading_plain(), accepts);
    let stored = refuses.seal(place(), "gho_token").unwrap();
    assert_eq!(refuses.open(place(), &stored).as_deref(), Ok("gho_token"));
}

#[test]
fn a_text_belongs_to_one_place_of_one_key() {
    let keys = keyring(&[("a", OTHER), ("b", OTHER)]);
    let stored = keys.seal(place(), "token").unwrap();
    let elsewhere = [
        Place { purpose: Purpose::Refresh, ..place() },
        Place { purpose: Purpose::Id, ..place() },
        Place { provider: "gitlab", ..place() },
        Place { provider: "", ..place() },
        Place { account: "1234568", ..place() },
        // The same characters, otherwise divided.
        Place { provider: "github1", account: "234567", ..place() },
    ];
    for place in elsewhere {
        assert_eq!(keys.open(place, &stored).map_err(|refused| refused.why), Err(Why::Damaged), "{place:?}");
    }
    // Even by a key of the same bytes.
    let swapped = stored.replacen(".a.", ".b.", 1);
    assert_eq!(keys.open(place(), &swapped).map_err(|refused| refused.why), Err(Why::Damaged));
    let other_version = stored.replacen("enc1", "enc2", 1);
    assert_eq!(keys.open(place(), &other_version).map_err(|refused| refused.why), Err(Why::Malformed));
}

proptest! {
    #[test]
    fn texts_come_back(text in ".{0,200}", provider in ".{0,20}", account in ".{0,20}") {
        let place = Place { purpose: Purpose::Id, provider: &provider, account: &account };
        let keys = keyring(&[("a", OTHER)]);
        let stored = keys.seal(place, &text).unwrap();
        prop_assert!(stored.is_ascii());
        prop_assert_ne!(&stored, &keys.seal(place, &text).unwrap());
        prop_assert_eq!(keys.open(place, &stored), Ok(text));
    }

    #[test]
    fn no_two_places_are_bound_to_the_same_bytes(one in [".{0,6}", ".{0,6}", ".{0,6}"], other in [".{0,6}", ".{0,6}", ".{0,6}"]) {
        let bound = |[key, provider, account]: &[String; 3]| Place { purpose: Purpose::Id, provider, account }.bound(key);
        prop_assert_eq!(one == other, bound(&one) == bound(&other));
    }

    /// No character of a stored text can be left out or be another one.
    #[test]
    fn every_character_counts(place_of_change in 0_usize..1000, other in "[A-Za-z0-9._-]", cut: bool) {
        let keys = keyring(&[("a", OTHER)]);
        let stored = keys.seal(place(), "a token of some length").unwrap();
        let at = place_of_change % stored.len();
        let mut changed = stored.clone();
        changed.replace_range(at..=at, if cut { "" } else { &other });
        prop_assume!(changed != stored);
        // What does not begin as encrypted texts do is another text.
        let opened = keys.open(place(), &changed);
        let is_plain = !changed.starts_with("raa.enc");
        prop_assert_eq!(opened.ok(), is_plain.then_some(changed));
        for end in 8..stored.len() {
            prop_assert!(keys.open(place(), &stored[..end]).is_err());
        }
    }
}

#[test]
fn too_short_texts_are_refused() {
    let keys = keyring(&[("a", OTHER)]);
    for bytes in [&[][..], &[0; 15], &[0; 16]] {
        assert!(keys.open(place(), &write("a", &[0; NONCE], bytes)).is_err());
    }
}
