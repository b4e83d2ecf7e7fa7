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
}

/// Who serves a call, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Route {
    /// The calling thread reads the file; what it cannot answer at once goes to the pool. In a crowd, look-ups that
    /// `share` wait for the event loop's next turn, and cross together.
    CallingThread { share: bool },
    /// Look-ups that wait at the same time share a query.
    Batched,
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
            (Access { reads: true, shares: true, .. }, Capabilities { batches: true, .. }) => Route::Batched,
            (Access { reads: false, brief: true, .. }, Capabilities { writer: true, .. }) => Route::WriterThread,
            _ => Route::Pool,
        }
    }

    /// The name by which JavaScript knows the ways that it has a part in.
    pub const fn name(self) -> &'static str {
        match self {
            Route::CallingThread { share: true } => "calling-thread",
            Route::Batched => "batched",
            Route::CallingThread { share: false } | Route::WriterThread | Route::Pool | Route::Transaction => "alone",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOOK_UP: Access = Access { reads: true, shares: true, brief: false };
    const LIST: Access = Access { reads: true, shares: false, brief: false };
    const WRITE: Access = Access { reads: false, shares: false, brief: true };
    const SWEEP: Access = Access { reads: false, shares: false, brief: false };

    #[test]
    fn ways() {
        let server = Capabilities { file: false, writer: false, batches: true };
        let file = Capabilities { file: true, writer: true, batches: false };
        let read_only = Capabilities { writer: false, ..file };
        let memory = Capabilities { file: false, writer: false, batches: false };
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
}
