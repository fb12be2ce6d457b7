//! Sets of elements as runs of neighbours.
//!
//! A set knows neither a shape nor a length; what its numbers count is the caller's business.

use std::iter;
use std::ops::Range;

/// A set of numbers: the elements of an array by their position in standard layout, or the indices of an axis.
///
/// The runs ascend, and none is empty or touches the next; so equal sets are equal lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Runs(Vec<Range<usize>>);

impl Runs {
    /// Nothing.
    pub(crate) fn none() -> Runs {
        Runs(Vec::new())
    }

    /// All of `0..len`.
    pub(crate) fn whole(len: usize) -> Runs {
        Runs::from_sorted(iter::once(0..len))
    }

    /// What lies in any of these ranges, whose starts don't descend; those that overlap or touch become one run.
    ///
    /// # Panics
    ///
    /// When a range that isn't empty starts below the run before it.
    pub(crate) fn from_sorted(ranges: impl IntoIterator<Item = Range<usize>>) -> Runs {
        let mut runs: Vec<Range<usize>> = Vec::new();
        for range in ranges.into_iter().filter(|range| !range.is_empty()) {
            match runs.last_mut() {
                Some(last) if range.start <= last.end => {
                    assert!(last.start <= range.start, "{range:?} comes after {last:?}");
                    last.end = last.end.max(range.end);
                }
                _ => runs.push(range),
            }
        }
        Runs(runs)
    }

    /// Whether there is nothing in it.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many numbers it has.
    pub(crate) fn len(&self) -> usize {
        self.0.iter().map(Range::len).sum()
    }

    /// The runs, ascending.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Range<usize>> {
        self.0.iter().cloned()
    }

    /// What is in one of the two.
    pub(crate) fn union(&self, other: &Runs) -> Runs {
        self.merge(other, |here, there| here || there)
    }

    /// What is in this one and not in the other.
    pub(crate) fn minus(&self, other: &Runs) -> Runs {
        self.merge(other, |here, there| here && !there)
    }

    /// What is in both.
    pub(crate) fn and(&self, other: &Runs) -> Runs {
        self.merge(other, |here, there| here && there)
    }

    /// The numbers that `keep` wants, told whether each is in this set and in the other; never those in neither.
    fn merge(&self, other: &Runs, keep: impl Fn(bool, bool) -> bool) -> Runs {
        let (mut left, mut right) = (self.edges().peekable(), other.edges().peekable());
        let (mut here, mut there) = (false, false);
        let (mut runs, mut start) = (Vec::new(), None);
        // Edges ascend strictly, so what comes out has no empty runs and none that touch.
        while let Some(&edge) = left.peek().into_iter().chain(right.peek()).min() {
            here ^= left.next_if_eq(&edge).is_some();
            there ^= right.next_if_eq(&edge).is_some();
            match (start, keep(here, there)) {
                (None, true) => start = Some(edge),
                (Some(first), false) => {
                    runs.push(first..edge);
                    start = None;
                }
                (None, false) | (Some(_), true) => {}
            }
        }
        Runs(runs)
    }

    /// Where one gets in or out of the set, by turns.
    fn edges(&self) -> impl Iterator<Item = usize> {
        self.0.iter().flat_map(|run| [run.start, run.end])
    }
}

/// What lies in any of the ranges, in whatever order they come.
impl FromIterator<Range<usize>> for Runs {
    fn from_iter<I: IntoIterator<Item = Range<usize>>>(ranges: I) -> Runs {
        let mut ranges: Vec<_> = ranges.into_iter().collect();
        // Where several sorted lists follow each other, the stable sort merges them.
        ranges.sort_by_key(|range| range.start);
        Runs::from_sorted(ranges)
    }
}
