//! Adds two vectors: every worker reads all of `a` and `b`, writes the block of `c` that is its own, and adds what it
//! wrote to a total under a lock.

use clap::Parser;
use dsm::prelude::*;

dsm::shared! {
    /// Two vectors and their sum.
    struct VecAdd(n: usize) {
        a: [i64; n],
        b: [i64; n],
        c: [i64; n],
        total: Lock<i64>,
    }
}

/// Each worker adds its own block and keeps the running total.
#[dsm::parallel(read(a, b), split(c))]
fn add(mut res: VecAdd, scale: i64) -> usize {
    let mine = res.c.range();
    for (c, i) in res.c.iter_mut().zip(mine) {
        *c = scale * (res.a[i] + res.b[i]);
    }
    *res.total.lock() += res.c.sum();
    res.c.len()
}

/// Adds the vectors 0, 1, 2, … and 1, 2, 3, …
#[derive(Parser)]
struct Args {
    /// Length of the vectors
    #[arg(long, default_value_t = 10)]
    n: usize,
    /// Number of worker processes [default: as the environment says, else one for each core]
    #[arg(long)]
    workers: Option<usize>,
}

#[dsm::main]
fn main() -> dsm::Result<()> {
    let Args { n, workers } = Args::parse();
    let mut cluster = Cluster::with_workers(workers, VecAdd { n })?;
    cluster.a.assign(&Array1::from_iter(0..n as i64));
    cluster.b.assign(&Array1::from_iter(1..=n as i64));

    let lengths: Vec<usize> = add(&mut cluster, 1)?;
    let total = *cluster.total.get_mut();
    if n <= 20 {
        println!("{}", cluster.c);
    }
    println!("total {total}, in blocks of {lengths:?}");

    assert!(cluster.c.iter().copied().eq((1..).step_by(2).take(n)), "the sums are the odd numbers");
    assert_eq!(total, (n * n) as i64, "the first n odd numbers add up to n squared");
    assert_eq!(lengths.iter().sum::<usize>(), n);
    Ok(())
}
