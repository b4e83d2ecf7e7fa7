//! The connection of the writer thread, which only that thread has.

use std::cell::RefCell;

use crate::driver::sqlite::writer::Writer;

thread_local! {
    /// The connection of the thread that writes. A thread serves one database.
    static WRITER: RefCell<Option<Writer>> = const { RefCell::new(None) };
}

/// Gives this thread a writer, or takes it away.
pub fn set(writer: Option<Writer>) {
    WRITER.set(writer);
}

/// What `work` makes of the writing thread's connection; `None` on any other thread.
pub fn here<T>(work: impl FnOnce(&mut Writer) -> T) -> Option<T> {
    WRITER.with_borrow_mut(|writer| writer.as_mut().map(work))
}

/// Whether this is a thread that writes.
pub fn is_here() -> bool {
    WRITER.with_borrow(Option::is_some)
}
