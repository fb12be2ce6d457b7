//! One rank of a program.

use std::time::Duration;

use dsm::prelude::*;

use super::ground::Block;
use super::locks::{Locks, PLACES, pause};
use super::program::{Pace, Program, Step, digest};

/// What a rank runs its program with.
pub(crate) struct Rank<'w> {
    pub(crate) program: Program,
    pub(crate) team: Team<'w>,
    pub(crate) locks: Locks<'w>,
    /// For each step, how many have come to the point where one of them waits for the others.
    pub(crate) meets: Atomics<'w, u64, Ix1>,
    /// For each rank, the number of the last step whose line it has passed on.
    pub(crate) passed: &'w [Flag],
    /// For each step, what goes down the line.
    pub(crate) sums: Atomics<'w, u64, Ix1>,
}

impl<'w> Rank<'w> {
    /// Runs the program; the digest of all that its steps gave.
    pub(crate) fn run(&self, mut arrays: [Block<'w>; 2]) -> u64 {
        let mut given = Vec::new();
        for step in 0..self.program.steps.len() {
            self.pace(step, 0);
            let gives;
            (gives, arrays) = self.step(step, arrays);
            given.extend(gives);
        }
        // After the last collective each goes on as long as it likes.
        self.work_under_locks(self.program.steps.len());
        digest(given)
    }

    /// One step: what it gives, and the arrays, split again.
    fn step(&self, step: usize, arrays: [Block<'w>; 2]) -> (Option<u64>, [Block<'w>; 2]) {
        let (team, rank) = (&self.team, self.team.id());
        let value = self.program.value(step, rank);
        let gives = match self.program.steps[step] {
            Step::Modes { second, turn } => {
                let [a, b] = arrays;
                let (read, changed, other) = if second {
                    let (read, b) = self.turn(step, turn, b);
                    (read, a, b)
                } else {
                    let (read, a) = self.turn(step, turn, a);
                    (read, a, b)
                };
                return (Some(read), [changed, other]);
            }
            Step::BothModes => {
                let (read, arrays) = self.both(step, arrays);
                return (Some(read), arrays);
            }
            Step::Single => Some(team.single(|| {
                self.pace(step, 1);
                // No lock of the steps before may be waited for in vain: whoever holds one isn't here yet.
                self.locks.holding(team, PLACES - 1, |_| ());
                self.program.value(step, 0)
            })),
            Step::Master => team.master(|| {
                self.pace(step, 1);
                value
            }),
            Step::Sum => Some(team.sum(value)),
            Step::Least => Some(team.min(value)),
            Step::Gather => team.gather(value).map(digest),
            Step::AllGather => Some(digest(team.all_gather(value))),
            Step::Broadcast(root) => Some(team.broadcast(root, value)),
            Step::Deal => {
                let mine = team.split_indices(super::program::N, Schedule::Random);
                Some(team.sum(mine.map(|index| index as u64).sum::<u64>()))
            }
            Step::Line(first) => Some(self.line(step, first, value)),
            Step::Barrier => {
                team.barrier();
                None
            }
            Step::Locks => {
                self.work_under_locks(step);
                None
            }
            Step::Convoy { holder, place } => {
                self.convoy(step, holder, place, value);
                None
            }
            Step::Audit(auditor) => {
                self.audit(step, auditor);
                None
            }
            Step::Deadlock { ranks, places } => {
                self.deadlock(step, ranks, places);
                None
            }
            Step::Unposted(waits) => {
                if rank == waits {
                    self.passed[rank].wait(u32::MAX);
                }
                None
            }
        };
        (gives, arrays)
    }

    fn work_under_locks(&self, step: usize) {
        for work in self.program.works(step, self.team.id()) {
            self.locks.work(&self.team, &work);
        }
    }

    /// The holder lets go only when all others are about to ask for the lock, or already asleep.
    fn convoy(&self, step: usize, holder: usize, place: usize, value: u64) {
        // Nobody may still need the lock to come here.
        self.team.barrier();
        if self.team.id() == holder {
            self.locks.holding(&self.team, place, |total| {
                self.wait_for(step, self.team.size() as u64 - 1);
                self.pace(step, 1);
                *total += value;
            });
        } else {
            self.meets[step].fetch_add(1);
            self.locks.holding(&self.team, place, |total| *total += value);
        }
    }

    /// Adds to the sum of those before this rank; what it is then.
    fn line(&self, step: usize, first: usize, value: u64) -> u64 {
        let (rank, size, number) = (self.team.id(), self.team.size(), step as u32 + 1);
        let mut sum = value;
        if rank != first {
            let before = &self.passed[(rank + size - 1) % size];
            // Now and then as one who gives up, and comes back.
            if value.is_multiple_of(3) {
                let found = before.wait_timeout(number, Duration::from_micros(value % 500));
                assert!(found.is_none_or(|found| found >= number));
            }
            assert!(before.wait(number) >= number);
            sum += self.sums[step].load();
        }
        self.pace(step, 1);
        self.sums[step].store(sum);
        self.passed[rank].post(number);
        sum
    }

    fn audit(&self, step: usize, auditor: usize) {
        self.team.barrier();
        if self.team.id() == auditor {
            for (place, total) in self.program.totals(step).into_iter().enumerate() {
                let found = self.locks.holding(&self.team, place, |found| *found);
                assert_eq!(found, total + self.locks.tried[place].load(), "what the lock at place {place} guards");
            }
        }
        self.team.barrier();
    }

    fn deadlock(&self, step: usize, ranks: [usize; 2], places: [usize; 2]) {
        // Nobody may still need either lock to come here.
        self.team.barrier();
        let Some(which) = ranks.iter().position(|&rank| rank == self.team.id()) else {
            // Nor may somebody who goes on take one before both are held.
            return self.wait_for(step, 2);
        };
        self.locks.holding(&self.team, places[which], |_| {
            self.meets[step].fetch_add(1);
            self.wait_for(step, 2);
            self.pace(step, 1);
            self.locks.holding(&self.team, places[1 - which], |_| ());
        });
    }

    /// Waits awake.
    fn wait_for(&self, step: usize, count: u64) {
        while self.meets[step].load() < count {
            std::thread::yield_now();
        }
    }

    /// Goes as slowly as the program says.
    pub(crate) fn pace(&self, step: usize, point: u64) {
        match self.program.pace(step, self.team.id(), point) {
            Pace::AtOnce => {}
            Pace::Compute(times) => {
                std::hint::black_box((0..times).fold(0_u64, |x, i| std::hint::black_box(x.wrapping_add(i as u64))));
            }
            Pace::Sleep(microseconds) => pause(microseconds),
            Pace::Yield(times) => (0..times).for_each(|_| std::thread::yield_now()),
        }
    }
}
