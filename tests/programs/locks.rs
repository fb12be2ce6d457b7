//! What a rank does under locks. Locks are taken in one order, that of their places, so that nobody waits in a circle.

use std::time::Duration;

use dsm::prelude::*;

use super::random::Random;

/// `critical`, a lock, a fair lock, and eight of either in arrays: in this order.
pub(crate) const PLACES: usize = 19;

/// A piece of work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Work {
    /// Takes the locks at these places one inside the other, adds to each, and holds them for some microseconds.
    Add { places: Vec<usize>, amount: u64, held: usize },
    /// Adds if the lock is free, or becomes so within so many microseconds; meanwhile may hold another, in any order: a
    /// circle of which this is a part ends by itself.
    Try { holding: Option<usize>, place: usize, amount: u64, within: Option<usize> },
}

/// At most so many pieces of work.
pub(crate) fn works(random: &mut Random, most: usize) -> Vec<Work> {
    (0..random.below(most + 1)).map(|_| work(random)).collect()
}

fn work(random: &mut Random) -> Work {
    let amount = random.next() >> 32;
    match random.below(10) {
        0..4 => Work::Add { places: vec![popular(random)], amount, held: 0 },
        4..8 => {
            let mut places: Vec<usize> = (0..2 + random.below(3)).map(|_| popular(random)).collect();
            places.sort_unstable();
            places.dedup();
            let held = if random.percent(4) { random.below(1_500) } else { 0 };
            Work::Add { places, amount, held }
        }
        8 => {
            let place = 1 + random.below(PLACES - 1);
            Work::Try { holding: other(random, place), place, amount, within: None }
        }
        // Fair locks have no timed wait.
        _ => {
            let place = if random.percent(50) { 1 } else { 3 + random.below(8) };
            Work::Try { holding: other(random, place), place, amount, within: Some(random.below(2_000)) }
        }
    }
}

/// A place that isn't this one, or none.
fn other(random: &mut Random, place: usize) -> Option<usize> {
    Some(popular(random)).filter(|&other| other != place)
}

/// A place; some are wanted more than others.
fn popular(random: &mut Random) -> usize {
    let bound = if random.percent(60) { 4 } else { PLACES };
    random.below(bound)
}

/// The locks of a rank, by place, and what counts beside them.
pub(crate) struct Locks<'w> {
    pub(crate) total: &'w Lock<u64>,
    pub(crate) fair: &'w FairLock<u64>,
    pub(crate) bins: &'w [Lock<u64>],
    pub(crate) fair_bins: &'w [FairLock<u64>],
    /// What `critical` guards: read and written apart, so that only exclusion makes it exact.
    pub(crate) critical: &'w Atomic<u64>,
    /// What was added at each place by those who only tried.
    pub(crate) tried: Atomics<'w, u64, Ix1>,
}

impl Locks<'_> {
    /// Holds the lock of a place during `work`.
    pub(crate) fn holding<R>(&self, team: &Team<'_>, place: usize, work: impl FnOnce(&mut u64) -> R) -> R {
        match place {
            0 => team.critical(|| {
                let mut value = self.critical.load();
                let result = work(&mut value);
                self.critical.store(value);
                result
            }),
            1 => work(&mut self.total.lock()),
            2 => work(&mut self.fair.lock()),
            3..11 => work(&mut self.bins[place - 3].lock()),
            _ => work(&mut self.fair_bins[place - 11].lock()),
        }
    }

    /// Does a piece of work.
    pub(crate) fn work(&self, team: &Team<'_>, work: &Work) {
        match work {
            Work::Add { places, amount, held } => self.nested(team, places, *amount, *held),
            &Work::Try { holding, place, amount, within } => {
                let add = || {
                    if self.add_if_free(place, amount, within) {
                        self.tried[place].fetch_add(amount);
                    }
                };
                match holding {
                    Some(held) => self.holding(team, held, |_| add()),
                    None => add(),
                }
            }
        }
    }

    fn nested(&self, team: &Team<'_>, places: &[usize], amount: u64, held: usize) {
        match places.split_first() {
            None => pause(held),
            Some((&place, inner)) => self.holding(team, place, |value| {
                let before = *value;
                self.nested(team, inner, amount, held);
                *value = before + amount;
            }),
        }
    }

    fn add_if_free(&self, place: usize, amount: u64, within: Option<usize>) -> bool {
        let lock = match place {
            1 => Some(self.total),
            3..11 => Some(&self.bins[place - 3]),
            _ => None,
        };
        match (lock, within) {
            (Some(lock), Some(within)) => {
                lock.lock_timeout(Duration::from_micros(within as u64)).map(|mut value| *value += amount).is_some()
            }
            (Some(lock), None) => lock.try_lock().map(|mut value| *value += amount).is_some(),
            (None, _) => {
                let lock = if place == 2 { self.fair } else { &self.fair_bins[place - 11] };
                lock.try_lock().map(|mut value| *value += amount).is_some()
            }
        }
    }
}

/// Lets so many microseconds pass asleep.
pub(crate) fn pause(microseconds: usize) {
    if microseconds > 0 {
        std::thread::sleep(Duration::from_micros(microseconds as u64));
    }
}
