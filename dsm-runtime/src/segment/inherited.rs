//! What a forked child must not keep of its parent: mappings that belong to the driver, and descriptors.
//!
//! The driver's mappings are marked `MADV_DONTFORK`, so a child has a hole where they were. The hole is filled with
//! inaccessible pages first thing in the child, so that nothing else is ever mapped there and a copied handle hits a
//! fault, never foreign memory. Descriptors are closed so that no cluster keeps another's memory alive.
#![allow(unsafe_code)]

use std::ops::Deref;
use std::os::fd::{AsFd, AsRawFd, RawFd};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::process::AtHome;

static INHERITED: Mutex<Inherited> = Mutex::new(Inherited { mappings: Vec::new(), descriptors: Vec::new() });

pub(crate) struct Inherited {
    mappings: Vec<(usize, usize)>,
    descriptors: Vec<RawFd>,
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
    /// In the child: seals the parent's mappings, closes its descriptors except `keep`, and forgets both.
    ///
    /// # Safety
    ///
    /// - The caller is a forked child with a single thread.
    /// - Nothing in this process uses the mappings or the descriptors afterwards except those in `keep`; handles that
    ///   own them are never dropped here.
    pub(crate) unsafe fn seal(&mut self, keep: &[RawFd]) {
        for (address, length) in self.mappings.drain(..) {
            // SAFETY: the range held a mapping of the parent that this child doesn't use (the caller's duty); replacing
            // it by inaccessible pages takes it from nobody.
            unsafe {
                libc::mmap(
                    address as *mut libc::c_void,
                    length,
                    libc::PROT_NONE,
                    libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_FIXED | libc::MAP_NORESERVE,
                    -1,
                    0,
                );
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
