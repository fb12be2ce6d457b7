//! Where this code runs, for handles that work only in the process that made them, and in the worker.
//!
//! A fork copies every value, handles included. The runtime counts up in each child it forks, so a handle can compare
//! the count of its birth with the present one for the price of a load. A rank that a thread carries could reach the
//! driver's handles through a static, which one that a process carries can't: so that programs are the same on both, the
//! thread has a number while it runs a rank, and its handles have it too.

use std::cell::Cell;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use crate::error::Result;
use crate::segment::inherited;

static GENERATION: AtomicU32 = AtomicU32::new(0);

thread_local! {
    /// The number of the rank that this thread carries; zero is none.
    static CARRIED: Cell<u64> = const { Cell::new(0) };
}

/// The number of a rank that a thread carries; one that has a process to itself needs none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Carried(u64);

impl Carried {
    /// By a process.
    pub(crate) const BY_A_PROCESS: Carried = Carried(0);

    /// By a thread; each has a number of its own.
    pub(crate) fn by_a_thread() -> Self {
        static LAST: AtomicU64 = AtomicU64::new(0);
        Carried(LAST.fetch_add(1, Ordering::Relaxed) + 1)
    }

    /// This thread carries it from now on; gives what it carried before.
    pub(crate) fn enter(self) -> Self {
        Carried(CARRIED.replace(self.0))
    }

    /// What this thread carries.
    pub(crate) fn here() -> Self {
        Carried(CARRIED.get())
    }
}

/// The process and the rank that a handle was made in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Home {
    generation: u32,
    rank: Carried,
}

impl Home {
    pub(crate) fn here() -> Self {
        Home { generation: GENERATION.load(Ordering::Relaxed), rank: Carried::here() }
    }

    /// Whether the handle is in the process that made it, and in no other rank than the one that did.
    #[inline]
    pub(crate) fn is_here(self) -> bool {
        Home::here().reaches(self)
    }

    /// Whether a handle that `other` made is in its own process and rank here.
    #[inline]
    pub(crate) fn reaches(self, other: Home) -> bool {
        self.generation == other.generation && (self.rank == Carried::BY_A_PROCESS || self.rank == other.rank)
    }

    /// Whether the handle is in the process that made it.
    #[inline]
    pub(crate) fn is_this_process(self) -> bool {
        self.generation == GENERATION.load(Ordering::Relaxed)
    }

    /// Panics with the handle's name when this is another process, or a rank that didn't make it.
    #[inline]
    #[track_caller]
    pub(crate) fn assert(self, name: &str) {
        if !self.is_here() {
            not_here(name, self.is_this_process());
        }
    }
}

/// The process that a handle of dsm-mpi was made in; forks by other code are noticed, too.
#[derive(Clone, Copy, Debug)]
pub struct Birthplace(Home);

impl Birthplace {
    /// This process.
    ///
    /// # Errors
    ///
    /// When the system can't tell of forks.
    pub fn here() -> Result<Self> {
        inherited::watch_forks()?;
        Ok(Birthplace(Home::here()))
    }

    /// Whether this is still the process that it was.
    #[inline]
    #[must_use]
    pub fn is_here(self) -> bool {
        self.0.is_this_process()
    }
}

/// A value that is dropped only in the process that made it: a descriptor's copy in a child is a number that may since
/// have been given to something else.
pub(crate) struct AtHome<T> {
    value: Option<T>,
    home: Home,
}

impl<T> AtHome<T> {
    pub(crate) fn new(value: T) -> Self {
        AtHome { value: Some(value), home: Home::here() }
    }

    pub(crate) fn is_at_home(&self) -> bool {
        self.home.is_this_process()
    }

    /// Drops the value before its holder goes.
    pub(crate) fn end(&mut self) {
        drop(self.value.take());
    }
}

impl<T> Deref for AtHome<T> {
    type Target = T;

    fn deref(&self) -> &T {
        match &self.value {
            Some(value) => value,
            None => unreachable!("the value is taken by the drop only"),
        }
    }
}

impl<T> DerefMut for AtHome<T> {
    fn deref_mut(&mut self) -> &mut T {
        match &mut self.value {
            Some(value) => value,
            None => unreachable!("the value is taken by the drop only"),
        }
    }
}

impl<T> Drop for AtHome<T> {
    fn drop(&mut self) {
        if !self.home.is_this_process() {
            std::mem::forget(self.value.take());
        }
    }
}

/// Whether this process is a child that was forked off the driver: a monitor, a worker, or one of their children.
pub(crate) fn is_forked() -> bool {
    GENERATION.load(Ordering::Relaxed) != 0
}

/// Called first thing in every forked child.
pub(crate) fn became_a_child() {
    GENERATION.fetch_add(1, Ordering::Relaxed);
}

#[cold]
#[track_caller]
fn not_here(name: &str, in_this_process: bool) -> ! {
    let place = if in_this_process { "a worker" } else { "another process" };
    panic!(
        "`{name}` is the driver's handle and this is {place}: name the array in a clause of the parallel function and use \
         the field of its resource struct"
    );
}
