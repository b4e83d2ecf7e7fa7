//! The statement of a batch of writes: which of them it takes, and for how long it may be under way.

use std::collections::HashSet;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::database::batch::{Batch, Shared};
use crate::database::queue::{Outcome, Watched};
use crate::database::waits::Waits;
use crate::driver::executor::Executor;
use crate::driver::work::{Scope, Work};
use crate::error::{Code, Error, Result};
use crate::value::Value;

/// One caller's write.
pub struct Waiting<W: Shared> {
    /// What tells its row from others'.
    pub key: String,
    pub values: Vec<Value>,
    pub since: Instant,
    /// The call, if its environment watches.
    pub watched: Option<Watched>,
    pub answer: oneshot::Sender<Answer<W>>,
}

impl<W: Shared> Waiting<W> {
    pub fn refuse(self, error: &Error) {
        // A caller that has gone does not hear it.
        let _ = self.answer.send(Answer::Done(Err(error.clone()), Waits::default()));
    }

    /// Whether its caller does not wait any more.
    pub fn has_gone(&self) -> bool {
        self.answer.is_closed()
    }

    /// What it has waited for before `until`, of a batch that has waited for a connection for so long.
    pub fn waits(&self, until: Instant, connection: Duration) -> Waits {
        let waited = until.saturating_duration_since(self.since);
        let connection = connection.min(waited);
        Waits { connection, writer: waited - connection }
    }
}

pub enum Answer<W: Shared> {
    /// By a statement, before which it waited.
    Done(Outcome, Waits),
    /// It has not been done.
    Alone,
    /// None of its form is under way any more: it goes ahead.
    Ahead(Batch<W>),
}

/// A write that several callers make, each of a row of its own.
pub trait Write: Shared<Request = Waiting<Self>> {
    /// Does all of `writes` with one statement. `None` of what that passed over.
    fn perform(
        &self,
        writes: &[Waiting<Self>],
        executor: &mut impl Executor,
    ) -> impl Future<Output = Result<Vec<Option<Outcome>>>> + Send;

    /// Whether it is of one statement, or of several.
    fn scope(&self) -> Scope;

    /// What tells the row of a write with these arguments from others'.
    fn key(&self, values: &[Value]) -> String;

    /// Whether a caller can do it again although it may have taken effect.
    fn is_settled(&self) -> bool;
}

/// The statement of one batch, which takes its writes when it is sent.
pub struct Sending<'a, W: Write> {
    batch: &'a Batch<W>,
    sent: OnceLock<Sent<W>>,
}

/// The writes that were taken, and when.
pub struct Sent<W: Write> {
    pub writes: Vec<Waiting<W>>,
    pub at: Instant,
}

impl<'a, W: Write> Sending<'a, W> {
    pub fn new(batch: &'a Batch<W>) -> Self {
        Self { batch, sent: OnceLock::new() }
    }

    /// What it has taken; `None` if it has not been sent.
    pub fn into_sent(self) -> Option<Sent<W>> {
        self.sent.into_inner()
    }

    /// The statement, for as long as one of its callers may wait: the last one came just before it was sent.
    pub async fn in_time(&self) -> Result<Vec<Option<Outcome>>> {
        let database = &self.batch.database;
        let limit = database.operation_timeout();
        let mut outcome = std::pin::pin!(self.batch.watched(database.run(self)));
        if let Ok(outcome) = timeout(limit, &mut outcome).await {
            return outcome;
        }
        let Some(sent) = self.sent.get() else { return Err(Error::too_slow(limit)) };
        let outcome = timeout(limit.saturating_sub(sent.at.elapsed()), outcome).await;
        outcome.unwrap_or_else(|_| Err(Error { in_doubt: true, ..Error::too_slow(limit) }))
    }

    /// Those whose callers still wait, in the order of their keys, so that two statements that lock rows do so in one order.
    fn take(&self) -> Sent<W> {
        let mut keys = HashSet::new();
        let mut taken = self.batch.take(Duration::ZERO, |write| write.has_gone() || keys.insert(write.key.clone()));
        taken.retain(|write| !write.has_gone());
        taken.sort_unstable_by(|one, other| one.key.cmp(&other.key));
        if taken.len() > 1 {
            self.batch.database.batches.writes.record(taken.len() as u64, 1);
        }
        Sent { writes: taken, at: Instant::now() }
    }
}

impl<W: Write> Work for Sending<'_, W> {
    type Output = Vec<Option<Outcome>>;

    fn scope(&self) -> Scope {
        self.batch.shared.scope()
    }

    fn is_settled(&self) -> bool {
        self.batch.shared.is_settled()
    }

    fn is_one(&self) -> bool {
        false
    }

    async fn on(&self, executor: &mut impl Executor) -> Result<Self::Output> {
        let is_again = self.sent.get().is_some();
        let Sent { writes, .. } = self.sent.get_or_init(|| self.take());
        if is_again && writes.iter().any(|write| write.has_gone()) {
            // What a caller has given up is not done for it. The others go on alone.
            return Err(Error::new(Code::Timeout, "the caller of a write has gone"));
        }
        if writes.len() < 2 {
            Ok(writes.iter().map(|_| None).collect())
        } else {
            self.batch.shared.perform(writes, executor).await
        }
    }
}
