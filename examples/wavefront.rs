//! Counts the edits that turn one text into another (Wagner and Fischer's table). Each cell needs those above, to the left
//! and between, so workers can't take turns with whole blocks of rows: a worker goes through its rows strip by strip, one
//! strip of columns behind the worker above, whose progress it reads off a flag.

use clap::Parser;
use dsm::prelude::*;

dsm::shared! {
    /// Two texts, the table of distances between their beginnings, and the last row of each worker.
    struct Edit(rows: usize, columns: usize, size: usize) {
        one: [u8; rows],
        other: [u8; columns],
        table: [u32; rows, columns],
        edges: [u32; size, columns],
        done: [Flag; size],                  // how many strips
    }
}

/// Each worker fills its rows; the distance between the first `i` and no letters is `i`.
#[dsm::parallel(read(one, other), split(table), atomic(edges))]
fn fill(mut res: Edit, strip: usize) {
    let mine = res.table.range();
    let columns = res.other.len();
    for (number, start) in (0..columns).step_by(strip).enumerate() {
        let end = columns.min(start + strip);
        if res.id > 0 {
            res.done[res.id - 1].wait(number as u32 + 1);
        }
        // The row above this worker's first: of the worker above, or from nothing to the first letters.
        let edge = |j: usize| if res.id > 0 { res.edges[[res.id - 1, j]].load() } else { j as u32 + 1 };
        for (row, i) in mine.clone().enumerate() {
            for j in start..end {
                let above = if row > 0 { res.table[[row - 1, j]] } else { edge(j) };
                let left = if j > 0 { res.table[[row, j - 1]] } else { i as u32 + 1 };
                let between = match (row, j) {
                    (_, 0) => i as u32,
                    (0, j) => edge(j - 1),
                    (row, j) => res.table[[row - 1, j - 1]],
                };
                let replaced = between + u32::from(res.one[i] != res.other[j]);
                res.table[[row, j]] = replaced.min(above + 1).min(left + 1);
            }
        }
        for j in start..end {
            let last = if mine.is_empty() { edge(j) } else { res.table[[mine.len() - 1, j]] };
            res.edges[[res.id, j]].store(last);
        }
        res.done[res.id].post(number as u32 + 1);
    }
}

/// The same by one row at a time.
fn distance(one: &[u8], other: &[u8]) -> u32 {
    let mut row: Vec<u32> = (0..=other.len() as u32).collect();
    for (i, a) in one.iter().enumerate() {
        let mut between = i as u32;
        row[0] = between + 1;
        for (j, b) in other.iter().enumerate() {
            let replaced = between + u32::from(a != b);
            between = row[j + 1];
            row[j + 1] = replaced.min(between + 1).min(row[j] + 1);
        }
    }
    row[other.len()]
}

/// Counts the edits between two random texts.
#[derive(Parser)]
struct Args {
    /// Letters of the first text
    #[arg(long, default_value_t = 2000)]
    n: usize,
    /// Letters of the second
    #[arg(long, default_value_t = 1500)]
    m: usize,
    /// Columns in a strip
    #[arg(long, default_value_t = 100)]
    strip: usize,
    /// Number of worker processes [default: as many as cores, at most 8]
    #[arg(long)]
    workers: Option<usize>,
}

#[dsm::main]
fn main() -> dsm::Result<()> {
    let Args { n, m, strip, workers } = Args::parse();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let workers = workers.unwrap_or(cores.min(8));
    let mut cluster = Cluster::with_workers(workers, Edit { rows: n, columns: m, size: workers })?;
    let mut rng = letters();
    cluster.one.map_inplace(|letter| *letter = rng());
    cluster.other.map_inplace(|letter| *letter = rng());
    fill(&mut cluster, strip.max(1))?;

    let expected = distance(&cluster.one.to_vec(), &cluster.other.to_vec());
    let found = cluster.table.last().copied().unwrap_or((n + m) as u32);
    println!("{found} edits turn {n} letters into {m} others");
    assert_eq!(found, expected);
    Ok(())
}

/// Letters of an alphabet of four, the same each time.
fn letters() -> impl FnMut() -> u8 {
    let mut state = 1_u64;
    move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        b"ACGT"[(state >> 62) as usize]
    }
}
