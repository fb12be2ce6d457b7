//! Which collective a rank is in, as words that the last to arrive compares.
//!
//! Written before the arrival and read after all have arrived: the arrivals order them, so the words need no order of
//! their own.

use crate::machine::{AtomicU64, AtomicUsize, Ordering};

/// Up to `SHARED` numbers that all ranks must agree on, and up to `OWN` that are the rank's own.
#[repr(C)]
pub(crate) struct IdentityWords<const SHARED: usize, const OWN: usize> {
    length: AtomicUsize,
    words: [AtomicU64; SHARED],
    own_length: AtomicUsize,
    own: [AtomicU64; OWN],
}

#[cfg(test)]
impl<const SHARED: usize, const OWN: usize> Default for IdentityWords<SHARED, OWN> {
    fn default() -> Self {
        IdentityWords {
            length: AtomicUsize::default(),
            words: std::array::from_fn(|_| AtomicU64::default()),
            own_length: AtomicUsize::default(),
            own: std::array::from_fn(|_| AtomicU64::default()),
        }
    }
}

impl<const SHARED: usize, const OWN: usize> IdentityWords<SHARED, OWN> {
    /// Says which collective this rank is about to arrive at.
    pub(crate) fn write(&self, words: &[u64], own: &[u64]) {
        for (to, &word) in self.words.iter().zip(words) {
            to.store(word, Ordering::Relaxed);
        }
        for (to, &word) in self.own.iter().zip(own) {
            to.store(word, Ordering::Relaxed);
        }
        self.own_length.store(own.len(), Ordering::Relaxed);
        self.length.store(words.len(), Ordering::Relaxed);
    }

    /// In no collective.
    pub(crate) fn clear(&self) {
        self.length.store(0, Ordering::Relaxed);
    }

    /// Whether this rank is in the same collective; after it arrived.
    pub(crate) fn agree(&self, words: &[u64]) -> bool {
        self.length.load(Ordering::Relaxed) == words.len()
            && words.iter().zip(&self.words).all(|(&word, other)| word == other.load(Ordering::Relaxed))
    }

    /// The numbers that all must agree on.
    pub(crate) fn words(&self) -> Vec<u64> {
        let length = self.length.load(Ordering::Relaxed).min(SHARED);
        self.words[..length].iter().map(|word| word.load(Ordering::Relaxed)).collect()
    }

    /// The rank's own numbers.
    pub(crate) fn own(&self) -> Vec<u64> {
        let length = self.own_length.load(Ordering::Relaxed).min(OWN);
        self.own[..length].iter().map(|word| word.load(Ordering::Relaxed)).collect()
    }
}
