//! What the processes hold: the driver, the monitor and each worker; and whether it grows.
#![allow(unsafe_code)]

use std::collections::BTreeMap;
use std::fmt;
use std::fs::{read_dir, read_link, read_to_string};
use std::os::unix::fs::MetadataExt;

use crate::support::{children, parent_of, status_of};

/// How many times a run looks.
const CHECKPOINTS: usize = 10;
/// How much more memory than at the first checkpoint is no growth: pages that a rare path touches for the first time, and
/// the pieces of each size that the allocator keeps ready, a few for each.
const BOUND: u64 = 256 << 10;

/// The processes of a cluster of three workers, which is the largest that is looked at.
const ROLES: [&str; 5] = ["driver", "monitor", "worker 0", "worker 1", "worker 2"];

/// What one process holds.
#[derive(Clone, Copy, Debug)]
struct Process {
    /// Resident anonymous pages, in bytes, counted whole however many processes share them copy-on-write.
    ///
    /// `Pss_Anon` and `Private_Dirty` would change when another process comes or goes: a page counts as shared when a
    /// worker is forked, and as private again when that worker dies.
    private: u64,
    descriptors: usize,
    mappings: usize,
    threads: usize,
}

/// What all processes hold at one moment. All in one piece, so that keeping it doesn't make the driver grow.
#[derive(Clone, Copy, Debug)]
struct Checkpoint {
    rounds: usize,
    /// By role, as far as there are workers.
    processes: [Option<Process>; ROLES.len()],
    /// Bytes of the memfds that any of them has open, each counted once.
    shared: u64,
    /// Living descendants of the driver, and those dead but not reaped.
    living: usize,
    zombies: usize,
    /// Names in /dev/shm.
    names: usize,
}

/// Gives free memory back to the system, so that the figures tell what is in use and not what was once.
pub(crate) fn give_back() {
    // SAFETY: takes a number, and locks what it needs.
    unsafe { libc::malloc_trim(0) };
}

impl Checkpoint {
    /// Looks at this process, and at the monitor and the workers of the cluster with these workers, by rank.
    fn take(rounds: usize, workers: &[u32]) -> Self {
        give_back();
        let driver = std::process::id();
        let monitor = workers.first().map(|&worker| parent_of(worker).expect("the worker lives"));
        let numbers: Vec<u32> = [driver].into_iter().chain(monitor).chain(workers.iter().copied()).collect();
        let family = descendants(driver);
        let dead = |&&process: &&u32| status_of(process, "State").is_none_or(|state| state.starts_with(['Z', 'X']));
        let zombies = family.iter().filter(dead).count();
        Checkpoint {
            rounds,
            processes: std::array::from_fn(|role| numbers.get(role).map(|&process| Process::look(process))),
            shared: memfds(&numbers),
            living: family.len() - zombies,
            zombies,
            names: entries("/dev/shm"),
        }
    }

    /// The processes there are, by role.
    fn processes(&self) -> impl Iterator<Item = (&'static str, &Process)> {
        ROLES.into_iter().zip(self.processes.iter().flatten())
    }

    /// Each figure that must stay equal, by name.
    fn counts(&self) -> Vec<(String, u64)> {
        let of_process = |(role, process): (&str, &Process)| {
            let &Process { descriptors, mappings, threads, .. } = process;
            [("descriptors", descriptors), ("mappings", mappings), ("threads", threads)]
                .map(|(what, count)| (format!("{what} of {role}"), count as u64))
        };
        let mut counts: Vec<_> = self.processes().flat_map(of_process).collect();
        for (what, count) in [("processes", self.living), ("zombies", self.zombies), ("names", self.names)] {
            counts.push((what.to_owned(), count as u64));
        }
        counts
    }

    /// Each figure in bytes, by name.
    fn bytes(&self) -> Vec<(String, u64)> {
        let of_process = |(role, process): (&str, &Process)| (format!("private memory of {role}"), process.private);
        let mut bytes: Vec<_> = self.processes().map(of_process).collect();
        bytes.push(("shared memory".to_owned(), self.shared));
        bytes
    }
}

impl Process {
    fn look(process: u32) -> Self {
        let rollup = read_to_string(format!("/proc/{process}/smaps_rollup")).expect("the process lives");
        let anonymous = rollup.lines().find_map(|line| line.strip_prefix("Anonymous:")).expect("a line of the rollup");
        let kilobytes: u64 = anonymous.trim().trim_end_matches(" kB").parse().expect("a number of kB");
        Process {
            private: kilobytes << 10,
            descriptors: entries(&format!("/proc/{process}/fd")),
            mappings: read_to_string(format!("/proc/{process}/maps")).map_or(0, |maps| maps.lines().count()),
            threads: entries(&format!("/proc/{process}/task")),
        }
    }
}

fn entries(directory: &str) -> usize {
    read_dir(directory).map_or(0, Iterator::count)
}

fn descendants(process: u32) -> Vec<u32> {
    let mut all = children(process);
    let mut next = 0;
    while let Some(&process) = all.get(next) {
        all.extend(children(process));
        next += 1;
    }
    all
}

/// The bytes of all memfds that these processes have open, each counted once.
fn memfds(processes: &[u32]) -> u64 {
    let mut bytes = BTreeMap::new();
    for process in processes {
        for entry in read_dir(format!("/proc/{process}/fd")).into_iter().flatten().flatten() {
            if read_link(entry.path()).is_ok_and(|target| target.to_string_lossy().starts_with("/memfd:"))
                && let Ok(metadata) = std::fs::metadata(entry.path())
            {
                bytes.insert((metadata.dev(), metadata.ino()), metadata.blocks() * 512);
            }
        }
    }
    bytes.values().sum()
}

/// The checkpoints of a run.
pub(crate) struct Run(Vec<Checkpoint>);

impl Run {
    /// Looks ten times during so many rounds: `wear` does so many of them, and gives the workers' process numbers.
    pub(crate) fn watch(rounds: usize, mut wear: impl FnMut(usize) -> Vec<u32>) -> Self {
        let each = rounds.div_ceil(CHECKPOINTS);
        let mut checkpoints = Vec::with_capacity(CHECKPOINTS);
        for checkpoint in 1..=CHECKPOINTS {
            let workers = wear(each);
            checkpoints.push(Checkpoint::take(checkpoint * each, &workers));
        }
        Run(checkpoints)
    }

    /// Every figure that has grown. Counts are those of the first checkpoint at each; memory stays within a bound, and
    /// doesn't rise from each checkpoint to the next.
    pub(crate) fn grown(&self) -> Vec<String> {
        let Run(checkpoints) = self;
        let mut grown = Vec::new();
        for (figure, (name, first)) in checkpoints[0].counts().into_iter().enumerate() {
            let counts: Vec<u64> = checkpoints.iter().map(|checkpoint| checkpoint.counts()[figure].1).collect();
            if counts.iter().any(|&count| count != first) {
                grown.push(format!("{name}: {counts:?}"));
            }
        }
        for (figure, (name, first)) in checkpoints[0].bytes().into_iter().enumerate() {
            let bytes: Vec<u64> = checkpoints.iter().map(|checkpoint| checkpoint.bytes()[figure].1).collect();
            if bytes.iter().any(|&bytes| bytes > first + BOUND) || bytes.is_sorted_by(|one, next| one < next) {
                grown.push(format!("{name}, in bytes: {bytes:?}"));
            }
        }
        grown
    }

    #[track_caller]
    pub(crate) fn assert_flat(&self) {
        let grown = self.grown();
        assert!(grown.is_empty(), "grown: {}\n{self}", grown.join("; "));
    }
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Run(checkpoints) = self;
        write!(f, "{:>8}", "rounds")?;
        for (role, _) in checkpoints[0].processes() {
            write!(f, " | {role:>8} KiB  fds maps thr")?;
        }
        writeln!(f, " | shared KiB processes zombies names")?;
        for checkpoint in checkpoints {
            let Checkpoint { rounds, shared, living, zombies, names, .. } = checkpoint;
            write!(f, "{rounds:>8}")?;
            for (_, Process { private, descriptors, mappings, threads }) in checkpoint.processes() {
                write!(f, " | {:>12} {descriptors:>4} {mappings:>4} {threads:>3}", private >> 10)?;
            }
            writeln!(f, " | {:>10} {living:>9} {zombies:>7} {names:>5}", shared >> 10)?;
        }
        Ok(())
    }
}
