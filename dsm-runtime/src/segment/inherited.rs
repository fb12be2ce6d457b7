//! What a forked child must not keep of its parent: mappings that belong to the driver or to one worker, descriptors, and
//! what the parent was in the middle of.
//!
//! The mappings are marked `MADV_DONTFORK`, so a child has a hole where they were. The hole is filled with inaccessible
//! pages first thing in the child, so that nothing else is ever mapped there and a copied handle or view hits a fault,
//! never foreign memory. Descriptors are closed so that no cluster keeps another's memory alive.
#![allow(unsafe_code)]

use std::ops::Deref;
use std::os::fd::{AsFd, AsRawFd, RawFd};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use nix::errno::Errno;

use crate::error::{Error, Result};
use crate::process::{self, AtHome};

static INHERITED: Mutex<Inherited> =
    Mutex::new(Inherited { mappings: Vec::new(), descriptors: Vec::new(), forgets: Vec::new() });

/// Exit status of a child that could not be sealed.
const UNSEALED: i32 = 115;

/// Has every fork of this process noticed in the child, also those of other code: handles refuse there, and what the
/// child must not use is sealed.
pub(crate) fn watch_forks() -> Result<()> {
    extern "C" fn in_child() {
        process::became_a_child();
        // Held by this thread when the fork is the runtime's own, which seals with care for what the child keeps.
        if let Ok(mut inherited) = INHERITED.try_lock() {
            // SAFETY: a freshly forked child, and handles refuse to work in it.
            unsafe { inherited.seal(&[]) };
        }
    }
    static WATCHED: OnceLock<i32> = OnceLock::new();
    // SAFETY: registers a function that lives for ever and does nothing but store a number, map and close.
    match *WATCHED.get_or_init(|| unsafe { libc::pthread_atfork(None, None, Some(in_child)) }) {
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

pub(crate) fn add_mapping(address: usize, length: usize) {
    lock().mappings.push((address, length));
}

pub(crate) fn remove_mapping(address: usize) {
    lock().mappings.retain(|&(at, _)| at != address);
}

/// What children of this process run to forget something of it. It may do no more than a signal handler.
pub(crate) fn add_forget(forget: fn()) {
    lock().forgets.push(forget);
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

    pub(crate) fn number(&self) -> RawFd {
        self.0.as_fd().as_raw_fd()
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
            lock().descriptors.retain(|&other| other != number);
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
