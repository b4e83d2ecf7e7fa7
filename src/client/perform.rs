//! Performs operations and requests: by a plan, and by another one where the tables have changed.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use tokio::time::{sleep, timeout};

use crate::authjs::account_swap;
use crate::authjs::call::Call;
use crate::authjs::keys::by_keys;
use crate::authjs::layout::TableLayout;
use crate::authjs::link_conflict::{self, LinkConflict};
use crate::authjs::model::Table;
use crate::authjs::operation::{Action, Operation};
use crate::authjs::password_gate::Gate;
use crate::authjs::prune::{self, Pruning};
use crate::authjs::secure::{Conversion, Progress, Securing};
use crate::client::client::Client;
use crate::client::replan::{MOST_LOOKS, Planning};
use crate::database::conflicts::MAX_CONFLICTS;
use crate::driver::work::Work;
use crate::engine;
use crate::engine::arguments::Argument;
use crate::engine::compiled::Compiled;
use crate::engine::registered::Numbered;
use crate::engine::request::Method;
use crate::engine::transaction::Transaction;
use crate::error::{Code, Error, Health, Result};
use crate::statement::count::number;
use crate::table::subject::named;
use crate::value::{Fields, Records};

impl Client {
    /// Performs one of Auth.js's operations.
    pub async fn operate(self: Arc<Self>, operation: &'static Operation, fields: Fields) -> Result<Records> {
        let (limit, began) = (self.database.operation_timeout(), Instant::now());
        let reads = operation.access().reads;
        let mut writing = self.replicas.as_ref().filter(|_| !reads).map(|replicas| replicas.write(operation, &fields));
        let work = async {
            if self.replicas.is_some()
                && let Some(records) = Box::pin(self.at_replica(operation, &fields)).await
            {
                return Ok(records);
            }
            match operation.action {
                Action::Prune => {
                    let mut pruning = prune::asked(operation, &fields)?;
                    let deleted = self.prune_step(&mut pruning).await?;
                    // What has been deleted is told within the call's time.
                    sleep(pruning.rest.min(limit.saturating_sub(began.elapsed()) / 2)).await;
                    Ok(pruning.record(deleted))
                }
                Action::Register
                | Action::VerifyPassword
                | Action::FindPassword
                | Action::OpenSession
                | Action::SetPassword
                | Action::RemovePassword => Box::pin(self.password(operation, &fields)).await,
                Action::Swap => Box::pin(self.swap_account(&fields)).await,
                Action::UpdateExisting | Action::Link => {
                    let gate = if Self::may_verify(operation, &fields) {
                        Box::pin(self.first_verification(operation, &fields)).await?
                    } else {
                        None
                    };
                    self.attempt_again(operation, &fields, gate.as_ref()).await
                }
                _ => {
                    if self.foresees()
                        && let Some(records) = Box::pin(self.foreseen(operation, &fields)).await?
                    {
                        return Ok(records);
                    }
                    let done = self.attempt_again(operation, &fields, None).await?;
                    self.note_fresh(operation, &done);
                    Ok(done)
                }
            }
        };
        let in_doubt = !reads;
        let outcome = timeout(limit, work).await.unwrap_or_else(|_| Err(Error { in_doubt, ..Error::too_slow(limit) }));
        if let (Some(writing), Ok(records)) = (&mut writing, &outcome) {
            writing.done(records);
        }
        drop(writing);
        match outcome.map_err(|error| self.about(operation, &fields, error)) {
            // No row has a key that its column's type does not take.
            Err(error) if operation.finds_nothing_by(&error) => Ok(Records::new()),
            outcome => self.database.placed(outcome),
        }
    }

    /// Changes an account by compare-and-swap, and counts it.
    async fn swap_account(self: &Arc<Self>, fields: &Fields) -> Result<Records> {
        let mut planning = Planning::new(self).await?;
        loop {
            let outcome = match account_swap::swap(&planning.plan(), fields) {
                Ok(Some(call)) => self.database.run(&call).await,
                Ok(None) => Ok(vec![number(0)]),
                Err(error) => Err(error),
            };
            match outcome {
                Err(error) => planning.renew(Table::Account, error).await?,
                done => return done,
            }
        }
    }

    /// `error` with what it is about.
    fn about(self: &Arc<Self>, operation: &Operation, fields: &Fields, error: Error) -> Error {
        match self.known_operations() {
            Some(plan) if plan.layout.has(operation.table) => {
                let own = plan.layout.table(operation.table).known();
                let given: Vec<_> = fields.iter().map(|(name, value)| (&**name, value)).collect();
                named(error, &own, plan.layout.all().map(TableLayout::known), &given)
            }
            _ => error,
        }
    }

    /// A call is made again by another plan if the tables turn out to have changed, and nothing has been done yet. `gate`: what comes
    /// before it, in its transaction.
    pub(super) async fn attempt_again(
        self: &Arc<Self>,
        operation: &'static Operation,
        fields: &Fields,
        gate: Option<&Gate>,
    ) -> Result<Records> {
        let mut planning = Planning::for_fields(self, operation, fields).await?;
        let mut inserted = None;
        loop {
            let plan = planning.plan();
            if let Some((key, values)) = inserted.take()
                && plan.layout.has(operation.table)
            {
                let compiled = plan.compile(&by_keys(Method::FindOne, operation.table, key))?;
                let records = self.database.run(&engine::call::Call::encoded(compiled, values)?).await?;
                if !records.is_empty() {
                    return Ok(records);
                }
            }
            let mut call = match Call::prepare(&plan, operation, fields) {
                Ok(Some(call)) => match gate {
                    Some(gate) => call.behind(gate),
                    None => call,
                },
                Ok(None) => return Ok(Records::new()),
                Err(error) => {
                    planning.renew(operation.table, error).await?;
                    continue;
                }
            };
            if let Some(compiled) = call.compiled() {
                self.foretell(compiled);
            }
            let mut outcome = self.attempt(&call).await;
            if matches!(&outcome, Err(error) if error.code == Code::ForeignKey)
                && let Ok(Some(holding)) = call.holding_user()
            {
                call = holding;
                outcome = self.attempt(&call).await;
            }
            let error = match outcome {
                Err(error) => error,
                done => return done,
            };
            if call.is_done() && !self.database.undoes(call.scope()) {
                // What was deleted is gone, and what was inserted must not be so twice.
                inserted = call.inserted();
                if !operation.inserts() || inserted.is_none() {
                    return Err(error);
                }
            }
            planning.renew(operation.table, error).await?;
        }
    }

    /// Performs a call. A link that is there already answers, where it is the same.
    async fn attempt(&self, call: &Call<'_>) -> Result<Records> {
        let mut conflicts = 0;
        loop {
            let error = match self.settle(call).await {
                Err(error) => error,
                done => return done,
            };
            if call.operation.action != Action::Link || error.code != Code::Unique {
                return Err(error);
            }
            match link_conflict::look(&self.database, call).await? {
                LinkConflict::Same(records) => return Ok(records),
                LinkConflict::Gone if conflicts < MAX_CONFLICTS => conflicts += 1,
                _ => return Err(error),
            }
        }
    }

    /// One step of a pruning. How many rows it deleted.
    pub async fn prune_step(self: &Arc<Self>, pruning: &mut Pruning) -> Result<u64> {
        let mut planning = Planning::new(self).await?;
        let mut gone = None;
        loop {
            let plan = planning.plan();
            if !plan.layout.has(pruning.table)
                && let Some(error) = gone
            {
                // A table that was there a moment ago is missed.
                pruning.done = true;
                return Err(error);
            }
            match pruning.step(&self.database, &plan).await {
                Ok(deleted) => {
                    if deleted > 0 {
                        self.counts.pruned(pruning.table, deleted);
                    }
                    if let Some(replicas) = self.replicas.as_ref().filter(|_| deleted > 0) {
                        replicas.writes.note_all();
                    }
                    return Ok(deleted);
                }
                Err(error) => {
                    if let Some(replicas) = self.replicas.as_ref().filter(|_| error.connection != Health::Sound) {
                        replicas.writes.note_all();
                    }
                    gone = Some(error.clone());
                    planning.renew(pruning.table, error).await?;
                }
            }
        }
    }

    /// One step of a conversion.
    pub async fn secure_step(
        self: &Arc<Self>,
        conversion: &impl Conversion,
        securing: &mut Securing,
    ) -> Result<Progress> {
        let mut planning = Planning::new(self).await?;
        loop {
            match securing.step(conversion, &self.database, &planning.plan()).await {
                Err(error) => planning.renew(conversion.table(), error).await?,
                done => return done,
            }
        }
    }

    /// Has all connections prepare the statements of what is performed for the first time.
    fn foretell(&self, compiled: &Compiled) {
        if !compiled.foretold.swap(true, Ordering::Relaxed) {
            self.database.expect(compiled.preparations());
        }
    }

    /// Performs a request, within a transaction if it is part of one.
    pub async fn request(
        self: Arc<Self>,
        request: Numbered,
        arguments: Vec<Argument>,
        transaction: Option<Arc<Transaction>>,
    ) -> Result<Records> {
        let limit = self.database.operation_timeout();
        // What a transaction does takes effect when it is committed.
        let in_doubt = transaction.is_none() && !request.request.method.only_reads();
        let work = async {
            if self.foresees()
                && transaction.is_none()
                && let Some(records) = Box::pin(self.foreseen_request(&request, &arguments)).await?
            {
                return Ok(records);
            }
            self.request_again(&request, &arguments, transaction.as_deref()).await
        };
        let outcome = timeout(limit, work).await;
        self.database.placed(outcome.unwrap_or_else(|_| Err(Error { in_doubt, ..Error::too_slow(limit) })))
    }

    /// A request is made again if the tables turn out to have changed and nothing has been done yet.
    async fn request_again(
        self: &Arc<Self>,
        request: &Numbered,
        arguments: &[Argument],
        transaction: Option<&Transaction>,
    ) -> Result<Records> {
        let mut outdated: Option<Arc<engine::plan::Plan>> = None;
        let mut earlier: Option<engine::call::Call> = None;
        let mut looks = 0;
        loop {
            let plan = self.requests(request, outdated.as_ref()).await?;
            let prepared = match plan.compiled(request) {
                // The other contract may have got a place for passwords meanwhile, which this one's are never to contradict. Where all
                // connections share one session, the transaction has it, and a look would wait for its end.
                Ok(compiled)
                    if compiled.may_mirror
                        && outdated.is_none()
                        && !(transaction.is_some() && self.database.has_one_session()) =>
                {
                    outdated = Some(plan);
                    continue;
                }
                Ok(compiled) => {
                    self.foretell(&compiled);
                    engine::call::Call::prepare(plan.tables.dialect, compiled, arguments)
                }
                Err(error) => Err(error),
            };
            let call = match prepared {
                Ok(Some(call)) => Ok(match &earlier {
                    Some(earlier) => call.resuming(earlier),
                    None => call,
                }),
                Ok(None) => return Ok(Records::new()),
                Err(error) => Err(error),
            };
            let outcome = match (&call, transaction) {
                (Ok(call), Some(transaction)) => transaction.run(call).await,
                (Ok(call), None) => self.settle(call).await,
                (Err(error), _) => Err(error.clone()),
            };
            match outcome {
                // A statement that the server had prepared for other tables is prepared anew, on another connection, which
                // may take more than one attempt if the tables change once more.
                Err(error)
                    if !error.in_doubt
                        && (error.stale || error.code == Code::Schema)
                        && (looks == 0 || (error.connection == Health::Lost && looks < MOST_LOOKS)) =>
                {
                    looks += 1;
                    outdated = Some(plan);
                    // What was inserted must not be so twice.
                    earlier = call.ok().filter(|call| call.is_done() && !self.database.undoes(call.scope()));
                }
                outcome => {
                    let model = &request.request.model;
                    return outcome
                        .map_err(|error| recognisable(plan.named(error, &request.request, arguments), model));
                }
            }
        }
    }
}

/// Better Auth tells by certain words that a row is there already.
fn recognisable(error: Error, model: &str) -> Error {
    if error.code != Code::Unique {
        return error;
    }
    let message = format!("{model}: a row with the same key exists already, which a unique constraint forbids");
    Error { message: message.into(), ..error }
}
