//! What is counted of one client: its calls, who served them, its looks at the tables, and its prunings.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use chrono::Utc;
use serde::Serialize;

use crate::authjs::model::Table;
use crate::authjs::operation::{OPERATIONS, Operation};
use crate::database::queue::Outcome;
use crate::database::route::Route;
use crate::engine::request::Method;
use crate::error::Code;
use crate::stats::calls::Calls;
use crate::stats::named::Named;

/// Which calls are counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// By number.
    Operation(usize),
    Request(Method),
    Commit,
    Rollback,
    Migrate,
    Check,
    Secure,
}

/// What is called besides operations and requests, in the order of [`Counted::place`].
const OTHERS: [&str; 5] = ["commit", "rollback", "migrate", "check", "secure"];

impl Counted {
    pub fn operation(operation: &Operation) -> Self {
        Counted::Operation(operation.number())
    }

    fn place(self) -> usize {
        let others = OPERATIONS.len() + Method::ALL.len();
        match self {
            Counted::Operation(number) => number,
            Counted::Request(method) => OPERATIONS.len() + method as usize,
            Counted::Commit => others,
            Counted::Rollback => others + 1,
            Counted::Migrate => others + 2,
            Counted::Check => others + 3,
            Counted::Secure => others + 4,
        }
    }
}

#[derive(Debug)]
pub struct Counts {
    pub calls: Calls,
    pub routes: Named,
    looks: Mutex<Looks>,
    prunings: Mutex<Prunings>,
}

/// Looks at the tables. Times are milliseconds since the epoch.
#[derive(Debug, Default, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Looks {
    looks: u64,
    /// When the last look ended that found tables.
    looked_at: Option<i64>,
    /// When the tables were last found other than they had been, or for the first time.
    learnt_at: Option<i64>,
}

/// What has been deleted because it had expired. Times are milliseconds since the epoch.
#[derive(Debug, Default, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Prunings {
    sessions: u64,
    verification_tokens: u64,
    steps: u64,
    last_step_at: Option<i64>,
    /// Of the option `prune`: how many have ended, when the last one did, and the code of its error if it failed.
    sweeps: u64,
    last_sweep_at: Option<i64>,
    last_error: Option<&'static str>,
}

impl Default for Counts {
    fn default() -> Self {
        let operations = OPERATIONS.iter().map(|operation| operation.name);
        let methods = Method::ALL.into_iter().map(Method::name);
        Self {
            calls: Calls::new(operations.chain(methods).chain(OTHERS).collect()),
            routes: Named::new(Route::SERVERS),
            looks: Mutex::default(),
            prunings: Mutex::default(),
        }
    }
}

impl Counts {
    /// A call has ended.
    pub fn ended(&self, call: Counted, took: Duration, outcome: &Outcome) {
        self.calls.ended(call.place(), took, outcome.as_ref().err().map(|error| error.code), 1);
    }

    /// So many calls go this way.
    pub fn went(&self, route: Route, count: usize) {
        self.routes.add(route.server(), count as u64);
    }

    /// A look at the tables has ended. `learnt`: they were other than before.
    pub fn looked(&self, learnt: bool) {
        let now = Some(Utc::now().timestamp_millis());
        let mut looks = self.looks.lock().unwrap_or_else(PoisonError::into_inner);
        looks.looks += 1;
        looks.looked_at = now;
        if learnt {
            looks.learnt_at = now;
        }
    }

    /// A step has deleted rows.
    pub fn pruned(&self, table: Table, rows: u64) {
        let mut prunings = self.prunings.lock().unwrap_or_else(PoisonError::into_inner);
        prunings.steps += 1;
        prunings.last_step_at = Some(Utc::now().timestamp_millis());
        match table {
            Table::Session => prunings.sessions += rows,
            _ => prunings.verification_tokens += rows,
        }
    }

    /// A sweep in the background has ended.
    pub fn swept(&self, error: Option<Code>) {
        let mut prunings = self.prunings.lock().unwrap_or_else(PoisonError::into_inner);
        prunings.sweeps += 1;
        prunings.last_sweep_at = Some(Utc::now().timestamp_millis());
        prunings.last_error = error.map(Code::as_str);
    }

    pub fn looks(&self) -> Looks {
        self.looks.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn prunings(&self) -> Prunings {
        self.prunings.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_call_is_counted_under_its_name() {
        let counts = Counts::default();
        let others = [Counted::Commit, Counted::Rollback, Counted::Migrate, Counted::Check, Counted::Secure];
        let operations = (0..OPERATIONS.len()).map(Counted::Operation);
        let all = operations.chain(Method::ALL.into_iter().map(Counted::Request)).chain(others);
        for (place, call) in all.clone().enumerate() {
            assert_eq!(call.place(), place, "{call:?}");
            counts.ended(call, Duration::from_micros(1), &Ok(Vec::new()));
        }
        assert_eq!(counts.calls.all().len(), all.count(), "no two have one name");
    }
}
