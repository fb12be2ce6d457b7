//! The indices that one worker has taken so far, where they are handed out as workers ask.

use std::fmt;
use std::ops::Range;

/// Chunks in the order in which they were taken, numbered through: 16 bytes for each that doesn't continue the last.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Taken {
    chunks: Vec<Chunk>,
    len: usize,
}

/// Position `first` is index `start`; the chunk ends where the next one begins.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Chunk {
    first: usize,
    start: usize,
}

impl Taken {
    /// Adds the indices of a chunk, which is not empty.
    pub(crate) fn push(&mut self, indices: Range<usize>) {
        let follows = self.chunks.last().is_some_and(|last| last.start + (self.len - last.first) == indices.start);
        if !follows {
            self.chunks.push(Chunk { first: self.len, start: indices.start });
        }
        self.len += indices.len();
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// The `k`-th index taken.
    ///
    /// # Panics
    ///
    /// When `k` is not below [`len`](Taken::len).
    pub(crate) fn index(&self, k: usize) -> usize {
        assert!(k < self.len, "position {k} of {} indices", self.len);
        // Whoever goes on asking is in the last chunk.
        let chunk = match self.chunks.last() {
            Some(last) if last.first <= k => last,
            _ => &self.chunks[self.chunks.partition_point(|chunk| chunk.first <= k) - 1],
        };
        chunk.start + (k - chunk.first)
    }
}

impl fmt::Debug for Taken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ends = self.chunks.iter().skip(1).map(|chunk| chunk.first).chain([self.len]);
        let ranges = self.chunks.iter().zip(ends).map(|(chunk, end)| chunk.start..chunk.start + (end - chunk.first));
        f.debug_list().entries(ranges).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_go_through_the_chunks_in_the_order_taken() {
        let mut taken = Taken::default();
        let mut expected = Vec::new();
        for chunk in [4..6, 6..7, 20..21, 9..12, 12..13, 0..2] {
            expected.extend(chunk.clone());
            taken.push(chunk);
            assert!((0..taken.len()).map(|k| taken.index(k)).eq(expected.iter().copied()));
        }
        assert_eq!(format!("{taken:?}"), "[4..7, 20..21, 9..13, 0..2]");
        assert_eq!(taken.chunks.len(), 4);
    }

    #[test]
    #[should_panic(expected = "position 3 of 3 indices")]
    fn a_position_beyond_what_was_taken_is_refused() {
        let mut taken = Taken::default();
        taken.push(0..3);
        let _ = taken.index(3);
    }
}
