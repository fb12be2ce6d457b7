//! Nested loops as one: up to three ranges, whose indices are numbered in the order in which the loops would run.

use std::fmt;
use std::ops::Range;

/// Ranges of nested loops; the last runs fastest. Positions count from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Nest {
    axes: usize,
    starts: [usize; 3],
    lengths: [usize; 3],
    len: usize,
}

impl Nest {
    /// One to three ranges; one whose end is not beyond its start is empty. `None` when there are more indices than
    /// `usize` holds.
    pub(crate) fn new(ranges: &[Range<usize>]) -> Option<Nest> {
        let mut nest = Nest { axes: ranges.len(), starts: [0; 3], lengths: [1; 3], len: 1 };
        for (axis, range) in ranges.iter().enumerate() {
            nest.starts[axis] = range.start;
            nest.lengths[axis] = range.end.saturating_sub(range.start);
        }
        nest.len = if nest.lengths.contains(&0) {
            0
        } else {
            nest.lengths.iter().try_fold(1, |product: usize, &length| product.checked_mul(length))?
        };
        Some(nest)
    }

    /// How many indices there are.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// The ranges.
    pub(crate) fn ranges(&self) -> impl Iterator<Item = Range<usize>> {
        (0..self.axes).map(|axis| self.starts[axis]..self.starts[axis] + self.lengths[axis])
    }

    /// The position of an index, when it lies in the ranges.
    pub(crate) fn position(&self, index: &[usize]) -> Option<usize> {
        let mut position = 0;
        for (axis, &at) in index.iter().enumerate() {
            let offset = at.checked_sub(self.starts[axis]).filter(|&offset| offset < self.lengths[axis])?;
            // Below the product of the lengths up to this axis, which fits.
            position = position * self.lengths[axis] + offset;
        }
        (index.len() == self.axes && self.len > 0).then_some(position)
    }

    /// The index at a position; axes that aren't there are 0.
    ///
    /// # Panics
    ///
    /// When the position is not below [`len`](Nest::len).
    pub(crate) fn index(&self, position: usize) -> [usize; 3] {
        assert!(position < self.len, "position {position} of {self}");
        // Without a division, of which a loop by chunks of one would pay two for each index.
        if self.axes == 1 {
            return [self.starts[0] + position, 0, 0];
        }
        let mut rest = position;
        let mut index = [0; 3];
        for axis in (0..self.axes).rev() {
            index[axis] = self.starts[axis] + rest % self.lengths[axis];
            rest /= self.lengths[axis];
        }
        index
    }

    /// The indices at positions that follow each other, in order.
    #[inline]
    pub(crate) fn each(&self, positions: Range<usize>, mut visit: impl FnMut([usize; 3])) {
        let Range { mut start, end } = positions;
        let last = self.axes - 1;
        while start < end {
            let mut index = self.index(start);
            // To the end of the innermost range.
            let run = (self.starts[last] + self.lengths[last] - index[last]).min(end - start);
            for _ in 0..run {
                visit(index);
                index[last] += 1;
            }
            start += run;
        }
    }

    /// The index at a position in words, or that it lies beyond the last.
    pub(crate) fn name(&self, position: usize) -> String {
        if position < self.len { name_of(&self.index(position)[..self.axes]) } else { "none: all have come".to_owned() }
    }
}

/// An index in words: `7`, or `(1, 3)`.
pub(crate) fn name_of(index: &[usize]) -> String {
    match index {
        [index] => index.to_string(),
        index => format!("({})", index.iter().map(usize::to_string).collect::<Vec<_>>().join(", ")),
    }
}

impl fmt::Display for Nest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ranges: Vec<String> = self.ranges().map(|range| format!("{range:?}")).collect();
        match ranges.as_slice() {
            [range] => f.write_str(range),
            ranges => write!(f, "({})", ranges.join(", ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::slice::from_ref;

    use super::*;

    fn all(nest: &Nest, positions: Range<usize>) -> Vec<[usize; 3]> {
        let mut all = Vec::new();
        nest.each(positions, |index| all.push(index));
        all
    }

    #[test]
    fn the_last_range_runs_fastest() {
        let nest = Nest::new(&[1..3, 5..8]).unwrap();
        let loops: Vec<_> = (1..3).flat_map(|i| (5..8).map(move |j| [i, j, 0])).collect();
        assert_eq!(all(&nest, 0..6), loops);
        assert_eq!(all(&nest, 2..5), loops[2..5]);
        for (position, index) in loops.iter().enumerate() {
            assert_eq!((nest.index(position), nest.position(&index[..2])), (*index, Some(position)));
        }
        let cube = Nest::new(&[0..2, 4..6, 1..4]).unwrap();
        let loops: Vec<_> = (0..2).flat_map(|i| (4..6).flat_map(move |j| (1..4).map(move |k| [i, j, k]))).collect();
        assert_eq!(all(&cube, 0..cube.len()), loops);
    }

    #[test]
    fn an_index_outside_has_no_position() {
        let nest = Nest::new(&[1..3, 5..8]).unwrap();
        for index in [&[0, 5][..], &[3, 5], &[1, 8], &[1, 4], &[1], &[1, 5, 0], &[usize::MAX, 5]] {
            assert_eq!(nest.position(index), None, "{index:?}");
        }
        assert_eq!(Nest::new(from_ref(&(3..3))).unwrap().position(&[3]), None);
    }

    #[test]
    fn lengths_that_overflow_are_refused_unless_a_range_is_empty() {
        assert_eq!(Nest::new(&[0..usize::MAX, 0..2]), None);
        assert_eq!(Nest::new(&[0..usize::MAX, 0..usize::MAX, 7..7]).map(|nest| nest.len()), Some(0));
        let reversed = Range { start: 9, end: 3 };
        assert_eq!(Nest::new(from_ref(&reversed)).map(|nest| nest.len()), Some(0));
        let largest = Nest::new(from_ref(&(0..usize::MAX))).unwrap();
        assert_eq!(all(&largest, usize::MAX - 2..usize::MAX), [[usize::MAX - 2, 0, 0], [usize::MAX - 1, 0, 0]]);
    }

    #[test]
    fn indices_and_ranges_read_as_written() {
        let nest = Nest::new(&[1..3, 5..8]).unwrap();
        assert_eq!((nest.to_string().as_str(), nest.name(4).as_str()), ("(1..3, 5..8)", "(2, 6)"));
        let nest = Nest::new(from_ref(&(4..9))).unwrap();
        assert_eq!((nest.to_string().as_str(), nest.name(1).as_str()), ("4..9", "5"));
        assert_eq!(nest.name(5), "none: all have come");
    }
}
