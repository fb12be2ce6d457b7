//! What a forked child must not keep of its parent: mappings that belong to the driver or to one worker, descriptors, and
//! what the parent was in the middle of.
//!
//! The mappings are marked `MADV_DONTFORK`, so a child has a hole where they were. The hole is filled with inaccessible
//! pages first thing in the child, so that nothing else is ever mapped there and a copied handle or view hits a fault,
//! never foreign memory. Descriptors are closed so that no cluster keeps another's memory alive.
#![allow(unsafe_code)]

use std::cell::Cell;
use std::ops::Deref;
use std::os::fd::{AsFd, AsRawFd, RawFd};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use nix::errno::Errno;

use crate::error::{Error, Result};
use crate::process::{self, AtHome};

static INHERITED: Mutex<Inherited> =
    Mutex::new(Inherited { mappings: Vec::new(), descriptors: Vec::new(), forgets: Vec::new() });

thread_local! {
    /// The list, while this thread forks.
    static HELD: Cell<Option<MutexGuard<'static, Inherited>>> = const { Cell::new(None) };
    /// Whether the fork is the runtime's own, which holds the list and seals with care for what the child keeps.
    static SEALS_ITSELF: Cell<bool> = const { Cell::new(false) };
}

/// Exit status of a child that could not be sealed.
const UNSEALED: i32 = 115;

/// Has every fork of this process noticed in the child, also those of other code: handles refuse there, and what the
/// child must not use is sealed.
pub(crate) fn watch_forks() -> Result<()> {
    // Held across the fork, so that the child finds it whole, whatever other threads are in the middle of.
    extern "C" fn before() {
        if !SEALS_ITSELF.get() {
            // A thread that forks as it ends has nowhere to keep it; its child tries.
            let _ = HELD.try_with(|held| held.set(Some(lock())));
        }
    }
    extern "C" fn in_parent() {
        let _ = HELD.try_with(|held| drop(held.take()));
    }
    extern "C" fn in_child() {
        process::became_a_child();
        if SEALS_ITSELF.get() {
            return;
        }
        let held = HELD.try_with(Cell::take).ok().flatten();
        if let Some(mut inherited) = held.or_else(|| INHERITED.try_lock().ok()) {
            // SAFETY: a freshly forked child, and handles refuse to work in it.
            unsafe { inherited.seal(&[]) };
        }
    }
    static WATCHED: OnceLock<i32> = OnceLock::new();
    // SAFETY: registers a function that lives for ever and does nothing but lock, store a number, map and close.
    match *WATCHED.get_or_init(|| unsafe { libc::pthread_atfork(Some(before), Some(in_parent), Some(in_child)) }) {
        0 => Ok(()),
        errno => Err(Error::os("can't watch for forks", Errno::from_raw(errno))),
    }
}

pub(crate) struct Inherited {
    mappings: Vec<(usize, usize)>,
    descriptors: Vec<RawFd>,
    forgets: Vec<fn()>,
}

/// The list, to be held across a fork so that no other thread changes it in between.
pub(crate) fn lock() -> MutexGuard<'static, Inherited> {
    INHERITED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The list for a fork that seals its child itself.
pub(crate) fn lock_for_fork() -> ForFork {
    SEALS_ITSELF.set(true);
    ForFork(lock())
}

/// The list, held across a fork.
pub(crate) struct ForFork(MutexGuard<'static, Inherited>);

impl ForFork {
    pub(crate) fn list(&mut self) -> &mut Inherited {
        &mut self.0
    }
}

impl Drop for ForFork {
    fn drop(&mut self) {
        SEALS_ITSELF.set(false);
    }
}

pub(crate) fn add_mapping(address: usize, length: usize) {
    lock().mappings.push((address, length));
}

pub(crate) fn remove_mapping(address: usize) {
    let mappings = &mut lock().mappings;
    // From the end: what was made last is dropped first, as a rule.
    if let Some(place) = mappings.iter().rposition(|&(at, _)| at == address) {
        mappings.swap_remove(place);
    }
}

/// What children of this process run to forget something of it. It may do no more than a signal handler.
pub(crate) fn add_forget(forget: fn()) {
    let mut inherited = lock();
    if !inherited.forgets.iter().any(|&other| std::ptr::fn_addr_eq(other, forget)) {
        inherited.forgets.push(forget);
    }
}

/// A descriptor that children of this process close, unless they are told to keep it.
pub(crate) fn add_descriptor(descriptor: RawFd) {
    lock().descriptors.push(descriptor);
}

/// A descriptor of this process: on the list while it is open, and closed by its maker only, since in a child its
/// number may since have been given to something else.
pub(crate) struct Descriptor<T: AsFd>(AtHome<T>);

impl<T: AsFd> Descriptor<T> {
    pub(crate) fn new(value: T) -> Self {
        add_descriptor(value.as_fd().as_raw_fd());
        Descriptor(AtHome::new(value))
    }

    /// Two that `make` opens while no other thread forks: a child that came in between would hold them open for good.
    pub(crate) fn pair<U: AsFd>(
        make: impl FnOnce() -> std::io::Result<(T, U)>,
    ) -> std::io::Result<(Self, Descriptor<U>)> {
        let mut list = lock();
        let (one, other) = make()?;
        list.descriptors.extend([one.as_fd().as_raw_fd(), other.as_fd().as_raw_fd()]);
        Ok((Descriptor(AtHome::new(one)), Descriptor(AtHome::new(other))))
    }

    pub(crate) fn number(&self) -> RawFd {
        self.0.as_fd().as_raw_fd()
    }
}

impl<T: AsFd> std::fmt::Debug for Descriptor<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Descriptor({})", self.number())
    }
}

impl<T: AsFd> Deref for Descriptor<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: AsFd> Drop for Descriptor<T> {
    fn drop(&mut self) {
        if self.0.is_at_home() {
            let number = self.number();
            // Held until it is closed, too, so that no child comes in between.
            let mut list = lock();
            if let Some(place) = list.descriptors.iter().rposition(|&other| other == number) {
                list.descriptors.swap_remove(place);
            }
            self.0.end();
        }
    }
}

impl Inherited {
    /// In the child: seals the parent's mappings, closes its descriptors except `keep`, and forgets what it was in.
    ///
    /// # Safety
    ///
    /// - The caller is a forked child with a single thread.
    /// - Nothing in this process uses the mappings or the descriptors afterwards except those in `keep`; handles that
    ///   own them are never dropped here.
    pub(crate) unsafe fn seal(&mut self, keep: &[RawFd]) {
        for forget in self.forgets.drain(..) {
            forget();
        }
        for (address, length) in self.mappings.drain(..) {
            // SAFETY: the range held a mapping of the parent that this child doesn't use (the caller's duty); replacing
            // it by inaccessible pages takes it from nobody.
            let sealed = unsafe {
                libc::mmap(
                    address as *mut libc::c_void,
                    length,
                    libc::PROT_NONE,
                    libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_FIXED | libc::MAP_NORESERVE,
                    -1,
                    0,
                )
            };
            if sealed == libc::MAP_FAILED {
                // SAFETY: ends the process, which must not run with the hole open.
                unsafe { libc::_exit(UNSEALED) };
            }
        }
        for descriptor in self.descriptors.drain(..) {
            if !keep.contains(&descriptor) {
                // SAFETY: the descriptor belongs to a handle of the parent that this child never drops or uses.
                unsafe { libc::close(descriptor) };
            }
        }
    }
}
