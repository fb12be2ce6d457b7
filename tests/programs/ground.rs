//! What programs run on, and how one is run and checked.

use std::ops::Range;
use std::time::Duration;

use dsm::prelude::*;
use dsm::{ErrorKind, WaitPolicy};

use super::locks::{Locks, PLACES};
use super::program::{N, Program, STEPS};
use super::rank::Rank;

dsm::shared! {
    pub(crate) struct Ground {
        a: [u64; N],
        b: [u64; N],
        meets: [u64; STEPS],
        tried: [u64; PLACES],
        sums: [u64; STEPS],
        passed: [Flag; 64],
        critical: Atomic<u64>,
        total: Lock<u64>,
        fair: FairLock<u64>,
        bins: [Lock<u64>; 8],
        fair_bins: [FairLock<u64>; 8],
    }
}

/// A rank's part of either array.
pub(crate) type Block<'w> = Split<'w, u64, Ix1>;

/// A program that hasn't ended by then hangs; the error says where.
const HANGS: Duration = Duration::from_secs(100);
/// Programs that one cluster runs.
const PER_CLUSTER: u64 = 250;

/// The cluster for the programs from this number on; in every other one, waiting workers sleep at once.
pub(crate) fn cluster(size: usize, first: u64) -> Cluster<Ground> {
    let policy = if (first / PER_CLUSTER).is_multiple_of(2) { WaitPolicy::Active } else { WaitPolicy::Passive };
    let builder = Cluster::builder(Ground).workers(size).wait_policy(policy).deadline(HANGS);
    let mut cluster = builder.build().expect("a cluster");
    cluster.start().expect("workers");
    cluster
}

#[dsm::parallel(split(a, b), atomic(meets, tried, sums))]
fn run(res: Ground, seed: u64, planted: bool) -> u64 {
    let make = if planted { Program::with_deadlock } else { Program::new };
    let RunResources { a, b, meets, tried, sums, passed, critical, total, fair, bins, fair_bins, team, .. } = res;
    let locks = Locks { total, fair, bins, fair_bins, critical, tried };
    Rank { program: make(seed, team.size()), team, locks, meets, passed, sums }.run([a, b])
}

#[dsm::parallel]
fn process_ids(_res: Ground) -> u32 {
    std::process::id()
}

/// The workers' process numbers.
pub(crate) fn pids(cluster: &mut Cluster<Ground>) -> Vec<u32> {
    process_ids(cluster).expect("a call that goes well")
}

/// Nothing added anywhere, nobody met, and no lock poisoned.
fn reset(cluster: &mut Cluster<Ground>) {
    cluster.meets.fill(0);
    cluster.tried.fill(0);
    cluster.critical.set(0);
    cluster.total.set(0);
    cluster.fair.set(0);
    for bin in 0..8 {
        cluster.bins.set(bin, 0);
        cluster.fair_bins.set(bin, 0);
    }
}

/// What was added at each place.
fn guarded(cluster: &Cluster<Ground>) -> [u64; PLACES] {
    std::array::from_fn(|place| match place {
        0 => cluster.critical.get(),
        1 => cluster.total.get(),
        2 => cluster.fair.get(),
        3..11 => cluster.bins.get(place - 3),
        _ => cluster.fair_bins.get(place - 11),
    })
}

/// Runs the program of this number, which must end well with the right answer.
///
/// # Errors
///
/// What was wrong, of which program.
pub(crate) fn check(cluster: &mut Cluster<Ground>, seed: u64) -> Result<(), String> {
    let program = Program::new(seed, cluster.size());
    reset(cluster);
    let wrong = |what: String| Err(format!("{what}\nin program {seed}: {program:?}"));
    let answers = match run(cluster, seed, false) {
        Ok(answers) => answers,
        Err(error) => return wrong(error.to_string()),
    };
    let expected: Vec<u64> = (0..program.size).map(|rank| program.answer(rank)).collect();
    if answers != expected {
        return wrong(format!("answers {answers:?}, not {expected:?}"));
    }
    let totals = program.totals(program.steps.len() + 1);
    let expected: [u64; PLACES] = std::array::from_fn(|place| totals[place] + cluster.tried[place]);
    if guarded(cluster) != expected {
        return wrong(format!("under locks {:?}, not {expected:?}", guarded(cluster)));
    }
    Ok(())
}

/// Runs the program of this number with a deadlock planted in it, which must be found; the next program must end well.
///
/// # Errors
///
/// What was wrong, of which program.
pub(crate) fn check_deadlock(cluster: &mut Cluster<Ground>, seed: u64) -> Result<(), String> {
    reset(cluster);
    match run(cluster, seed, true) {
        Err(error) if error.kind() == ErrorKind::Deadlock => check(cluster, seed),
        other => Err(format!("{other:?}\nin {:?}", Program::with_deadlock(seed, cluster.size()))),
    }
}

/// Which check.
pub(crate) type Check = fn(&mut Cluster<Ground>, u64) -> Result<(), String>;

/// Checks the programs of these numbers, and tells each that was right.
///
/// # Errors
///
/// Those of the first that is wrong.
pub(crate) fn check_all(size: usize, seeds: Range<u64>, check: Check, mut told: impl FnMut()) -> Result<(), String> {
    for first in seeds.clone().step_by(PER_CLUSTER as usize) {
        let mut cluster = cluster(size, first);
        for seed in first..seeds.end.min(first + PER_CLUSTER) {
            check(&mut cluster, seed)?;
            told();
        }
    }
    Ok(())
}
