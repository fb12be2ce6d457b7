//! One anonymous piece of shared memory: a memfd and this process's mapping of it.
//!
//! Not here: what lies where in it (`layout`), and who may touch it when (the views and the call).
#![allow(unsafe_code)]

use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::ptr::NonNull;

use memmap2::{Advice, MmapOptions, MmapRaw};
use nix::sys::memfd::{MFdFlags, memfd_create};

use super::inherited::{self, Descriptor};
use crate::error::{Error, Result};

/// Shared memory, mapped in this process.
///
/// Made by the driver, whose mapping no child inherits; [`attach`](Memory::attach) maps it anew in the monitor, whose
/// workers inherit that, and keep it from children of their own.
#[derive(Debug)]
pub(crate) struct Memory {
    map: MmapRaw,
    length: usize,
    /// Held by the process that made the memory, or adopted it.
    descriptor: Option<Descriptor<OwnedFd>>,
}

impl Memory {
    /// Zeroed memory of `length` bytes (at least one page); pages cost nothing until they are touched.
    pub(crate) fn create(purpose: &str, length: usize) -> Result<Self> {
        let length = length.max(1).next_multiple_of(page_size());
        let failed = |source: std::io::Error| {
            let hint = match source.raw_os_error() {
                Some(libc::EMFILE) => {
                    "; each cluster and each anonymous array holds one: drop some, or raise `ulimit -n`"
                }
                _ => "",
            };
            Error::os(format_args!("can't make {length} bytes of shared memory for the {purpose}"), source).adding(hint)
        };
        let descriptor = memfd_create(format!("dsm {purpose}").as_str(), MFdFlags::MFD_CLOEXEC)
            .map_err(|errno| failed(errno.into()))?;
        nix::unistd::ftruncate(&descriptor, length as libc::off_t).map_err(|errno| failed(errno.into()))?;
        let map = map(descriptor.as_raw_fd(), length).map_err(failed)?;
        let memory = Memory { map, length, descriptor: Some(Descriptor::new(descriptor)) };
        memory.keep_from_children().map_err(failed)?;
        Ok(memory)
    }

    /// Zeroed memory of this process alone: for tests between threads, also where there is no memfd.
    #[cfg(test)]
    pub(crate) fn private(length: usize) -> Self {
        let length = length.max(1).next_multiple_of(page_size());
        let map = memmap2::MmapMut::map_anon(length).expect("anonymous memory");
        Memory { map: map.into(), length, descriptor: None }
    }

    /// Maps the memory behind `descriptor` in this process; the mapping passes to children it forks.
    pub(crate) fn attach(descriptor: RawFd, length: usize) -> Result<Self> {
        let map = map(descriptor, length).map_err(|source| Error::os("can't attach the shared memory", source))?;
        Ok(Memory { map, length, descriptor: None })
    }

    /// Maps memory that another process made and this one opened; it is kept from children as the maker's mapping is.
    pub(crate) fn adopt(descriptor: OwnedFd, length: usize) -> Result<Self> {
        let mut memory = Memory::attach(descriptor.as_raw_fd(), length)?;
        memory.keep_from_children().map_err(|source| Error::os("can't attach the shared memory", source))?;
        memory.descriptor = Some(Descriptor::new(descriptor));
        Ok(memory)
    }

    /// Has children that this process forks from now on find inaccessible pages in the place of this mapping.
    pub(crate) fn keep_from_children(&self) -> std::io::Result<()> {
        self.map.advise(Advice::DontFork)?;
        inherited::add_mapping(self.map.as_ptr() as usize, self.length);
        Ok(())
    }

    /// The descriptor that children attach by.
    pub(crate) fn descriptor(&self) -> RawFd {
        self.descriptor.as_ref().map_or(-1, Descriptor::number)
    }

    /// The descriptor of memory that this process made or adopted.
    ///
    /// # Panics
    ///
    /// When it did neither.
    pub(crate) fn borrowed(&self) -> BorrowedFd<'_> {
        match &self.descriptor {
            Some(descriptor) => descriptor.as_fd(),
            None => panic!("memory that was inherited has no descriptor here"),
        }
    }

    pub(crate) fn length(&self) -> usize {
        self.length
    }

    /// The address of the byte at `offset`.
    ///
    /// # Panics
    ///
    /// When `offset + length` lies outside the memory.
    pub(crate) fn at(&self, offset: usize, length: usize) -> NonNull<u8> {
        let end = offset.checked_add(length);
        assert!(
            end.is_some_and(|end| end <= self.length),
            "offset {offset} + {length} lies outside {} bytes",
            self.length
        );
        // SAFETY: the offset is inside the mapping, which is never at address zero.
        unsafe { NonNull::new_unchecked(self.map.as_mut_ptr().add(offset)) }
    }

    /// Makes the pages of a range present, for less than it costs to touch each.
    pub(crate) fn populate(&self, offset: usize, length: usize) {
        // A system that can't makes them present when they are touched.
        let _ = self.map.advise_range(Advice::PopulateWrite, offset, length);
    }

    /// How far `address` is from the start, if it lies inside.
    pub(crate) fn offset_of(&self, address: *const u8) -> Option<usize> {
        let offset = (address as usize).wrapping_sub(self.map.as_ptr() as usize);
        (offset < self.length).then_some(offset)
    }

    /// Gives the pages of a range back to the system; they read as zero afterwards.
    pub(crate) fn release(&self, offset: usize, length: usize) {
        if let Some(descriptor) = &self.descriptor {
            let whole = length.next_multiple_of(page_size());
            let mode =
                nix::fcntl::FallocateFlags::FALLOC_FL_PUNCH_HOLE | nix::fcntl::FallocateFlags::FALLOC_FL_KEEP_SIZE;
            // A system that can't punch holes keeps the pages until the cluster is dropped, which is all that is lost.
            let _ = nix::fcntl::fallocate(&**descriptor, mode, offset as libc::off_t, whole as libc::off_t);
        }
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        if self.descriptor.is_some() {
            inherited::remove_mapping(self.map.as_ptr() as usize);
        }
    }
}

/// Has the pages of this process's mapping at an address refuse writes, or take them again. Once they refuse, all that was
/// written here is there for other processes to read, and no thread of this one writes any more.
///
/// # Safety
///
/// - This process has mapped a [`Memory`] there, of at least that length, a multiple of pages.
pub(super) unsafe fn set_writable(address: usize, length: usize, writable: bool) -> std::io::Result<()> {
    let access = if writable { libc::PROT_READ | libc::PROT_WRITE } else { libc::PROT_READ };
    // SAFETY: the kernel changes what may be done with pages of that memory, which its maker could write.
    match unsafe { libc::mprotect(std::ptr::with_exposed_provenance_mut(address), length, access) } {
        0 => Ok(()),
        _ => Err(std::io::Error::last_os_error()),
    }
}

fn map(descriptor: RawFd, length: usize) -> std::io::Result<MmapRaw> {
    let map = MmapOptions::new().len(length).no_reserve_swap().map_raw(descriptor)?;
    // A core dump of a worker shouldn't hold every shared array; a system without the advice only dumps more.
    let _ = map.advise(Advice::DontDump);
    Ok(map)
}

/// Bytes in a page of memory.
pub(crate) fn page_size() -> usize {
    static SIZE: std::sync::OnceLock<usize> = std::sync::OnceLock::new();
    *SIZE.get_or_init(|| {
        nix::unistd::sysconf(nix::unistd::SysconfVar::PAGE_SIZE).ok().flatten().map_or(4096, |size| size as usize)
    })
}
