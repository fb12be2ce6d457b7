//! A program of clusters, started alone or on several ranks, each of which is then a node: `ci/mpi.sh` does the latter.
//! With `--fault kill` the agent of the last rank is killed in a call.

use dsm::prelude::*;
use dsm::{Backend, ErrorKind};
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, getppid};

dsm::shared! {
    /// What the calls work on.
    struct Work(n: usize, m: usize) { now: [f64; n, m], next: [f64; n, m], hits: [u32; n], large: [u64; m * 4096] }
}

/// Each step averages neighbours; rows go from node to node.
#[dsm::parallel(read(now), split(next), atomic(hits))]
fn relax(res: Work, steps: usize) -> f64 {
    let (mut now, mut next) = (res.now, res.next);
    for _ in 0..steps {
        let first = next.range().start;
        for (k, mut row) in next.rows_mut().into_iter().enumerate() {
            let i = first + k;
            res.hits[i].fetch_add(1);
            let (above, below) = (now.row(i.saturating_sub(1)), now.row((i + 1).min(now.nrows() - 1)));
            row.assign(&((&above + &below) / 2.0));
        }
        (now, next) = res.team.phase((next.publish(), now.reclaim()));
    }
    res.team.sum(next.sum())
}

/// Every worker's block, larger than one message of MPI's eager kind, then all of it.
#[dsm::parallel(split(large))]
fn fill(mut res: Work) -> u64 {
    for (k, i) in res.large.range().enumerate() {
        res.large[k] = i as u64;
    }
    res.team.phase(res.large.publish()).sum()
}

#[dsm::parallel]
fn fail(res: Work, who: usize, how: &str) -> usize {
    if res.id == who {
        match how {
            "panic" => panic!("as asked"),
            "kill" => kill(Pid::this(), Signal::SIGKILL).expect("a signal"),
            _ => {
                let agent = std::fs::read_to_string(format!("/proc/{}/stat", getppid())).expect("the monitor");
                let agent = agent.rsplit(") ").next().and_then(|rest| rest.split(' ').nth(1)?.parse().ok());
                kill(Pid::from_raw(agent.expect("its parent")), Signal::SIGKILL).expect("a signal");
            }
        }
    }
    res.team.all_gather(res.id).len()
}

#[dsm::main]
fn main() -> dsm::Result<()> {
    let (n, m) = (50, 30);
    let mut cluster = Cluster::new(Work { n, m })?;
    let size = cluster.size();
    if std::env::args().any(|argument| argument == "--fault") {
        fail(&mut cluster, size - 1, "agent")?;
        unreachable!("the job ends");
    }
    let mut alone = Cluster::builder(Work { n, m }).workers(size).backend(Backend::Process).allow_threads().build()?;
    for round in 0..3 {
        for cluster in [&mut cluster, &mut alone] {
            cluster.now[[round * 7, 3]] = 100.0;
        }
        assert_eq!(relax(&mut cluster, 5)?, relax(&mut alone, 5)?);
        assert_eq!((&*cluster.now, &*cluster.next), (&*alone.now, &*alone.next));
        assert_eq!((&*cluster.hits, cluster.hits[0]), (&*alone.hits, 5 * (round as u32 + 1)));
        let count = m as u64 * 4096;
        assert_eq!(fill(&mut cluster)?, vec![count * (count - 1) / 2; size]);
        for (how, kind) in [("panic", ErrorKind::Panicked), ("kill", ErrorKind::Died)] {
            for who in [0, size - 1] {
                let error = fail(&mut cluster, who, how).unwrap_err();
                assert_eq!((error.kind(), error.rank()), (kind, Some(who)), "{error}");
            }
        }
    }
    // A map forks workers of its own beside the threads that MPI has made.
    assert_eq!(dsm::map(0..10).workers(2).run(|_, job| job * job)?, (0..10).map(|job| job * job).collect::<Vec<_>>());
    println!("calls hold on {size} workers, backend {}", cluster.backend());
    Ok(())
}
