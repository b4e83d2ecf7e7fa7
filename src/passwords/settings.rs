//! How new hashes are made: argon2id with OWASP's parameters or more, and a pepper if there is one.

use std::sync::Arc;

use argon2::Params;
use sha2::{Digest, Sha256};

/// OWASP's Password Storage Cheat Sheet: argon2id with 19 MiB of memory, two iterations, and one degree of parallelism.
const MEMORY_KIB: u32 = 19_456;
const ITERATIONS: u32 = 2;
const PARALLELISM: u32 = 1;

/// The choices that the same page calls equal: less memory for more iterations. Memory in KiB, and the fewest iterations with it.
const LEAST: [(u32, u32); 5] = [(47_104, 1), (19_456, 2), (12_288, 3), (9_216, 4), (7_168, 5)];

/// Beyond this, one hash would take the memory of a machine, or minutes.
pub const MOST_MEMORY_KIB: u32 = 2 * 1024 * 1024;
pub const MOST_ITERATIONS: u32 = 100;
pub const MOST_PARALLELISM: u32 = 16;

/// How many hashes may wait for a thread, unless the application says otherwise.
const QUEUE: usize = 100;

/// A secret of the application that goes into each new hash and is not in the database.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Pepper(Arc<[u8]>);

impl std::fmt::Debug for Pepper {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Pepper(…)")
    }
}

impl Pepper {
    pub fn new(secret: &str) -> Self {
        Self(secret.as_bytes().into())
    }

    pub fn secret(&self) -> &[u8] {
        &self.0
    }

    /// What a hash says of the pepper that went into it, which tells nothing of the pepper.
    pub fn name(&self) -> [u8; 6] {
        let digest = Sha256::new().chain_update(b"rust-auth-adapter pepper\0").chain_update(&*self.0).finalize();
        std::array::from_fn(|at| digest[at])
    }
}

/// How new hashes are made.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Settings {
    pub memory_kib: u32,
    pub iterations: u32,
    pub parallelism: u32,
    /// The first goes into new hashes. The others are in hashes that were made before, and made anew when their passwords come.
    pub peppers: Vec<Pepper>,
    /// How many hashes may wait for a thread. Further ones are refused.
    pub queue: usize,
}

impl Default for Settings {
    fn default() -> Self {
        let (memory_kib, iterations, parallelism) = (MEMORY_KIB, ITERATIONS, PARALLELISM);
        Self { memory_kib, iterations, parallelism, peppers: Vec::new(), queue: QUEUE }
    }
}

impl Settings {
    /// What is wrong with them: the option, and what it must be.
    pub fn objection(&self) -> Option<(&'static str, String)> {
        let Self { memory_kib, iterations, parallelism, .. } = *self;
        if memory_kib > MOST_MEMORY_KIB {
            return Some(("memoryKiB", format!("at most {MOST_MEMORY_KIB}")));
        }
        if iterations > MOST_ITERATIONS {
            return Some(("iterations", format!("at most {MOST_ITERATIONS}")));
        }
        if parallelism > MOST_PARALLELISM {
            return Some(("parallelism", format!("at most {MOST_PARALLELISM}")));
        }
        if !LEAST.iter().any(|(memory, least)| memory_kib >= *memory && iterations >= *least) {
            let choices = LEAST.map(|(memory, least)| format!("{memory} with {least} iterations")).join(", ");
            return Some(("memoryKiB", format!("no less than OWASP's choices: {choices}")));
        }
        // Each lane needs eight blocks of 1 KiB, of which the choices have plenty.
        self.params().is_none().then(|| ("memoryKiB", "a choice that argon2 has".to_owned()))
    }

    pub fn params(&self) -> Option<Params> {
        Params::new(self.memory_kib, self.iterations, self.parallelism, Some(Params::DEFAULT_OUTPUT_LEN)).ok()
    }

    /// How much work one hash is.
    pub fn work(&self) -> u64 {
        u64::from(self.memory_kib) * u64::from(self.iterations)
    }

    pub fn pepper(&self) -> Option<&Pepper> {
        self.peppers.first()
    }

    /// The pepper of which a hash tells the name.
    pub fn pepper_called(&self, name: &[u8]) -> Option<&Pepper> {
        self.peppers.iter().find(|pepper| pepper.name() == name)
    }
}
