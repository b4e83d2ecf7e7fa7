//! How a call is served: the one table of ways, read once for each form of call.

/// What a call needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Access {
    /// It changes nothing.
    pub reads: bool,
    /// It is a look-up by one text, of which several callers' may share a query.
    pub shares: bool,
    /// It is a write in one go, of what a key picks: no caller waits for long behind it.
    pub brief: bool,
    /// Which replicas may answer it.
    pub replicas: Replicas,
}

/// What replicas answer, from the least on: of a call, whether they may; of a database, whether it has any that do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Replicas {
    #[default]
    Never,
    /// Look-ups of what stays as it is for long: users, accounts and authenticators.
    Lasting,
    /// Look-ups of sessions, too.
    Sessions,
}

/// What a database can.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capabilities {
    /// Its file is in reach of the calling thread.
    pub file: bool,
    /// A thread of ours writes to that file.
    pub writer: bool,
    /// One query answers several look-ups faster than as many queries do.
    pub batches: bool,
    /// What its replicas answer.
    pub replicas: Replicas,
}

/// Who serves a call, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Route {
    /// The calling thread reads the file; what it cannot answer at once goes to the pool. In a crowd, look-ups that
    /// `share` wait for the event loop's next turn, and cross together.
    CallingThread { share: bool },
    /// Look-ups that wait at the same time share a query.
    Batched,
    /// A replica, as long as it is known to be fresh enough, and else the server that writes. Look-ups that `share` wait at the
    /// same time for one query.
    Replica { share: bool },
    /// The writer thread. A lone caller waits for it on the spot.
    WriterThread,
    /// A connection of the pool.
    Pool,
    /// The connection of the caller's transaction, which is the writer thread's where there is one.
    Transaction,
}

impl Route {
    pub const fn of(access: Access, can: Capabilities) -> Self {
        match (access, can) {
            (Access { reads: true, shares, .. }, Capabilities { file: true, .. }) => {
                Route::CallingThread { share: shares }
            }
            (Access { reads: true, shares, replicas, .. }, Capabilities { batches, replicas: has, .. })
                if !matches!(replicas, Replicas::Never) && replicas as u8 <= has as u8 =>
            {
                Route::Replica { share: shares && batches }
            }
            (Access { reads: true, shares: true, .. }, Capabilities { batches: true, .. }) => Route::Batched,
            (Access { reads: false, brief: true, .. }, Capabilities { writer: true, .. }) => Route::WriterThread,
            _ => Route::Pool,
        }
    }

    /// Who serves calls, as they are counted.
    pub const SERVERS: &'static [&'static str] =
        &["callingThread", "batched", "replica", "writerThread", "pool", "transaction"];

    /// The place of the one that serves this way among [`Route::SERVERS`].
    pub const fn server(self) -> usize {
        match self {
            Route::CallingThread { .. } => 0,
            Route::Batched => 1,
            Route::Replica { .. } => 2,
            Route::WriterThread => 3,
            Route::Pool => 4,
            Route::Transaction => 5,
        }
    }

    /// The name by which JavaScript knows the ways that it has a part in.
    pub const fn name(self) -> &'static str {
        match self {
            Route::CallingThread { share: true } => "calling-thread",
            Route::Batched | Route::Replica { share: true } => "batched",
            Route::CallingThread { share: false }
            | Route::Replica { share: false }
            | Route::WriterThread
            | Route::Pool
            | Route::Transaction => "alone",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SWEEP: Access = Access { reads: false, shares: false, brief: false, replicas: Replicas::Never };
    const LOOK_UP: Access = Access { reads: true, shares: true, ..SWEEP };
    const LIST: Access = Access { reads: true, ..SWEEP };
    const WRITE: Access = Access { brief: true, ..SWEEP };

    #[test]
    fn ways() {
        let server = Capabilities { file: false, writer: false, batches: true, replicas: Replicas::Never };
        let file = Capabilities { file: true, writer: true, batches: false, ..server };
        let read_only = Capabilities { writer: false, ..file };
        let memory = Capabilities { batches: false, ..server };
        for (can, ways) in [
            (server, [Route::Batched, Route::Pool, Route::Pool, Route::Pool]),
            (
                file,
                [
                    Route::CallingThread { share: true },
                    Route::CallingThread { share: false },
                    Route::WriterThread,
                    Route::Pool,
                ],
            ),
            (
                read_only,
                [Route::CallingThread { share: true }, Route::CallingThread { share: false }, Route::Pool, Route::Pool],
            ),
            (memory, [Route::Pool; 4]),
        ] {
            assert_eq!([LOOK_UP, LIST, WRITE, SWEEP].map(|access| Route::of(access, can)), ways, "{can:?}");
        }
    }

    #[test]
    fn ways_to_replicas() {
        use Replicas::{Lasting, Never, Sessions};
        let server = |replicas| Capabilities { file: false, writer: false, batches: true, replicas };
        let ways = |access: Access, may| {
            [Never, Lasting, Sessions].map(|has| Route::of(Access { replicas: may, ..access }, server(has)))
        };
        let (shared, alone) = (Route::Replica { share: true }, Route::Replica { share: false });
        assert_eq!(ways(LOOK_UP, Never), [Route::Batched; 3]);
        assert_eq!(ways(LOOK_UP, Lasting), [Route::Batched, shared, shared]);
        assert_eq!(ways(LOOK_UP, Sessions), [Route::Batched, Route::Batched, shared]);
        assert_eq!(ways(LIST, Lasting), [Route::Pool, alone, alone]);
        assert_eq!(ways(LIST, Sessions), [Route::Pool, Route::Pool, alone]);
        assert_eq!(ways(WRITE, Sessions), [Route::Pool; 3]);
    }
}
