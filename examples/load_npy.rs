//! Reads a matrix from a file of numpy's into shared memory, has the workers scale its rows to length 1, and writes it to
//! another file that numpy reads.

use std::path::PathBuf;

use clap::Parser;
use dsm::prelude::*;

dsm::shared! {
    /// A matrix, whose rows the workers share.
    struct Rows2(rows: usize, cols: usize) {
        matrix: [f64; rows, cols],
    }
}

/// Each worker scales its own rows.
#[dsm::parallel(split(matrix))]
fn normalize(mut res: Rows2) {
    for mut row in res.matrix.rows_mut() {
        let length = row.iter().map(|x| x * x).sum::<f64>().sqrt();
        if length > 0.0 {
            row /= length;
        }
    }
}

/// Scales the rows of a matrix in a .npy file to length 1.
#[derive(Parser)]
struct Args {
    /// The file to read, of doubles with two axes [default: one made for the purpose]
    #[arg(long)]
    input: Option<PathBuf>,
    /// The file to write [default: one that is removed at the end]
    #[arg(long)]
    output: Option<PathBuf>,
    /// Rows of the matrix that is made when no file is named
    #[arg(long, default_value_t = 1000)]
    n: usize,
    /// Number of worker processes, and of threads that read [default: as the environment says, else one for each core]
    #[arg(long)]
    workers: Option<usize>,
}

#[dsm::main]
fn main() -> dsm::Result<()> {
    let Args { input, output, n, workers } = Args::parse();
    let folder = tempfile::tempdir().expect("a folder for temporary files");
    let input = match input {
        Some(input) => input,
        None => {
            let made = folder.path().join("made.npy");
            dsm::to_npy(&made).write(&SharedArray::from_fn((n, 50), |(i, j)| ((i * 50 + j) % 1009) as f64)?)?;
            made
        }
    };
    let output = output.unwrap_or_else(|| folder.path().join("normalized.npy"));

    let given = dsm::from_npy::<f64, Ix2>(&input).workers(workers).read()?;
    let (rows, cols) = given.dim();
    let mut cluster = Cluster::with_workers(workers, Rows2 { rows, cols })?;
    cluster.matrix.assign(&given);
    normalize(&mut cluster)?;
    dsm::to_npy(&output).workers(workers).write(&cluster.matrix)?;
    println!("{rows} rows of {cols} from {} to {}", input.display(), output.display());

    let written = dsm::from_npy::<f64, Ix2>(&output).workers(workers).read()?;
    assert_eq!(*written, *cluster.matrix);
    for (row, given) in written.rows().into_iter().zip(given.rows()) {
        let length = row.iter().map(|x| x * x).sum::<f64>().sqrt();
        assert!((length - 1.0).abs() < 1e-12 || given.iter().all(|&x| x == 0.0), "a row of length {length}");
    }
    Ok(())
}
