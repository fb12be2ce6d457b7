//! Measures the distances between all pairs of n points. Only the upper triangle is computed, so the first rows are the
//! most work: dealt out cyclically, every worker gets long rows and short ones, where equal blocks would leave the last
//! worker nearly idle.

use clap::Parser;
use dsm::prelude::*;

dsm::shared! {
    /// Points in space, and their distances.
    struct Pairwise(n: usize) {
        points: [Point; n],
        distances: [f64; n, n],
    }
}

#[derive(Clone, Copy, dsm::Element)]
#[repr(C)]
struct Point {
    x: f64,
    y: f64,
    z: f64,
}

impl Point {
    fn distance(self, other: Point) -> f64 {
        ((self.x - other.x).powi(2) + (self.y - other.y).powi(2) + (self.z - other.z).powi(2)).sqrt()
    }
}

/// Each worker puts its points at random places in the unit cube.
#[dsm::parallel(split(points))]
fn scatter(mut res: Pairwise) {
    let mut rng = res.team.rng();
    res.points.map_inplace(|point| *point = Point { x: rng.random(), y: rng.random(), z: rng.random() });
}

/// Each worker measures, for every row that is its own, the distances to the points further on.
#[dsm::parallel(read(points), split(distances, cyclic))]
fn measure(mut res: Pairwise) {
    for (i, mut row) in res.distances.iter_mut() {
        for j in i + 1..row.len() {
            row[j] = res.points[i].distance(res.points[j]);
        }
    }
}

/// Computes the distances between all pairs of n random points.
#[derive(Parser)]
struct Args {
    /// Number of points
    #[arg(long, default_value_t = 1000)]
    n: usize,
    /// Number of worker processes [default: as the environment says, else one for each core]
    #[arg(long)]
    workers: Option<usize>,
}

#[dsm::main]
fn main() -> dsm::Result<()> {
    let Args { n, workers } = Args::parse();
    let mut cluster = Cluster::with_workers(workers, Pairwise { n })?;
    scatter(&mut cluster)?;
    measure(&mut cluster)?;
    if n <= 4 {
        println!("{:.3}", cluster.distances);
    }
    let farthest = cluster.distances.iter().copied().fold(0.0, f64::max);
    println!("{n} points, the farthest two are {farthest:.6} apart");

    if n <= 100 {
        for ((i, j), &distance) in cluster.distances.indexed_iter() {
            let expected = if i < j { cluster.points[i].distance(cluster.points[j]) } else { 0.0 };
            assert_eq!(distance, expected, "points {i} and {j}");
        }
    }
    // The squares of all distances add up to n Σ|p|² - |Σp|².
    let squares: f64 = cluster.distances.iter().map(|distance| distance.powi(2)).sum();
    let moments: f64 = [|p: &Point| p.x, |p: &Point| p.y, |p: &Point| p.z]
        .into_iter()
        .map(|along| cluster.points.map(along))
        .map(|along| n as f64 * along.dot(&along) - along.sum().powi(2))
        .sum();
    assert!((squares - moments).abs() <= 1e-9 * (1.0 + moments), "{squares} and {moments} differ");
    Ok(())
}
