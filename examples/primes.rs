//! Counts the primes up to n by a segmented sieve: the workers find the base primes up to √n together, a phase
//! publishes them to all, and each crosses out their multiples in its own block. `split` rather than `atomic`: no two
//! workers ever write the same number, and plain writes are the fastest there are.

use clap::Parser;
use dsm::prelude::*;

dsm::shared! {
    /// Which numbers up to √n are prime, and which up to n are not.
    struct Sieve(n: usize) {
        base: [bool; n.isqrt() + 1],
        composite: [bool; n + 1],
    }
}

/// How many numbers are sieved at once: few enough to stay in the cache.
const SEGMENT: usize = 1 << 15;

/// Each worker sieves its own block and counts the primes in it.
#[dsm::parallel(split(base, composite))]
fn count(mut res: Sieve) -> usize {
    let mine = res.base.range();
    for (prime, i) in res.base.iter_mut().zip(mine) {
        *prime = i >= 2 && (2..=i.isqrt()).all(|d| i % d != 0);
    }
    let base = res.team.phase(res.base.publish());
    let base: Vec<usize> = (0..base.len()).filter(|&p| base[p]).collect();

    let mut primes = 0;
    let mut start = res.composite.range().start;
    for mut segment in res.composite.axis_chunks_iter_mut(Axis(0), SEGMENT) {
        for &p in &base {
            let first = start.next_multiple_of(p).max(p * p) - start;
            if first < segment.len() {
                segment.slice_mut(s![first..; p as isize]).fill(true);
            }
        }
        primes += segment.iter().filter(|&&composite| !composite).count();
        start += segment.len();
    }
    primes
}

/// Counts the primes up to n.
#[derive(Parser)]
struct Args {
    /// Largest number to look at
    #[arg(long, default_value_t = 1_000_000)]
    n: usize,
    /// Number of worker processes [default: as the environment says, else one for each core]
    #[arg(long)]
    workers: Option<usize>,
}

#[dsm::main]
fn main() -> dsm::Result<()> {
    let Args { n, workers } = Args::parse();
    let mut cluster = Cluster::with_workers(workers, Sieve { n })?;
    cluster.composite.iter_mut().take(2).for_each(|composite| *composite = true); // 0 and 1 aren't prime

    let counts = count(&mut cluster)?;
    let total: usize = counts.iter().sum();
    if n <= 100 {
        let primes: Vec<usize> = (0..=n).filter(|&i| !cluster.composite[i]).collect();
        println!("{primes:?}");
    }
    println!("{total} primes up to {n}, by worker {counts:?}");

    let expected = match n {
        0 | 1 => 0,
        10 => 4,
        100 => 25,
        1_000 => 168,
        10_000 => 1_229,
        100_000 => 9_592,
        1_000_000 => 78_498,
        10_000_000 => 664_579,
        100_000_000 => 5_761_455,
        _ => serial(n),
    };
    assert_eq!(total, expected);
    Ok(())
}

/// The sieve of Eratosthenes on one core.
fn serial(n: usize) -> usize {
    let mut composite = vec![false; n + 1];
    for p in 2..=n.isqrt() {
        if !composite[p] {
            (p * p..=n).step_by(p).for_each(|multiple| composite[multiple] = true);
        }
    }
    composite.iter().skip(2).filter(|&&composite| !composite).count()
}
