//! The readers of this thread: one for each store, however many adapters use it.

use std::cell::RefCell;
use std::rc::{Rc, Weak};
use std::sync;
use std::sync::Arc;

use crate::database::database::Store;
use crate::dialect::reader::Reader;

/// `None` where the store's database cannot be read on the calling thread.
pub type Shared = Rc<RefCell<Option<Reader>>>;

/// Whose it is, and the reader for as long as a handle holds it.
type Entry = (sync::Weak<Store>, Weak<RefCell<Option<Reader>>>);

thread_local! {
    static READERS: RefCell<Vec<Entry>> = const { RefCell::new(Vec::new()) };
}

/// The reader of `store`, opened for the first who asks and closed with the last who holds it.
pub fn of(store: &Arc<Store>) -> Shared {
    READERS.with_borrow_mut(|readers| {
        readers.retain(|(_, reader)| reader.strong_count() > 0);
        let known = readers.iter().find(|(owner, _)| std::ptr::eq(owner.as_ptr(), Arc::as_ptr(store)));
        if let Some(reader) = known.and_then(|(_, reader)| reader.upgrade()) {
            return reader;
        }
        let reader = Rc::new(RefCell::new(store.readable_file().and_then(Reader::open)));
        readers.push((Arc::downgrade(store), Rc::downgrade(&reader)));
        reader
    })
}
