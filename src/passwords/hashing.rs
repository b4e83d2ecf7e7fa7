//! Makes hashes and compares passwords with them. Each takes tens of milliseconds of a core: see [`crate::passwords::threads`].

use std::cell::RefCell;

use argon2::{Algorithm, Argon2, Block, Version};
use phc::{Ident, Output, ParamsString, PasswordHash, Salt};
use subtle::ConstantTimeEq;

use crate::error::{Code, Error, Result};
use crate::passwords::input::Password;
use crate::passwords::settings::Settings;
use crate::passwords::stored::{Stored, bcrypt_output};
use crate::types::random;

/// More bytes than this bcrypt does not see.
const BCRYPT_BYTES: usize = 72;

/// What a comparison comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Another password, or nothing that could be compared.
    Wrong,
    /// The password. `outdated`: the hash is to be made anew, while the password is at hand.
    Right { outdated: bool },
    /// The hash was made with a pepper that the application does not name any more, so that nothing can be said.
    UnknownPepper,
}

/// A new hash, as a PHC string.
pub fn hash(settings: &Settings, password: &Password) -> Result<String> {
    let salt = random::bytes::<16>()?;
    let Some(params) = settings.params() else { return Err(defect("parameters")) };
    let pepper = settings.pepper();
    let argon2 = match pepper {
        Some(pepper) => Argon2::new_with_secret(pepper.secret(), Algorithm::Argon2id, Version::V0x13, params),
        None => Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params)),
    };
    let mut output = [0; 32];
    fill(&argon2.map_err(defect)?, password.bytes(), &salt, &mut output)?;
    let name = pepper.map(|pepper| pepper.name());
    written(settings, name.as_ref().map(|name| name.as_slice()), &salt, &output).map_err(defect)
}

/// A hash that costs as much to compare with as those of today, and that no password has.
pub fn decoy(settings: &Settings) -> Result<String> {
    let name = settings.pepper().map(|pepper| pepper.name());
    let (salt, output) = (random::bytes::<16>()?, random::bytes::<32>()?);
    written(settings, name.as_ref().map(|name| name.as_slice()), &salt, &output).map_err(defect)
}

fn written(settings: &Settings, pepper: Option<&[u8]>, salt: &[u8], output: &[u8]) -> phc::Result<String> {
    let mut params = ParamsString::new();
    params.add_decimal("m", settings.memory_kib)?;
    params.add_decimal("t", settings.iterations)?;
    params.add_decimal("p", settings.parallelism)?;
    if let Some(name) = pepper {
        params.add_b64_bytes("keyid", name)?;
    }
    let hash = PasswordHash {
        algorithm: Ident::new("argon2id")?,
        version: Some(Version::V0x13.into()),
        params,
        salt: Some(Salt::new(salt)?),
        hash: Some(Output::new(output)?),
    };
    Ok(hash.to_string())
}

/// Compares a password with a stored hash. Where it matches, the comparison may end sooner; where it does not, the time depends
/// on the form of the hash and on whether the password is written in more than one way.
pub fn verify(settings: &Settings, stored: &str, password: &Password) -> Result<Verdict> {
    let Some(stored) = Stored::read(stored) else { return in_its_time(settings, password, Verdict::Wrong) };
    for reading in password.readings() {
        match matches(settings, &stored, reading)? {
            Some(true) => return Ok(Verdict::Right { outdated: is_outdated(settings, &stored, reading) }),
            Some(false) => {}
            None => return in_its_time(settings, password, Verdict::UnknownPepper),
        }
    }
    Ok(Verdict::Wrong)
}

/// `verdict`, after the time that the hash of a password takes: an address whose hash cannot be compared is not to be told by it.
fn in_its_time(settings: &Settings, password: &Password, verdict: Verdict) -> Result<Verdict> {
    for _ in password.readings() {
        hash(settings, password)?;
    }
    Ok(verdict)
}

/// Whether `password` is the one. `None` if the pepper is not known.
fn matches(settings: &Settings, stored: &Stored, password: &[u8]) -> Result<Option<bool>> {
    Ok(Some(match stored {
        Stored::Argon2 { algorithm, version, params, salt, output } => {
            let mut computed = vec![0; output.len()];
            let argon2 = match params.keyid() {
                [] => Argon2::new(*algorithm, *version, params.clone()),
                name => {
                    let Some(pepper) = settings.pepper_called(name) else { return Ok(None) };
                    Argon2::new_with_secret(pepper.secret(), *algorithm, *version, params.clone()).map_err(defect)?
                }
            };
            // A salt that argon2 does not take is of no password.
            match fill(&argon2, password, salt, &mut computed) {
                Err(error) if error.code == Code::Busy => return Err(error),
                filled => filled.is_ok() && equal(&computed, output),
            }
        }
        Stored::Scrypt { log_n, r, p, salt, output } => {
            let mut computed = vec![0; output.len()];
            let Ok(params) = scrypt::Params::new(*log_n, *r, *p) else { return Ok(Some(false)) };
            scrypt::scrypt(password, salt, &params, &mut computed).is_ok() && equal(&computed, output)
        }
        Stored::Bcrypt { cost, salt, output } => {
            let computed = bcrypt::hash_with_salt(password, *cost, *salt).map_err(defect)?;
            // Makers of bcrypt's hashes disagree about what follows a NUL, so that no password with one is right. It takes its time.
            equal(&bcrypt_output(&computed), output) && !password.contains(&0)
        }
    }))
}

/// Whether a stored hash is of the form that this package makes.
pub fn is_of_today(stored: &str) -> bool {
    stored.starts_with("$argon2id$")
}

fn equal(computed: &[u8], stored: &[u8]) -> bool {
    computed.ct_eq(stored).into()
}

/// Whether a hash of today would be better.
fn is_outdated(settings: &Settings, stored: &Stored, password: &[u8]) -> bool {
    match stored {
        Stored::Argon2 { algorithm: Algorithm::Argon2id, version: Version::V0x13, params, salt, output } => {
            let name = settings.pepper().map(|pepper| pepper.name());
            u64::from(params.m_cost()) * u64::from(params.t_cost()) < settings.work()
                || params.keyid() != name.as_ref().map_or(&[][..], |name| name.as_slice())
                || salt.len() < 16
                || output.len() < 32
        }
        // It saw the first 72 bytes of the password only: what follows may be a slip of the finger.
        Stored::Bcrypt { .. } => password.len() <= BCRYPT_BYTES,
        _ => true,
    }
}

/// Argon2 with this thread's memory, which stays: to get it from the system anew takes as long as a third of a hash.
fn fill(argon2: &Argon2<'_>, password: &[u8], salt: &[u8], output: &mut [u8]) -> Result<()> {
    /// Threads keep no more than this, in blocks of 1 KiB.
    const KEPT: usize = 64 * 1024;
    thread_local! {
        static MEMORY: RefCell<Vec<Block>> = const { RefCell::new(Vec::new()) };
    }
    MEMORY.with_borrow_mut(|memory| {
        let blocks = argon2.params().block_count();
        if memory.len() < blocks {
            let more = blocks - memory.len();
            memory.try_reserve_exact(more).map_err(|_| {
                Error::new(Code::Busy, "the system has not enough memory for one more hash of a password")
            })?;
            memory.resize_with(blocks, Block::new);
        }
        let filled = argon2.hash_password_into_with_memory(password, salt, output, &mut memory[..blocks]);
        if memory.len() > KEPT {
            *memory = Vec::new();
        }
        filled.map_err(defect)
    })
}

fn defect(cause: impl std::fmt::Display) -> Error {
    Error::new(Code::Internal, "a password could not be hashed; please report it").because(cause.to_string())
}
