//! One store for each URL and set of options in a process, however often the factory is called: on each hot reload, on
//! each request with a lazy configuration, and once per module graph of a bundler.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError, Weak};

use crate::client::options::Options;
use crate::database::database::Store;
use crate::error::Result;
use crate::url;

/// Holds credentials: never to be shown.
type Key = (String, Options);

/// Weak, so that a store whose last adapter has been collected closes its connections.
static STORES: LazyLock<Mutex<HashMap<Key, Weak<Store>>>> = LazyLock::new(Mutex::default);

pub fn open(address: &str, options: Options) -> Result<Arc<Store>> {
    let key = (address.to_owned(), options);
    let mut stores = STORES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(store) = stores.get(&key).and_then(Weak::upgrade) {
        store.adopt();
        return Ok(store);
    }
    stores.retain(|_, store| store.strong_count() > 0);
    let store = Store::new(url::parse(address)?, key.1.clone())?;
    store.adopt();
    stores.insert(key, Arc::downgrade(&store));
    Ok(store)
}

/// Gives back what [`open`] gave. Whether it was the last adapter's, so that the store is not given out any more and can
/// be closed.
pub fn release(store: &Arc<Store>) -> bool {
    let mut stores = STORES.lock().unwrap_or_else(PoisonError::into_inner);
    let last = store.abandon();
    if last {
        stores.retain(|_, known| !std::ptr::eq(known.as_ptr(), Arc::as_ptr(store)));
    }
    last
}
