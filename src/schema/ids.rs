//! Ids for tables that do not make their own, in the fashion of those that are there.

use std::sync::atomic::{AtomicU32, Ordering};

use uuid::Uuid;

/// What an id looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdForm {
    Uuid,
    /// As Prisma's `cuid()`: `c`, time, counter, fingerprint and randomness in base 36; 25 characters.
    Cuid,
    /// As `@paralleldrive/cuid2`: a letter and 23 characters of base 36.
    Cuid2,
    /// As `nanoid(n)`.
    Nanoid(usize),
}

impl IdForm {
    /// The form of an id, for a column of at most `length` characters.
    pub fn of(sample: Option<&str>, length: Option<usize>) -> Self {
        match (sample, length) {
            (Some(id), _) if id.len() == 25 && id.starts_with('c') && is_base36(id) => IdForm::Cuid,
            (Some(id), _)
                if id.len() == 24 && id.starts_with(|first: char| first.is_ascii_lowercase()) && is_base36(id) =>
            {
                IdForm::Cuid2
            }
            (Some(id), _) if Uuid::parse_str(id).is_err() && is_nanoid(id) => IdForm::Nanoid(id.len()),
            (_, Some(length)) if length < 36 => IdForm::Nanoid(length.min(21)),
            _ => IdForm::Uuid,
        }
    }

    pub fn generate(self) -> String {
        match self {
            IdForm::Uuid => Uuid::new_v4().to_string(),
            IdForm::Cuid => {
                static COUNTER: AtomicU32 = AtomicU32::new(0);
                let time = base36(chrono::Utc::now().timestamp_millis() as u128, 8);
                let count = base36(u128::from(COUNTER.fetch_add(1, Ordering::Relaxed)), 4);
                format!("c{time}{count}{}{}", base36(u128::from(std::process::id()), 4), random_base36(8))
            }
            IdForm::Cuid2 => {
                let letter = char::from(b'a' + (Uuid::new_v4().as_u128() % 26) as u8);
                format!("{letter}{}", random_base36(23))
            }
            IdForm::Nanoid(length) => random(length, NANOID),
        }
    }
}

const BASE36: &[u8] = b"0123456789abcdefghijklmnopqrstuvwxyz";
const NANOID: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz-";

fn is_base36(text: &str) -> bool {
    text.bytes().all(|byte| BASE36.contains(&byte))
}

fn is_nanoid(text: &str) -> bool {
    (8..=64).contains(&text.len()) && text.bytes().all(|byte| NANOID.contains(&byte))
}

fn base36(mut number: u128, digits: usize) -> String {
    let mut text = vec![b'0'; digits];
    for digit in text.iter_mut().rev() {
        *digit = BASE36[(number % 36) as usize];
        number /= 36;
    }
    String::from_utf8_lossy(&text).into_owned()
}

fn random_base36(length: usize) -> String {
    random(length, BASE36)
}

/// `length` characters of `alphabet`, each equally likely but for the 0.4 % that 256 is no multiple of 36.
fn random(length: usize, alphabet: &[u8]) -> String {
    let mut text = String::with_capacity(length);
    while text.len() < length {
        // A version 4 UUID has 122 random bits; the two bytes that are not all random are left out.
        let bytes = Uuid::new_v4().into_bytes();
        let fresh = bytes.iter().enumerate().filter(|(index, _)| *index != 6 && *index != 8);
        for (_, byte) in fresh.take(length - text.len()) {
            text.push(char::from(alphabet[usize::from(*byte) % alphabet.len()]));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_recognised_and_made_alike() {
        for (sample, form) in [
            ("cjld2cjxh0000qzrmn831i7rn", IdForm::Cuid),
            ("tz4a98xxat96iws9zmbrgj3a", IdForm::Cuid2),
            ("0e984725-c51c-4bf4-9960-e1c80e27aba0", IdForm::Uuid),
            ("V1StGXR8_Z5j", IdForm::Nanoid(12)),
        ] {
            assert_eq!(IdForm::of(Some(sample), None), form, "{sample}");
            let made = form.generate();
            assert_eq!(made.len(), sample.len(), "{made}");
            assert_eq!(IdForm::of(Some(&made), None), form, "{made}");
            assert_ne!(made, form.generate());
        }
        assert_eq!(IdForm::of(None, Some(12)), IdForm::Nanoid(12));
        assert_eq!(IdForm::of(None, Some(255)), IdForm::Uuid);
    }
}
