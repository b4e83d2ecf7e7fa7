//! Which connection serves an operation, in which transaction, and what is done again when it breaks.

use std::time::{Duration, Instant};

use tokio::sync::OwnedMutexGuard;
use tokio::time::timeout;

use crate::database::coming::Announced;
use crate::database::conflicts::Conflicts;
use crate::database::connector::PING_TIMEOUT;
use crate::database::database::Database;
use crate::database::pool::Pooled;
use crate::database::runtime::RUNTIME;
use crate::database::writer_local::{here, is_here};
use crate::database::writer_transaction::Held;
use crate::database::{group_commit, hung_disk, waits};
use crate::driver::session::{Names, Session};
use crate::driver::sqlite::writer::{WHOLE, Writer};
use crate::driver::work::{Scope, Work};
use crate::error::{Code, Error, Health, Result};

/// A connection that has waited for longer may have died meanwhile, which is found out before a write that cannot be done again.
const DOUBTED_IDLENESS: Duration = Duration::from_millis(500);

/// So long a transaction that has only read takes to end.
const ENDING: Duration = Duration::from_secs(5);

/// A server that only reads is looked for again by connections that are older.
const READING_AGE: Duration = Duration::from_secs(1);

/// Work that a connection has begun.
#[derive(Debug, Clone, Copy)]
struct Begun {
    /// Whether the connection had served before.
    reused: bool,
}

impl Database {
    /// Lends a connection for an operation of the given scope.
    pub async fn lease(&self, scope: Scope) -> Result<Lease> {
        self.lease_beginning(scope, "").await
    }

    /// The same, where a transaction goes on with `text`, in the message that opens it.
    pub async fn lease_beginning(&self, scope: Scope, text: &str) -> Result<Lease> {
        self.lease_within(self.operation_timeout(), scope, text).await
    }

    /// The same. A server that has been reached before, and is not there, is waited for within `limit`.
    pub async fn lease_within(&self, limit: Duration, scope: Scope, text: &str) -> Result<Lease> {
        let mut absence = self.absence(limit);
        let mut outcome = self.lease_once(scope, text).await;
        loop {
            match outcome {
                Err(error) if error.undone && error.connection == Health::Lost && self.dialect().is_some() => {
                    self.distrust().await;
                    if !absence.again().await {
                        return Err(error);
                    }
                    // What the servers said is worth more to the caller than that time was up.
                    let attempt = Box::pin(self.lease_once(scope, text));
                    outcome = timeout(absence.left(), attempt).await.unwrap_or(Err(error));
                }
                outcome => return outcome,
            }
        }
    }

    async fn lease_once(&self, scope: Scope, text: &str) -> Result<Lease> {
        if let Some(held) = self.hold(scope).await? {
            return Ok(Lease {
                place: Place::Here(held),
                transaction: true,
                only_reads: false,
                unlock: None,
                turn: None,
            });
        }
        let turn = if self.single_writer && scope != Scope::Read { Some(self.take_turn().await?) } else { None };
        let mut pooled = self.pool.acquire().await?;
        self.met(pooled.connection());
        // Behind a transaction pooler every operation is one transaction: only within it do consecutive messages reach
        // the same server connection.
        let session = self.sessions.get();
        pooled.connection().names = Names::of(session);
        let transaction = scope == Scope::Atomic || session.is_lent();
        if transaction {
            let begin = self.begin(session)?;
            let begin = if text.is_empty() { begin } else { format!("{begin}; {text}") };
            if let Err(error) = pooled.connection().batch(&begin).await {
                // Part of it may have been done: a transaction that has begun, and failed.
                pooled.release(if error.connection == Health::Lost { Health::Lost } else { Health::Broken });
                return Err(Error { undone: error.undone || error.connection == Health::Lost, ..error });
            }
        }
        let only_reads = scope == Scope::Read;
        Ok(Lease { place: Place::Pool(pooled), transaction, only_reads, unlock: None, turn })
    }

    /// A writer's turn. The writer before us may be waiting for us, if both are one caller's.
    async fn take_turn(&self) -> Result<OwnedMutexGuard<()>> {
        let limit = self.acquire_timeout();
        let since = Instant::now();
        let turn = timeout(limit, self.turn.clone().lock_owned()).await;
        waits::for_writer(since.elapsed());
        turn.map_err(|_| {
            let message = format!("the database is locked: another write took longer than {} ms", limit.as_millis());
            Error::new(Code::Timeout, message)
        })
    }

    /// The writing thread's connection, with a transaction open; `None` if another process has the lock, or on another
    /// thread.
    async fn hold(&self, scope: Scope) -> Result<Option<Held>> {
        let Some(writing) = self.writing.as_ref().filter(|_| scope == Scope::Atomic && is_here()) else {
            return Ok(None);
        };
        let turn = self.take_turn().await?;
        Ok(here(|writer| writer.begin().ok()).flatten().map(|()| Held::new(writing.clone(), turn)))
    }

    /// The server hung up on a connection: the others have most likely gone with it.
    pub async fn distrust(&self) {
        self.pool.discard_distrusted().await;
    }

    /// Performs `work`, again where the database undid it in favour of another one, and until time is up where nothing can have
    /// happened: the connection had died, or the server restarts, or another one takes its place.
    pub async fn run<W: Work>(&self, work: &W) -> Result<W::Output> {
        match self.run_here(work).await? {
            Some(output) => Ok(output),
            // In a box, lest the futures of all calls carry the room for it along wherever they are moved.
            None => Box::pin(self.run_on_lease(work)).await,
        }
    }

    async fn run_on_lease<W: Work>(&self, work: &W) -> Result<W::Output> {
        let (mut conflicts, mut absence) = (Conflicts::default(), self.absence(self.operation_timeout()));
        loop {
            let (begun, outcome) = self.run_once(work, absence.left()).await;
            let in_doubt = |error: &Error| {
                // SQLite is in this process: what it says has failed has.
                let lost = error.connection != Health::Sound && !error.undone && !error.stale && !error.unsent;
                lost && begun.is_some() && !work.only_reads() && !self.single_writer
            };
            match outcome {
                Err(error) if error.connection == Health::Lost => {
                    self.distrust().await;
                    // That says nothing about the database. A read may ask again; a write may have taken effect,
                    // unless it is known to be undone.
                    let reused = begun.is_some_and(|begun| begun.reused);
                    let harmless = error.undone || work.only_reads() && absence.excuses(&error, reused);
                    if !harmless || !absence.again().await {
                        return Err(Error { in_doubt: in_doubt(&error), ..error });
                    }
                }
                Err(error) if error.undone => {
                    if !work.is_one() || !conflicts.again().await {
                        return Err(error);
                    }
                }
                Err(error) => return Err(Error { in_doubt: in_doubt(&error), ..error }),
                outcome => return outcome,
            }
        }
    }

    /// `None` if there was no connection to begin with, and the outcome. `limit`: how long a server that is not there is waited for.
    async fn run_once<W: Work>(&self, work: &W, limit: Duration) -> (Option<Begun>, Result<W::Output>) {
        let mut lease = match self.lease_within(limit, work.scope(), work.beginning()).await {
            Ok(lease) => lease,
            Err(error) => return (None, Err(error)),
        };
        if self.is_doubtful(&mut lease, work) {
            lease = match Box::pin(self.alive(lease, work)).await {
                Ok(lease) => lease,
                Err(error) => return (None, Err(error)),
            };
        }
        lease.try_names(self);
        if work.takes_locks() {
            lease.unlock_by(self.dialect().and_then(|dialect| dialect.syntax().unlock));
        }
        let begun = Begun { reused: lease.reused() };
        let outcome = lease.run(work).await;
        (Some(begun), lease.finish(outcome).await)
    }

    /// Whether the connection of `lease` may have died while it waited. Something has arrived on it; or that cannot be seen, it has
    /// waited for a while, and the work could not be done again.
    fn is_doubtful(&self, lease: &mut Lease, work: &impl Work) -> bool {
        let Place::Pool(pooled) = &mut lease.place else { return false };
        // A transaction has had an answer on it.
        if work.only_reads() || self.single_writer || lease.transaction || !pooled.reused {
            return false;
        }
        let waited = pooled.idle() >= DOUBTED_IDLENESS;
        pooled.connection().has_word().unwrap_or(waited && !work.is_settled())
    }

    /// The connection, or another one if the server does not answer on it. That one may be doubtful, too: it was being opened while the
    /// others were lost.
    async fn alive(&self, mut lease: Lease, work: &impl Work) -> Result<Lease> {
        loop {
            if let Place::Pool(pooled) = &mut lease.place
                && matches!(timeout(PING_TIMEOUT, pooled.connection().ping()).await, Ok(Ok(())))
            {
                return Ok(lease);
            }
            let gone = Error::new(Code::Connect, "the database closed the connection").on(Health::Lost);
            lease.end(Err::<(), _>(gone)).await.ok();
            self.distrust().await;
            lease = self.lease(work.scope()).await?;
            if !self.is_doubtful(&mut lease, work) {
                return Ok(lease);
            }
        }
    }

    /// Writes there and then, on the thread that can, together with others if they wait for it too. `None` if nothing has been changed: the work has to be done otherwise, and
    /// its error then says why.
    async fn run_here<W: Work>(&self, work: &W) -> Result<Option<W::Output>> {
        if work.scope() == Scope::Read || !is_here() {
            return Ok(None);
        }
        // What took the disk too long is undone: its caller does not expect it to take effect any more.
        let write = async |writer: &mut Writer| {
            let output = work.on(writer).await?;
            hung_disk::in_time().map(|()| output)
        };
        if !group_commit::is_open() {
            let turn = self.take_turn().await?;
            if !self.writing.as_ref().is_some_and(|writing| writing.is_crowded()) {
                let output = here(|writer| writer.perform(&WHOLE, write)).flatten();
                return if output.is_none() { hung_disk::in_time().map(|()| None) } else { Ok(output) };
            }
            if !group_commit::open(turn) {
                return Ok(None);
            }
        }
        let Some((output, committed)) = group_commit::join(write) else { return hung_disk::in_time().map(|()| None) };
        match committed.await {
            Ok(committed) => committed.map(|()| Some(output)),
            Err(_) => Ok(None),
        }
    }
}

/// A connection in the scope of one operation.
#[derive(Debug)]
pub struct Lease {
    place: Place,
    transaction: bool,
    /// Its transaction's end changes nothing.
    only_reads: bool,
    /// Gives back the locks of a transaction that outlive it.
    unlock: Option<&'static str>,
    turn: Option<OwnedMutexGuard<()>>,
}

#[derive(Debug)]
enum Place {
    Pool(Pooled),
    /// The writing thread's own connection.
    Here(Held),
}

impl Lease {
    pub async fn run<W: Work>(&mut self, work: &W) -> Result<W::Output> {
        let outcome = match &mut self.place {
            Place::Pool(pooled) => work.on(pooled.connection()).await,
            Place::Here(held) => return held.run(work),
        };
        outcome.map_err(|error| self.judged(error))
    }

    /// Finds out, if that is not known yet, what a pooler does with the names of prepared statements.
    pub fn try_names(&mut self, database: &Database) {
        if let Place::Pool(pooled) = &mut self.place
            && self.transaction
            && database.sessions.get() == Session::Lent
        {
            pooled.connection().names = Names::Tried { left: false };
        }
    }

    /// From now on, its end gives back locks by name.
    pub fn unlock_by(&mut self, unlock: Option<&'static str>) {
        self.unlock = unlock;
    }

    /// Runs SQL text without parameters or results.
    pub async fn batch(&mut self, text: &str) -> Result<()> {
        match &mut self.place {
            Place::Pool(pooled) => pooled.connection().batch(text).await,
            Place::Here(held) => held.batch(text),
        }
    }

    async fn commit(&mut self) -> Result<()> {
        match &mut self.place {
            Place::Pool(pooled) => pooled.connection().commit().await,
            Place::Here(held) => held.batch("COMMIT"),
        }
    }

    /// The same, after a statement has failed.
    pub async fn recover(&mut self, text: &str) -> Result<()> {
        match &mut self.place {
            Place::Pool(pooled) => pooled.connection().recover(text).await,
            Place::Here(held) => held.batch(text),
        }
    }

    /// Whether it is the writing thread's connection.
    pub fn is_here(&self) -> bool {
        matches!(self.place, Place::Here(_))
    }

    /// Whether the connection had served before, and may therefore have died meanwhile.
    pub fn reused(&self) -> bool {
        matches!(&self.place, Place::Pool(pooled) if pooled.reused)
    }

    /// Ends the operation: commits what succeeded, rolls back what failed, and gives the connection back if it is sound.
    ///
    /// What a transaction has read is true even if its end fails: the caller does not wait for that.
    pub async fn finish<T>(self, outcome: Result<T>) -> Result<T> {
        if self.transaction && self.only_reads && outcome.is_ok() {
            let announced = self.announce();
            RUNTIME.spawn(async move {
                // Given up, it goes with its connection.
                let _ = timeout(ENDING, self.end(Ok(()))).await;
                drop(announced);
            });
            return outcome;
        }
        self.end(outcome).await
    }

    /// What an error of the work, before its transaction's end, says about the work and the connection.
    fn judged(&self, error: Error) -> Error {
        let Place::Pool(pooled) = &self.place else { return error };
        if error.code == Code::ReadOnly && error.undone && pooled.age() < READING_AGE && !pooled.seeks_writer() {
            // It was connected to a moment ago, and there is no other server to be found.
            return Error { undone: false, ..error.on(Health::Sound) };
        }
        // The server undoes a transaction whose connection is gone.
        let gone = error.connection == Health::Lost && error.code == Code::Connect;
        let undone = error.undone || self.transaction && gone;
        Error { undone, ..error }
    }

    fn announce(&self) -> Option<Announced> {
        if let Place::Pool(pooled) = &self.place { pooled.announce() } else { None }
    }

    async fn end<T>(mut self, outcome: Result<T>) -> Result<T> {
        let outcome = match outcome {
            Ok(value) if self.transaction => {
                let reads = self.only_reads || self.turn.is_some();
                let committed = self.commit().await.map_err(|error| {
                    let in_doubt = !reads && !error.undone && error.connection != Health::Sound;
                    Error { in_doubt, ..error }
                });
                committed.map(|()| value)
            }
            other => other,
        };
        let mut health = outcome.as_ref().map_or_else(|error| error.connection, |_| Health::Sound);
        if outcome.is_err()
            && health == Health::Sound
            && let Place::Pool(pooled) = &mut self.place
            && pooled.connection().has_left_names()
        {
            // With the connection goes the session, and what is in it.
            health = Health::Broken;
        }
        if self.transaction && outcome.is_err() && health == Health::Sound {
            health = self.recover("ROLLBACK").await.map_or_else(|_| Health::Broken, |()| Health::Sound);
        }
        if let Some(unlock) = self.unlock
            && health == Health::Sound
            && self.batch(unlock).await.is_err()
        {
            health = Health::Broken;
        }
        match self.place {
            Place::Pool(pooled) => pooled.release(health),
            Place::Here(held) => held.release(health),
        }
        outcome
    }
}
