//! The readers of this thread: one for each client, however many adapters use it.

use std::cell::RefCell;
use std::rc::{Rc, Weak};
use std::sync;
use std::sync::Arc;

use crate::client::client::Client;
use crate::driver::sqlite::reader::Reader;

/// `None` where the client's database cannot be read on the calling thread.
pub type Shared = Rc<RefCell<Option<Reader>>>;

/// Whose it is, and the reader for as long as a handle holds it.
type Entry = (sync::Weak<Client>, Weak<RefCell<Option<Reader>>>);

thread_local! {
    static READERS: RefCell<Vec<Entry>> = const { RefCell::new(Vec::new()) };
}

/// The reader of `client`, opened for the first adapter that asks and closed with the last that holds it.
pub fn of(client: &Arc<Client>) -> Shared {
    READERS.with_borrow_mut(|readers| {
        readers.retain(|(_, reader)| reader.strong_count() > 0);
        let known = readers.iter().find(|(owner, _)| std::ptr::eq(owner.as_ptr(), Arc::as_ptr(client)));
        if let Some(reader) = known.and_then(|(_, reader)| reader.upgrade()) {
            return reader;
        }
        let reader = Rc::new(RefCell::new(client.database.readable_file().and_then(Reader::open)));
        readers.push((Arc::downgrade(client), Rc::downgrade(&reader)));
        reader
    })
}
