//! Random programs in numbers: without a deadlock none may be taken for one, with one it must be found.
//!
//! `cargo bench --bench random_programs`, or with `-- --programs 1000 --workers 3 --busy 2 --stopped`. It fails with the
//! number of the first program that went wrong; `-- --first NUMBER --programs 1 --workers N` runs that one again.

#[path = "../tests/programs/mod.rs"]
mod programs;
#[path = "../tests/conformance/support.rs"]
#[allow(dead_code, unused_macros, reason = "the tests use the rest")]
mod support;

use std::io::{IsTerminal, Write};
use std::process::Command;
use std::time::Instant;

use clap::Parser;

use programs::company::{self, Company};
use programs::ground::{Check, check, check_all, check_deadlock, cluster, pids};
use support::parent_of;

#[derive(Parser)]
struct Options {
    /// How many programs without a deadlock, over all numbers of workers together
    #[arg(long, default_value_t = 100_000)]
    programs: u64,
    /// How many with one
    #[arg(long, default_value_t = 2_000)]
    deadlocks: u64,
    /// The number of the first program
    #[arg(long, default_value_t = 0)]
    first: u64,
    /// The numbers of workers
    #[arg(long, value_delimiter = ',', default_values_t = [2, 3, 4, 8])]
    workers: Vec<usize>,
    /// Stop and continue workers and monitors meanwhile
    #[arg(long)]
    stopped: bool,
    /// How many other processes keep the machine busy
    #[arg(long, default_value_t = 0)]
    busy: usize,
    /// Given to the processes that disturb
    #[arg(long, hide = true)]
    company: bool,
    /// Given by `cargo bench`
    #[arg(long, hide = true)]
    bench: bool,
}

/// This program again, as one of those that disturb.
fn disturber() -> Command {
    let mut command = Command::new(std::env::current_exe().expect("a program"));
    command.arg("--company");
    command
}

/// Programs that one cluster runs while it is stopped and continued.
const STOPPED: u64 = 500;

/// Checks the programs of one number of workers.
fn run(options: &Options, what: &str, workers: usize, programs: u64, check: Check) -> Result<(), String> {
    let terminal = std::io::stderr().is_terminal();
    let (begun, mut done) = (Instant::now(), 0);
    let mut told = || {
        done += 1;
        if terminal && (done % 100 == 0 || done == programs) {
            eprint!("\r{done} of {programs} {what}, {workers} workers ");
            let _ = std::io::stderr().flush();
        }
    };
    let (mut first, end) = (options.first, options.first + programs);
    while options.stopped && first < end {
        let mut cluster = cluster(workers, first);
        let mut stopped = pids(&mut cluster);
        stopped.push(parent_of(stopped[0]).expect("the monitor lives"));
        let _stopping = Company::stopping(disturber(), &stopped);
        for seed in first..end.min(first + STOPPED) {
            check(&mut cluster, seed)?;
            told();
        }
        first = end.min(first + STOPPED);
    }
    check_all(workers, first..end, check, told)?;
    println!("{programs:>7} {what}, {workers} workers: {:.1} s", begun.elapsed().as_secs_f64());
    Ok(())
}

#[dsm::main]
fn main() -> Result<(), String> {
    let options = Options::parse();
    if options.company {
        company::keep();
        return Ok(());
    }
    let _busy: Vec<Company> = (0..options.busy).map(|_| Company::busy(disturber())).collect();
    let share = |programs: u64| programs.div_ceil(options.workers.len() as u64);
    for &workers in &options.workers {
        run(&options, "programs", workers, share(options.programs), check)?;
        if workers > 1 {
            run(&options, "programs with a deadlock", workers, share(options.deadlocks), check_deadlock)?;
        }
    }
    Ok(())
}
