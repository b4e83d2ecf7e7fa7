//! One client for each URL and set of options in a process, however often the factory is called: on each hot reload, on
//! each request with a lazy configuration, and once per module graph of a bundler.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError, Weak};

use crate::client::client::Client;
use crate::client::options::Options;
use crate::error::Result;
use crate::url;

/// Holds credentials: never to be shown.
type Key = (String, Options);

/// Weak, so that a client whose last adapter has been collected closes its connections.
static CLIENTS: LazyLock<Mutex<HashMap<Key, Weak<Client>>>> = LazyLock::new(Mutex::default);

pub fn open(address: &str, options: Options) -> Result<Arc<Client>> {
    let key = (address.to_owned(), options);
    let mut clients = CLIENTS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(client) = clients.get(&key).and_then(Weak::upgrade) {
        client.adopt();
        return Ok(client);
    }
    clients.retain(|_, client| client.strong_count() > 0);
    let client = Client::new(url::parse(address)?, key.1.clone())?;
    client.adopt();
    clients.insert(key, Arc::downgrade(&client));
    Ok(client)
}

/// Gives back what [`open`] gave. Whether it was the last adapter's, so that the client is not given out any more and can
/// be closed.
pub fn release(client: &Arc<Client>) -> bool {
    let mut clients = CLIENTS.lock().unwrap_or_else(PoisonError::into_inner);
    let last = client.abandon();
    if last {
        clients.retain(|_, known| !std::ptr::eq(known.as_ptr(), Arc::as_ptr(client)));
    }
    last
}
