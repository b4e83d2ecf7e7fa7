//! What a stored hash says: the forms that applications have, each read as its own makers write it.

use argon2::{Algorithm, AssociatedData, Params, ParamsBuilder, Version};
use phc::PasswordHash;

use crate::passwords::settings::{MOST_ITERATIONS, MOST_MEMORY_KIB, MOST_PARALLELISM};

/// A stored hash may ask for no more work than this: who can write hashes must not be able to stop the threads that read them.
const MOST_SCRYPT_BYTES: u64 = 1 << 30;
const MOST_BCRYPT_COST: u32 = 17;

/// Better Auth's scrypt: N = 2^14, r = 16, p = 1, a key of 64 bytes. Its salt is the text of the hexadecimal digits.
const BETTER_AUTH: (u8, u32, u32, usize) = (14, 16, 1, 64);

#[derive(Debug, PartialEq, Eq)]
pub enum Stored {
    /// `$argon2id$v=19$m=…,t=…,p=…$salt$hash`, and its siblings.
    Argon2 { algorithm: Algorithm, version: Version, params: Params, salt: Vec<u8>, output: Vec<u8> },
    /// `$scrypt$ln=…,r=…,p=…$salt$hash`, or Better Auth's `salt:hash`.
    Scrypt { log_n: u8, r: u32, p: u32, salt: Vec<u8>, output: Vec<u8> },
    /// `$2a$`, `$2b$` or `$2y$`: three names of one algorithm, whose makers had different faults.
    Bcrypt { cost: u32, salt: [u8; 16], output: Vec<u8> },
}

impl Stored {
    /// `None` for what is no hash of a form that is known, or one that asks for more work than any maker would.
    pub fn read(text: &str) -> Option<Self> {
        match text.as_bytes() {
            [b'$', b'2', b'a' | b'b' | b'y', b'$', ..] => bcrypt(text),
            [b'$', ..] => {
                let hash = PasswordHash::new(text).ok()?;
                match hash.algorithm.as_str() {
                    "scrypt" => scrypt(&hash),
                    name => argon2(&hash, Algorithm::new(name).ok()?),
                }
            }
            _ => better_auth(text),
        }
    }
}

fn argon2(hash: &PasswordHash, algorithm: Algorithm) -> Option<Stored> {
    // Hashes from before the version was written down are of the first.
    let version = Version::try_from(hash.version.unwrap_or(0x10)).ok()?;
    let (salt, output) = (hash.salt.as_ref()?.as_ref().to_vec(), hash.hash.as_ref()?.as_bytes().to_vec());
    let [memory, iterations, lanes] = ["m", "t", "p"].map(|name| hash.params.get_decimal(name));
    let (memory, iterations, lanes) = (memory?, iterations?, lanes?);
    if memory > MOST_MEMORY_KIB || iterations > 10 * MOST_ITERATIONS || lanes > MOST_PARALLELISM {
        return None;
    }
    if u64::from(memory) * u64::from(iterations) > u64::from(MOST_MEMORY_KIB) * 10 {
        return None;
    }
    let mut params = ParamsBuilder::new();
    params.m_cost(memory).t_cost(iterations).p_cost(lanes).output_len(output.len());
    for (name, value) in hash.params.iter() {
        match name.as_str() {
            "m" | "t" | "p" => {}
            "keyid" => drop(params.keyid(argon2::KeyId::from_b64(value.as_str()).ok()?)),
            "data" => drop(params.data(AssociatedData::from_b64(value.as_str()).ok()?)),
            _ => return None,
        }
    }
    Some(Stored::Argon2 { algorithm, version, params: params.build().ok()?, salt, output })
}

fn scrypt(hash: &PasswordHash) -> Option<Stored> {
    let (salt, output) = (hash.salt.as_ref()?.as_ref().to_vec(), hash.hash.as_ref()?.as_bytes().to_vec());
    let [log_n, r, p] = ["ln", "r", "p"].map(|name| hash.params.get_decimal(name));
    let (log_n, r, p) = (log_n?, r?, p?);
    let is_known = hash.params.iter().count() == 3 && hash.version.is_none();
    let bytes = 128u64.checked_mul(u64::from(r))?.checked_mul(1u64.checked_shl(log_n)?)?;
    (is_known && log_n > 0 && r > 0 && bytes <= MOST_SCRYPT_BYTES && (1..=MOST_PARALLELISM).contains(&p))
        .then_some(Stored::Scrypt { log_n: log_n as u8, r, p, salt, output })
}

fn bcrypt(text: &str) -> Option<Stored> {
    let parts: bcrypt::HashParts = text.parse().ok()?;
    let (cost, salt) = (parts.get_cost(), parts.get_salt_raw());
    (4..=MOST_BCRYPT_COST).contains(&cost).then(|| Stored::Bcrypt { cost, salt, output: bcrypt_output(&parts) })
}

/// What bcrypt came to: the crate keeps the bytes to itself, which are the text's last 31 characters.
pub fn bcrypt_output(parts: &bcrypt::HashParts) -> Vec<u8> {
    parts.to_string().as_bytes()[29..].to_vec()
}

fn better_auth(text: &str) -> Option<Stored> {
    let (salt, key) = text.split_once(':')?;
    let (log_n, r, p, length) = BETTER_AUTH;
    let is_hex = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if salt.is_empty() || salt.len() > 128 || key.len() != 2 * length || !is_hex(salt) || !is_hex(key) {
        return None;
    }
    let output = (0..length).map(|at| u8::from_str_radix(&key[2 * at..2 * at + 2], 16));
    Some(Stored::Scrypt { log_n, r, p, salt: salt.as_bytes().to_vec(), output: output.collect::<Result<_, _>>().ok()? })
}
