//! Random bytes and characters from the operating system.

use crate::error::{Code, Error, Result};

pub const BASE36: &[u8] = b"0123456789abcdefghijklmnopqrstuvwxyz";
pub const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyz";
pub const URL_SAFE: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz-";

pub fn bytes<const COUNT: usize>() -> Result<[u8; COUNT]> {
    let mut bytes = [0; COUNT];
    getrandom::fill(&mut bytes).map_err(|error| {
        Error::new(Code::Internal, "the operating system gave no random bytes").because(error.to_string())
    })?;
    Ok(bytes)
}

/// `length` characters of `alphabet`, each equally likely.
pub fn characters(length: usize, alphabet: &[u8]) -> Result<String> {
    let mut text = String::with_capacity(length);
    while text.len() < length {
        let fresh = bytes::<64>()?;
        text.extend(fresh.iter().filter_map(|byte| pick(*byte, alphabet)).take(length - text.len()));
    }
    Ok(text)
}

/// The character that a random byte stands for. None where the byte is beyond the last whole multiple of the alphabet: it
/// would make the first characters likelier than the others.
fn pick(byte: u8, alphabet: &[u8]) -> Option<char> {
    let whole = 256 - 256 % alphabet.len();
    (usize::from(byte) < whole).then(|| char::from(alphabet[usize::from(byte) % alphabet.len()]))
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    const ALPHABETS: [&[u8]; 3] = [BASE36, LETTERS, URL_SAFE];

    #[test]
    fn every_character_has_as_many_bytes_as_any_other() {
        for alphabet in ALPHABETS {
            let mut bytes_of = HashMap::new();
            for character in (0..=u8::MAX).filter_map(|byte| pick(byte, alphabet)) {
                *bytes_of.entry(character).or_insert(0) += 1;
            }
            assert_eq!(bytes_of.len(), alphabet.len());
            assert!(bytes_of.values().all(|count| *count == 256 / alphabet.len()), "{bytes_of:?}");
        }
    }

    /// Pearson's chi-square, over every position by itself. A right generator exceeds the bound once in about 10^12 runs.
    #[test]
    fn every_position_is_uniform() {
        const TEXTS: usize = 100_000;
        for alphabet in ALPHABETS {
            let texts: Vec<_> = (0..TEXTS).map(|_| characters(8, alphabet).unwrap()).collect();
            for position in 0..8 {
                let mut seen = [0_usize; 128];
                texts.iter().for_each(|text| seen[usize::from(text.as_bytes()[position])] += 1);
                let expected = TEXTS as f64 / alphabet.len() as f64;
                let distance = |each: &u8| (seen[usize::from(*each)] as f64 - expected).powi(2) / expected;
                let chi_square: f64 = alphabet.iter().map(distance).sum();
                let freedom = alphabet.len() as f64 - 1.0;
                assert!(chi_square < freedom + 8.0 * (2.0 * freedom).sqrt(), "position {position}: {chi_square}");
            }
        }
    }

    #[test]
    fn any_length_can_be_had() {
        for length in [0, 1, 63, 64, 65, 200] {
            assert_eq!(characters(length, BASE36).unwrap().len(), length);
        }
    }
}
