//! What the standards and the makers of each form say that a password comes to, and what is refused.

use argon2::{Algorithm, Argon2, AssociatedData, ParamsBuilder, Version};

use crate::passwords::hashing::{Verdict, decoy, hash, verify};
use crate::passwords::input::{MOST_BYTES, Password};
use crate::passwords::settings::{Pepper, Settings};
use crate::passwords::stored::Stored;
use crate::passwords::threads;
use crate::value::Input;

fn password(text: &str) -> Password {
    Password::new(&Input::Text(text.into())).expect("a password")
}

fn right(stored: &str, typed: &str) -> bool {
    matches!(verify(&Settings::default(), stored, &password(typed)).expect("a verdict"), Verdict::Right { .. })
}

/// RFC 9106, 5.1 to 5.3: 32 bytes of password, 16 of salt, 8 of secret, 12 of associated data; 32 KiB, 3 iterations, 4 lanes.
#[test]
fn argon2_of_rfc_9106() {
    for (algorithm, expected) in [
        (Algorithm::Argon2d, "512b391b6f1162975371d30919734294f868e3be3984f3c1a13a4db9fabe4acb"),
        (Algorithm::Argon2i, "c814d9d1dc7f37aa13f0d77f2494bda1c8de6b016dd388d29952a4c4672b6ce8"),
        (Algorithm::Argon2id, "0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659"),
    ] {
        let mut params = ParamsBuilder::new();
        params.m_cost(32).t_cost(3).p_cost(4).output_len(32).data(AssociatedData::new(&[4; 12]).expect("data"));
        let params = params.build().expect("parameters");
        let argon2 = Argon2::new_with_secret(&[3; 8], algorithm, Version::V0x13, params).expect("argon2");
        let mut output = [0; 32];
        argon2.hash_password_into(&[1; 32], &[2; 16], &mut output).expect("a hash");
        assert_eq!(hex(&output), expected, "{algorithm:?}");
    }
}

/// Of the reference implementation's own tests, as PHC strings.
#[test]
fn argon2_of_the_reference_implementation() {
    for (stored, typed) in [
        ("$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc", "password"),
        ("$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc", "password"),
        ("$argon2i$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$wWKIMhR9lyDFvRz9YTZweHKfbftvj+qf+YFY4NeBbtA", "password"),
        ("$argon2i$m=65536,t=2,p=1$c29tZXNhbHQ$9sTbSlTio3Biev89thdrlKKiCaYsjjYVJxGAL3swxpQ", "password"),
        ("$argon2id$v=19$m=65536,t=2,p=1$ZGlmZnNhbHQ$vfMrBczELrFdWP0ZsfhWsRPaHppYdP3MVEMIVlqoFBw", "password"),
    ] {
        assert!(right(stored, typed), "{stored}");
        assert!(!right(stored, "Password"), "{stored}");
    }
}

/// RFC 7914, 12, whose first vector has no password and the last one more memory than is allowed.
#[test]
fn scrypt_of_rfc_7914() {
    for (log_n, r, p, salt, typed, expected) in [
        (
            10,
            8,
            16,
            "NaCl",
            "password",
            "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b3731622eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640",
        ),
        (
            14,
            8,
            1,
            "SodiumChloride",
            "pleaseletmein",
            "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887",
        ),
    ] {
        let mut computed = [0; 64];
        let params = scrypt::Params::new(log_n, r, p).expect("parameters");
        scrypt::scrypt(typed.as_bytes(), salt.as_bytes(), &params, &mut computed).expect("a hash");
        assert_eq!(hex(&computed), expected);
    }
    // The second as a PHC string, as passlib writes it.
    let stored = "$scrypt$ln=14,r=8,p=1$U29kaXVtQ2hsb3JpZGU$cCO9yzr9c0hGHAbNgf046/2o+7qQT44+qbVD9lRdofLVQylVYT8Pz2LUlwUkKpr55h6F3A1lHkDfzwF7RVdYhw";
    assert!(right(stored, "pleaseletmein"));
    assert!(!right(stored, "pleaseletmeout"));
}

/// Of Openwall's crypt_blowfish, and of jBCrypt.
#[test]
fn bcrypt_of_its_makers() {
    for (stored, typed) in [
        ("$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "U*U"),
        ("$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "U*U"),
        ("$2y$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "U*U"),
        ("$2a$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK", "U*U*"),
        ("$2a$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a", "U*U*U"),
        ("$2a$06$If6bvum7DFjUnE9p2uDeDu0YHzrHM6tf.iqN8.yx.jNN1ILEf7h0i", "abc"),
        ("$2a$10$WvvTPHKwdBJ3uk0Z37EMR.hLA2W6N9AEBhEgrAOljy2Ae5MtaSIUi", "abc"),
    ] {
        assert!(right(stored, typed), "{stored}");
        assert!(!right(stored, "u*u"), "{stored}");
    }
    // $2x$ is what one maker wrote by mistake.
    assert!(!right("$2x$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "U*U"));
}

/// crypt_blowfish: 72 bytes count, and what follows does not. The hash stays, since what follows may be mistyped.
#[test]
fn bcrypt_sees_72_bytes() {
    let stored = "$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui";
    let long = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789chars after 72 are ignored";
    let verdict = |typed: &str| verify(&Settings::default(), stored, &password(typed)).expect("a verdict");
    assert_eq!(verdict(long), Verdict::Right { outdated: false });
    assert_eq!(verdict(&format!("{}?", &long[..72])), Verdict::Right { outdated: false });
    assert_eq!(verdict(&long[..72]), Verdict::Right { outdated: true });
    assert_eq!(verdict(&long[..71]), Verdict::Wrong);
}

#[test]
fn bcrypt_and_nul() {
    let stored = bcrypt::hash_with_salt("ab", 4, [7; 16]).expect("a hash").to_string();
    let with_nul = bcrypt::hash_with_salt("ab\0cd", 4, [7; 16]).expect("a hash").to_string();
    assert!(right(&stored, "ab"));
    for typed in ["ab\0", "ab\0cd", "\0"] {
        assert!(!right(&stored, typed));
        assert!(!right(&with_nul, typed));
    }
}

/// Made by Better Auth 1.7, of `pässword` in both of its spellings.
#[test]
fn better_auths_form() {
    let salt = "00112233445566778899aabbccddeeff";
    let mut key = [0; 64];
    let params = scrypt::Params::new(14, 16, 1).expect("parameters");
    scrypt::scrypt("p\u{e4}ssword".as_bytes(), salt.as_bytes(), &params, &mut key).expect("a hash");
    let stored = format!("{salt}:{}", hex(&key));
    assert!(right(&stored, "p\u{e4}ssword"));
    assert!(right(&stored, "pa\u{308}ssword"));
    assert!(!right(&stored, "passwort"));
}

#[test]
fn a_new_hash_is_of_its_password_alone() {
    for peppers in [vec![], vec![Pepper::new("salt of the earth")]] {
        let settings = Settings { peppers, ..Settings::default() };
        let stored = hash(&settings, &password("correct horse\0battery")).expect("a hash");
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1"), "{stored}");
        assert!(!stored.contains("earth"));
        let verdict = |typed: &str| verify(&settings, &stored, &password(typed)).expect("a verdict");
        assert_eq!(verdict("correct horse\0battery"), Verdict::Right { outdated: false });
        for wrong in ["correct horse", "correct horse\0", "correct horse\0Battery", "x"] {
            assert_eq!(verdict(wrong), Verdict::Wrong);
        }
        assert_ne!(hash(&settings, &password("correct horse\0battery")).expect("a hash"), stored);
    }
}

#[test]
fn one_password_in_two_spellings_is_one() {
    let settings = Settings::default();
    // NFKC: é in one character and in two, the ligature ﬁ, and digits in full width.
    let stored = hash(&settings, &password("caf\u{e9} fi 12")).expect("a hash");
    assert!(right(&stored, "cafe\u{301} \u{fb01} \u{ff11}\u{ff12}"));
    // A hash that another tool made of what was typed.
    let typed = bcrypt::hash_with_salt("cafe\u{301}", 4, [7; 16]).expect("a hash").to_string();
    assert!(right(&typed, "cafe\u{301}"));
    assert!(!right(&typed, "caf\u{e9}"));
}

#[test]
fn peppers_turn_over() {
    let (old, new) = (Pepper::new("the first pepper"), Pepper::new("the second pepper"));
    let with = |peppers: &[&Pepper]| Settings {
        peppers: peppers.iter().map(|pepper| (*pepper).clone()).collect(),
        ..Settings::default()
    };
    let stored = hash(&with(&[&old]), &password("a password")).expect("a hash");
    let verdict = |peppers: &[&Pepper], typed| verify(&with(peppers), &stored, &password(typed)).expect("a verdict");
    assert_eq!(verdict(&[&old], "a password"), Verdict::Right { outdated: false });
    assert_eq!(verdict(&[&new, &old], "a password"), Verdict::Right { outdated: true });
    assert_eq!(verdict(&[&new, &old], "another"), Verdict::Wrong);
    assert_eq!(verdict(&[&new], "a password"), Verdict::UnknownPepper);
    assert_eq!(verdict(&[], "a password"), Verdict::UnknownPepper);
    let plain = hash(&with(&[]), &password("a password")).expect("a hash");
    let verdict = verify(&with(&[&new]), &plain, &password("a password")).expect("a verdict");
    assert_eq!(verdict, Verdict::Right { outdated: true });
}

#[test]
fn hashes_that_are_none_or_ask_for_too_much() {
    for stored in [
        "",
        "password",
        ":",
        "a:b",
        "$",
        "$$$$",
        "$argon2id$",
        "$argon2id$v=19$m=19456,t=2,p=1$$",
        "$argon2id$v=19$m=4294967295,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
        "$argon2id$v=19$m=65536,t=4294967295,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
        "$argon2id$v=19$m=8,t=1,p=16777215$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
        "$argon2id$v=20$m=256,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
        "$argon2id$v=19$m=256,t=2,p=1,q=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
        "$scrypt$ln=40,r=8,p=1$U29kaXVtQ2hsb3JpZGU$cCO9yzr9c0hGHAbNgf046/2o+7qQT44+",
        "$scrypt$ln=14,r=0,p=1$U29kaXVtQ2hsb3JpZGU$cCO9yzr9c0hGHAbNgf046/2o+7qQT44+",
        "$2b$31$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
        "$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOe",
        "$pbkdf2-sha256$i=29000$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
        "plain:00",
    ] {
        assert_eq!(Stored::read(stored), None, "{stored}");
        assert!(!right(stored, "password"), "{stored}");
    }
}

#[test]
fn what_can_be_no_password() {
    let refused = |input: Input| Password::new(&input).expect_err("no password");
    assert!(refused(Input::Text(String::new())).contains("empty"));
    assert!(refused(Input::Malformed("a\u{fffd}".into())).contains("surrogate"));
    assert!(refused(Input::Number(1.0)).contains("string"));
    for long in ["x".repeat(MOST_BYTES + 1), "x".repeat(1_000_000), "\u{fdfa}".repeat(1000)] {
        assert!(refused(Input::Text(long)).contains("4096"));
    }
    assert_eq!(password(&"x".repeat(MOST_BYTES)).bytes().len(), MOST_BYTES);
    assert_eq!(format!("{:?}", password("secret")), "Password(…)");
    assert_eq!(format!("{:?}", Pepper::new("secret")), "Pepper(…)");
}

#[test]
fn a_decoy_is_like_a_hash_and_of_no_password() {
    let settings = Settings { peppers: vec![Pepper::new("a pepper")], ..Settings::default() };
    let (decoy, real) = (decoy(&settings).expect("a decoy"), hash(&settings, &password("x")).expect("a hash"));
    assert_eq!(decoy.len(), real.len());
    assert_eq!(verify(&settings, &decoy, &password("x")).expect("a verdict"), Verdict::Wrong);
}

#[test]
fn weaker_settings_than_owasps_are_refused() {
    let settings = |memory_kib, iterations| Settings { memory_kib, iterations, ..Settings::default() };
    for (memory, iterations) in [(19_456, 1), (7_167, 100), (7_168, 4), (8, 1), (3_000_000, 2), (19_456, 101)] {
        assert!(settings(memory, iterations).objection().is_some(), "{memory} {iterations}");
    }
    for (memory, iterations) in [(19_456, 2), (47_104, 1), (7_168, 5), (65_536, 3)] {
        assert_eq!(settings(memory, iterations).objection(), None, "{memory} {iterations}");
    }
    assert!(Settings { parallelism: 17, ..Settings::default() }.objection().is_some());
}

#[test]
fn the_queue_has_an_end() {
    use std::sync::mpsc::channel;
    crate::database::runtime::RUNTIME.block_on(async {
        let (go, gone) = channel::<()>();
        let gone = std::sync::Arc::new(std::sync::Mutex::new(gone));
        let most = threads::most();
        let (start, mut started) = tokio::sync::mpsc::unbounded_channel();
        let held = |queue| {
            let (gone, start) = (gone.clone(), start.clone());
            tokio::spawn(threads::run(queue, move || {
                let _ = start.send(());
                let _ = gone.lock().expect("a lock").recv();
                Ok(())
            }))
        };
        let running: Vec<_> = (0..most + 3).map(|_| held(3)).collect();
        for _ in 0..most {
            started.recv().await.expect("a thread has begun");
        }
        // Those that are given up wait for nothing, and leave their places when their turn comes.
        let refused = loop {
            let moment = std::time::Duration::from_millis(20);
            if let Ok(outcome) = tokio::time::timeout(moment, threads::run(3, || Ok(()))).await {
                break outcome.expect_err("no thread is free");
            }
        };
        assert_eq!(refused.code, crate::error::Code::Busy);
        drop(go);
        let mut done = 0;
        for each in running {
            match each.await.expect("a task") {
                Ok(()) => done += 1,
                Err(error) => assert_eq!(error.code, crate::error::Code::Busy),
            }
        }
        assert!(done >= most, "{done} of those that were taken");
        assert_eq!(threads::run(3, || Ok(7)).await.expect("an outcome"), 7);
        let panicked = threads::run::<()>(3, || panic!("at the disco")).await.expect_err("it panicked");
        assert_eq!(panicked.cause.as_deref(), Some("at the disco"));
        assert_eq!(threads::run(3, || Ok(8)).await.expect("an outcome"), 8);
    });
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
