//! Requests in, settled batches out.

use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use napi::bindgen_prelude::{Array, Function, Unknown};
use napi::{Env, Result, Status};

use crate::authjs::operation::Operation;
use crate::authjs::plan::Plan;
use crate::cli::secure::{self, Asked};
use crate::cli::snapshot;
use crate::client::client::Client;
use crate::client::counts::Counted;
use crate::client::lookups::{operation_at_once, request_at_once};
use crate::database::hung_disk::Awaited;
use crate::database::queue::{CompletionQueue, Outcome, Shared, Watched};
use crate::database::route::Route;
use crate::database::runtime::RUNTIME;
use crate::database::waits::measured;
use crate::database::writer_thread::Writing;
use crate::ddl::desired::Wanted;
use crate::ddl::migrate::records as records_of_statements;
use crate::driver::sqlite::reader::Reader;
use crate::engine::plan::Plan as RequestPlan;
use crate::engine::registered::Numbered;
use crate::engine::schema::Schema;
use crate::engine::transaction::{Repeatable, Transaction};
use crate::error::caught;
use crate::js::arguments;
use crate::js::completions::{Note, Outcomes, Pending};
use crate::js::handle::{Begun, Handle};
use crate::js::poll_once::poll_once;
use crate::js::row_batch::Batch;
use crate::passwords::hashed::hashed;
use crate::passwords::settings::Settings;
use crate::statement::count::number;
use crate::value::{Input, Records};

/// The two ways between one JavaScript environment and the runtime's threads.
///
/// Lives as long as the environment: the threadsafe function holds it, JavaScript holds it, and so does each request in
/// query. When the environment ends first, outcomes still arrive here and are dropped with it.
#[derive(Clone)]
pub struct Bridge(pub Arc<Outcomes>);

/// Who performs what an environment has asked for.
enum Performer<'a> {
    Runtime,
    /// The thread that writes, if there is one. With a way to settle, a lone caller waits for it for a moment.
    Writer {
        settle: Option<&'a Function<'a, Batch, ()>>,
    },
}

impl Bridge {
    pub fn open(settle: Function<'_, Batch, ()>) -> Result<Self> {
        let bridge = Bridge(Arc::default());
        let outcomes = bridge.0.clone();
        let settle = settle
            .build_threadsafe_function::<()>()
            .callee_handled::<false>()
            .weak::<true>()
            .build_callback(move |context| Ok(outcomes.fetch(&context.env)))?;
        bridge.0.settle_by(settle);
        Ok(bridge)
    }

    /// Starts an operation. If the answer is there already, it goes to `settle`, and nothing more will come; without that, it is
    /// not looked for yet. Returns whether it was waited for: then [`Bridge::go_on`] has to be called once the caller can go on.
    pub fn submit(
        &self,
        env: &Env,
        handle: &Handle,
        (id, number): (u32, u32),
        arguments: [Unknown<'_>; 2],
        settle: Option<&Function<'_, Batch, ()>>,
    ) -> Result<bool> {
        let Some(operation) = Operation::by_number(number) else {
            return Err(napi::Error::new(Status::InvalidArg, "unknown operation"));
        };
        let pending = pending(handle, Counted::Operation(number as usize));
        let fields = match arguments::fields(operation, arguments)? {
            Ok(fields) => fields,
            Err(error) => return self.begin(env, handle, (id, pending), Route::Pool, None, |_| async { Err(error) }),
        };
        let at_once =
            |plan: Arc<Plan>, reader: &mut Option<Reader>| operation_at_once(&plan, reader, operation, &fields);
        let route = handle.route(operation.access());
        if let Some(settle) = settle
            && let Some(outcome) = answer(handle, route, Client::known_operations, at_once)
        {
            pending.answered(&outcome);
            return settle.call(Batch(vec![(id, outcome)])).map(|()| false);
        }
        self.begin(env, handle, (id, pending), route, settle, |client| client.operate(operation, fields))
    }

    /// Starts a request for records, within a transaction if one is given. Answers as [`Bridge::submit`] does.
    pub fn request(
        &self,
        env: &Env,
        handle: &Handle,
        (id, request): (u32, Option<Numbered>),
        values: &Array<'_>,
        transaction: Option<Arc<Transaction>>,
        settle: Option<&Function<'_, Batch, ()>>,
    ) -> Result<bool> {
        let Some(request) = request else {
            return Err(napi::Error::new(Status::InvalidArg, "unknown request"));
        };
        let pending = pending(handle, Counted::Request(request.request.method));
        let arguments = arguments::arguments(&request.request, values)?;
        let joins = transaction.as_ref().is_some_and(|transaction| transaction.expects(&request.request));
        let route = if joins { Route::Transaction } else { handle.route(request.request.access()) };
        let at_once = |plan: Arc<RequestPlan>, reader: &mut Option<Reader>| {
            request_at_once(&plan.compiled(&request).ok()?, plan.tables.dialect, reader, &arguments)
        };
        if let Some(settle) = settle
            && let Some(outcome) = answer(handle, route, |client| client.known_requests(request.schema_number), at_once)
        {
            pending.answered(&outcome);
            return settle.call(Batch(vec![(id, outcome)])).map(|()| false);
        }
        self.begin(env, handle, (id, pending), route, settle, |client| client.request(request, arguments, transaction))
    }

    /// Ends a transaction. Of one that is undone, the outcome is a record if all may be done again.
    pub fn end(
        &self,
        env: &Env,
        begun: &Begun,
        (id, commit): (u32, bool),
        settle: Option<&Function<'_, Batch, ()>>,
    ) -> Result<bool> {
        let Begun { transaction, counts } = begun.clone();
        let call = if commit { Counted::Commit } else { Counted::Rollback };
        let pending = Pending { since: Instant::now(), counts, call };
        let writing = transaction.writing().cloned();
        let limit = transaction.operation_timeout();
        let work = Box::pin(async move {
            if commit {
                return transaction.commit().await.map(|()| Records::new());
            }
            let times = transaction.rollback().await.map_or(0, Repeatable::times);
            Ok(vec![number(times)])
        });
        pending.counts.went(Route::Transaction, 1);
        self.0.expect_counted(env, std::iter::once(id), &pending)?;
        match writing {
            Some(writing) => {
                self.watch(env, &writing, self.answer_in_time(id, (), commit, work, (&writing, limit)), settle)
            }
            None => {
                poll_once(self.answer(id, (), work));
                Ok(false)
            }
        }
    }

    /// Makes the tables that are wanted, or says how: the outcome is the statements.
    pub fn migrate(&self, env: &Env, handle: &Handle, id: u32, wanted: Wanted, apply: bool) -> Result<()> {
        let work = move |client: Arc<Client>| async move {
            client.migrate_records(&wanted, apply).await.map(records_of_statements)
        };
        self.begin(env, handle, (id, pending(handle, Counted::Migrate)), Route::Pool, None, work).map(drop)
    }

    /// Looks at the tables of a schema: the outcome is a record with what is to be said of them. `file`: where a snapshot is written.
    pub fn check(&self, env: &Env, handle: &Handle, id: u32, schema: Arc<Schema>, file: Option<PathBuf>) -> Result<()> {
        let work = move |client: Arc<Client>| async move {
            if let Some(file) = &file {
                snapshot::write(&client, Some(&schema), file).await?;
            }
            let (report, usable) = client.check_models(&schema).await?;
            Ok(vec![report.record(usable)])
        };
        self.begin(env, handle, (id, pending(handle, Counted::Check)), Route::Pool, None, work).map(drop)
    }

    /// Converts the tokens of a schema's models: the outcome is a record with what was done, in words and as JSON.
    pub fn secure(&self, env: &Env, handle: &Handle, id: u32, schema: Arc<Schema>, asked: Asked) -> Result<()> {
        let work = move |client: Arc<Client>| async move {
            let secured = secure::models(&client, &schema, asked.batch, &asked.wanted).await?;
            Ok(vec![secured.record()])
        };
        self.begin(env, handle, (id, pending(handle, Counted::Secure)), Route::Pool, None, work).map(drop)
    }

    /// Hashes a password, or compares it with a hash, without a database. The outcome is a record if there is a hash, or if it is
    /// the one; the adapter's threads do the work.
    pub fn hash(&self, env: &Env, id: u32, settings: Settings, password: Input, stored: Option<String>) -> Result<()> {
        self.0.expect(env, 1)?;
        match RUNTIME.start() {
            Ok(()) => poll_once(self.answer(id, (), hashed(settings, password, stored))),
            Err(error) => self.0.complete(vec![(id, Err(error))]),
        }
        Ok(())
    }

    /// Starts what `work` makes of the handle's client.
    fn begin<F>(
        &self,
        env: &Env,
        handle: &Handle,
        (id, pending): (u32, Pending),
        route: Route,
        settle: Option<&Function<'_, Batch, ()>>,
        work: impl FnOnce(Arc<Client>) -> F,
    ) -> Result<bool>
    where
        F: Future<Output = Outcome> + Send + 'static,
    {
        self.0.expect_counted(env, std::iter::once(id), &pending)?;
        let (client, running) = match handle.start() {
            Ok(started) => started,
            Err(error) => {
                self.0.complete(vec![(id, Err(error))]);
                return Ok(false);
            }
        };
        let writing = client.database.writing().cloned();
        let limit = client.database.operation_timeout();
        let performer = performer(route, settle);
        let on_writer = matches!(performer, Performer::Writer { .. }) && writing.is_some();
        pending.counts.went(taken(route, on_writer), 1);
        // Each wrapper holds what it wraps twice, and is moved on with it: a pointer, not the kilobytes of an operation.
        let work = self.watched(id, Box::pin(work(client)), on_writer);
        match (performer, writing) {
            (Performer::Writer { settle }, Some(writing)) => {
                let writes = route == Route::WriterThread;
                let work = self.answer_in_time(id, running, writes, work, (&writing, limit));
                self.watch(env, &writing, work, settle)
            }
            _ => {
                poll_once(self.answer(id, running, work));
                Ok(false)
            }
        }
    }

    /// `work`, and a note of what it has waited for if JavaScript reads notes.
    pub fn watched<F>(&self, id: u32, work: F, on_writer: bool) -> impl Future<Output = Outcome> + Send + use<F>
    where
        F: Future<Output = Outcome> + Send,
    {
        let notes = self.0.is_watched().then(|| (self.0.clone(), Instant::now()));
        async move {
            let Some((notes, made)) = notes else { return work.await };
            let watched = Watched { id, completions: notes.clone() };
            let (outcome, waits) = measured(work, made, on_writer, watched).await;
            notes.note(Note::Waited(id, waits));
            outcome
        }
    }

    /// Lets the thread that writes do it. A lone caller waits for that as long as it would take to be woken later, if there is
    /// a way to `settle` then.
    fn watch(
        &self,
        env: &Env,
        writing: &Arc<Writing>,
        work: impl Future<Output = ()> + Send + 'static,
        settle: Option<&Function<'_, Batch, ()>>,
    ) -> Result<bool> {
        let Some(settle) = settle.filter(|_| self.0.is_lone()) else {
            writing.perform(work);
            return Ok(false);
        };
        self.0.look_out();
        writing.perform(work);
        let Some(batch) = self.0.await_briefly(env) else { return Ok(false) };
        settle.call(batch).map(|()| true)
    }

    /// The caller that was waited for goes on.
    pub fn go_on(&self) {
        self.0.go_on();
    }

    /// From now on notes are taken.
    pub fn take_notes(&self) {
        self.0.take_notes();
    }

    /// A row of numbers for each note, as `notes` in `lib.rs` says.
    pub fn notes(&self) -> Vec<f64> {
        let milliseconds = |duration: Duration| duration.as_secs_f64() * 1e3;
        let mut numbers = Vec::new();
        for note in self.0.notes() {
            match note {
                Note::Shared(Shared { ids, sent, took, waited }) => {
                    numbers.extend([-1.0, ids.len() as f64]);
                    numbers.extend([sent.elapsed(), took, waited].map(milliseconds));
                    numbers.extend(ids.into_iter().map(f64::from));
                }
                Note::Waited(id, waits) => {
                    numbers.extend([f64::from(id), milliseconds(waits.connection), milliseconds(waits.writer)]);
                }
            }
        }
        numbers
    }

    pub fn attend(&self, handle: &Handle) {
        if let Ok((client, _)) = handle.enter() {
            let completions: Arc<dyn CompletionQueue> = self.0.clone();
            client.attendants.add(&completions);
        }
    }

    /// The application has this adapter keep its passwords.
    pub fn keep_passwords(handle: &Handle) {
        if let Ok((client, _)) = handle.enter() {
            client.keep_passwords();
        }
    }

    pub fn close(&self, env: &Env, handle: &Handle, id: u32) -> Result<()> {
        let closed = handle.close();
        self.0.expect(env, 1)?;
        let work = self.answer(id, (), async move {
            closed.await;
            Ok(Records::new())
        });
        match RUNTIME.start() {
            Ok(()) => poll_once(work),
            // Without threads, nothing has been opened.
            Err(_) => self.0.complete(vec![(id, Ok(Records::new()))]),
        }
        Ok(())
    }

    /// `work` and its answer, which comes within `limit` even if the thread that does it hangs.
    fn answer_in_time<A, W>(
        &self,
        id: u32,
        admission: A,
        writes: bool,
        work: W,
        (writing, limit): (&Writing, Duration),
    ) -> impl Future<Output = ()> + Send + use<A, W>
    where
        A: Send + 'static,
        W: Future<Output = Outcome> + Send,
    {
        let awaited = Awaited::new(id, self.0.clone(), admission, writes, (limit, writing.place.clone()));
        writing.clock.watch(awaited.clone(), limit);
        async move { awaited.perform(work).await }
    }

    /// `work` and its answer. Holds `admission` until that is on its way: `close` must not overtake it.
    pub fn answer<A, W>(&self, id: u32, admission: A, work: W) -> impl Future<Output = ()> + Send + use<A, W>
    where
        A: Send,
        W: Future<Output = Outcome> + Send,
    {
        let completions = self.0.clone();
        async move {
            completions.complete(vec![(id, caught(work).await)]);
            drop(admission);
        }
    }
}

/// A call that begins.
fn pending(handle: &Handle, call: Counted) -> Pending {
    Pending { since: Instant::now(), counts: handle.counts().clone(), call }
}

/// The way that a call takes which the calling thread has not answered. Before the first contact, no thread writes.
pub const fn taken(route: Route, on_writer: bool) -> Route {
    match route {
        Route::CallingThread { .. } => Route::Pool,
        Route::WriterThread if !on_writer => Route::Pool,
        route => route,
    }
}

/// The answer of the calling thread, where it can give one. On every database, it answers what cannot match anything.
fn answer<P>(
    handle: &Handle,
    route: Route,
    plan: impl FnOnce(&Arc<Client>) -> Option<P>,
    look: impl FnOnce(P, &mut Option<Reader>) -> Option<Outcome>,
) -> Option<Outcome> {
    match route {
        Route::CallingThread { .. } | Route::Batched | Route::Replica { share: true } => handle.look(plan, look),
        Route::Replica { share: false } | Route::WriterThread | Route::Pool | Route::Transaction => None,
    }
}

/// Who performs a call on its route.
fn performer<'a>(route: Route, settle: Option<&'a Function<'a, Batch, ()>>) -> Performer<'a> {
    match route {
        Route::WriterThread | Route::Transaction => Performer::Writer { settle },
        Route::CallingThread { .. } | Route::Batched | Route::Replica { .. } | Route::Pool => Performer::Runtime,
    }
}
