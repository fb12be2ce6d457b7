//! The plain split: one contiguous block for each part.
//!
//! It doesn't know of axes, elements or alignment; a caller who wants blocks that end on some boundary deals units of
//! that size instead.

use std::ops::Range;

/// The block of `0..n` that belongs to `part` of `parts`.
///
/// The blocks are disjoint, cover `0..n` in the order of their parts, and differ in length by at most one: the first
/// `n % parts` are one longer. With more parts than indices the last blocks are empty. Nothing overflows, up to
/// `n == usize::MAX`.
///
/// # Panics
///
/// When `part` is not less than `parts`, which includes `parts == 0`.
#[must_use]
pub(crate) fn block(n: usize, parts: usize, part: usize) -> Range<usize> {
    assert!(part < parts, "part {part} of {parts} parts: parts are numbered from 0");
    let (length, longer) = (n / parts, n % parts);
    // Both products are at most n, since part < parts.
    let start = part * length + part.min(longer);
    start..start + length + usize::from(part < longer)
}

#[cfg(test)]
mod tests {
    use super::block;

    #[test]
    fn the_first_parts_are_one_longer() {
        let blocks: Vec<_> = (0..4).map(|part| block(10, 4, part)).collect();
        assert_eq!(blocks, [0..3, 3..6, 6..8, 8..10]);
    }

    #[test]
    fn more_parts_than_indices_leaves_the_last_ones_empty() {
        let blocks: Vec<_> = (0..4).map(|part| block(2, 4, part)).collect();
        assert_eq!(blocks, [0..1, 1..2, 2..2, 2..2]);
        assert_eq!(block(0, 3, 2), 0..0);
    }

    #[test]
    fn the_largest_lengths_do_not_overflow() {
        for parts in [1, 2, 3, 7, 1024, usize::MAX - 1, usize::MAX] {
            assert_eq!(block(usize::MAX, parts, 0).start, 0);
            assert_eq!(block(usize::MAX, parts, parts - 1).end, usize::MAX);
        }
        assert_eq!(block(usize::MAX - 1, usize::MAX, usize::MAX - 1), usize::MAX - 1..usize::MAX - 1);
    }

    #[test]
    #[should_panic(expected = "part 0 of 0 parts")]
    fn no_parts_is_refused() {
        let _ = block(10, 0, 0);
    }

    #[test]
    #[should_panic(expected = "part 4 of 4 parts")]
    fn a_part_beyond_the_last_is_refused() {
        let _ = block(10, 4, 4);
    }
}
