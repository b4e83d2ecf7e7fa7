//! What a call waits for before a server or a disk can answer it: a connection, or a writer's turn.
//!
//! Known within [`measured`] only, as is who watches the call. What a task of its own does is not seen here.

use std::cell::Cell;
use std::time::{Duration, Instant};

use tokio::task_local;

use crate::database::queue::Watched;

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Waits {
    pub connection: Duration,
    pub writer: Duration,
}

task_local! {
    static WAITS: Cell<Waits>;
    static WATCHED: Watched;
}

/// The call that is measured, for work that is done together with that of others.
pub fn watched() -> Option<Watched> {
    WATCHED.try_with(Watched::clone).ok()
}

/// A call has waited so long for a connection.
pub fn for_connection(waited: Duration) {
    add(Waits { connection: waited, ..Waits::default() });
}

/// A call has waited so long for those that write before it.
pub fn for_writer(waited: Duration) {
    add(Waits { writer: waited, ..Waits::default() });
}

/// A call has waited like this.
pub fn add(more: Waits) {
    // Outside of a call that is measured, there is nothing to add to.
    let _ = WAITS.try_with(|waits| {
        let Waits { connection, writer } = waits.get();
        waits.set(Waits { connection: connection + more.connection, writer: writer + more.writer });
    });
}

/// What `work` comes to, and what it has waited for. Before it begins it waits for the thread that writes, if it is to run there.
pub async fn measured<T>(
    work: impl Future<Output = T>,
    made: Instant,
    on_writer: bool,
    watched: Watched,
) -> (T, Waits) {
    let begun = made.elapsed();
    let work = async {
        if on_writer {
            for_writer(begun);
        }
        work.await
    };
    WATCHED.scope(watched, counted(work)).await
}

/// What `work` comes to, and what it has waited for.
pub async fn counted<T>(work: impl Future<Output = T>) -> (T, Waits) {
    WAITS
        .scope(Cell::default(), async {
            let output = work.await;
            (output, WAITS.with(Cell::get))
        })
        .await
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::database::queue::{CompletionQueue, Outcome};
    use crate::database::runtime::RUNTIME;

    struct Nowhere;

    impl CompletionQueue for Nowhere {
        fn complete(&self, _: Vec<(u32, Outcome)>) {}
    }

    #[test]
    fn waits_add_up_within_a_call_and_nowhere_else() {
        for_connection(Duration::from_secs(9));
        assert!(watched().is_none());
        let call = Watched { id: 7, completions: Arc::new(Nowhere) };
        let work = async {
            for_connection(Duration::from_millis(1));
            tokio::task::yield_now().await;
            for_connection(Duration::from_millis(2));
            for_writer(Duration::from_millis(4));
            watched().map(|call| call.id)
        };
        let (output, waits) = RUNTIME.block_on(measured(work, Instant::now(), false, call.clone()));
        let expected = Waits { connection: Duration::from_millis(3), writer: Duration::from_millis(4) };
        assert_eq!((output, waits), (Some(7), expected));
        let long_ago = Instant::now() - Duration::from_secs(1);
        let (_, waits) = RUNTIME.block_on(measured(async {}, long_ago, true, call));
        assert!(waits.writer >= Duration::from_secs(1));
    }
}
