//! The dispenser: hands out the positions `0..length` of a loop in chunks, each to whichever rank asks next.
//!
//! One word, the number of positions handed out so far. It only rises until it is reset, which happens while nobody
//! asks. Positions order nothing: what ranks do with them is ordered by the collective that ends the loop.

use std::ops::Range;

use crate::machine::{AtomicUsize, Ordering};

/// The word; zero is before the first chunk.
#[derive(Default)]
#[repr(transparent)]
pub(crate) struct Dispenser(AtomicUsize);

impl Dispenser {
    /// Before the first chunk again; only while no rank asks. A word that is zero is left alone, so that its cache line
    /// stays where it is.
    pub(crate) fn reset(&self) {
        if self.0.load(Ordering::Relaxed) != 0 {
            self.0.store(0, Ordering::Relaxed);
        }
    }
}

/// How many positions a chunk has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Portion {
    /// This many.
    Fixed(usize),
    /// The rest divided by the number of workers, rounded up, but at least this many: guided self-scheduling
    /// (Polychronopoulos and Kuck 1987).
    Guided(usize),
}

/// One rank's side of a loop of `length` positions. All ranks bring the same length, portion and size.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asker {
    length: usize,
    size: usize,
    portion: Portion,
    /// Whether the last chunk is gone, so that this rank doesn't ask again.
    over: bool,
}

impl Asker {
    /// Chunks of at least one position.
    pub(crate) fn new(length: usize, size: usize, portion: Portion) -> Self {
        Asker { length, size, portion, over: false }
    }

    /// The next chunk that nobody has: never empty. `None` when all are gone, and from then on.
    pub(crate) fn ask(&mut self, dispenser: &Dispenser) -> Option<Range<usize>> {
        if self.over {
            return None;
        }
        let given = match self.portion {
            Portion::Fixed(chunk) if self.cannot_overflow(chunk) => {
                let start = dispenser.0.fetch_add(chunk, Ordering::Relaxed);
                (start < self.length).then(|| start..self.length.min(start + chunk))
            }
            Portion::Fixed(chunk) => self.exchange(dispenser, |_| chunk),
            Portion::Guided(least) => self.exchange(dispenser, |rest| least.max(rest.div_ceil(self.size))),
        };
        self.over = given.is_none();
        given
    }

    /// Whether the word stays in range though each rank adds a chunk once more when all are gone.
    fn cannot_overflow(&self, chunk: usize) -> bool {
        let beyond = self.size.checked_add(1).and_then(|asks| asks.checked_mul(chunk));
        beyond.and_then(|beyond| beyond.checked_add(self.length)).is_some()
    }

    /// Takes what `portion` says of the rest, and never moves the word beyond the length.
    fn exchange(&self, dispenser: &Dispenser, portion: impl Fn(usize) -> usize) -> Option<Range<usize>> {
        let mut start = dispenser.0.load(Ordering::Relaxed);
        loop {
            let rest = self.length.checked_sub(start).filter(|&rest| rest > 0)?;
            let end = start + portion(rest).min(rest);
            match dispenser.0.compare_exchange(start, end, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return Some(start..end),
                Err(now) => start = now,
            }
        }
    }
}
