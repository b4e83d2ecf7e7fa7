//! What an adapter object in JavaScript holds on to.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use napi::bindgen_prelude::Object;
use tokio::sync::mpsc;
use tokio::sync::mpsc::{Receiver, Sender};

use crate::authjs::operation::{OPERATIONS, Operation};
use crate::authjs::perform;
use crate::client::registry;
use crate::database::database::Store;
use crate::database::queue::Outcome;
use crate::database::runtime::RUNTIME;
use crate::dialect::reader::Reader;
use crate::driver::work::Scope;
use crate::engine::transaction::Transaction;
use crate::error::{Code, Error, Result};
use crate::js::readers;
use crate::url;
use crate::value::Fields;

/// One adapter's hold on a store that it may share with others.
#[derive(Debug)]
pub struct Handle(Mutex<Option<Open>>);

#[derive(Debug)]
struct Open {
    /// `Err` if the URL cannot be used, which each operation then reports.
    store: Result<Arc<Store>>,
    /// For look-ups that need not wait. `None` until the first contact has been made.
    reader: Option<readers::Shared>,
    /// Each operation under way holds a sender, and nothing is ever sent: when the last is gone, all have ended.
    running: Sender<()>,
    ended: Receiver<()>,
}

/// A transaction under way.
#[derive(Debug, Clone)]
pub struct Begun {
    pub transaction: Arc<Transaction>,
}

impl Handle {
    pub fn begin(&self, milliseconds: u32) -> napi::Result<Begun, &'static str> {
        let failed = |error: Error| napi::Error::new(error.code.as_str(), error.message);
        let (store, _) = self.start().map_err(failed)?;
        let limit = Duration::from_millis(milliseconds.into());
        Ok(Begun { transaction: Transaction::new(store, limit) })
    }

    /// Wrong options are the programmer's and thrown at once; a wrong URL is the environment's, which during a build
    /// may not be there yet.
    pub fn open(address: Option<String>, options: &Object<'_>) -> napi::Result<Self> {
        let options = crate::js::options::read(options)?;
        let store = match address.filter(|address| !address.trim().is_empty()) {
            Some(address) => registry::open(&address, options),
            None => Err(url::missing()),
        };
        let (running, ended) = mpsc::channel(1);
        Ok(Self(Mutex::new(Some(Open { store, reader: None, running, ended }))))
    }

    /// The store for one operation, which keeps the sender for as long as it runs.
    pub fn enter(&self) -> Result<(Arc<Store>, Sender<()>)> {
        match &*self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(Open { store, running, .. }) => Ok((store.clone()?, running.clone())),
            None => Err(Error::new(Code::Closed, "the adapter has been closed")),
        }
    }

    /// The same, with threads that can wait.
    pub fn start(&self) -> Result<(Arc<Store>, Sender<()>)> {
        RUNTIME.start()?;
        self.enter()
    }

    /// The answer to a look-up, if this thread can give it without waiting.
    pub fn at_once(&self, operation: &Operation, fields: &Fields) -> Option<Outcome> {
        if operation.scope() != Scope::Read {
            return None;
        }
        // A look-up that cannot match anything is answered at once on every database.
        self.look(Store::known_plan, |plan, reader| perform::at_once(&plan, reader, operation, fields))
    }

    /// The answer that `look` gives by a `plan`, if there is one and this thread can give an answer without waiting.
    pub fn look<P, T>(
        &self,
        plan: impl FnOnce(&Arc<Store>) -> Option<P>,
        look: impl FnOnce(P, &mut Option<Reader>) -> Option<T>,
    ) -> Option<T> {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Open { store: Ok(store), reader, .. } = open.as_mut()? else { return None };
        // First of all: before the first contact the file may not be there, or not be in WAL mode yet.
        let plan = plan(store)?;
        let reader = reader.get_or_insert_with(|| readers::of(store));
        let mut reader = reader.borrow_mut();
        store.compare_versions(reader.as_ref());
        look(plan, &mut reader)
    }

    /// The operations of which several look-ups may cross together.
    pub fn sharing(&self) -> Vec<u32> {
        let Ok((store, _)) = self.enter() else { return Vec::new() };
        let crosses = |operation: &Operation| {
            store.queue(operation).is_some() || store.readable_file().is_some() && operation.shares_queries()
        };
        (0..).zip(&OPERATIONS).filter(|(_, operation)| crosses(operation)).map(|(number, _)| number).collect()
    }

    /// Whether look-ups may be answered on the calling thread.
    pub fn answers_at_once(&self) -> bool {
        self.enter().is_ok_and(|(store, _)| store.readable_file().is_some())
    }

    /// From now on refuses operations. The future waits for those under way and closes the store with its last adapter.
    pub fn close(&self) -> impl Future<Output = ()> + Send + use<> {
        let open = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        // The reader is let go here and now: it is this thread's.
        let open = open.map(|Open { store, running, ended, .. }| (store, running, ended));
        async move {
            let Some((store, running, mut ended)) = open else { return };
            drop(running);
            ended.recv().await;
            if let Ok(store) = store
                && registry::release(&store)
            {
                store.close().await;
            }
        }
    }
}

impl Drop for Handle {
    /// The object was collected without having been closed. Its last calls may still be under way; the store goes with
    /// its last user.
    fn drop(&mut self) {
        let open = self.0.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(Open { store: Ok(store), .. }) = open {
            store.abandon();
        }
    }
}
