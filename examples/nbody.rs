//! Moves bodies that attract each other. Each pair is looked at once, by one worker, and its force contributed to both
//! bodies, whoever moves them: the sums come together in the phase that publishes them, in the order of ranks, so that a
//! run with the same number of workers gives the same bits.

use clap::Parser;
use dsm::prelude::*;

/// Keeps the force between close bodies finite.
const SOFTENING: f64 = 1e-2;

dsm::shared! {
    /// Bodies, each of mass 1/n.
    struct Bodies(n: usize) {
        x: [f64; n, 3],
        v: [f64; n, 3],
        force: [f64; n, 3],
    }
}

/// Each worker puts its bodies at random places in the unit cube, at rest.
#[dsm::parallel(split(x, v))]
fn scatter(mut res: Bodies) {
    let mut rng = res.team.rng();
    res.x.map_inplace(|x| *x = rng.random());
    res.v.fill(0.0);
}

/// Moves the bodies `steps` times (velocity Verlet), and gives each worker's part of the kinetic and potential energy.
#[dsm::parallel(split(x, v, force))]
fn advance(res: Bodies, steps: usize, dt: f64) -> (f64, f64) {
    let (team, mut v) = (res.team, res.v);
    let (mut x, mut force) = team.phase((res.x.publish(), res.force.reclaim()));
    let mut potential = 0.0;
    for step in 0..=steps {
        force.fill(0.0);
        let mut sums = team.phase(force.accumulate(ops::Add));
        potential = attract(&team, &x, &mut sums);
        let (mut own, now) = team.phase((x.reclaim(), sums.reclaim()));
        // Half a step with the old force, half with the new; the last step only finishes the velocity.
        let kick = if step == 0 || step == steps { dt / 2.0 } else { dt };
        v.scaled_add(if steps == 0 { 0.0 } else { kick }, &*now);
        if step < steps {
            own.scaled_add(dt, &*v);
        }
        (x, force) = team.phase((own.publish(), now.reclaim()));
    }
    let mass = 1.0 / x.shape()[0].max(1) as f64;
    (0.5 * mass * v.iter().map(|v| v * v).sum::<f64>(), potential)
}

/// Contributes the accelerations of this worker's share of the pairs, and gives their potential energy.
fn attract(team: &Team<'_>, x: &Read<'_, f64, Ix2>, sums: &mut Accumulate<'_, f64, Ix2>) -> f64 {
    let n = x.shape()[0];
    let mass = 1.0 / n.max(1) as f64;
    let mut potential = 0.0;
    // Rows of the triangle of pairs grow shorter: dealt out cyclically, they are the same work for all.
    for i in team.split_indices(n, Schedule::Cyclic(1)) {
        let mut own = [0.0; 3];
        for j in i + 1..n {
            let apart = [0, 1, 2].map(|k| x[[j, k]] - x[[i, k]]);
            let square = apart.iter().map(|d| d * d).sum::<f64>() + SOFTENING * SOFTENING;
            let pull = mass / (square * square.sqrt());
            potential -= mass * mass / square.sqrt();
            for k in 0..3 {
                own[k] += pull * apart[k];
                sums.contribute([j, k], -pull * apart[k]);
            }
        }
        sums.contribute_row(i, &ArrayView1::from(&own));
    }
    potential
}

/// Moves n bodies that attract each other.
#[derive(Parser)]
struct Args {
    /// Number of bodies
    #[arg(long, default_value_t = 300)]
    n: usize,
    /// Number of steps
    #[arg(long, default_value_t = 50)]
    steps: usize,
    /// Number of worker processes [default: as the environment says, else one for each core]
    #[arg(long)]
    workers: Option<usize>,
}

fn energy(parts: Vec<(f64, f64)>) -> f64 {
    parts.into_iter().map(|(kinetic, potential)| kinetic + potential).sum()
}

#[dsm::main]
fn main() -> dsm::Result<()> {
    let Args { n, steps, workers } = Args::parse();
    let dt = 1e-3;
    let mut cluster = Cluster::with_workers(workers, Bodies { n })?;
    scatter(&mut cluster)?;
    let start = cluster.x.to_owned();

    let before = energy(advance(&mut cluster, 0, dt)?);
    let after = energy(advance(&mut cluster, steps, dt)?);
    let (end, momentum) = (cluster.x.to_owned(), cluster.v.sum_axis(Axis(0)));
    println!("{n} bodies, {steps} steps: energy {before:.9} and then {after:.9}, momentum {momentum:.1e}");
    assert!((after - before).abs() <= 1e-3 * before.abs(), "the energy stays within a thousandth");
    assert!(momentum.iter().all(|p| p.abs() <= 1e-9), "what pulls one body pulls the other back");

    cluster.x.assign(&start);
    cluster.v.fill(0.0);
    advance(&mut cluster, steps, dt)?;
    assert!(cluster.x.iter().zip(&end).all(|(a, b)| a.to_bits() == b.to_bits()), "the same bits again");
    Ok(())
}
