//! The iterator over one worker's indices.
//!
//! It yields indices in the order of the deal, or in which they were taken: ascending for every schedule but the random one. It holds no
//! borrow of anything and claims nothing: who may touch what an index stands for is settled elsewhere.

use std::iter::FusedIterator;
use std::ops::Range;
use std::sync::Arc;

use super::{Deal, Taken};

/// The indices that one worker got of `0..n`, ascending except for [`Schedule::Random`](super::Schedule::Random).
///
/// It is exact about its length, goes from both ends and skips in constant time.
///
/// ```
/// # use dsm::prelude::*;
/// # dsm::shared! { struct Plain { a: [f64; 10] } }
/// #[dsm::parallel]
/// fn deal(res: Plain) -> (usize, Vec<usize>) {
///     let mine: dsm::Indices = res.team.split_indices(7, Schedule::Cyclic(1));
///     (mine.len(), mine.rev().collect())
/// }
///
/// let mut cluster = Cluster::with_workers(2, Plain)?;
/// assert_eq!(deal(&mut cluster)?, [(4, vec![6, 4, 2, 0]), (3, vec![5, 3, 1])]);
/// # Ok::<(), dsm::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "iterators do nothing unless consumed"]
pub struct Indices {
    part: Part,
    /// The positions within the part that are still to come: `front <= back`, which is at most its length.
    front: usize,
    back: usize,
}

/// One worker's indices by position.
#[derive(Clone, Debug)]
enum Part {
    Dealt(Deal),
    Taken(Arc<Taken>),
}

impl Part {
    fn index(&self, k: usize) -> usize {
        match self {
            Part::Dealt(deal) => deal.index(k),
            Part::Taken(taken) => taken.index(k),
        }
    }
}

impl Indices {
    /// All indices of one part.
    pub(crate) fn new(deal: Deal) -> Indices {
        Indices { part: Part::Dealt(deal), front: 0, back: deal.len() }
    }

    /// All indices that a worker has taken.
    pub(crate) fn of_taken(taken: Taken) -> Indices {
        Indices { front: 0, back: taken.len(), part: Part::Taken(Arc::new(taken)) }
    }

    /// The indices still to come as a range, when the schedule is [`Schedule::Block`](super::Schedule::Block).
    ///
    /// Any other schedule gives `None`, even where its indices happen to be contiguous.
    ///
    /// ```
    /// # use dsm::prelude::*;
    /// dsm::shared! { struct Plain { a: [f64; 10] } }
    ///
    /// #[dsm::parallel(read(a))]
    /// fn sums(res: Plain) -> f64 {
    ///     match res.team.split_indices(res.a.len(), Schedule::Block).as_range() {
    ///         Some(mine) => res.a.slice(s![mine]).sum(),
    ///         None => unreachable!("blocks are ranges"),
    ///     }
    /// }
    ///
    /// let mut cluster = Cluster::with_workers(2, Plain)?;
    /// cluster.a.assign(&Array1::from_iter((0..10).map(f64::from)));
    /// assert_eq!(sums(&mut cluster)?, [10.0, 35.0]);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[must_use]
    pub fn as_range(&self) -> Option<Range<usize>> {
        match &self.part {
            Part::Dealt(deal) => deal.block_start().map(|start| start + self.front..start + self.back),
            Part::Taken(_) => None,
        }
    }
}

impl Iterator for Indices {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        self.nth(0)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.back - self.front;
        (left, Some(left))
    }

    fn nth(&mut self, skip: usize) -> Option<usize> {
        if skip >= self.len() {
            self.front = self.back;
            return None;
        }
        let k = self.front + skip;
        self.front = k + 1;
        Some(self.part.index(k))
    }

    fn count(self) -> usize {
        self.len()
    }

    fn last(mut self) -> Option<usize> {
        self.next_back()
    }
}

impl DoubleEndedIterator for Indices {
    fn next_back(&mut self) -> Option<usize> {
        self.nth_back(0)
    }

    fn nth_back(&mut self, skip: usize) -> Option<usize> {
        if skip >= self.len() {
            self.back = self.front;
            return None;
        }
        self.back -= skip + 1;
        Some(self.part.index(self.back))
    }
}

impl ExactSizeIterator for Indices {}

impl FusedIterator for Indices {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schedule::Schedule;

    fn indices(schedule: Schedule) -> Indices {
        Indices::new(Deal::new(schedule, 12, 2, 1, 3))
    }

    #[test]
    fn only_blocks_are_ranges() {
        let mut block = indices(Schedule::Block);
        assert_eq!(block.as_range(), Some(6..12));
        block.next();
        block.next_back();
        assert_eq!(block.as_range(), Some(7..11));
        assert_eq!(indices(Schedule::Cyclic(6)).as_range(), None);
        assert_eq!(indices(Schedule::Random).as_range(), None);
    }

    #[test]
    fn a_finished_range_is_empty() {
        let mut block = indices(Schedule::Block);
        assert_eq!(block.nth(100), None);
        assert_eq!(block.as_range(), Some(12..12));
        assert_eq!((block.next(), block.next_back(), block.len()), (None, None, 0));
    }

    #[test]
    fn what_was_taken_is_walked_from_both_ends() {
        let mut taken = Taken::default();
        [3..5, 9..10, 7..8].into_iter().for_each(|chunk| taken.push(chunk));
        let mut indices = Indices::of_taken(taken);
        assert_eq!(indices.clone().collect::<Vec<_>>(), [3, 4, 9, 7]);
        assert_eq!(
            (indices.next(), indices.next_back(), indices.len(), indices.nth(1)),
            (Some(3), Some(7), 2, Some(9))
        );
        assert_eq!((indices.next(), indices.as_range()), (None, None));
    }

    #[test]
    fn both_ends_meet() {
        let mut cyclic = indices(Schedule::Cyclic(2));
        assert_eq!(cyclic.clone().collect::<Vec<_>>(), [2, 3, 6, 7, 10, 11]);
        assert_eq!((cyclic.next(), cyclic.next_back(), cyclic.nth(1)), (Some(2), Some(11), Some(6)));
        assert_eq!(cyclic.len(), 2);
        assert_eq!((cyclic.nth_back(1), cyclic.next(), cyclic.next_back()), (Some(7), None, None));
    }
}
