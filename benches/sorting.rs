//! Sorting side by side with rayon, in one run:
//!
//! ```sh
//! cargo bench --bench sorting                        # 10^7 doubles, 2 threads
//! cargo bench --bench sorting -- --n 1000000 --workers 4
//! ```
//!
//! Every time is the best of some rounds, in milliseconds, and every result is checked.

use std::cmp::Ordering;
use std::time::Instant;

use clap::Parser;
use dsm::prelude::*;
use dsm::{Side, Sort, SortKey};
use rand_pcg::Pcg64;
use rayon::prelude::*;

#[derive(Parser)]
struct Args {
    /// Number of elements
    #[arg(long, default_value_t = 10_000_000)]
    n: usize,
    /// Number of threads
    #[arg(long, default_value_t = 2)]
    workers: usize,
    /// How often each is measured
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> dsm::Result<()> {
    let Args { n, workers, rounds, .. } = Args::parse();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(workers).build().expect("a pool");
    let sorter = Sort::new().workers(workers);
    println!("{n} elements, {workers} threads, best of {rounds}, ms");
    println!(
        "{:10} {:>10} {:>10} {:>10} | {:>10} {:>10} | {:>10}",
        "", "dsm::sort", "par_sort", "unstable", "argsort", "par_sort", "search"
    );
    for (name, data) in inputs(n) {
        let slice = data.as_slice().expect("contiguous");
        let total = |left: &f64, right: &f64| left.partial_cmp(right).unwrap_or(Ordering::Equal);

        let mut sorted = None;
        let shared = || SharedArray::copy_of(&data).expect("memory");
        let sort = best(rounds, shared, |mut array| {
            sorter.sort(&mut array).expect("sorted");
            sorted = Some(array);
        });
        let sorted = sorted.expect("a round");
        assert!(sorted.iter().is_sorted());
        let copy = || slice.to_vec();
        let stable = best(rounds, copy, |mut copy| pool.install(|| copy.par_sort_by(total)));
        let unstable = best(rounds, copy, |mut copy| pool.install(|| copy.par_sort_unstable_by(total)));

        let mut places = None;
        let argsort = best(rounds, || (), |()| places = Some(sorter.argsort(&data).expect("sorted")));
        let mut expected = Vec::new();
        let by_rayon = best(
            rounds,
            || (),
            |()| {
                expected = (0..n).collect();
                pool.install(|| expected.par_sort_by_key(|&place| slice[place].sort_key()));
            },
        );
        assert_eq!(places.expect("a round").to_vec(), expected);
        let search = best(1, || (), |()| drop(sorter.searchsorted(&sorted, &data, Side::Left).expect("places")));
        println!(
            "{name:10} {sort:10.0} {stable:10.0} {unstable:10.0} | {argsort:10.0} {by_rayon:10.0} | {search:10.0}"
        );
    }
    Ok(())
}

fn inputs(n: usize) -> [(&'static str, Array1<f64>); 4] {
    let mut rng = Pcg64::seed_from_u64(1);
    let random = Array1::from_shape_simple_fn(n, || rng.random::<f64>());
    let mut sorted = random.clone();
    Sort::new().sort(&mut sorted).expect("sorted");
    let reversed = Array1::from_iter(sorted.iter().rev().copied());
    let few = Array1::from_shape_simple_fn(n, || f64::from(rng.random_range(0..16)));
    [("random", random), ("sorted", sorted), ("reversed", reversed), ("few", few)]
}

/// The least time of some rounds in milliseconds, each after what `before` makes.
fn best<T>(rounds: usize, mut before: impl FnMut() -> T, mut work: impl FnMut(T)) -> f64 {
    let mut least = f64::INFINITY;
    for _ in 0..rounds {
        let given = before();
        let start = Instant::now();
        work(given);
        least = least.min(start.elapsed().as_secs_f64() * 1e3);
    }
    least
}
