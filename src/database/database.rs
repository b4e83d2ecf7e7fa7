//! One database in use: its pool, and what was learnt about it on first contact.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::{Mutex, MutexGuard, OnceCell};

use crate::authjs::mapping::Mapping;
use crate::authjs::operation::{OPERATIONS, Operation};
use crate::client::known::Known;
use crate::client::options::Options;
use crate::database::pool::{Limits, Pool};
use crate::database::queue::{Inbox, Queue, UNASKED};
use crate::database::writer_thread::Writing;
use crate::dialect::Dialect;
use crate::driver::target::Target;
use crate::engine::plan::Plans;
use crate::error::{Code, Error, Result};
use crate::url::Address;

#[derive(Debug)]
pub struct Store {
    pub address: Address,
    pub migrate: bool,
    pub mapping: Mapping,
    pub pool: Pool,
    /// The file that may be used without the pool.
    pub file: Option<PathBuf>,
    /// What the Auth.js engine knows of the tables.
    pub known: Known,
    /// By operation number, for look-ups that share queries.
    pub queues: [Option<Arc<Queue>>; OPERATIONS.len()],
    /// How many adapters share this store.
    pub adapters: AtomicUsize,
    /// How often to sweep, if at all.
    pub prune: Option<Duration>,
    /// Held by each step of a sweep, which only `close` waits for.
    pub sweeping: Mutex<()>,
    /// The environments that want to hear of what fails without having been called for.
    pub attending: std::sync::Mutex<Vec<Attendant>>,
    /// SQLite lets one writer in at a time. Ours queue here, first come first served, instead of polling its lock.
    pub turn: Arc<Mutex<()>>,
    /// Where the database is a file that a thread of ours may write to.
    pub writing: Option<Arc<Writing>>,
    pub dialect: OnceCell<Dialect>,
    /// Whether another copy of SQLite has been warned of.
    pub warned: AtomicBool,
    /// What the record engine knows of the tables.
    pub plans: Plans,
}

#[derive(Clone)]
pub struct Attendant(Weak<dyn Inbox>);

impl std::fmt::Debug for Attendant {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Attendant")
    }
}

impl Store {
    /// Prepares everything and opens nothing.
    pub fn new(address: Address, options: Options) -> Result<Arc<Self>> {
        if options.migrate && options.mapping.names_tables() {
            return Err(Error::config(
                "the option migrate creates our own tables: it does not go with tables or columns",
            ));
        }
        let limits = Limits::new(&options.pool.or(address.pool.clone()), &address.target, address.in_memory);
        let address = match options.transaction_pooler {
            Some(pooled) => address.behind_transaction_pooler(pooled),
            None => address,
        };
        let mapping = options.mapping;
        let mut address = address.in_zone(mapping.zone);
        address.schema = mapping.schema.clone().or(address.schema);
        if let Target::Sqlite(file) = &mut address.target {
            file.journal_mode = options.journal_mode;
        }
        let pool = Pool::new(address.target.clone(), limits)?;
        let shares = !matches!(address.target, Target::Sqlite(_));
        let sync = options.sync_reads.unwrap_or(true) && !address.in_memory;
        let file = match &address.target {
            Target::Sqlite(options) if sync => Some(options.path.clone()),
            _ => None,
        };
        let writing = file.clone().filter(|_| !address.read_only).map(Writing::new);
        Ok(Arc::new(Self {
            address,
            migrate: options.migrate,
            mapping,
            pool,
            file,
            known: Known::default(),
            queues: OPERATIONS.each_ref().map(|operation| (shares && operation.shares_queries()).then(Arc::default)),
            adapters: AtomicUsize::new(0),
            prune: options.prune,
            sweeping: Mutex::new(()),
            attending: std::sync::Mutex::default(),
            turn: Arc::default(),
            writing,
            dialect: OnceCell::new(),
            warned: AtomicBool::new(false),
            plans: Plans::default(),
        }))
    }

    /// The queue of the look-ups that share queries with those of `operation`.
    pub fn queue(&self, operation: &Operation) -> Option<&Arc<Queue>> {
        self.queues[operation.number()].as_ref()
    }

    /// How many shared queries may be under way for one operation.
    pub fn lookups_at_once(&self) -> usize {
        self.pool.limits.max
    }

    pub fn acquire_timeout(&self) -> Duration {
        self.pool.limits.acquire_timeout
    }

    /// The file that look-ups may read directly, on the thread that asks.
    pub fn readable_file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// The thread that writes, where there is one. Before the first contact the file may not be there, or not be in WAL
    /// mode yet.
    pub fn writing(&self) -> Option<&Arc<Writing>> {
        let is_known = self.known.is_there() || self.dialect.initialized();
        self.writing.as_ref().filter(|_| is_known)
    }

    /// One more adapter uses this store.
    pub fn adopt(&self) {
        self.adapters.fetch_add(1, Ordering::Relaxed);
    }

    /// One adapter less. Whether it was the last.
    pub fn abandon(&self) -> bool {
        self.adapters.fetch_sub(1, Ordering::Relaxed) == 1
    }

    pub fn operation_timeout(&self) -> Duration {
        self.pool.limits.operation_timeout
    }

    pub async fn close(&self) {
        if let Some(writing) = &self.writing {
            writing.close().await;
        }
        self.stop_looking().await;
        self.pool.close().await;
        drop(self.sweeping.lock().await);
    }

    /// For one step of a sweep.
    pub async fn sweeping(&self) -> MutexGuard<'_, ()> {
        self.sweeping.lock().await
    }

    pub fn attend(&self, inbox: Weak<dyn Inbox>) {
        let mut attending = self.attending.lock().unwrap_or_else(PoisonError::into_inner);
        attending.retain(|attendant| attendant.0.strong_count() > 0 && !attendant.0.ptr_eq(&inbox));
        attending.push(Attendant(inbox));
    }

    /// Tells an error that is no call's to one of those who attend.
    pub fn tell(&self, error: &Error) {
        let attending = self.attending.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(inbox) = attending.iter().find_map(|attendant| attendant.0.upgrade()) {
            inbox.arrive(vec![(UNASKED, Err(error.clone()))]);
        }
    }
}

/// An operation that took longer than it may.
pub fn too_slow(limit: Duration) -> Error {
    Error::new(Code::Timeout, format!("the operation took longer than {} ms", limit.as_millis()))
}
