//! Who holds a lock and who waits for it, in the order in which they asked.
//!
//! | request | the lock is free | another holds it | the asker waits | the asker holds it by this ticket |
//! |---|---|---|---|---|
//! | `Lock` | granted | waits | | |
//! | `Try` | granted | refused | | |
//! | `Cancel` | | | refused | no answer: the grant is on its way |
//! | `Unlock` | | | | the next is granted |
//! | `Count` | answered | answered | | answered |
//! | `Leave` | counted | counted | counted, waits no more | counted, the next is granted |
//!
//! So each `Lock`, `Try` and `Count` has exactly one answer.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

/// What a rank asks; the number is its own count of what it asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Request {
    /// To hold the lock, however long it takes.
    Lock(u64),
    /// To hold it if it is free.
    Try(u64),
    /// No longer to wait.
    Cancel(u64),
    /// To hold it no longer.
    Unlock,
    /// To know how many wait.
    Count(u64),
    /// Nothing ever again.
    Leave,
}

/// What it is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Reply {
    /// It holds the lock.
    Granted(u64),
    /// It doesn't; this rank does.
    Refused(u64, u32),
    /// So many wait.
    Waiting(u64, u32),
}

/// The state of a lock.
#[derive(Debug)]
pub(super) struct Desk {
    holder: Option<(usize, u64)>,
    waiting: VecDeque<(usize, u64)>,
    /// How many ranks may still ask.
    present: usize,
}

impl Desk {
    pub(super) fn new(ranks: usize) -> Self {
        Desk { holder: None, waiting: VecDeque::new(), present: ranks }
    }

    /// Whether nobody will ask any more.
    pub(super) fn is_over(&self) -> bool {
        self.present == 0
    }

    /// Takes a request in; gives the answer to be sent, and to whom.
    pub(super) fn take(&mut self, from: usize, request: Request) -> Option<(usize, Reply)> {
        match (request, self.holder) {
            (Request::Lock(ticket) | Request::Try(ticket), None) => self.grant((from, ticket)),
            (Request::Lock(ticket), Some(_)) => {
                self.waiting.push_back((from, ticket));
                None
            }
            (Request::Try(ticket), Some((holder, _))) => Some((from, Reply::Refused(ticket, holder as u32))),
            (Request::Cancel(ticket), holder) => {
                let place = self.waiting.iter().position(|&asked| asked == (from, ticket))?;
                self.waiting.remove(place);
                let holder = holder.map_or(from, |(holder, _)| holder);
                Some((from, Reply::Refused(ticket, holder as u32)))
            }
            (Request::Unlock, Some((holder, _))) if holder == from => self.pass_on(),
            (Request::Unlock, _) => None,
            (Request::Count(ticket), _) => Some((from, Reply::Waiting(ticket, self.waiting.len() as u32))),
            (Request::Leave, holder) => {
                self.present = self.present.saturating_sub(1);
                self.waiting.retain(|&(rank, _)| rank != from);
                if holder.is_some_and(|(holder, _)| holder == from) { self.pass_on() } else { None }
            }
        }
    }

    fn pass_on(&mut self) -> Option<(usize, Reply)> {
        self.holder = None;
        let next = self.waiting.pop_front()?;
        self.grant(next)
    }

    fn grant(&mut self, (rank, ticket): (usize, u64)) -> Option<(usize, Reply)> {
        self.holder = Some((rank, ticket));
        Some((rank, Reply::Granted(ticket)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_who_wait_are_served_in_the_order_of_their_requests() {
        let mut desk = Desk::new(4);
        assert_eq!(desk.take(2, Request::Lock(1)), Some((2, Reply::Granted(1))));
        for rank in [3, 0, 1] {
            assert_eq!(desk.take(rank, Request::Lock(9)), None);
        }
        assert_eq!(desk.take(2, Request::Count(5)), Some((2, Reply::Waiting(5, 3))));
        for (holder, next) in [(2, 3), (3, 0), (0, 1)] {
            assert_eq!(desk.take(holder, Request::Unlock), Some((next, Reply::Granted(9))));
        }
        assert_eq!(desk.take(1, Request::Unlock), None);
        assert_eq!(desk.take(2, Request::Try(2)), Some((2, Reply::Granted(2))));
    }

    #[test]
    fn one_who_gives_up_learns_who_holds_it_and_is_passed_over() {
        let mut desk = Desk::new(3);
        desk.take(0, Request::Lock(1));
        desk.take(1, Request::Lock(1));
        desk.take(2, Request::Lock(1));
        assert_eq!(desk.take(1, Request::Cancel(1)), Some((1, Reply::Refused(1, 0))));
        assert_eq!(desk.take(0, Request::Unlock), Some((2, Reply::Granted(1))));
        assert_eq!(desk.take(2, Request::Cancel(1)), None, "the grant was sent before");
        assert_eq!(desk.take(1, Request::Try(2)), Some((1, Reply::Refused(2, 2))));
    }

    #[test]
    fn only_the_holder_unlocks() {
        let mut desk = Desk::new(2);
        desk.take(0, Request::Lock(1));
        assert_eq!(desk.take(1, Request::Unlock), None);
        assert_eq!(desk.take(1, Request::Try(1)), Some((1, Reply::Refused(1, 0))));
    }

    #[test]
    fn one_who_leaves_with_the_lock_frees_it_and_the_last_ends_it() {
        let mut desk = Desk::new(2);
        desk.take(0, Request::Lock(1));
        desk.take(1, Request::Lock(1));
        assert_eq!(desk.take(0, Request::Leave), Some((1, Reply::Granted(1))));
        assert!(!desk.is_over());
        assert_eq!(desk.take(1, Request::Leave), None);
        assert!(desk.is_over());
    }
}
