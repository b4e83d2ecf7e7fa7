//! The replicas of one client: which of them answers a look-up, and what this process has written meanwhile.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::join_all;

use crate::authjs::operation::{Action, Operation};
use crate::client::options::{self, Options};
use crate::client::own_writes::OwnWrites;
use crate::client::replica::Replica;
use crate::database::connector::Limits;
use crate::database::database::{Database, Settings};
use crate::database::route;
use crate::driver::hosts::Hosts;
use crate::driver::target::Target;
use crate::error::{Error, Result};
use crate::url;
use crate::value::{Fields, Records};

/// A replica has this part of a call's time, and no more than the longest, before the server that writes is asked.
const PART: u32 = 10;
const LONGEST_PART: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub struct Replicas {
    all: Vec<Arc<Replica>>,
    pub staleness: Duration,
    /// What they may answer.
    pub answer: route::Replicas,
    pub writes: OwnWrites,
    /// Whose turn it is.
    turn: AtomicUsize,
}

impl Replicas {
    /// Those that the caller has named. `None` if there are none.
    pub fn new(primary: &Target, options: &Options) -> Result<Option<Self>> {
        let options::Replicas { urls, staleness, sessions } = &options.replicas;
        let Some(staleness) = *staleness else { return Ok(None) };
        if urls.is_empty() {
            return Ok(None);
        }
        if primary.file().is_some() {
            return Err(Error::config("the option replicas is for servers: a SQLite database has none"));
        }
        let all = urls.iter().map(|url| Self::open(primary, options, url.expose()));
        Ok(Some(Self {
            all: all.collect::<Result<_>>()?,
            staleness,
            answer: if *sessions { route::Replicas::Sessions } else { route::Replicas::Lasting },
            writes: OwnWrites::default(),
            turn: AtomicUsize::new(0),
        }))
    }

    fn open(primary: &Target, options: &Options, address: &str) -> Result<Arc<Replica>> {
        let address = url::parse(address).map_err(|error| {
            let message = format!("option replicas: {}", error.message);
            Error { message: message.into(), ..error }
        })?;
        if std::mem::discriminant(primary) != std::mem::discriminant(&address.target) {
            return Err(Error::config("option replicas: a URL is of another kind of database than the adapter's own"));
        }
        if address.target.hosts().is_some_and(Hosts::are_several) {
            return Err(Error::config("option replicas: each URL names one server, and not several hosts"));
        }
        let address = options.applied_to(address);
        let limits = Limits::new(&options.pool.clone().or(address.pool.clone()), &address.target, false);
        let part = (limits.operation_timeout / PART).min(LONGEST_PART);
        let limits = Limits { operation_timeout: part, acquire_timeout: limits.acquire_timeout.min(part), ..limits };
        let database =
            Database::new(Settings { target: address.target, limits, file: None, busy_timeout: None, waits: false })?;
        Ok(Arc::new(Replica::new(database)))
    }

    /// A look-up wants a replica. Those that have to be watched for it, and are not yet.
    pub fn databases(&self) -> impl Iterator<Item = &Database> {
        self.all.iter().map(|replica| &*replica.database)
    }

    pub fn wanted(&self) -> impl Iterator<Item = &Arc<Replica>> {
        self.all.iter().filter(|replica| replica.want())
    }

    /// The next replica that is known to be fresh enough, and the number up to which it has this process's writes.
    pub fn choose(&self) -> Option<(&Arc<Replica>, u64)> {
        let first = self.turn.fetch_add(1, Ordering::Relaxed);
        let turns = (0..self.all.len()).map(|turn| &self.all[(first.wrapping_add(turn)) % self.all.len()]);
        turns.filter_map(|replica| Some((replica, replica.knows(self.staleness)?))).next()
    }

    /// A write of this process, from now until it is dropped.
    pub fn write<'a>(&'a self, operation: &Operation, fields: &Fields) -> Writing<'a> {
        let keys = self.writes.of_fields(fields).collect();
        // Of a pruning, each step says whether it has deleted something.
        let all = operation.action == Action::DeleteUser;
        let writing = Writing { replicas: self, keys, all };
        writing.note();
        writing
    }

    /// Up to which number all that answer have the writes.
    fn all_know(&self) -> u64 {
        self.all.iter().filter_map(|replica| replica.knows(self.staleness)).min().unwrap_or_default()
    }

    pub async fn close(&self) {
        join_all(self.all.iter().map(|replica| replica.database.close())).await;
    }
}

/// A write under way. However it ends, replicas may not have it yet by then.
pub struct Writing<'a> {
    replicas: &'a Replicas,
    keys: Vec<u64>,
    /// Whether other rows go with those that the keys tell of.
    all: bool,
}

impl Writing<'_> {
    /// What it has written, or deleted.
    pub fn done(&mut self, records: &Records) {
        self.keys.extend(self.replicas.writes.of_records(records));
    }

    fn note(&self) {
        if self.all {
            self.replicas.writes.note_all();
        } else {
            self.replicas.writes.note(&self.keys, || self.replicas.all_know());
        }
    }
}

impl Drop for Writing<'_> {
    fn drop(&mut self) {
        self.note();
    }
}
