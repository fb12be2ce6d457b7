//! Sums up everything before each element of an array: each worker sums its block, a scan tells it the sum of the blocks
//! before, and a second pass writes the running sums.

use clap::Parser;
use dsm::prelude::*;

dsm::shared! {
    /// Numbers, and for each the sum of all up to it.
    struct PrefixSum(n: usize) {
        numbers: [u64; n],
        sums: [u64; n],
    }
}

/// Each worker puts random numbers into its block.
#[dsm::parallel(split(numbers))]
fn draw(mut res: PrefixSum) {
    let mut rng = res.team.rng();
    res.numbers.map_inplace(|number| *number = rng.random_range(0..1000));
}

/// Gives the sum of what lies before each worker's block.
#[dsm::parallel(split(numbers, sums))]
fn add_up(mut res: PrefixSum) -> u64 {
    let before = res.team.exclusive_scan(res.numbers.sum(), |a, b| a + b).unwrap_or(0);
    let mut sum = before;
    for (to, number) in res.sums.iter_mut().zip(&res.numbers) {
        sum += number;
        *to = sum;
    }
    before
}

/// Computes the prefix sums of n random numbers.
#[derive(Parser)]
struct Args {
    /// How many numbers
    #[arg(long, default_value_t = 1_000_000)]
    n: usize,
    /// Number of worker processes [default: as the environment says, else one for each core]
    #[arg(long)]
    workers: Option<usize>,
}

#[dsm::main]
fn main() -> dsm::Result<()> {
    let Args { n, workers } = Args::parse();
    let mut cluster = Cluster::with_workers(workers, PrefixSum { n })?;
    draw(&mut cluster)?;
    let before = add_up(&mut cluster)?;
    if n <= 10 {
        println!("{}\n{}", &*cluster.numbers, &*cluster.sums);
    }
    println!("{n} numbers, their sum is {}", cluster.sums.last().copied().unwrap_or(0));

    assert!(before.is_sorted(), "blocks follow each other");
    let expected = cluster.numbers.iter().scan(0, |sum, number| {
        *sum += number;
        Some(*sum)
    });
    assert!(cluster.sums.iter().copied().eq(expected), "each sum is the one before and its number");
    Ok(())
}
