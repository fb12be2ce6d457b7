//! Sorts a catalogue of stars by brightness without moving it: the order is an array of places, which each worker then
//! uses to gather its own share of the brightest into another array.

use clap::Parser;
use dsm::Sort;
use dsm::prelude::*;

dsm::shared! {
    /// Magnitudes, of which the least is the brightest star's, and what is gathered from them.
    struct Catalogue(n: usize) {
        magnitude: [f64; n],
        order: [u64; n],
        ranked: [f64; n],
    }
}

/// Each worker gathers its own block of the stars in order.
#[dsm::parallel(read(magnitude, order), split(ranked))]
fn gather(mut res: Catalogue) {
    let mine = res.ranked.range();
    for (ranked, place) in res.ranked.iter_mut().zip(mine) {
        *ranked = res.magnitude[res.order[place] as usize];
    }
}

/// Sorts n random magnitudes, some of them unknown, by their places.
#[derive(Parser)]
struct Args {
    /// Number of stars
    #[arg(long, default_value_t = 1_000_000)]
    n: usize,
    /// Number of worker processes, and of threads that sort [default: as the environment says, else one for each core]
    #[arg(long)]
    workers: Option<usize>,
}

#[dsm::main]
fn main() -> dsm::Result<()> {
    let Args { n, workers } = Args::parse();
    let mut cluster = Cluster::with_workers(workers, Catalogue { n })?;
    let mut rng = rand_pcg::Pcg64::seed_from_u64(1);
    for magnitude in cluster.magnitude.iter_mut() {
        // Every hundredth is unknown; rounded, so that many are equal.
        let random = (rng.random_range(-1.5..20.0_f64) * 1000.0).round() / 1000.0;
        *magnitude = if rng.random_range(0..100) == 0 { f64::NAN } else { random };
    }

    let places = Sort::new().workers(workers).argsort(&cluster.magnitude)?;
    cluster.order.assign(&places.map(|&place| place as u64));
    gather(&mut cluster)?;
    println!("the brightest of {n}: {}", cluster.ranked.slice(s![..n.min(5)]));

    let unknown = cluster.magnitude.iter().filter(|x| x.is_nan()).count();
    let (known, rest) = cluster.ranked.view().split_at(Axis(0), n - unknown);
    assert!(known.iter().is_sorted(), "the known ones are in order");
    assert!(rest.iter().all(|x| x.is_nan()), "the unknown ones come last");
    let stable = |pair: &[usize]| cluster.magnitude[pair[0]] != cluster.magnitude[pair[1]] || pair[0] < pair[1];
    assert!(places.to_vec().windows(2).all(stable), "equal ones keep their order");
    Ok(())
}
