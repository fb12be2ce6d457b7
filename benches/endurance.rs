//! Whether memory, descriptors and processes stay flat over many calls, clusters and recoveries.
//!
//! `cargo bench --bench endurance`, or with `-- --calls 1000 --clusters 0 --recoveries 0`. At ten checkpoints of each run it
//! looks at the driver, the monitor and each worker, and prints what they hold; it fails when any of it grows.

#[path = "../tests/conformance/support.rs"]
#[allow(dead_code, unused_macros, reason = "the tests use the rest")]
mod support;
#[path = "../tests/wear/mod.rs"]
#[allow(dead_code, reason = "the tests use the rest")]
mod wear;

use std::io::{IsTerminal, Write};
use std::time::Instant;

use clap::Parser;

use wear::figures::Run;
use wear::{calls, clusters, recoveries};

#[derive(Parser)]
struct Options {
    /// How many calls, with arguments and results of all sizes to 1 MB
    #[arg(long, default_value_t = 100_000)]
    calls: usize,
    /// How many clusters, made and dropped
    #[arg(long, default_value_t = 10_000)]
    clusters: usize,
    /// How many failing calls: deaths, panics and deadlines in turns
    #[arg(long, default_value_t = 10_000)]
    recoveries: usize,
    /// Given by `cargo bench`
    #[arg(long, hide = true)]
    bench: bool,
}

/// Tells on a terminal how far a run has come.
fn progress(what: &'static str, total: usize) -> impl FnMut() {
    let terminal = std::io::stderr().is_terminal();
    let mut done = 0;
    move || {
        done += 1;
        if terminal && (done % (total / 1000).max(1) == 0 || done == total) {
            eprint!("\r{done} of {total} {what} ");
            let _ = std::io::stderr().flush();
        }
    }
}

/// One run: its table, and the figures that have grown.
fn report(what: &'static str, total: usize, run: impl FnOnce(usize, &mut dyn FnMut()) -> Run) -> Vec<String> {
    if total == 0 {
        return Vec::new();
    }
    let begun = Instant::now();
    let run = run(total, &mut progress(what, total));
    println!("{total} {what} in {:.1} s\n{run}", begun.elapsed().as_secs_f64());
    run.grown().into_iter().map(|figure| format!("{what}: {figure}")).collect()
}

#[dsm::main]
fn main() -> Result<(), String> {
    let options = Options::parse();
    let mut grown = report("calls", options.calls, |calls, told| calls::run(calls, told));
    grown.extend(report("clusters", options.clusters, |clusters, told| clusters::run(clusters, told)));
    grown.extend(report("recoveries", options.recoveries, |recoveries, told| recoveries::run(recoveries, told)));
    if grown.is_empty() { Ok(()) } else { Err(format!("grown: {}", grown.join("\n"))) }
}
