//! Clusters of all sizes, made and dropped: uncalled, called, failed, and by unwinding.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use dsm::prelude::*;
use nix::sys::signal::{Signal, raise};

use super::Worn;
use super::figures::Run;

#[dsm::parallel(split(vector))]
fn fill(mut res: Worn) -> usize {
    res.vector.fill(1.0);
    *res.total.lock() += 1;
    res.team.sum(res.vector.len())
}

#[dsm::parallel]
fn fail(res: Worn, deadly: bool) {
    let _held = res.bins[res.team.id() % 8].lock();
    if res.team.id() + 1 == res.team.size() {
        if deadly {
            let _ = raise(Signal::SIGKILL);
        }
        panic!("as asked");
    }
}

/// One cluster, from its making to its end.
fn live(cluster: usize) {
    let workers = cluster % 4 + 1;
    let n = cluster % 7 * 1000;
    let mut made = Cluster::with_workers(workers, Worn { n }).expect("a cluster");
    match cluster / 4 % 6 {
        0 => {}
        1 => made.vector.fill(2.0),
        2 => assert_eq!(fill(&mut made).expect("a call that goes well"), vec![n; workers]),
        3 => assert!(fail(&mut made, false).is_err()),
        4 => {
            assert!(fail(&mut made, true).is_err());
            made.bins.clear_poison();
            assert_eq!(fill(&mut made).expect("a call that goes well"), vec![n; workers]);
        }
        _ => {
            let unwound = catch_unwind(AssertUnwindSafe(move || {
                let _made = made;
                resume_unwind(Box::new("on"));
            }));
            assert!(unwound.is_err());
        }
    }
}

/// So many clusters, told one by one.
pub(crate) fn run(clusters: usize, mut told: impl FnMut()) -> Run {
    Run::watch(clusters, |clusters| {
        for cluster in 0..clusters {
            live(cluster);
            told();
        }
        Vec::new()
    })
}
