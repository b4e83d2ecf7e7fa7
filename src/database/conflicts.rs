//! What the database undid in favour of others is done again, after a moment.

use std::time::Duration;

use uuid::Uuid;

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

/// A random moment before the try with this number.
fn moment(number: u32) -> Duration {
    let longest = 1_000_u64.checked_shl(number - 1).map_or(LONGEST, |micros| micros.min(LONGEST));
    Duration::from_micros(Uuid::new_v4().as_u64_pair().1 % longest)
}

#[cfg(test)]
mod tests {
    use super::*;

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
