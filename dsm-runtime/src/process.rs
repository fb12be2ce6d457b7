//! Which process this is, for handles that work only in the process that made them.
//!
//! A fork copies every value, handles included. The runtime counts up in each child it forks, so a handle can compare
//! the count of its birth with the present one for the price of a load.

use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicU32, Ordering};

static GENERATION: AtomicU32 = AtomicU32::new(0);

/// The process a handle was made in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Home(u32);

impl Home {
    /// This process.
    pub(crate) fn here() -> Self {
        Home(GENERATION.load(Ordering::Relaxed))
    }

    /// Whether the handle is in the process that made it.
    #[inline]
    pub(crate) fn is_here(self) -> bool {
        self.0 == GENERATION.load(Ordering::Relaxed)
    }

    /// Panics with the handle's name when this is another process.
    #[inline]
    #[track_caller]
    pub(crate) fn assert(self, name: &str) {
        if !self.is_here() {
            not_here(name);
        }
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
        self.home.is_here()
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
        if !self.home.is_here() {
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
fn not_here(name: &str) -> ! {
    panic!(
        "`{name}` is the driver's handle and this is another process: name the array in a clause of the parallel \
         function and use the field of its resource struct"
    );
}
