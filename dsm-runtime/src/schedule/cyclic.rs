//! One part of a deal of `0..n`, under any schedule: how many indices it has, and which one is its k-th.
//!
//! Both answers take constant time and no memory. A deal doesn't say to whom a given index belongs.

use super::{Indices, Permutation, Schedule, block};

/// The indices of `0..n` that a schedule gives to one part, numbered from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Deal {
    len: usize,
    order: Order,
}

/// What takes a position within the part to an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    Block { start: usize },
    Cyclic { chunk: usize, parts: usize, part: usize },
    Random { start: usize, permutation: Permutation },
}

impl Deal {
    /// What `schedule` deals of `0..n` to `part` of `parts`. The seed matters to [`Schedule::Random`] only, and is the
    /// same for all parts.
    ///
    /// # Panics
    ///
    /// When `part` is not less than `parts`, when [`Schedule::check`] refuses the schedule, or when it hands indices out
    /// as workers ask.
    #[must_use]
    pub(crate) fn new(schedule: Schedule, n: usize, parts: usize, part: usize, seed: u64) -> Deal {
        if let Err(reason) = schedule.check() {
            panic!("{reason}");
        }
        let block = block(n, parts, part);
        let (len, order) = match schedule {
            Schedule::Block => (block.len(), Order::Block { start: block.start }),
            Schedule::Cyclic(chunk) => (cyclic_len(n, chunk, parts, part), Order::Cyclic { chunk, parts, part }),
            Schedule::Random => {
                (block.len(), Order::Random { start: block.start, permutation: Permutation::new(n, seed) })
            }
            Schedule::Dynamic(_) | Schedule::Guided(_) => {
                panic!("`{schedule}` hands indices out as workers ask: nobody owns one beforehand")
            }
        };
        Deal { len, order }
    }

    /// The number of indices this part has.
    #[must_use]
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// The `k`-th index of this part.
    ///
    /// # Panics
    ///
    /// When `k` is not less than [`Deal::len`].
    #[must_use]
    pub(crate) fn index(&self, k: usize) -> usize {
        assert!(k < self.len, "position {k} is outside a part of {} indices", self.len);
        match self.order {
            Order::Block { start } => start + k,
            // No step overflows: each is at most the index, which is less than n.
            Order::Cyclic { chunk, parts, part } => ((k / chunk) * parts + part) * chunk + k % chunk,
            Order::Random { start, permutation } => permutation.apply(start + k),
        }
    }

    /// The indices of this part, in order.
    pub(crate) fn indices(&self) -> Indices {
        Indices::new(*self)
    }

    /// How many indices from the `k`-th on follow each other, up to the end of the part; 0 when `k` is not below its
    /// length.
    pub(crate) fn run_from(&self, k: usize) -> usize {
        let left = self.len.saturating_sub(k);
        match self.order {
            Order::Block { .. } => left,
            Order::Cyclic { chunk, .. } => left.min(chunk - k % chunk),
            Order::Random { .. } => left.min(1),
        }
    }

    /// Where the part starts, when it is one contiguous block.
    pub(super) fn block_start(&self) -> Option<usize> {
        match self.order {
            Order::Block { start } => Some(start),
            Order::Cyclic { .. } | Order::Random { .. } => None,
        }
    }
}

/// How many indices of `0..n` a part gets when chunks go round: its whole chunks, and the short last one if it is its.
fn cyclic_len(n: usize, chunk: usize, parts: usize, part: usize) -> usize {
    let (whole, rest) = (n / chunk, n % chunk);
    // The chunks left over after the last full round go to the first parts; the short one follows them.
    let leftover = whole % parts;
    let chunks = whole / parts + usize::from(part < leftover);
    chunks * chunk + if part == leftover { rest } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(schedule: Schedule, n: usize, parts: usize, part: usize) -> Vec<usize> {
        let deal = Deal::new(schedule, n, parts, part, 7);
        (0..deal.len()).map(|k| deal.index(k)).collect()
    }

    #[test]
    fn chunks_go_round_and_the_last_is_short() {
        let schedule = Schedule::Cyclic(3);
        assert_eq!(part(schedule, 11, 3, 0), [0, 1, 2, 9, 10]);
        assert_eq!(part(schedule, 11, 3, 1), [3, 4, 5]);
        assert_eq!(part(schedule, 11, 3, 2), [6, 7, 8]);
    }

    #[test]
    fn a_chunk_larger_than_everything_goes_to_the_first_part() {
        assert_eq!(part(Schedule::Cyclic(usize::MAX), 4, 3, 0), [0, 1, 2, 3]);
        assert_eq!(part(Schedule::Cyclic(usize::MAX), 4, 3, 1), [0; 0]);
    }

    #[test]
    fn the_largest_lengths_do_not_overflow() {
        for schedule in [Schedule::Block, Schedule::Cyclic(1), Schedule::Cyclic(1000), Schedule::Random] {
            let deals = [0, 1, 2].map(|part| Deal::new(schedule, usize::MAX, 3, part, 7));
            assert_eq!(deals.iter().map(Deal::len).sum::<usize>(), usize::MAX);
            let last = deals.iter().map(|deal| deal.index(deal.len() - 1)).max();
            assert!(schedule == Schedule::Random || last == Some(usize::MAX - 1));
        }
        let all = Deal::new(Schedule::Cyclic(usize::MAX), usize::MAX, 2, 0, 7);
        assert_eq!(all.index(all.len() - 1), usize::MAX - 1);
    }

    #[test]
    fn runs_are_as_long_as_indices_follow_each_other() {
        let runs = |schedule, part| {
            let deal = Deal::new(schedule, 11, 3, part, 7);
            let mut k = 0;
            std::iter::from_fn(|| {
                let run = deal.run_from(k);
                let first = (run > 0).then(|| deal.index(k))?;
                k += run;
                Some(first..first + run)
            })
            .collect::<Vec<_>>()
        };
        assert_eq!(runs(Schedule::Block, 2), vec![8..11; 1]);
        assert_eq!(runs(Schedule::Cyclic(3), 0), [0..3, 9..11]);
        assert_eq!(runs(Schedule::Cyclic(usize::MAX), 1), []);
        assert_eq!(runs(Schedule::Random, 0).len(), 4);
    }

    #[test]
    #[should_panic(expected = "`dynamic(2)` hands indices out as workers ask")]
    fn what_is_handed_out_is_not_dealt() {
        let _ = Deal::new(Schedule::Dynamic(2), 10, 2, 0, 0);
    }

    #[test]
    fn random_depends_on_the_seed_only() {
        let deal = |seed| Deal::new(Schedule::Random, 1000, 4, 1, seed);
        assert_eq!(deal(1), deal(1));
        assert!((0..250).any(|k| deal(1).index(k) != deal(2).index(k)));
    }

    #[test]
    #[should_panic(expected = "write `Cyclic(1)` or more")]
    fn chunks_of_nothing_are_refused() {
        let _ = Deal::new(Schedule::Cyclic(0), 10, 2, 0, 0);
    }

    #[test]
    #[should_panic(expected = "position 5 is outside a part of 5 indices")]
    fn a_position_beyond_the_part_is_refused() {
        let _ = Deal::new(Schedule::Block, 10, 2, 0, 0).index(5);
    }
}
