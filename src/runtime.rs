//! The threads that wait for databases.

use std::sync::LazyLock;
use std::thread;

use tokio::runtime::{Builder, Runtime};

/// One runtime for the process, started by the first operation, so that merely loading the package (as `next build`
/// does) starts no thread.
///
/// It is ours rather than napi's because napi shuts its runtime down with the last JavaScript environment, and pooled
/// connections would die with it: a worker thread that ends would break the next one.
pub static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("rust-auth-adapter")
        .enable_all()
        .build()
        .unwrap_or_else(|error| panic!("cannot start the runtime's threads: {error}"))
});

/// Whether it makes sense to look out for what another thread does: on one core, that would keep it from doing it.
pub static HAS_CORES: LazyLock<bool> =
    LazyLock::new(|| thread::available_parallelism().is_ok_and(|cores| cores.get() > 1));
