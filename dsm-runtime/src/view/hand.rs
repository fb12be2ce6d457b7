//! Which rows are a worker's: dealt beforehand, or taken as it asks.

use std::fmt;

use crate::point::{Point, reached};
use crate::schedule::{Deal, Indices, Taken};
use crate::sync::{Asker, Dispenser};
use crate::team::current;

/// The rows of one worker, by position in the order in which they are its.
pub(super) enum Hand {
    Dealt(Deal),
    Asked(Asked),
}

/// Rows that are taken as they are asked for, each by one worker.
pub(super) struct Asked {
    asker: Asker,
    dispenser: &'static Dispenser,
    taken: Taken,
    /// How many rows there are for all.
    length: usize,
}

impl Hand {
    pub(super) fn asked(asker: Asker, dispenser: &'static Dispenser, length: usize) -> Self {
        Hand::Asked(Asked { asker, dispenser, taken: Taken::default(), length })
    }

    /// How many rows are this worker's so far.
    pub(super) fn len(&self) -> usize {
        match self {
            Hand::Dealt(deal) => deal.len(),
            Hand::Asked(asked) => asked.taken.len(),
        }
    }

    /// The most rows that may become this worker's.
    pub(super) fn most(&self) -> usize {
        match self {
            Hand::Dealt(deal) => deal.len(),
            Hand::Asked(asked) => asked.length,
        }
    }

    /// The index of the `k`-th row, if it is this worker's.
    pub(super) fn index(&self, k: usize) -> Option<usize> {
        (k < self.len()).then(|| match self {
            Hand::Dealt(deal) => deal.index(k),
            Hand::Asked(asked) => asked.taken.index(k),
        })
    }

    /// The same, after asking for more if that is needed and they are handed out.
    pub(super) fn index_or_ask(&mut self, k: usize) -> Option<usize> {
        if let Hand::Asked(asked) = self
            && k >= asked.taken.len()
        {
            asked.ask();
        }
        self.index(k)
    }

    /// The indices of the rows that are this worker's so far.
    pub(super) fn indices(&self) -> Indices {
        match self {
            Hand::Dealt(deal) => deal.indices(),
            Hand::Asked(asked) => Indices::of_taken(asked.taken.clone()),
        }
    }
}

impl Asked {
    fn ask(&mut self) {
        // A thread that a worker lent its rows to runs no rank, and goes on until the rows are gone.
        if let Some(context) = current() {
            context.check();
        }
        if let Some(chunk) = self.asker.ask(self.dispenser) {
            reached(Point::ChunkTaken);
            self.taken.push(chunk);
        }
    }
}

impl fmt::Debug for Hand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Hand::Dealt(deal) => deal.fmt(f),
            Hand::Asked(asked) => {
                f.debug_struct("Taken").field("rows", &asked.taken).field("of", &asked.length).finish()
            }
        }
    }
}
