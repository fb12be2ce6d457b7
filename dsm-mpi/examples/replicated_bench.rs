//! What `set` and the lock cost, on however many ranks it is started: `mpirun -n 4 replicated_bench`.
//!
//! `benches/pshmem_peer.py` measures the same of pshmem. Times are the best of several rounds, on the slowest rank of each.

use std::time::Instant;

use dsm::mpi::{Comm, FairLock, Replicated};
use dsm::ndarray::{Array1, array};

const ROUNDS: usize = 5;

/// Seconds per turn of the slowest rank, in the best round.
fn measured(comm: &Comm, turns: usize, mut turn: impl FnMut()) -> dsm::Result<f64> {
    let mut best = f64::INFINITY;
    let mut times = Replicated::<f64, _>::zeros(comm, comm.size())?;
    turn();
    for _ in 0..ROUNDS {
        times.set(Some(&array![0.0]), 0, 0)?;
        let begun = Instant::now();
        for _ in 0..turns {
            turn();
        }
        let time = begun.elapsed().as_secs_f64() / turns as f64;
        for root in 0..comm.size() {
            times.set(Some(&array![time]), root, root)?;
        }
        best = times.iter().copied().fold(0.0, f64::max).min(best);
    }
    Ok(best)
}

fn main() -> dsm::Result<()> {
    let comm = Comm::world()?;
    let say = |what: &str, seconds: f64| {
        if comm.rank() == 0 {
            println!("{what:24} {:10.1} us", seconds * 1e6);
        }
    };
    if comm.rank() == 0 {
        println!("dsm, {} ranks on {} nodes", comm.size(), comm.nodes());
    }
    for (name, elements, turns) in
        [("set of 8 B", 1, 2000), ("set of 8 MB", 1_000_000, 20), ("set of 80 MB", 10_000_000, 5)]
    {
        let mut table = Replicated::<f64, _>::zeros(&comm, elements)?;
        let piece = (comm.rank() == 0).then(|| Array1::<f64>::ones(elements));
        let time = measured(&comm, turns, || table.set(piece.as_deref(), 0, 0).expect("set"))?;
        assert_eq!(table.sum(), elements as f64);
        say(name, time);
    }
    let lock = FairLock::new(&comm, 0)?;
    let asker = comm.size() - 1;
    let time = measured(&comm, 2000, || {
        if comm.rank() == asker {
            drop(lock.lock().expect("the lock"));
        }
    })?;
    say("lock, free", time);
    let time = measured(&comm, 500, || drop(lock.lock().expect("the lock")))?;
    say("lock, contended", time / comm.size() as f64);
    Ok(())
}
