//! How often, how much in all, and how much at the quantiles: of durations, and of sizes.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use histogram::AtomicHistogram;
use serde::Serialize;

/// Each power of two has 32 buckets: a quantile is at most 3 % more than what was counted.
const GROUPING: u8 = 5;

/// Values up to here: as nanoseconds, 68 seconds. Larger ones are counted as this one.
const POWER: u8 = 36;
const LARGEST: u64 = (1 << POWER) - 1;

const QUANTILES: [f64; 3] = [0.5, 0.95, 0.99];

/// Takes values from any thread, without a lock. Takes no room before the first one.
#[derive(Debug, Default)]
pub struct Distribution {
    /// `None` if there is none of such a shape, which the constants exclude.
    buckets: OnceLock<Option<Box<AtomicHistogram>>>,
    sum: AtomicU64,
    most: AtomicU64,
}

/// What a distribution has come to. The sum and the largest are exact.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Summary {
    pub count: u64,
    pub sum: u64,
    pub most: u64,
    pub quantiles: [u64; 3],
}

/// The same, of durations, as JavaScript reads it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Milliseconds {
    total_ms: f64,
    max_ms: f64,
    p50_ms: f64,
    p95_ms: f64,
    p99_ms: f64,
}

impl Distribution {
    /// Counts `value` so many times.
    pub fn record(&self, value: u64, times: u64) {
        let buckets = self.buckets.get_or_init(|| AtomicHistogram::new(GROUPING, POWER).ok().map(Box::new));
        if let Some(buckets) = buckets {
            // Every value up to the largest has a bucket.
            let _ = buckets.add(value.min(LARGEST), times);
        }
        self.sum.fetch_add(value.saturating_mul(times), Ordering::Relaxed);
        if value > self.most.load(Ordering::Relaxed) {
            self.most.fetch_max(value, Ordering::Relaxed);
        }
    }

    /// Counts a duration so many times, in nanoseconds.
    pub fn took(&self, duration: Duration, times: u64) {
        self.record(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX), times);
    }

    pub fn summary(&self) -> Summary {
        let Some(Some(buckets)) = self.buckets.get() else { return Summary::default() };
        let counted = buckets.load();
        let (sum, most) = (self.sum.load(Ordering::Relaxed), self.most.load(Ordering::Relaxed));
        let mut found = [const { None }; QUANTILES.len()];
        // Fails for quantiles that are none.
        let _ = counted.quantile_buckets_into(&QUANTILES, &mut found);
        // A bucket ends a little above its values, of which none is above the largest.
        let quantiles = found.map(|bucket| bucket.map_or(0, |bucket| bucket.end().min(most)));
        Summary { count: counted.as_slice().iter().sum(), sum, most, quantiles }
    }
}

impl Summary {
    /// Of nanoseconds.
    pub fn milliseconds(&self) -> Milliseconds {
        let milliseconds = |nanoseconds: u64| nanoseconds as f64 / 1e6;
        let [p50_ms, p95_ms, p99_ms] = self.quantiles.map(milliseconds);
        Milliseconds { total_ms: milliseconds(self.sum), max_ms: milliseconds(self.most), p50_ms, p95_ms, p99_ms }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_within_three_percent_of_what_was_counted() {
        let distribution = Distribution::default();
        assert_eq!(distribution.summary(), Summary::default());
        for value in 1..=100_000_u64 {
            distribution.record(value * 1000, 1);
        }
        let Summary { count, sum, most, quantiles } = distribution.summary();
        assert_eq!((count, sum, most), (100_000, 1000 * 100_000 * 100_001 / 2, 100_000_000));
        for (found, expected) in quantiles.into_iter().zip([50_000_000, 95_000_000, 99_000_000]) {
            let off = found as f64 / f64::from(expected) - 1.0;
            assert!((0.0..=0.032).contains(&off), "{found} for {expected}");
        }
    }

    #[test]
    fn a_value_beyond_the_buckets_is_counted_in_the_last() {
        let distribution = Distribution::default();
        distribution.took(Duration::from_secs(600), 3);
        let Summary { count, most, quantiles, .. } = distribution.summary();
        assert_eq!((count, most), (3, 600_000_000_000));
        assert_eq!(quantiles, [LARGEST; 3]);
    }

    #[test]
    fn threads_count_without_losing_a_value() {
        let distribution = Distribution::default();
        std::thread::scope(|scope| {
            for thread in 0..4_u64 {
                let distribution = &distribution;
                scope.spawn(move || (0..10_000).for_each(|value| distribution.record(value + thread, 1)));
            }
        });
        assert_eq!(distribution.summary().count, 40_000);
    }
}
