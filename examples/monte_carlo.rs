//! Estimates π by random points in a square: each worker draws from a generator of its own, and a sum over the team
//! counts the hits. The same seed and number of workers give the same estimate, to the last digit.

use std::f64::consts::FRAC_PI_4;

use clap::Parser;
use dsm::prelude::*;

dsm::shared! {
    /// The workers share nothing but their team.
    struct Nothing {}
}

/// Each worker draws its share of the points; all get the number of points in the circle.
#[dsm::parallel]
fn hits(res: Nothing, n: usize) -> usize {
    let mut rng = res.team.rng();
    let mine = res.team.split_indices(n, Schedule::Block);
    let inside = mine.filter(|_| {
        let (x, y): (f64, f64) = rng.random();
        x * x + y * y < 1.0
    });
    res.team.sum(inside.count())
}

/// Estimates π from n random points.
#[derive(Parser)]
struct Args {
    /// Number of points
    #[arg(long, default_value_t = 1_000_000)]
    n: usize,
    /// Seed of the random numbers
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Number of worker processes [default: as the environment says, else one for each core]
    #[arg(long)]
    workers: Option<usize>,
}

#[dsm::main]
fn main() -> dsm::Result<()> {
    let Args { n, seed, workers } = Args::parse();
    let count = || -> dsm::Result<usize> {
        let mut cluster = Cluster::builder(Nothing).seed(seed).workers(workers).build()?;
        Ok(hits(&mut cluster, n)?[0])
    };
    let inside = count()?;
    println!("π is about {}", 4.0 * inside as f64 / n as f64);

    assert_eq!(inside, count()?, "the same seed gives the same estimate");
    let deviation = (n as f64 * FRAC_PI_4 * (1.0 - FRAC_PI_4)).sqrt();
    assert!((inside as f64 - n as f64 * FRAC_PI_4).abs() <= 6.0 * deviation, "within six standard deviations");
    Ok(())
}
