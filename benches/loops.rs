//! What sharing out a loop costs: each schedule over many indices with next to nothing to do, and the same in OpenMP.
//!
//! `cargo bench --bench loops`, or with `-- 2 4` for these numbers of workers. Prints the median of several loops in
//! nanoseconds per index, with the least and the most; what a call costs is not in it, what the end of the loop costs is.
//! OpenMP's are those of `benches/openmp/loops.c`, if `cc` knows `-fopenmp`; its figures hold a parallel region for each loop.

use std::hint::black_box;
use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

use dsm::prelude::*;

dsm::shared! {
    /// Rows to be handed out.
    struct Bench(n: usize) { rows: [u8; n] }
}

const INDICES: usize = 1_000_000;
/// Loops timed together: a worker that comes late to the first has them all the same.
const LOOPS: usize = 5;
const BATCHES: usize = 11;
const SCHEDULES: [Schedule; 4] = [Schedule::Block, Schedule::Dynamic(1), Schedule::Dynamic(64), Schedule::Guided(1)];

/// Least, median and most.
type Figures = [f64; 3];

fn figures(mut times: Vec<f64>) -> Figures {
    times.sort_by(f64::total_cmp);
    [times[0], times[times.len() / 2], times[times.len() - 1]]
}

/// Nanoseconds per index, timed by rank 0.
#[dsm::parallel]
fn loops(res: Bench, schedule: Schedule) -> Vec<f64> {
    let mut sum = 0;
    let mut times = Vec::new();
    for batch in 0..=BATCHES {
        res.team.barrier();
        let begun = Instant::now();
        for _ in 0..LOOPS {
            res.team.for_each(0..INDICES, schedule, |i| sum = black_box(sum + i));
        }
        let time = begun.elapsed().as_secs_f64() * 1e9 / (LOOPS * INDICES) as f64;
        if batch > 0 {
            times.push(time);
        }
    }
    assert_eq!(res.team.sum(sum), INDICES * (INDICES - 1) / 2 * LOOPS * (BATCHES + 1));
    times
}

/// Nanoseconds per row that is handed out, timed by rank 0.
#[dsm::parallel(split(rows))]
fn rows(res: Bench, schedule: Schedule) -> Vec<f64> {
    let team = res.team;
    let mut rows = team.phase(res.rows.rows(schedule));
    let mut times = Vec::new();
    for batch in 0..=BATCHES {
        let begun = Instant::now();
        for _ in 0..LOOPS {
            rows.iter_mut().for_each(|(_, row)| *row = row.wrapping_add(1));
            rows = team.phase(rows.rows(schedule));
        }
        let time = begun.elapsed().as_secs_f64() * 1e9 / (LOOPS * INDICES) as f64;
        if batch > 0 {
            times.push(time);
        }
    }
    times
}

/// The program in C, compiled; `None` where there is no OpenMP.
fn openmp() -> Option<PathBuf> {
    let program = std::env::temp_dir().join(format!("dsm-openmp-loops-{}", std::process::id()));
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/openmp/loops.c");
    let compiled = Command::new("cc").args(["-O2", "-fopenmp", source, "-o"]).arg(&program).output();
    compiled.is_ok_and(|output| output.status.success()).then_some(program)
}

/// What the program in C prints, by schedule.
fn run(program: &PathBuf, threads: usize) -> Vec<Figures> {
    let arguments = [threads, INDICES, BATCHES].map(|number| number.to_string());
    let output = Command::new(program).args(arguments).output().expect("the program runs");
    assert!(output.status.success(), "the sum is wrong");
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines()
        .map(|line| {
            let mut numbers = line.split(' ').map(|number| number.parse().expect("a number"));
            [(); 3].map(|()| numbers.next().expect("three numbers"))
        })
        .collect()
}

fn print(what: &str, workers: usize, [least, median, most]: Figures) {
    println!("{what:<34} {workers:>3} workers {median:>10.2} ns per index   ({least:.2} to {most:.2})");
}

#[dsm::main]
fn main() -> dsm::Result<()> {
    let mut counts: Vec<usize> = std::env::args().filter_map(|argument| argument.parse().ok()).collect();
    if counts.is_empty() {
        counts = vec![2, 4];
    }
    let openmp = openmp();
    if openmp.is_none() {
        println!("no OpenMP: `cc -fopenmp` compiles nothing here");
    }
    for workers in counts {
        let beside = openmp.as_ref().map(|program| run(program, workers));
        let mut cluster = Cluster::with_workers(workers, Bench { n: INDICES })?;
        for (number, schedule) in SCHEDULES.into_iter().enumerate() {
            print(&format!("for_each, {schedule}"), workers, figures(loops(&mut cluster, schedule)?.swap_remove(0)));
            if let Some(beside) = &beside {
                print(&format!("OpenMP for, {schedule}"), workers, beside[number]);
            }
        }
        for schedule in SCHEDULES {
            print(&format!("rows, {schedule}"), workers, figures(rows(&mut cluster, schedule)?.swap_remove(0)));
        }
        assert!(cluster.rows.iter().all(|&times| times == cluster.rows[0]), "a row was left out");
    }
    if let Some(program) = openmp {
        let _ = std::fs::remove_file(program);
    }
    Ok(())
}
