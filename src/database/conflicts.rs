//! When work is done again: what the database undid in favour of others after a moment, what did not reach it until time is up.

use std::time::{Duration, Instant};

use uuid::Uuid;

use crate::error::{Code, Error};

/// How often work is done again. An operation's own time limit may end it earlier.
pub const MAX_CONFLICTS: u32 = 30;

/// The longest moment, in microseconds.
const LONGEST: u64 = 128_000;

/// The conflicts that one operation has met.
#[derive(Debug, Default)]
pub struct Conflicts(u32);

impl Conflicts {
    /// Whether the work is to be done once more, and not before this returns. Operations that met in a conflict wait for different
    /// moments, which grow, so that they do not meet again.
    pub async fn again(&mut self) -> bool {
        if self.0 == MAX_CONFLICTS {
            return false;
        }
        self.0 += 1;
        tokio::time::sleep(moment(self.0)).await;
        true
    }
}

/// The longest moment between two attempts to reach a server, in microseconds.
const LONGEST_ABSENCE: u64 = 200_000;

/// A call whose last attempt fails has to say so before its time is up.
const MARGIN: Duration = Duration::from_millis(50);

/// The attempts of one call to reach a server that restarts, or whose successor takes over.
#[derive(Debug)]
pub struct Absence {
    until: Instant,
    attempts: u32,
    /// Whether a statement that the server refused has been sent by another connection.
    refused: bool,
    /// Whether there is another attempt at all.
    waits: bool,
}

impl Absence {
    /// `limit`: how long the call may take.
    pub fn new(limit: Duration) -> Self {
        Self { until: Instant::now() + limit.saturating_sub(MARGIN), attempts: 0, refused: false, waits: true }
    }

    /// The same, of a call that is not made again.
    pub fn unexcused(limit: Duration) -> Self {
        Self { waits: false, ..Self::new(limit) }
    }

    /// Whether what only reads is to be asked again after `error`, by which the connection is lost.
    pub fn excuses(&mut self, error: &Error, reused: bool) -> bool {
        // No waiting helps against a server that does not know a prepared statement, or answers another row than was asked for; another
        // connection may.
        error.undone || error.code == Code::Connect || reused && !std::mem::replace(&mut self.refused, true)
    }

    /// How much of the call's time is left.
    pub fn left(&self) -> Duration {
        self.until.saturating_duration_since(Instant::now())
    }

    /// Whether there is time for another attempt, and not before this returns. The first does not wait: most likely only the
    /// connection had died.
    pub async fn again(&mut self) -> bool {
        if !self.waits {
            return false;
        }
        self.attempts += 1;
        let moment = pause(self.attempts);
        if Instant::now() + moment >= self.until {
            return false;
        }
        tokio::time::sleep(moment).await;
        true
    }
}

/// The moment before the attempt with this number: a random one of at least half the longest.
fn pause(attempt: u32) -> Duration {
    if attempt == 1 {
        return Duration::ZERO;
    }
    let half = (2_000 << attempt.min(10)).min(LONGEST_ABSENCE) / 2;
    Duration::from_micros(half) + random(half)
}

/// A random moment before the try with this number.
fn moment(number: u32) -> Duration {
    let longest = 1_000_u64.checked_shl(number - 1).map_or(LONGEST, |micros| micros.min(LONGEST));
    random(longest)
}

fn random(longest: u64) -> Duration {
    Duration::from_micros(Uuid::new_v4().as_u64_pair().1 % longest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_waited_for_ever_less_often() {
        assert_eq!(pause(1), Duration::ZERO);
        for attempt in 2..200 {
            let longest = Duration::from_micros((2_000 << attempt.min(10)).min(LONGEST_ABSENCE));
            for _ in 0..50 {
                assert!((longest / 2..longest).contains(&pause(attempt)), "{attempt}");
            }
        }
    }

    #[test]
    fn moments_grow_and_differ() {
        for number in 1..=MAX_CONFLICTS {
            let longest = Duration::from_millis(1 << (number - 1).min(7));
            let moments: Vec<_> = (0..200).map(|_| moment(number)).collect();
            assert!(moments.iter().all(|moment| *moment < longest), "{number}");
            assert!(moments.iter().any(|moment| *moment > longest / 2), "{number}");
            assert!(moments.iter().any(|moment| *moment < longest / 2), "{number}");
        }
    }
}
