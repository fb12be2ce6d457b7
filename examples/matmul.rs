//! Multiplies two matrices: every worker reads all of `a` and `b` and computes its own rows of `c`, with ndarray's
//! `general_mat_mul` on the block. The matrices are filled in parallel too, each worker its rows.

use clap::Parser;
use dsm::prelude::*;
use ndarray::linalg::general_mat_mul;

dsm::shared! {
    /// Two square matrices and their product.
    struct MatMul(n: usize) {
        a: [f64; n, n],
        b: [f64; n, n],
        c: [f64; n, n],
    }
}

/// Each worker fills its own rows with random numbers.
#[dsm::parallel(split(a, b))]
fn fill(mut res: MatMul) {
    let mut rng = res.team.rng();
    res.a.map_inplace(|x| *x = rng.random_range(-1.0..1.0));
    res.b.map_inplace(|x| *x = rng.random_range(-1.0..1.0));
}

/// Each worker computes its own rows of the product.
#[dsm::parallel(read(a, b), split(c))]
fn multiply(mut res: MatMul) {
    let mine = res.c.range();
    general_mat_mul(1.0, &res.a.slice(s![mine, ..]), &res.b, 0.0, &mut res.c);
}

/// Multiplies two random n × n matrices.
#[derive(Parser)]
struct Args {
    /// Rows and columns of the matrices
    #[arg(long, default_value_t = 256)]
    n: usize,
    /// Number of worker processes [default: as the environment says, else one for each core]
    #[arg(long)]
    workers: Option<usize>,
}

#[dsm::main]
fn main() -> dsm::Result<()> {
    let Args { n, workers } = Args::parse();
    let mut cluster = Cluster::with_workers(workers, MatMul { n })?;
    fill(&mut cluster)?;
    multiply(&mut cluster)?;
    if n <= 4 {
        println!("{:.3}", cluster.c);
    }
    println!("{n} × {n} matrices, the product's elements add up to {:.6}", cluster.c.sum());

    let check = |i: usize, j: usize| {
        let expected: f64 = (0..n).map(|k| cluster.a[[i, k]] * cluster.b[[k, j]]).sum();
        assert!((cluster.c[[i, j]] - expected).abs() <= 1e-14 * n as f64, "element ({i}, {j})");
    };
    if n <= 64 {
        (0..n * n).for_each(|k| check(k / n, k % n));
    } else {
        let mut rng = dsm::TeamRng::seed_from_u64(0);
        (0..1000).for_each(|_| check(rng.random_range(0..n), rng.random_range(0..n)));
    }
    Ok(())
}
