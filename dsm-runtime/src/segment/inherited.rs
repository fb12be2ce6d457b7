//! What a forked child must not keep of its parent: mappings that belong to the driver, and descriptors.
//!
//! The driver's mappings are marked `MADV_DONTFORK`, so a child has a hole where they were. The hole is filled with
//! inaccessible pages first thing in the child, so that nothing else is ever mapped there and a copied handle hits a
//! fault, never foreign memory. Descriptors are closed so that no cluster keeps another's memory alive.
#![allow(unsafe_code)]

use std::os::fd::RawFd;
use std::sync::{Mutex, MutexGuard, PoisonError};

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

pub(crate) fn add_descriptor(descriptor: RawFd) {
    lock().descriptors.push(descriptor);
}

pub(crate) fn remove_descriptor(descriptor: RawFd) {
    lock().descriptors.retain(|&other| other != descriptor);
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
