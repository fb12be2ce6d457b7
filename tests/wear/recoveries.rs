//! Calls that fail by a death, a panic and a deadline in turns, each followed by one that goes well.

use std::time::Duration;

use dsm::ErrorKind;
use dsm::prelude::*;
use nix::sys::signal::{Signal, raise};

use super::figures::Run;
use super::{Worn, settle};

const WORKERS: usize = 3;
const N: usize = 240;
/// What the calls that wait for their deadline are given.
const SHORT: Duration = Duration::from_millis(3);

const DIE: usize = 0;
const PANIC: usize = 1;

#[dsm::parallel(split(vector))]
fn fail(mut res: Worn, way: usize, rank: usize, held: bool) {
    res.vector.fill(3.0);
    let struck = res.team.id() == rank && way <= PANIC;
    let told = res.team.all_gather("a".repeat(5_000 * rank));
    if struck {
        let _held = held.then(|| (res.total.lock(), res.fair.lock()));
        if way == DIE {
            let _ = raise(Signal::SIGKILL);
        }
        panic!("as asked, among {}", told.len());
    }
    loop {
        res.team.barrier();
    }
}

#[dsm::parallel(split(vector))]
fn work(mut res: Worn) -> f64 {
    *res.total.lock() += 1;
    *res.fair.lock() += 1;
    res.vector.fill(1.0);
    res.team.sum(res.vector.sum())
}

/// So many recoveries, told one by one.
pub(crate) fn run(recoveries: usize, mut told: impl FnMut()) -> Run {
    let mut cluster = Cluster::with_workers(WORKERS, Worn { n: N }).expect("a cluster");
    Run::watch(recoveries, |recoveries| {
        for recovery in 0..recoveries {
            let (way, rank) = (recovery % 3, recovery / 3 % WORKERS);
            let kind = match way {
                DIE => ErrorKind::Died,
                PANIC => ErrorKind::Panicked,
                _ => ErrorKind::Deadline,
            };
            cluster.set_deadline((kind == ErrorKind::Deadline).then_some(SHORT));
            let error = fail(&mut cluster, way, rank, recovery % 2 == 0).expect_err("a call that fails");
            assert_eq!(error.kind(), kind, "{error}");
            cluster.set_deadline(None);
            cluster.total.set(0);
            cluster.fair.set(0);
            assert_eq!(work(&mut cluster).expect("a call that goes well"), [N as f64; WORKERS]);
            assert_eq!((cluster.total.get(), cluster.fair.get()), (WORKERS as u64, WORKERS as u64));
            told();
        }
        settle(&mut cluster).expect("a call that goes well")
    })
}
