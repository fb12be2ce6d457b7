//! What memory workers see: their own statics live on between calls; the driver's is that of the fork.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};

use dsm::prelude::*;

use crate::support::{needs_processes, role};
use crate::teams;

dsm::shared! {
    struct Plain(n: usize) { x: [u64; n] }
}

static COUNTER: AtomicU64 = AtomicU64::new(0);

thread_local! {
    static CALLS: Cell<u64> = const { Cell::new(0) };
}

#[dsm::parallel]
fn count(_res: Plain) -> (u64, u64, u32) {
    CALLS.set(CALLS.get() + 1);
    (COUNTER.fetch_add(1, Ordering::Relaxed), CALLS.get(), std::process::id())
}

#[dsm::test]
fn statics_and_thread_locals_live_on_between_calls_in_each_worker() -> dsm::Result<()> {
    needs_processes("each worker has a static of its own");
    for workers in teams([1, 2, 4]) {
        COUNTER.store(0, Ordering::Relaxed);
        let mut cluster = Cluster::with_workers(workers, Plain { n: 0 })?;
        let mut processes = Vec::new();
        for call in 0..10 {
            let counts = count(&mut cluster)?;
            assert!(counts.iter().all(|(before, calls, _)| (*before, *calls) == (call, call + 1)));
            processes.push(counts.into_iter().map(|(.., process)| process).collect::<Vec<_>>());
        }
        processes.dedup();
        assert_eq!(processes.len(), 1, "the same workers serve all calls");
        processes[0].sort_unstable();
        processes[0].dedup();
        assert!(processes[0].len() == workers && !processes[0].contains(&std::process::id()));
        assert_eq!((COUNTER.load(Ordering::Relaxed), CALLS.get()), (0, 0), "the driver's own are untouched");
    }
    Ok(())
}

#[dsm::parallel]
fn look(_res: Plain) -> u64 {
    COUNTER.load(Ordering::Relaxed)
}

#[dsm::test]
fn workers_see_the_memory_of_the_fork_until_a_restart() -> dsm::Result<()> {
    needs_processes("workers have the memory of the fork");
    for workers in teams([1, 2, 4]) {
        let mut cluster = Cluster::with_workers(workers, Plain { n: 0 })?;
        COUNTER.store(10, Ordering::Relaxed);
        assert_eq!(look(&mut cluster)?, vec![10; workers], "forked at the first call");
        COUNTER.store(11, Ordering::Relaxed);
        assert_eq!(look(&mut cluster)?, vec![10; workers]);
        cluster.restart()?;
        COUNTER.store(12, Ordering::Relaxed);
        assert_eq!(look(&mut cluster)?, vec![11; workers]);
        let mut early = Cluster::with_workers(workers, Plain { n: 0 })?;
        early.start()?;
        COUNTER.store(13, Ordering::Relaxed);
        early.start()?;
        assert_eq!(look(&mut early)?, vec![12; workers], "forked by `start`, which does nothing a second time");
    }
    Ok(())
}

#[dsm::parallel(split(x))]
fn raise(mut res: Plain) {
    *res.x += 1;
}

#[dsm::test]
fn arrays_keep_their_contents_over_a_restart() -> dsm::Result<()> {
    for workers in teams([1, 2, 4]) {
        let mut cluster = Cluster::with_workers(workers, Plain { n: 1000 })?;
        for round in 1..=5 {
            raise(&mut cluster)?;
            cluster.restart()?;
            assert!(cluster.x.iter().all(|&x| x == round));
        }
    }
    Ok(())
}

#[dsm::test]
fn first_touch_changes_nothing() -> dsm::Result<()> {
    for workers in teams([1, 2, 4, 8]) {
        for n in [0, 1, 1_000_000] {
            let mut cluster = Cluster::builder(Plain { n }).workers(workers).first_touch().build()?;
            assert!(cluster.x.iter().all(|&x| x == 0));
            cluster.x.fill(3);
            cluster.first_touch()?;
            assert!(cluster.x.iter().all(|&x| x == 3));
            raise(&mut cluster)?;
            assert!(cluster.x.iter().all(|&x| x == 4));
        }
    }
    Ok(())
}

#[dsm::parallel]
fn print(res: Plain) {
    println!("rank {} speaks", res.team.id());
}

#[dsm::test]
fn what_a_worker_prints_comes_out_once_before_the_call_returns() -> dsm::Result<()> {
    if role().is_some() {
        let mut cluster = Cluster::with_workers(2, Plain { n: 0 })?;
        print!("before ");
        print(&mut cluster)?;
        println!("after");
        return Ok(());
    }
    teams([2]);
    let output = again!(what_a_worker_prints_comes_out_once_before_the_call_returns, "printer").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!((lines.len(), lines.last()), (3, Some(&"after")), "{text}");
    assert!(text.starts_with("before ") && text.matches("before").count() == 1, "{text}");
    assert!(text.contains("rank 0 speaks") && text.contains("rank 1 speaks"), "{text}");
    Ok(())
}
