//! A database, what was learnt of its tables, and the plans that follow from that.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::sync::Mutex;

use crate::authjs::mapping::Mapping;
use crate::client::attendants::Attendants;
use crate::client::counts::Counts;
use crate::client::fresh::Fresh;
use crate::client::operation_plan::Known;
use crate::client::options::Options;
use crate::client::replicas::Replicas;
use crate::client::request_plans::Planned;
use crate::client::snapshot::Foreseen;
use crate::database::connector::Limits;
use crate::database::database::{Database, Settings};
use crate::database::route::Capabilities;
use crate::driver::sqlite;
use crate::error::{Error, Result};
use crate::passwords;
use crate::types::token_hash::Hashing;
use crate::url::address::Address;

#[derive(Debug)]
pub struct Client {
    pub database: Arc<Database>,
    pub(super) replicas: Option<Replicas>,
    /// The SQLite file, as it is opened.
    pub(super) file: Option<sqlite::options::Options>,
    /// The PostgreSQL schema that holds the tables.
    pub schema: Option<String>,
    pub mapping: Mapping,
    /// Whether the first call creates or upgrades our own tables.
    pub migrate: bool,
    /// How often to sweep, if at all.
    pub(super) prune: Option<Duration>,
    /// Held by each step of a sweep, for which only `close` waits.
    pub(super) sweeping: Mutex<()>,
    /// What is known of Auth.js's tables.
    pub(super) known: Known,
    /// What a snapshot says of them.
    pub(super) foreseen: Foreseen,
    /// Whether the sweep in the background has begun.
    pub(super) sweeps: AtomicBool,
    /// What is known of the tables that requests are about.
    pub(super) planned: Planned,
    /// What is stored in the place of session tokens.
    pub(super) session_tokens: Hashing,
    /// Whether another copy of SQLite has been warned of.
    pub(super) warned: AtomicBool,
    /// How passwords are hashed.
    pub(super) passwords: passwords::settings::Settings,
    /// Whether the application has this package keep them.
    pub(super) keeps_passwords: AtomicBool,
    /// What a password is compared with where there is none.
    pub(super) decoy: OnceLock<String>,
    pub(super) warned_of_pepper: AtomicBool,
    /// The users that have been made a moment ago.
    pub(super) fresh: Fresh,
    /// What is counted of its calls.
    pub counts: Arc<Counts>,
    /// How many adapters share this client.
    adapters: AtomicUsize,
    /// The environments that hear of what fails without having been called for.
    pub attendants: Attendants,
}

impl Client {
    /// Prepares everything and opens nothing.
    pub fn new(address: Address, options: Options) -> Result<Arc<Self>> {
        if options.migrate && options.mapping.names_tables() {
            return Err(Error::config(
                "the option migrate creates our own tables: it does not go with tables or columns",
            ));
        }
        if options.migrate && options.snapshot.is_some() {
            return Err(Error::config(
                "the option migrate looks at the tables before the first call: it does not go with snapshot",
            ));
        }
        let limits = Limits::new(&options.pool.clone().or(address.pool.clone()), &address.target, address.in_memory);
        let replicas = Replicas::new(&address.target, &options)?;
        let mut address = options.applied_to(address);
        if let Some(file) = address.target.file_mut() {
            file.journal_mode = options.journal_mode;
        }
        let file = address.target.file().cloned();
        let direct = options.sync_reads.unwrap_or(true) && !address.in_memory;
        let database = Database::new(Settings {
            target: address.target,
            limits,
            file: file.as_ref().filter(|_| direct).map(|file| file.path.clone()),
            busy_timeout: file.as_ref().filter(|_| !address.read_only).map(|file| file.busy_timeout),
            waits: true,
        })?;
        Ok(Arc::new(Self {
            database,
            replicas,
            file,
            schema: options.mapping.schema.clone().or(address.schema),
            mapping: options.mapping,
            migrate: options.migrate,
            prune: options.prune,
            sweeping: Mutex::default(),
            known: Known::default(),
            foreseen: Foreseen::new(options.snapshot),
            sweeps: AtomicBool::new(false),
            planned: Planned::default(),
            session_tokens: options.session_tokens,
            warned: AtomicBool::new(false),
            passwords: options.passwords,
            keeps_passwords: AtomicBool::new(false),
            decoy: OnceLock::new(),
            warned_of_pepper: AtomicBool::new(false),
            fresh: Fresh::default(),
            counts: Arc::default(),
            adapters: AtomicUsize::new(0),
            attendants: Attendants::default(),
        }))
    }

    /// What decides how calls are served.
    pub fn capabilities(&self) -> Capabilities {
        let replicas = self.replicas.as_ref().map(|replicas| replicas.answer).unwrap_or_default();
        Capabilities { replicas, ..self.database.capabilities() }
    }

    /// One more adapter uses this client.
    pub fn adopt(&self) {
        self.adapters.fetch_add(1, Ordering::Relaxed);
    }

    /// One adapter less. Whether it was the last.
    pub fn abandon(&self) -> bool {
        self.adapters.fetch_sub(1, Ordering::Relaxed) == 1
    }

    pub async fn close(&self) {
        self.stop_looking().await;
        if let Some(replicas) = &self.replicas {
            replicas.close().await;
        }
        self.database.close().await;
        drop(self.sweeping.lock().await);
    }
}
