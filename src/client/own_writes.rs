//! What this process has written, of which a replica may not know yet.
//!
//! Each write notes its keys under a running number, before it is sent and when it has ended. A replica that is known to have all
//! writes up to a number may answer what is about keys noted by then.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::statement::shape;
use crate::value::{Fields, Input, Records, Value};

/// The fields whose values tell which rows a call is about.
const KEYS: [&str; 7] = ["id", "userId", "email", "sessionToken", "providerAccountId", "credentialID", "identifier"];

/// So many keys are remembered.
const MOST: usize = 10_000;

#[derive(Debug, Default)]
pub struct OwnWrites {
    state: Mutex<State>,
    hasher: RandomState,
}

#[derive(Debug, Default)]
struct State {
    /// The number of the last write.
    number: u64,
    /// A replica that does not have the writes up to this number answers nothing.
    barrier: u64,
    /// The last write about each key, by the key's hash.
    keys: HashMap<u64, u64>,
}

impl OwnWrites {
    /// The hashes of the keys in a caller's fields. Ids may be in another case than the database has them in.
    pub fn of_fields<'a>(&'a self, fields: &'a Fields) -> impl Iterator<Item = u64> + 'a {
        let keys = fields.iter().filter(|(name, _)| KEYS.contains(&&**name));
        keys.filter_map(|(_, given)| match given {
            Input::Text(text) | Input::BigInt(text) => Some(self.hash(text)),
            Input::Number(number) => Some(self.hash(&number.to_string())),
            _ => None,
        })
    }

    /// The hashes of the keys in records.
    pub fn of_records<'a>(&'a self, records: &'a Records) -> impl Iterator<Item = u64> + 'a {
        records.iter().flat_map(move |(number, values)| {
            let shape = shape::get(*number).unwrap_or_default();
            let key = |(place, value): (usize, &Value)| {
                let (name, _) = shape.get(place)?;
                if !KEYS.contains(&name.as_str()) {
                    return None;
                }
                match value {
                    Value::Text(text) => Some(self.hash(text)),
                    Value::Int(number) => Some(self.hash(&number.to_string())),
                    Value::Unsigned(number) => Some(self.hash(&number.to_string())),
                    _ => None,
                }
            };
            values.iter().enumerate().filter_map(key).collect::<Vec<_>>()
        })
    }

    pub fn of_text(&self, key: &str) -> u64 {
        self.hash(key)
    }

    /// A write about these keys begins, or has ended. `known`: up to which number all replicas that answer have the writes.
    pub fn note(&self, keys: &[u64], known: impl FnOnce() -> u64) {
        let mut state = self.state();
        state.number += 1;
        let number = state.number;
        if state.keys.len() + keys.len() > MOST {
            state.forget(known());
        }
        if state.keys.len() + keys.len() > MOST {
            state.forget(number);
            return;
        }
        state.keys.extend(keys.iter().map(|key| (*key, number)));
    }

    /// A write has ended of which nothing tells the keys.
    pub fn note_all(&self) {
        let mut state = self.state();
        state.number += 1;
        let number = state.number;
        state.forget(number);
    }

    /// The number of the last write.
    pub fn number(&self) -> u64 {
        self.state().number
    }

    /// Whether a replica that has the writes up to the number `known` may answer what is about `keys`.
    pub fn allow(&self, known: u64, mut keys: impl Iterator<Item = u64>) -> bool {
        let state = self.state();
        state.barrier <= known
            && (state.keys.is_empty() || keys.all(|key| state.keys.get(&key).is_none_or(|number| *number <= known)))
    }

    fn hash(&self, key: &str) -> u64 {
        self.hasher.hash_one(key.to_lowercase())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Forgets the writes up to `number`: a replica has to have them all from now on.
    fn forget(&mut self, number: u64) {
        self.keys.retain(|_, last| *last > number);
        self.barrier = self.barrier.max(number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_left_to_the_primary_until_its_last_write_is_known() {
        let writes = OwnWrites::default();
        let keys = ["a", "b"].map(|key| writes.of_text(key));
        let allowed = |known| keys.map(|key| writes.allow(known, [key].into_iter()));
        assert_eq!(allowed(0), [true, true]);
        writes.note(&keys[..1], || 0);
        assert_eq!(allowed(0), [false, true]);
        writes.note(&keys[..1], || 0);
        assert_eq!((allowed(1), allowed(2)), ([false, true], [true, true]));
        assert!(!writes.allow(1, [keys[1], keys[0]].into_iter()));
        assert_eq!(writes.of_text("A"), keys[0]);
    }

    #[test]
    fn writes_without_keys_hold_for_all() {
        let writes = OwnWrites::default();
        writes.note_all();
        assert!(!writes.allow(0, std::iter::empty()));
        assert!(writes.allow(1, [writes.of_text("a")].into_iter()));
    }

    #[test]
    fn what_is_forgotten_is_not_answered_by_replicas_that_may_not_have_it() {
        let writes = OwnWrites::default();
        for key in 0..=MOST as u64 {
            writes.note(&[key], || 7);
        }
        let state = writes.state();
        assert_eq!((state.barrier, state.keys.len()), (7, MOST + 1 - 7));
        drop(state);
        for key in 20_000..20_008 {
            writes.note(&[key], || 7);
        }
        let number = writes.number();
        assert!(!writes.allow(7, [1_u64].into_iter()) && writes.allow(number, [20_007].into_iter()));
        assert!(writes.state().keys.len() <= MOST);
    }

    #[test]
    fn keys_of_fields_and_of_records_are_the_same() {
        let writes = OwnWrites::default();
        let fields = vec![("userId".into(), Input::Number(7.0)), ("name".into(), Input::Text("x".to_owned()))];
        let number = shape::number(vec![("userId".to_owned(), crate::types::kind::Kind::Int)]);
        let records = vec![(number, vec![Value::Int(7)])];
        let keys: Vec<_> = writes.of_fields(&fields).collect();
        assert_eq!(keys, writes.of_records(&records).collect::<Vec<_>>());
        assert_eq!(keys, [writes.of_text("7")]);
    }
}
