//! What dsm itself costs: making a cluster, an empty call, a barrier, a lock; and a vector sum against one core.
//!
//! `cargo bench --bench overheads`, or with `-- 2 4` for these numbers of workers. Prints the median of several batches,
//! in microseconds, with the least and the most.

use std::hint::black_box;
use std::time::{Duration, Instant};

use dsm::prelude::*;

dsm::shared! {
    /// A lock to be taken, and three vectors.
    struct Bench(n: usize) {
        a: [f64; n],
        b: [f64; n],
        c: [f64; n],
        counter: Lock<u64>,
    }
}

#[dsm::parallel()]
fn nothing(res: Bench) {
    let _ = res.id;
}

/// Microseconds per barrier, timed by rank 0.
#[dsm::parallel()]
fn barriers(res: Bench, rounds: usize) -> f64 {
    res.team.barrier();
    let begun = Instant::now();
    for _ in 0..rounds {
        res.team.barrier();
    }
    micros(begun.elapsed()) / rounds as f64
}

/// Microseconds per lock and unlock, by the first `takers` workers at once.
#[dsm::parallel()]
fn locks(res: Bench, rounds: usize, takers: usize) -> f64 {
    res.team.barrier();
    let begun = Instant::now();
    if res.id < takers {
        for _ in 0..rounds {
            *res.counter.lock() += 1;
        }
    }
    res.team.barrier();
    micros(begun.elapsed()) / (rounds * takers) as f64
}

#[dsm::parallel(read(a, b), split(c))]
fn add(mut res: Bench) {
    let mine = res.c.range();
    let (a, b) = (res.a.slice(s![mine.clone()]), res.b.slice(s![mine]));
    ndarray::Zip::from(&mut *res.c).and(a).and(b).for_each(|c, a, b| *c = a + b);
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

/// The median, least and most of `batches` measurements.
fn print(what: &str, workers: usize, batches: usize, mut measure: impl FnMut() -> dsm::Result<f64>) -> dsm::Result<()> {
    let mut times = (0..batches).map(|_| measure()).collect::<dsm::Result<Vec<f64>>>()?;
    times.sort_by(f64::total_cmp);
    let (least, median, most) = (times[0], times[times.len() / 2], times[times.len() - 1]);
    println!("{what:<34} {workers:>3} workers {median:>12.3} us   ({least:.3} to {most:.3})");
    Ok(())
}

#[dsm::main]
fn main() -> dsm::Result<()> {
    let mut counts: Vec<usize> = std::env::args().filter_map(|argument| argument.parse().ok()).collect();
    if counts.is_empty() {
        counts = vec![1, 2, 4];
    }
    let n = 10_000_000;
    for workers in counts {
        print("create, start and drop a cluster", workers, 51, || {
            let begun = Instant::now();
            let mut cluster = Cluster::with_workers(workers, Bench { n: 1000 })?;
            cluster.start()?;
            drop(cluster);
            Ok(micros(begun.elapsed()))
        })?;
        print("create and start a cluster", workers, 51, || {
            let begun = Instant::now();
            let mut cluster = Cluster::with_workers(workers, Bench { n: 1000 })?;
            cluster.start()?;
            Ok(micros(begun.elapsed()))
        })?;
        let mut cluster = Cluster::with_workers(workers, Bench { n: 1000 })?;
        nothing(&mut cluster)?;
        print("empty call", workers, 21, || {
            let begun = Instant::now();
            for _ in 0..1000 {
                nothing(&mut cluster)?;
            }
            Ok(micros(begun.elapsed()) / 1000.0)
        })?;
        print("barrier", workers, 21, || Ok(barriers(&mut cluster, 2000)?[0]))?;
        print("lock + unlock, free", workers, 21, || Ok(locks(&mut cluster, 100_000, 1)?[0]))?;
        print("lock + unlock, contended", workers, 21, || Ok(locks(&mut cluster, 100_000, workers)?[0]))?;
        let mut cluster = Cluster::builder(Bench { n }).workers(workers).first_touch().build()?;
        cluster.a.fill(1.0);
        cluster.b.fill(2.0);
        add(&mut cluster)?;
        print("vec_add of 10^7 f64", workers, 11, || {
            let begun = Instant::now();
            add(&mut cluster)?;
            Ok(micros(begun.elapsed()))
        })?;
        assert!(cluster.c.iter().all(|&c| c == 3.0), "the sum is wrong");
    }
    let (a, b) = (Array1::from_elem(n, 1.0), Array1::from_elem(n, 2.0));
    let mut c = Array1::from_elem(n, 0.0);
    print("vec_add of 10^7 f64, plain ndarray", 1, 11, || {
        let begun = Instant::now();
        ndarray::Zip::from(&mut c).and(&a).and(&b).for_each(|c, a, b| *c = a + b);
        black_box(&c);
        Ok(micros(begun.elapsed()))
    })
}
