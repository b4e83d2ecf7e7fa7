//! How many calls there were of each method, what became of them, and how long they took.

use std::collections::BTreeMap;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde::Serialize;

use crate::error::Code;
use crate::stats::distribution::{Distribution, Milliseconds};

/// The methods of one client, by number.
#[derive(Debug)]
pub struct Calls {
    names: Box<[&'static str]>,
    methods: Box<[OnceLock<Box<Method>>]>,
}

#[derive(Debug, Default)]
struct Method {
    times: Distribution,
    errors: [AtomicU64; Code::ALL.len()],
}

/// The calls of one method, as JavaScript reads it.
#[derive(Debug, Serialize)]
pub struct Counted {
    count: u64,
    errors: BTreeMap<&'static str, u64>,
    #[serde(flatten)]
    times: Milliseconds,
}

impl Calls {
    pub fn new(names: Vec<&'static str>) -> Self {
        let methods = names.iter().map(|_| OnceLock::new()).collect();
        Self { names: names.into(), methods }
    }

    /// So many calls of a method have ended like this. Some tens of nanoseconds: every look-up pays for it.
    pub fn ended(&self, method: usize, took: Duration, error: Option<Code>, count: u64) {
        let Some(method) = self.methods.get(method) else { return };
        let method = method.get_or_init(Box::default);
        method.times.took(took, count);
        if let Some(code) = error {
            method.errors[code as usize].fetch_add(count, Ordering::Relaxed);
        }
    }

    /// The methods that have been called, by name.
    pub fn all(&self) -> BTreeMap<&'static str, Counted> {
        let called = self.names.iter().zip(&self.methods).filter_map(|(name, method)| Some((*name, method.get()?)));
        called.map(|(name, method)| (name, method.counted())).collect()
    }
}

impl Method {
    fn counted(&self) -> Counted {
        let errors = Code::ALL.iter().zip(&self.errors);
        let errors = errors.map(|(code, count)| (code.as_str(), count.load(Ordering::Relaxed)));
        let times = self.times.summary();
        Counted {
            count: times.count,
            errors: errors.filter(|(_, count)| *count > 0).collect(),
            times: times.milliseconds(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::hint::black_box;
    use std::time::Instant;

    use super::*;

    #[test]
    fn calls_are_counted_by_method_and_errors_by_code() {
        let calls = Calls::new(vec!["getUser", "createUser", "never"]);
        calls.ended(0, Duration::from_millis(2), None, 3);
        calls.ended(1, Duration::from_millis(5), Some(Code::Unique), 1);
        calls.ended(1, Duration::from_millis(5), None, 1);
        calls.ended(7, Duration::ZERO, None, 1);
        let all = calls.all();
        assert_eq!(all.keys().copied().collect::<Vec<_>>(), ["createUser", "getUser"]);
        assert_eq!((all["getUser"].count, all["getUser"].errors.len()), (3, 0));
        assert_eq!((all["createUser"].count, all["createUser"].errors["ERR_UNIQUE"]), (2, 1));
    }

    #[test]
    fn every_code_has_a_counter_of_its_own() {
        for (place, code) in Code::ALL.into_iter().enumerate() {
            assert_eq!(code as usize, place, "{code:?}");
        }
    }

    /// `cargo test --release --lib -- --nocapture counting_costs` prints it. Short rounds, of which the quickest counts: other work on the machine
    /// falls into the others.
    #[test]
    fn counting_costs() {
        const CALLS: u32 = 1000;
        const ROUNDS: u32 = 1000;
        let calls = Calls::new(vec!["getUser"]);
        let quickest = |round: &dyn Fn()| {
            let rounds = (0..ROUNDS).map(|_| {
                let began = Instant::now();
                round();
                began.elapsed()
            });
            rounds.min().unwrap_or_default() / CALLS
        };
        let clock = quickest(&|| {
            for _ in 0..2 * CALLS {
                let _ = black_box(Instant::now());
            }
        });
        let whole = quickest(&|| {
            for _ in 0..CALLS {
                let since = black_box(Instant::now());
                calls.ended(black_box(0), since.elapsed(), None, 1);
            }
        });
        println!("counting one look-up: {whole:?}, of which two readings of the clock: {clock:?}");
        assert_eq!(calls.all()["getUser"].count, u64::from(CALLS * ROUNDS));
    }
}
