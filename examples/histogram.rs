//! Tosses sixteen coins n times and counts how often so many heads came up. Each worker counts for itself first, then
//! adds to the shared bins, which are atomic until a phase publishes them for everybody to read.

use clap::Parser;
use dsm::prelude::*;

dsm::shared! {
    /// How often so many heads came up.
    struct Heads {
        bins: [u64; 17],
    }
}

/// Each worker does its share of the tosses; all see the same total.
#[dsm::parallel(atomic(bins))]
fn toss(res: Heads, n: usize) -> u64 {
    let mut rng = res.team.rng();
    let mut counts = [0; 17];
    for _ in res.team.split_indices(n, Schedule::Block) {
        let heads = rng.random::<u16>().count_ones();
        counts[heads as usize] += 1;
    }
    for (bin, count) in res.bins.iter().zip(counts) {
        bin.fetch_add(count);
    }
    let bins = res.team.phase(res.bins.publish());
    bins.sum()
}

/// Tosses sixteen coins n times and shows how often so many heads came up.
#[derive(Parser)]
struct Args {
    /// Number of tosses
    #[arg(long, default_value_t = 1_000_000)]
    n: usize,
    /// Number of worker processes [default: as the environment says, else one for each core]
    #[arg(long)]
    workers: Option<usize>,
}

#[dsm::main]
fn main() -> dsm::Result<()> {
    let Args { n, workers } = Args::parse();
    let mut cluster = Cluster::with_workers(workers, Heads)?;
    let totals = toss(&mut cluster, n)?;
    println!("{}", cluster.bins);

    assert!(totals.iter().all(|&total| total == n as u64), "every worker saw all tosses: {totals:?}");
    let mut ways = 1.0; // to choose k coins of sixteen
    for (k, &count) in cluster.bins.indexed_iter() {
        let expected = n as f64 * ways / 65536.0;
        assert!((count as f64 - expected).abs() <= 6.0 * (1.0 + expected.sqrt()), "{count} times {k} heads");
        ways *= (16 - k) as f64 / (k + 1) as f64;
    }
    Ok(())
}
