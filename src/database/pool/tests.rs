use tokio::time::{Instant, sleep};
use uuid::Uuid;

use crate::database::pool::*;
use crate::database::pool_options::PoolOptions;
use crate::database::runtime::RUNTIME;

fn pool(idle_timeout: Option<Duration>) -> Pool {
    let file = std::env::temp_dir().join(format!("pool-{}.db", Uuid::new_v4()));
    let target = crate::url::parse(&format!("sqlite:{}", file.display())).unwrap().target;
    let options = PoolOptions { max: Some(3), ..PoolOptions::default() };
    Pool::new(target.clone(), Limits { idle_timeout, ..Limits::new(&options, &target, false) }).unwrap()
}

/// Opens `count` connections and gives them back.
async fn used(pool: &Pool, count: usize) {
    let mut lent = Vec::new();
    for _ in 0..count {
        lent.push(pool.acquire().await.unwrap());
    }
    lent.into_iter().for_each(|each| each.release(Health::Sound));
    assert_eq!(pool.inner.status().size, count);
}

async fn eventually(what: impl Fn() -> bool) {
    let begin = Instant::now();
    while !what() {
        assert!(begin.elapsed() < Duration::from_secs(10), "it does not come to be");
        sleep(Duration::from_millis(10)).await;
    }
}

#[test]
fn idle_connections_leave_by_themselves() {
    RUNTIME.block_on(async {
        let pool = pool(Some(Duration::from_millis(300)));
        used(&pool, 3).await;
        let kept = pool.acquire().await.unwrap();
        eventually(|| pool.inner.status().size == 1).await;
        kept.release(Health::Sound);
        eventually(|| pool.inner.status().size == 0).await;
    });
}

#[test]
fn a_pool_that_opened_nothing_or_keeps_everything_has_no_reaper() {
    RUNTIME.block_on(async {
        assert!(pool(Some(Duration::from_millis(300))).reaper.get().is_none());
        let forever = pool(None);
        used(&forever, 1).await;
        assert!(forever.reaper.get().is_none());
    });
}

#[test]
fn the_reaper_ends_with_the_last_clone_of_the_pool_or_once_that_is_closed() {
    RUNTIME.block_on(async {
        let dropped = pool(Some(Duration::from_secs(3600)));
        used(&dropped, 1).await;
        let reaper = dropped.reaper.get().unwrap().0.clone();
        drop(dropped.clone());
        sleep(Duration::from_millis(50)).await;
        assert!(!reaper.is_finished());
        drop(dropped);
        eventually(|| reaper.is_finished()).await;

        let closed = pool(Some(Duration::from_millis(200)));
        used(&closed, 1).await;
        closed.close().await;
        let reaper = closed.reaper.get().unwrap().0.clone();
        eventually(|| reaper.is_finished()).await;
    });
}

#[test]
fn connections_that_are_on_loan_when_another_is_lost_do_not_serve_again() {
    RUNTIME.block_on(async {
        let pool = pool(None);
        used(&pool, 3).await;
        let (lost, lent) = (pool.acquire().await.unwrap(), pool.acquire().await.unwrap());
        lost.release(Health::Lost);
        lent.release(Health::Sound);
        let fresh = pool.acquire().await.unwrap();
        assert!(!fresh.reused, "neither the idle one nor the one that came back");
        fresh.release(Health::Sound);
        assert!(pool.acquire().await.unwrap().reused, "opened since");
    });
}

#[test]
fn a_connection_that_is_as_old_as_a_lost_one_says_nothing_of_newer_ones() {
    RUNTIME.block_on(async {
        let pool = pool(None);
        used(&pool, 2).await;
        let (first, second) = (pool.acquire().await.unwrap(), pool.acquire().await.unwrap());
        first.release(Health::Lost);
        let newer = pool.acquire().await.unwrap();
        second.release(Health::Lost);
        newer.release(Health::Sound);
        assert!(pool.acquire().await.unwrap().reused);
    });
}
