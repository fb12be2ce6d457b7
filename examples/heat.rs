//! Spreads heat over a plate whose top edge is kept hot, by Jacobi's method on two grids: every worker reads all of one
//! and writes its rows of the other, then a single phase publishes the new grid and takes back the old one.

use clap::Parser;
use dsm::prelude::*;

dsm::shared! {
    /// The plate, twice: as it is and as it will be.
    struct Plate(n: usize) {
        now: [f64; n, n],
        next: [f64; n, n],
    }
}

/// The workers do so many steps, and give the largest change of the last.
#[dsm::parallel(split(now, next))]
fn spread(res: Plate, steps: usize) -> f64 {
    let mut change = 0.0;
    let mut next = res.next;
    let mut seen = res.team.phase(res.now.publish());
    for _ in 0..steps {
        change = relax(&seen, &mut next);
        (seen, next) = res.team.phase((next.publish(), seen.reclaim()));
    }
    res.team.max(change)
}

/// Moves each inner point of this worker's rows to the mean of its neighbours; gives the largest change.
fn relax(seen: &Read<f64, Ix2>, next: &mut Split<f64, Ix2>) -> f64 {
    let n = seen.nrows();
    let mine = next.range();
    let mut change: f64 = 0.0;
    for (mut row, i) in next.rows_mut().into_iter().zip(mine).filter(|&(_, i)| 0 < i && i + 1 < n) {
        for j in 1..n - 1 {
            row[j] = (seen[[i - 1, j]] + seen[[i + 1, j]] + seen[[i, j - 1]] + seen[[i, j + 1]]) / 4.0;
            change = change.max((row[j] - seen[[i, j]]).abs());
        }
    }
    change
}

/// Spreads heat from the top edge of an n × n plate.
#[derive(Parser)]
struct Args {
    /// Rows and columns of the plate
    #[arg(long, default_value_t = 100)]
    n: usize,
    /// Number of steps
    #[arg(long, default_value_t = 100)]
    steps: usize,
    /// Number of worker processes [default: as the environment says, else one for each core]
    #[arg(long)]
    workers: Option<usize>,
}

#[dsm::main]
fn main() -> dsm::Result<()> {
    let Args { n, steps, workers } = Args::parse();
    let mut cluster = Cluster::with_workers(workers, Plate { n })?;
    cluster.now.rows_mut().into_iter().take(1).for_each(|mut top| top.fill(1.0));
    cluster.next.rows_mut().into_iter().take(1).for_each(|mut top| top.fill(1.0));

    let residual = spread(&mut cluster, steps)?[0];
    let plate = if steps % 2 == 0 { &cluster.now } else { &cluster.next };
    if n <= 4 {
        println!("{plate:.3}");
    }
    println!("{n} × {n} plate, mean {:.6}, last change {residual:.6}", plate.mean().unwrap_or(0.0));

    if n <= 300 {
        assert!(plate.iter().eq(&serial(n, steps)), "the same on one core");
    }
    assert!(plate.iter().all(|heat| (0.0..=1.0).contains(heat)), "between the coldest edge and the hottest");
    assert!(plate.rows().into_iter().all(|row| row.iter().zip(row.iter().rev()).all(|(l, r)| (l - r).abs() < 1e-12)));
    Ok(())
}

/// The same on one core.
fn serial(n: usize, steps: usize) -> Array2<f64> {
    let mut plate = Array2::from_shape_fn((n, n), |(i, _)| if i == 0 { 1.0 } else { 0.0 });
    for _ in 0..steps {
        plate = Array2::from_shape_fn((n, n), |(i, j)| {
            let inner = 0 < i && i + 1 < n && 0 < j && j + 1 < n;
            if !inner {
                return plate[[i, j]];
            }
            (plate[[i - 1, j]] + plate[[i + 1, j]] + plate[[i, j - 1]] + plate[[i, j + 1]]) / 4.0
        });
    }
    plate
}
