//! What is known of the tables: the plan in use, the look at them that is under way, and when the last one began.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, Instant};

use futures_util::future::{BoxFuture, Shared};

use crate::authjs::model::Table;
use crate::authjs::plan::Plan;
use crate::error::Result;
use crate::table::catalog::Catalog;

/// A look at the tables, awaited by all who need its outcome.
pub type Look = Shared<BoxFuture<'static, Result<Arc<Plan>>>>;

/// A call that finds the last look older than this makes the client look again, in the background.
const LASTS: Duration = Duration::from_secs(60);

/// The same where a SQLite file's version tells whether a look is worth anything, which the calling thread reads itself.
const VERSION_LASTS: Duration = Duration::from_secs(1);

/// What may be due to changed tables, but most often is the caller's mistake, makes the client look no more often than this.
const PAUSE: Duration = Duration::from_secs(3);

/// More fields than applications give; for others, the time of the last look counts.
const MOST_FIELDS: usize = 256;

/// No version: databases of other kinds have none.
const NO_VERSION: i64 = i64::MIN;

#[derive(Debug, Default)]
pub struct Known {
    plan: RwLock<Option<Arc<Plan>>>,
    look: Mutex<Option<Look>>,
    /// In milliseconds, as `now` counts.
    looked: AtomicU64,
    compared: AtomicU64,
    /// A hash of the catalog at the last look.
    catalog: AtomicU64,
    /// The SQLite file's version at the last look.
    version: AtomicI64,
    /// What made the client look, and when it last did.
    doubts: Mutex<HashMap<(Table, Doubt, String), u64>>,
}

/// Why the tables may be other than they are taken for, although the caller may have made a mistake as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Doubt {
    /// A field was given that the table has no column for.
    Missing,
    /// The value of a field was refused.
    Refused,
}

/// What the tables looked like when a plan was made.
#[derive(Debug, Clone, Copy)]
pub struct Mark {
    pub catalog: u64,
    pub version: Option<i64>,
}

impl Mark {
    pub fn of(catalog: &Catalog, version: Option<i64>) -> Self {
        let mut hasher = DefaultHasher::new();
        catalog.tables.hash(&mut hasher);
        Self { catalog: hasher.finish(), version }
    }
}

impl Known {
    pub fn plan(&self) -> Option<Arc<Plan>> {
        self.plan.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn is_there(&self) -> bool {
        self.plan.read().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// From now on calls follow `plan`. Those under way keep the plan that they began with.
    pub fn learn(&self, plan: Arc<Plan>, mark: Mark) {
        *self.plan.write().unwrap_or_else(PoisonError::into_inner) = Some(plan);
        self.catalog.store(mark.catalog, Ordering::Relaxed);
        // After the plan: if a call finds the version to be the file's, the plan that it then reads is no older.
        self.version.store(mark.version.unwrap_or(NO_VERSION), Ordering::Release);
    }

    /// From now on calls follow `plan` instead of `before`, which is about the same tables. The plan that they follow then.
    pub fn refine(&self, before: &Arc<Plan>, plan: Arc<Plan>) -> Arc<Plan> {
        let mut known = self.plan.write().unwrap_or_else(PoisonError::into_inner);
        match &*known {
            Some(other) if !Arc::ptr_eq(other, before) => other.clone(),
            _ => known.insert(plan).clone(),
        }
    }

    /// The look that is under way.
    pub fn look(&self) -> MutexGuard<'_, Option<Look>> {
        self.look.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn look_begins(&self) {
        self.looked.store(now(), Ordering::Relaxed);
    }

    /// The tables may have changed: the next call makes the client look.
    pub fn grow_old(&self) {
        self.looked.store(0, Ordering::Relaxed);
    }

    /// Whether it is time for a look in the background. True for one of all who ask.
    pub fn is_old(&self) -> bool {
        is_due(&self.looked, LASTS)
    }

    /// Whether it is time to compare versions. True for one of all who ask.
    pub fn is_to_be_compared(&self) -> bool {
        is_due(&self.compared, VERSION_LASTS)
    }

    pub fn is_of(&self, mark: Mark) -> bool {
        self.catalog.load(Ordering::Relaxed) == mark.catalog
    }

    pub fn is_of_version(&self, version: i64) -> bool {
        self.version.load(Ordering::Acquire) == version
    }

    /// Whether these `fields` of `table` are worth a look, which the caller then sees to. Those that callers keep giving are
    /// so only from time to time.
    pub fn are_worth_a_look<'a>(&self, table: Table, doubt: Doubt, fields: impl Iterator<Item = &'a str>) -> bool {
        let now = now();
        let mut doubts = self.doubts.lock().unwrap_or_else(PoisonError::into_inner);
        let mut look = false;
        for field in fields {
            let key = (table, doubt, field.to_owned());
            let has_room = doubts.len() < MOST_FIELDS;
            match doubts.get_mut(&key) {
                Some(since) if now.saturating_sub(*since) < millis(PAUSE) => {}
                Some(since) => {
                    *since = now;
                    look = true;
                }
                None if has_room => {
                    doubts.insert(key, now);
                    look = true;
                }
                None => look |= now.saturating_sub(self.looked.load(Ordering::Relaxed)) >= millis(PAUSE),
            }
        }
        look
    }
}

fn is_due(last: &AtomicU64, lasts: Duration) -> bool {
    let (now, before) = (now(), last.load(Ordering::Relaxed));
    now.saturating_sub(before) >= millis(lasts)
        && last.compare_exchange(before, now, Ordering::Relaxed, Ordering::Relaxed).is_ok()
}

/// Milliseconds since the first use, and as many as make everything old that never was.
fn now() -> u64 {
    static BEGAN: LazyLock<Instant> = LazyLock::new(Instant::now);
    millis(BEGAN.elapsed() + 2 * LASTS)
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_fields_are_looked_for_once_in_a_while() {
        let known = Known::default();
        let ask = |fields: &[&str]| known.are_worth_a_look(Table::User, Doubt::Missing, fields.iter().copied());
        assert!(ask(&["role"]));
        assert!(!ask(&["role"]));
        assert!(ask(&["role", "age"]), "one of them is new");
        assert!(!ask(&["age"]));
        assert!(known.are_worth_a_look(Table::Session, Doubt::Missing, ["role"].into_iter()), "of another table");
        assert!(known.are_worth_a_look(Table::User, Doubt::Refused, ["role"].into_iter()), "for another reason");
        for number in 0..2 * MOST_FIELDS {
            ask(&[&number.to_string()]);
        }
        assert!(known.doubts.lock().expect("no panic").len() <= MOST_FIELDS);
        known.look_begins();
        assert!(!ask(&["one more"]), "of too many, the last look decides");
    }

    #[test]
    fn one_of_all_who_ask_looks_when_it_is_time() {
        let known = Known::default();
        assert!(known.is_old() && !known.is_old());
        known.grow_old();
        assert!(known.is_old());
        known.look_begins();
        assert!(!known.is_old());
        assert!(known.is_to_be_compared() && !known.is_to_be_compared());
    }
}
