//! What other processes may do with anonymous arrays: which are lent to them, and who has claimed which part.
//!
//! A fork copies every handle, so owning one proves nothing. The process that made an array is its *home*. A *lease* is
//! the time in which a map or a background process may run; its processes are numbered, and no number comes twice. While
//! a lease on whole arrays runs, the home doesn't write to any array that was there when it began: it makes no new `&mut`,
//! and where one may live from before, a process asks before it reads, and the array is *sealed*: the home's mapping
//! refuses writes until the lease is over.
//!
//! A part has a *claim word* in the array's own memory, behind its elements:
//!
//! | the word holds | who may claim it |
//! |---|---|
//! | 0 | anybody |
//! | a process of a lease that is over | anybody: that process is gone |
//! | a process of a lease that runs | itself |
//! | home, claimed before a lease began | home and the processes of that lease, if no borrow from before is alive at home |
//! | home, claimed after | home |
//!
//! A claim is taken at the first use, by a compare-exchange from the value that was judged, so that of two one fails.
#![allow(unsafe_code)]

use std::cell::RefCell;
use std::ops::Range;
use std::os::fd::RawFd;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering, fence};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::memory::{Memory, set_writable};
use crate::error::Result;
use crate::process::Home;

/// How many parts an array may have at once.
pub(crate) const MOST_PARTS: usize = 1 << 16;

/// Bytes behind the elements for the claim words; they cost memory only where they are used.
pub(super) const CLAIM_BYTES: usize = MOST_PARTS * size_of::<AtomicU64>();

/// The next number of a process, and of a segment.
static NEXT: AtomicU64 = AtomicU64::new(1);
/// The leases that run.
static LEASES: Mutex<Vec<Lease>> = Mutex::new(Vec::new());
/// How many of them are on whole arrays.
static READ: AtomicU32 = AtomicU32::new(0);
/// The anonymous arrays there are.
static LENDABLE: Mutex<Vec<Lendable>> = Mutex::new(Vec::new());
/// What this process was lent.
static LENT: Mutex<Option<Lent>> = Mutex::new(None);

/// Who a claim word names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Claimant {
    Nobody,
    /// The array's home, when this was the next number.
    Home(u64),
    /// The process of this number.
    Process(u64),
}

impl Claimant {
    fn word(self) -> u64 {
        match self {
            Claimant::Nobody => 0,
            Claimant::Home(next) => next << 1 | 1,
            Claimant::Process(number) => number << 1,
        }
    }

    fn from_word(word: u64) -> Self {
        match (word >> 1, word & 1) {
            (0, _) => Claimant::Nobody,
            (next, 1) => Claimant::Home(next),
            (number, _) => Claimant::Process(number),
        }
    }
}

/// The time in which these processes may run.
#[derive(Clone, Debug)]
struct Lease {
    processes: Range<u64>,
    home: Home,
    /// Whether they may read whole arrays.
    whole: bool,
}

/// Ends a lease when it is dropped.
#[derive(Debug)]
pub(crate) struct LeaseGuard {
    first: u64,
    whole: bool,
    home: Home,
    /// The arrays that were sealed for it.
    sealed: RefCell<Vec<u64>>,
}

impl LeaseGuard {
    /// Begins a lease for so many processes, which aren't forked yet.
    pub(crate) fn begin(processes: usize, whole: bool) -> Self {
        let mut leases = leases();
        let first = NEXT.fetch_add(processes as u64, Ordering::SeqCst);
        let home = Home::here();
        leases.push(Lease { processes: first..first + processes as u64, home, whole });
        if whole {
            READ.fetch_add(1, Ordering::SeqCst);
        }
        // Before the processes are forked: a thread that has seen nothing of this lease had noted how it uses an array, or
        // borrows a part, before it looked, so that they find the note.
        fence(Ordering::SeqCst);
        LeaseGuard { first, whole, home, sealed: RefCell::default() }
    }

    /// The number of its first process.
    pub(crate) fn first(&self) -> u64 {
        self.first
    }

    /// Seals an array until the lease is over; whether it is.
    pub(crate) fn seal(&self, number: u64) -> bool {
        let mut sealed = self.sealed.borrow_mut();
        if !sealed.contains(&number) {
            if !seal(number) {
                return false;
            }
            sealed.push(number);
        }
        true
    }
}

impl Drop for LeaseGuard {
    fn drop(&mut self) {
        if self.home.is_here() {
            self.sealed.take().into_iter().for_each(unseal);
            leases().retain(|lease| lease.processes.start != self.first);
            if self.whole {
                READ.fetch_sub(1, Ordering::SeqCst);
            }
        }
    }
}

fn leases() -> MutexGuard<'static, Vec<Lease>> {
    LEASES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An anonymous array's memory, as others may be lent it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lendable {
    number: u64,
    pub(crate) descriptor: RawFd,
    length: usize,
    /// Where the home has it.
    address: usize,
    /// For how many leases it is sealed.
    seals: u32,
    home: Home,
}

/// What this module keeps, held while children are forked: so that no array that is lent to them goes meanwhile, and
/// they find nothing locked by another thread.
pub(crate) struct Held {
    lendable: MutexGuard<'static, Vec<Lendable>>,
    _leases: MutexGuard<'static, Vec<Lease>>,
    _lent: MutexGuard<'static, Option<Lent>>,
}

pub(crate) fn hold() -> Held {
    Held { lendable: lendable(), _leases: leases(), _lent: lent() }
}

impl Held {
    /// What this process has made before a lease began whose first process has this number.
    pub(crate) fn made_before(&self, first: u64) -> Vec<Lendable> {
        let arrays = self.lendable.iter().filter(|array| array.home.is_here() && array.number < first);
        arrays.copied().collect()
    }
}

fn lendable() -> MutexGuard<'static, Vec<Lendable>> {
    LENDABLE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Puts an array on the list; its number.
pub(super) fn register(memory: &Memory) -> u64 {
    let number = NEXT.fetch_add(1, Ordering::SeqCst);
    let address = memory.at(0, 0).as_ptr().expose_provenance();
    let (descriptor, length, home) = (memory.descriptor(), memory.length(), Home::here());
    self::lendable().push(Lendable { number, descriptor, length, address, seals: 0, home });
    number
}

/// Has the home's mapping of an array refuse writes to its elements for one more lease; whether it does.
fn seal(number: u64) -> bool {
    let mut arrays = lendable();
    // To one that is gone nobody writes.
    let Some(array) = find(&mut arrays, number) else { return true };
    if array.seals == 0 && array.set_writable(false).is_err() {
        return false;
    }
    array.seals += 1;
    true
}

fn unseal(number: u64) {
    if let Some(array) = find(&mut lendable(), number) {
        array.seals -= 1;
        if array.seals == 0 {
            // The pages become what those beside them are, for which the system needs nothing that it could lack.
            let _ = array.set_writable(true);
        }
    }
}

fn find(arrays: &mut [Lendable], number: u64) -> Option<&mut Lendable> {
    arrays.iter_mut().find(|array| array.number == number && array.home.is_this_process())
}

impl Lendable {
    /// Whether the home may write to the elements; for one that is on the list.
    fn set_writable(&self, writable: bool) -> std::io::Result<()> {
        // SAFETY: this process made the array, which goes off the list before its mapping goes. Whole pages of elements
        // lie before the claim words.
        unsafe { set_writable(self.address, self.length.saturating_sub(CLAIM_BYTES), writable) }
    }
}

/// Takes an array off the list, before its memory goes.
pub(super) fn unregister(number: u64) {
    lendable().retain(|lendable| lendable.number != number);
}

/// What a process was lent.
struct Lent {
    /// The process that this is true of; none, before it is known.
    home: Option<Home>,
    /// The number of the process, and whether it may read whole arrays.
    process: u64,
    whole: bool,
    /// The first number of its lease: what was claimed at home with a lower one was claimed before.
    began: u64,
    /// The leases that ran when it was forked.
    running: Vec<Range<u64>>,
    memories: Vec<(u64, &'static Memory)>,
    /// How it asks for a seal.
    ask: Option<Ask>,
}

/// Has the home seal the array of this number, and waits until it has; whether it did.
pub(crate) type Ask = Arc<dyn Fn(u64) -> bool + Send + Sync>;

/// In the process that forks a lease's processes: maps what is lent. The mappings pass to these.
pub(crate) fn attach(list: &[Lendable]) -> Result<()> {
    let mut memories = Vec::new();
    for lendable in list {
        let memory: &'static Memory = Box::leak(Box::new(Memory::attach(lendable.descriptor, lendable.length)?));
        memories.push((lendable.number, memory));
    }
    let running = leases().iter().map(|lease| lease.processes.clone()).collect();
    *lent() = Some(Lent { home: None, process: 0, whole: false, began: 0, running, memories, ask: None });
    Ok(())
}

/// In a process of a lease: it is that of this number. Its own children are lent nothing of it.
pub(crate) fn become_process(number: u64, whole: bool) -> std::io::Result<()> {
    // What its parent ran is no lease of its own.
    leases().clear();
    READ.store(0, Ordering::SeqCst);
    let mut lent = lent();
    let Some(lent) = &mut *lent else { return Ok(()) };
    lent.home = Some(Home::here());
    lent.process = number;
    lent.began = lent.running.iter().find(|lease| lease.contains(&number)).map_or(0, |lease| lease.start);
    lent.whole = whole;
    lent.memories.iter().try_for_each(|(_, memory)| memory.keep_from_children())
}

/// In a process of a lease on whole arrays: how it asks.
pub(crate) fn ask_by(ask: Ask) {
    if let Some(lent) = &mut *lent() {
        lent.ask = Some(ask);
    }
}

/// Whether the home has sealed the array of this number, for which it is asked.
pub(super) fn is_sealed(number: u64) -> bool {
    let ask = lent().as_ref().and_then(|lent| lent.ask.clone());
    ask.is_some_and(|ask| ask(number))
}

fn lent() -> MutexGuard<'static, Option<Lent>> {
    LENT.lock().unwrap_or_else(PoisonError::into_inner)
}

/// This process's mapping of an array that was lent to it: to read whole, or for what is claimed or atomic.
pub(super) fn lent_memory(number: u64, whole: bool) -> Option<&'static Memory> {
    let lent = lent();
    let lent = lent.as_ref().filter(|lent| lent.home.is_some_and(Home::is_here) && (lent.whole || !whole))?;
    lent.memories.iter().find(|(other, _)| *other == number).map(|(_, memory)| *memory)
}

/// Whether a lease on whole arrays runs that began after the array of this number was made, and lends it.
#[inline]
pub(super) fn is_lent(number: u64, home: Home) -> bool {
    READ.load(Ordering::Relaxed) > 0 && is_lent_after_all(number, home)
}

#[cold]
fn is_lent_after_all(number: u64, home: Home) -> bool {
    leases().iter().any(|lease| lease.whole && lease.home.reaches(home) && lease.processes.start > number)
}

/// A part's claim word.
pub(crate) fn claim_word(memory: &Memory, part: usize) -> &AtomicU64 {
    assert!(part < MOST_PARTS, "part {part} of {MOST_PARTS}");
    let at = memory.at(claims_begin(memory) + part * size_of::<AtomicU64>(), size_of::<AtomicU64>());
    // SAFETY: the claim words lie behind the elements, aligned, and are used as atomics only; zero is valid.
    unsafe { at.cast::<AtomicU64>().as_ref() }
}

fn claims_begin(memory: &Memory) -> usize {
    memory.length() - CLAIM_BYTES
}

/// Claims a part for the array's home; whether it has it.
pub(crate) fn claim_at_home(word: &AtomicU64) -> bool {
    let mine = Claimant::Home(NEXT.load(Ordering::SeqCst));
    claim(word, mine, |other| match other {
        Claimant::Nobody | Claimant::Home(_) => true,
        Claimant::Process(number) => !leases().iter().any(|lease| lease.processes.contains(&number)),
    })
}

/// Claims a part for a process that the array was lent to; whether it has it.
pub(crate) fn claim_away(word: &AtomicU64) -> bool {
    let lent = lent();
    let Some(lent) = lent.as_ref().filter(|lent| lent.home.is_some_and(Home::is_here)) else { return false };
    claim(word, Claimant::Process(lent.process), |other| match other {
        Claimant::Nobody => true,
        Claimant::Home(next) => next <= lent.began,
        Claimant::Process(number) => number < lent.began && !lent.running.iter().any(|lease| lease.contains(&number)),
    })
}

fn claim(word: &AtomicU64, mine: Claimant, may_take_from: impl Fn(Claimant) -> bool) -> bool {
    let mut present = word.load(Ordering::Acquire);
    loop {
        if present == mine.word() {
            return true;
        }
        if !may_take_from(Claimant::from_word(present)) {
            return false;
        }
        match word.compare_exchange(present, mine.word(), Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => return true,
            Err(now) => present = now,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_lends_what_was_made_before_it_began() {
        let memory = Memory::private(1);
        let before = register(&memory);
        let lease = LeaseGuard::begin(2, true);
        let after = register(&memory);
        let lent: Vec<u64> = hold().made_before(lease.first()).iter().map(|array| array.number).collect();
        assert!(lent.contains(&before) && !lent.contains(&after), "{lent:?}");
        assert!(is_lent(before, Home::here()) && !is_lent(after, Home::here()));
        unregister(before);
        unregister(after);
    }

    #[test]
    fn an_array_is_sealed_until_the_last_lease_is_over_that_wants_it_so() {
        let memory = Memory::create("test", 4 * crate::segment::page_size() + CLAIM_BYTES).unwrap();
        let number = register(&memory);
        let may_here = |offset: usize| {
            let mappings = std::fs::read_to_string("/proc/self/maps").unwrap();
            let begins = format!("{:x}-", memory.at(offset, 1).as_ptr().addr());
            let line = mappings.lines().find(|line| line.starts_with(&begins));
            line.map(|line| line.split(' ').nth(1).unwrap().to_owned())
        };
        let (one, other) = (LeaseGuard::begin(1, true), LeaseGuard::begin(1, true));
        assert!(one.seal(number) && one.seal(number) && other.seal(number));
        assert_eq!([may_here(0), may_here(claims_begin(&memory))], [Some("r--s".into()), Some("rw-s".into())]);
        drop(one);
        assert_eq!(may_here(0).as_deref(), Some("r--s"));
        drop(other);
        assert_eq!(may_here(0).as_deref(), Some("rw-s"));
        let outlives_the_array = LeaseGuard::begin(1, true);
        assert!(outlives_the_array.seal(number));
        unregister(number);
        drop((memory, outlives_the_array));
    }
}
