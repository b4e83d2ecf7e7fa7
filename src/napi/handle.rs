//! What an adapter object in JavaScript holds on to.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use napi::bindgen_prelude::Object;
use tokio::sync::mpsc;
use tokio::sync::mpsc::{Receiver, Sender};

use crate::client::client::Client;
use crate::client::counts::Counts;
use crate::client::options::Options;
use crate::client::registry;
use crate::client::stats::of_calls;
use crate::database::route::{Access, Capabilities, Route};
use crate::database::runtime::RUNTIME;
use crate::driver::sqlite::reader::Reader;
use crate::engine::transaction::Transaction;
use crate::error::{Code, Error, Result};
use crate::js::readers;
use crate::url;

/// One adapter's hold on a client that it may share with others.
#[derive(Debug)]
pub struct Handle {
    open: Mutex<Option<Open>>,
    /// Not set as long as the URL cannot be used.
    capabilities: OnceLock<Capabilities>,
    /// Those of the client, once it is open.
    counts: OnceLock<Arc<Counts>>,
    /// Of calls before that, which fail.
    failed: Arc<Counts>,
}

#[derive(Debug)]
struct Open {
    /// `Err` if the URL cannot be used, which each operation then reports.
    client: Result<Arc<Client>>,
    /// What it is opened with, if that has failed: a file may be there by the next call.
    again: Option<(String, Options)>,
    /// For look-ups that need not wait. `None` until the first contact has been made.
    reader: Option<readers::Shared>,
    /// Each operation under way holds a sender, and nothing is ever sent: when the last is gone, all have ended.
    running: Sender<()>,
    ended: Receiver<()>,
}

impl Open {
    /// Opens the client, if that has not been done yet.
    fn attempt(&mut self, capabilities: &OnceLock<Capabilities>, counts: &OnceLock<Arc<Counts>>) {
        let Some((address, options)) = &self.again else { return };
        self.client = registry::open(address, options.clone());
        if let Ok(client) = &self.client {
            let _ = capabilities.set(client.capabilities());
            let _ = counts.set(client.counts.clone());
            self.again = None;
        }
    }
}

/// A transaction under way.
#[derive(Debug, Clone)]
pub struct Begun {
    pub transaction: Arc<Transaction>,
    /// Where its end is counted.
    pub counts: Arc<Counts>,
}

impl Handle {
    pub fn begin(&self, milliseconds: u32) -> napi::Result<Begun, &'static str> {
        let failed = |error: Error| napi::Error::new(error.code.as_str(), error.message);
        let (client, _) = self.start().map_err(failed)?;
        let limit = Duration::from_millis(milliseconds.into());
        let transaction = Transaction::new(client.database.clone(), limit);
        Ok(Begun { transaction, counts: client.counts.clone() })
    }

    /// Wrong options are the programmer's and thrown at once; a wrong URL is the environment's, which during a build
    /// may not be there yet.
    pub fn open(address: Option<String>, options: &Object<'_>) -> napi::Result<Self> {
        let options = crate::js::options::read(options)?;
        let again = address.filter(|address| !address.trim().is_empty()).map(|address| (address, options));
        let (running, ended) = mpsc::channel(1);
        let mut open = Open { client: Err(url::missing()), again, reader: None, running, ended };
        let (capabilities, counts) = (OnceLock::new(), OnceLock::new());
        open.attempt(&capabilities, &counts);
        Ok(Self { open: Mutex::new(Some(open)), capabilities, counts, failed: Arc::default() })
    }

    /// The client for one operation, which keeps the sender for as long as it runs.
    pub fn enter(&self) -> Result<(Arc<Client>, Sender<()>)> {
        match &mut *self.open.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(open) => {
                open.attempt(&self.capabilities, &self.counts);
                Ok((open.client.clone()?, open.running.clone()))
            }
            None => Err(Error::new(Code::Closed, "the adapter has been closed")),
        }
    }

    /// The same, with threads that can wait.
    pub fn start(&self) -> Result<(Arc<Client>, Sender<()>)> {
        RUNTIME.start()?;
        self.enter()
    }

    /// The answer that `look` gives by a `plan`, if there is one and this thread can give an answer without waiting.
    pub fn look<P, T>(
        &self,
        plan: impl FnOnce(&Arc<Client>) -> Option<P>,
        look: impl FnOnce(P, &mut Option<Reader>) -> Option<T>,
    ) -> Option<T> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let Open { client: Ok(client), reader, .. } = open.as_mut()? else { return None };
        // First of all: before the first contact the file may not be there, or not be in WAL mode yet.
        let plan = plan(client)?;
        let reader = reader.get_or_insert_with(|| readers::of(client));
        let mut reader = reader.borrow_mut();
        client.compare_versions(reader.as_ref());
        look(plan, &mut reader)
    }

    /// How a call is served. One whose URL cannot be used goes the way of all errors.
    pub fn route(&self, access: Access) -> Route {
        self.capabilities.get().map_or(Route::Pool, |can| Route::of(access, *can))
    }

    /// Where its calls are counted.
    pub fn counts(&self) -> &Arc<Counts> {
        self.counts.get().unwrap_or(&self.failed)
    }

    /// What the adapter tells of itself, in JSON.
    pub fn stats(&self) -> Result<String> {
        match self.enter() {
            Ok((client, _)) => Ok(client.stats().to_string()),
            Err(error) if error.code == Code::Closed => Err(error),
            Err(_) => Ok(of_calls(&self.failed).to_string()),
        }
    }

    /// From now on refuses operations. The future waits for those under way and closes the client with its last adapter.
    pub fn close(&self) -> impl Future<Output = ()> + Send + use<> {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner).take();
        // The reader is let go here and now: it is this thread's.
        let open = open.map(|Open { client, running, ended, .. }| (client, running, ended));
        async move {
            let Some((client, running, mut ended)) = open else { return };
            drop(running);
            ended.recv().await;
            if let Ok(client) = client
                && registry::release(&client)
            {
                client.close().await;
            }
        }
    }
}

impl Drop for Handle {
    /// The object was collected without having been closed. Its last calls may still be under way; the client goes with
    /// its last user.
    fn drop(&mut self) {
        let open = self.open.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(Open { client: Ok(client), .. }) = open {
            client.abandon();
        }
    }
}
