//! The threads that wait for databases.

use std::ops::Deref;
use std::sync::{LazyLock, OnceLock};
use std::thread;

use tokio::runtime::{Builder, Runtime};

use crate::error::{Code, Error, Result};

/// One runtime for the process, started by the first operation, so that merely loading the package (as `next build`
/// does) starts no thread.
///
/// It is ours rather than the one of the binding to Node.js, which shuts its runtime down with the last JavaScript environment, and pooled
/// connections would die with it: a worker thread that ends would break the next one.
///
/// Its first user has called [`Threads::start`] before.
pub static RUNTIME: Threads = Threads(OnceLock::new());

/// The task of a call is made, moved and freed: of so many bytes at most. Each `async` that wraps another holds it twice.
pub const LARGEST_TASK: usize = 16 << 10;

pub struct Threads(OnceLock<Runtime>);

impl Threads {
    /// Starts them, unless they have been started. A system may have no threads left; later it may have some again.
    pub fn start(&self) -> Result<()> {
        if self.0.get().is_none() {
            // Of two that are started at the same time, one goes again.
            let _ = self.0.set(threads()?);
        }
        Ok(())
    }
}

impl Deref for Threads {
    type Target = Runtime;

    fn deref(&self) -> &Runtime {
        // Impossible: every way into the core has started them, or failed.
        self.0.get_or_init(|| threads().unwrap_or_else(|error| panic!("{error}")))
    }
}

fn threads() -> Result<Runtime> {
    let failed = |cause: String| {
        Error::new(Code::Connect, "the system gives no threads to wait for the database").because(cause)
    };
    // Tokio panics where there are none, and tells standard error, so that one is tried before.
    let probe = thread::Builder::new().spawn(|| ()).map_err(|error| failed(error.to_string()))?;
    let _ = probe.join();
    let build =
        || Builder::new_multi_thread().worker_threads(workers()).thread_name("rust-auth-adapter").enable_all().build();
    match std::panic::catch_unwind(build) {
        Ok(threads) => threads.map_err(|error| failed(error.to_string())),
        Err(panic) => Err(failed(Error::panicked(&*panic).cause.unwrap_or_default())),
    }
}

/// Waiting takes little of a thread's time. Where two would have to share a core with JavaScript, or with the server, they
/// mostly wake each other.
fn workers() -> usize {
    (*CORES / 2).clamp(1, 2)
}

static CORES: LazyLock<usize> = LazyLock::new(|| thread::available_parallelism().map_or(1, usize::from));

/// Whether it makes sense to look out for what another thread does: on one core, that would keep it from doing it.
pub static HAS_CORES: LazyLock<bool> = LazyLock::new(|| *CORES > 1);
