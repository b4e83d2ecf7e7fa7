//! Which bytes of a file are locked for reading.

/// Ranges that neither overlap nor touch, as starts and ends; an end of `i64::MAX` is the end of all files.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Ranges(Vec<(i64, i64)>);

impl Ranges {
    /// Adds `length` bytes from `start`; 0 is all that follow, as for fcntl.
    pub fn add(&mut self, start: i64, length: i64) {
        let (mut first, mut last) = (start, end(start, length));
        self.0.retain(|&(from, to)| {
            let apart = to < first || last < from;
            if !apart {
                (first, last) = (first.min(from), last.max(to));
            }
            apart
        });
        self.0.push((first, last));
        self.0.sort_unstable();
    }

    pub fn remove(&mut self, start: i64, length: i64) {
        let (first, last) = (start, end(start, length));
        let kept = self.0.iter().flat_map(|&(from, to)| [(from, to.min(first)), (from.max(last), to)]);
        self.0 = kept.filter(|(from, to)| from < to).collect();
    }

    /// Each range as a start and a length, as fcntl takes them.
    pub fn iter(&self) -> impl Iterator<Item = (i64, i64)> {
        self.0.iter().map(|&(from, to)| (from, if to == i64::MAX { 0 } else { to - from }))
    }
}

fn end(start: i64, length: i64) -> i64 {
    if length == 0 { i64::MAX } else { start.saturating_add(length) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_is_as_it_was_last_told() {
        // SQLite's own ranges, and others around them, by a small generator of numbers.
        let mut seed = 7u64;
        let mut random = move |below: i64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            ((seed >> 33) as i64) % below
        };
        for _ in 0..200 {
            let mut ranges = Ranges::default();
            let mut bytes = [false; 64];
            for _ in 0..30 {
                let start = random(60);
                let length = random(5);
                let last = if length == 0 { 64 } else { (start + length) as usize };
                let locks = random(2) == 0;
                if locks {
                    ranges.add(start, length)
                } else {
                    ranges.remove(start, length)
                }
                bytes[start as usize..last.min(64)].fill(locks);
                let held = |byte: i64| ranges.0.iter().any(|&(from, to)| from <= byte && byte < to);
                assert!((0..64).all(|byte| held(byte) == bytes[byte as usize]), "{ranges:?}");
                assert!(ranges.0.windows(2).all(|pair| pair[0].1 < pair[1].0), "{ranges:?}");
            }
        }
    }

    #[test]
    fn the_rest_of_the_file_has_length_0() {
        let mut ranges = Ranges::default();
        ranges.add(10, 0);
        ranges.remove(20, 5);
        assert_eq!(ranges.iter().collect::<Vec<_>>(), [(10, 10), (25, 0)]);
        ranges.remove(0, 0);
        assert_eq!(ranges, Ranges::default());
    }
}
