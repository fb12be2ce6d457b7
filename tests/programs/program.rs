//! A program, and the answer it must give.

use super::locks::{PLACES, Work, works};
use super::random::Random;

/// Elements of each array, and of those a step adds to atomically.
pub(crate) const N: usize = 48;
/// The most steps of a program.
pub(crate) const STEPS: usize = 10;

// What a random number is for.
const SHAPE: u64 = 1;
const VALUE: u64 = 2;
const CELL: u64 = 3;
const CONTRIBUTION: u64 = 4;
const PACE: u64 = 5;
const TAIL: u64 = 6;
const PLANTED: u64 = 7;

/// What all ranks do together, or each by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Barrier,
    /// An array changes its modes, is read by all, and is split again.
    Modes {
        second: bool,
        turn: Turn,
    },
    /// Both arrays change at once.
    BothModes,
    Single,
    Master,
    Sum,
    Least,
    Gather,
    AllGather,
    Broadcast(usize),
    Deal,
    /// A sum goes from rank to rank by flags, from this one on; who has passed it on needn't wait for the others.
    Line(usize),
    /// Each rank works under locks, as often as it likes.
    Locks,
    /// A rank holds a lock until all others are about to ask for it, and longer.
    Convoy {
        holder: usize,
        place: usize,
    },
    /// One rank looks whether all that was done under locks is there.
    Audit(usize),
    /// Two ranks hold a lock each, and ask for that of the other.
    Deadlock {
        ranks: [usize; 2],
        places: [usize; 2],
    },
    /// One rank waits for a number that nobody posts.
    Unposted(usize),
}

/// How an array is written before it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    Block,
    At,
    Cyclic(usize),
    Random,
    Atomically,
}

/// What a rank does before it goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pace {
    AtOnce,
    Compute(usize),
    /// Microseconds, long enough for all others to fall asleep.
    Sleep(usize),
    Yield(usize),
}

/// A program for a number of ranks.
#[derive(Debug)]
pub(crate) struct Program {
    pub(crate) seed: u64,
    pub(crate) size: usize,
    pub(crate) steps: Vec<Step>,
}

impl Program {
    /// The program of this number, which can't deadlock.
    pub(crate) fn new(seed: u64, size: usize) -> Self {
        let mut random = Random::of(&[seed, SHAPE, size as u64]);
        let count = 1 + random.below(STEPS);
        let steps = (0..count).map(|_| Step::any(&mut random, size)).collect();
        Program { seed, size, steps }
    }

    /// The program of this number with a deadlock in the place of one of its steps.
    pub(crate) fn with_deadlock(seed: u64, size: usize) -> Self {
        let mut program = Program::new(seed, size);
        let mut random = Random::of(&[seed, PLANTED, size as u64]);
        let at = random.below(program.steps.len());
        let one = random.below(size);
        let other = (one + 1 + random.below(size - 1)) % size;
        let place = random.below(PLACES - 1);
        let places = [place, place + 1 + random.below(PLACES - 1 - place)];
        program.steps[at] =
            if random.percent(40) { Step::Unposted(one) } else { Step::Deadlock { ranks: [one, other], places } };
        program
    }

    /// The value that a rank brings to a step.
    pub(crate) fn value(&self, step: usize, rank: usize) -> u64 {
        Random::of(&[self.seed, VALUE, step as u64, rank as u64]).next() >> 32
    }

    /// What an element of an array is after a step that writes it.
    pub(crate) fn cell(&self, step: usize, index: usize) -> u64 {
        Random::of(&[self.seed, CELL, step as u64, index as u64]).next() >> 32
    }

    /// What a rank adds to elements in a step that writes atomically: where, and how much.
    pub(crate) fn contributions(&self, step: usize, rank: usize) -> impl Iterator<Item = (usize, u64)> {
        let mut random = Random::of(&[self.seed, CONTRIBUTION, step as u64, rank as u64]);
        (0..random.below(8)).map(move |_| (random.below(N), random.next() >> 32))
    }

    /// The first index of each rank's range in a step that splits at ranges of the ranks' own, and the end.
    pub(crate) fn cuts(&self, step: usize) -> Vec<usize> {
        let mut random = Random::of(&[self.seed, SHAPE, step as u64]);
        let mut cuts: Vec<usize> = (1..self.size).map(|_| random.below(N + 1)).collect();
        cuts.extend([0, N]);
        cuts.sort_unstable();
        cuts
    }

    /// What a rank does at a point of a step.
    pub(crate) fn pace(&self, step: usize, rank: usize, point: u64) -> Pace {
        let mut random = Random::of(&[self.seed, PACE, step as u64, point]);
        // One rank at most sleeps at a time.
        if random.percent(8) && random.below(self.size) == rank {
            return Pace::Sleep(random.below(3_000));
        }
        let mut random = Random::of(&[self.seed, PACE, step as u64, point, rank as u64]);
        match random.below(10) {
            0..4 => Pace::AtOnce,
            4..8 => Pace::Compute(1 << random.below(14)),
            _ => Pace::Yield(random.below(20)),
        }
    }

    /// What a rank does under locks in a step; after the last step, too, when others may have returned.
    pub(crate) fn works(&self, step: usize, rank: usize) -> Vec<Work> {
        let mut random = Random::of(&[self.seed, TAIL, step as u64, rank as u64]);
        let most = match self.steps.get(step) {
            Some(Step::Locks) if random.percent(10) => 40,
            Some(Step::Locks) => 6,
            None if random.percent(50) => 8,
            _ => return Vec::new(),
        };
        works(&mut random, most)
    }

    /// What a step gives a rank.
    fn gives(&self, step: usize, rank: usize) -> Option<u64> {
        let mut values = (0..self.size).map(|rank| self.value(step, rank));
        let cells = || digest((0..N).map(|index| self.cell(step, index)));
        match self.steps[step] {
            Step::Modes { turn: Turn::Atomically, .. } => {
                let mut sums = [0; N];
                for (index, amount) in (0..self.size).flat_map(|rank| self.contributions(step, rank)) {
                    sums[index] += amount;
                }
                Some(digest(sums))
            }
            Step::Modes { .. } => Some(cells()),
            Step::BothModes => Some(digest([cells(), digest((0..N).map(|index| self.cell(step, N + index)))])),
            Step::Single => values.next(),
            Step::Master => values.next().filter(|_| rank == 0),
            Step::Sum => Some(values.sum()),
            Step::Least => values.min(),
            Step::Gather => (rank == 0).then(|| digest(values)),
            Step::AllGather => Some(digest(values)),
            Step::Broadcast(root) => values.nth(root),
            Step::Deal => Some((N * (N - 1) / 2) as u64),
            Step::Line(first) => Some(
                (0..=self.place_in_line(first, rank)).map(|place| self.value(step, (first + place) % self.size)).sum(),
            ),
            Step::Barrier
            | Step::Locks
            | Step::Convoy { .. }
            | Step::Audit(_)
            | Step::Deadlock { .. }
            | Step::Unposted(_) => None,
        }
    }

    /// How many ranks come before this one in a line that begins at `first`.
    pub(crate) fn place_in_line(&self, first: usize, rank: usize) -> usize {
        (rank + self.size - first) % self.size
    }

    /// What a rank must return.
    pub(crate) fn answer(&self, rank: usize) -> u64 {
        digest((0..self.steps.len()).filter_map(|step| self.gives(step, rank)))
    }

    /// What must have been added at each place before a step, besides what was only tried.
    pub(crate) fn totals(&self, before: usize) -> [u64; PLACES] {
        let mut totals = [0; PLACES];
        for step in 0..before {
            if let Some(&Step::Convoy { place, .. }) = self.steps.get(step) {
                totals[place] += (0..self.size).map(|rank| self.value(step, rank)).sum::<u64>();
            }
            for work in (0..self.size).flat_map(|rank| self.works(step, rank)) {
                if let Work::Add { places, amount, .. } = work {
                    places.iter().for_each(|&place| totals[place] += amount);
                }
            }
        }
        totals
    }
}

impl Step {
    fn any(random: &mut Random, size: usize) -> Self {
        match random.below(22) {
            0 => Step::Barrier,
            1..5 => Step::Modes { second: random.percent(50), turn: Turn::any(random) },
            5 => Step::BothModes,
            6 => Step::Single,
            7 => Step::Master,
            8 => Step::Sum,
            9 => Step::Least,
            10 => Step::Gather,
            11 => Step::AllGather,
            12 => Step::Broadcast(random.below(size)),
            13 => Step::Deal,
            14..17 => Step::Locks,
            17..19 => Step::Convoy { holder: random.below(size), place: random.below(PLACES) },
            19..21 => Step::Line(random.below(size)),
            _ => Step::Audit(random.below(size)),
        }
    }
}

impl Turn {
    fn any(random: &mut Random) -> Self {
        match random.below(5) {
            0 => Turn::Block,
            1 => Turn::At,
            2 => Turn::Cyclic(1 + random.below(5)),
            3 => Turn::Random,
            _ => Turn::Atomically,
        }
    }
}

/// Values in one number that tells of each and of their order.
pub(crate) fn digest(values: impl IntoIterator<Item = u64>) -> u64 {
    values.into_iter().fold(1, |digest, value| Random::of(&[digest, value]).next())
}
