//! Memory that processes of one machine share without having been forked from one another: made by one, and opened by
//! the others through `/proc`.
//!
//! Not here: who may touch it when; that is dsm-mpi's.

use std::fs::OpenOptions;
use std::os::unix::fs::MetadataExt;
use std::ptr::NonNull;

use nix::sys::stat::fstat;
use serde::{Deserialize, Serialize};

use super::declaration::Declaration;
use super::inherited;
use super::memory::Memory;
use crate::element::Element;
use crate::error::{Error, ErrorKind, Result};
use crate::shape::Axes;

/// A memfd of one process or another, mapped in this one.
#[derive(Debug)]
pub struct NodeMemory {
    memory: Memory,
}

/// Where other processes of the machine find it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Location {
    process: u32,
    descriptor: i32,
    length: u64,
    device: u64,
    inode: u64,
}

impl NodeMemory {
    /// Zeroed memory for an array of this shape.
    ///
    /// # Errors
    ///
    /// When it doesn't fit, or the system refuses it.
    pub fn of_array<T: Element, D: Axes>(shape: &[usize]) -> Result<Self> {
        inherited::watch_forks()?;
        let mut declaration = Declaration::new("a node");
        declaration.array::<T, D>(0, "replicated", shape)?;
        let (_, length) = declaration.fit()?;
        Ok(NodeMemory { memory: Memory::create("replicated array", length)? })
    }

    /// Where others find it.
    ///
    /// # Errors
    ///
    /// When the system doesn't tell.
    pub fn location(&self) -> Result<Location> {
        let file = fstat(self.memory.borrowed())
            .map_err(|errno| Error::os("can't look at the shared memory", std::io::Error::from(errno)))?;
        Ok(Location {
            process: std::process::id(),
            descriptor: self.memory.descriptor(),
            length: self.memory.length() as u64,
            device: file.st_dev,
            inode: file.st_ino,
        })
    }

    /// Maps what another process of this machine made, while that process keeps it.
    ///
    /// # Errors
    ///
    /// When `/proc` doesn't let this process have it, or leads to something else.
    pub fn attach(location: Location) -> Result<Self> {
        inherited::watch_forks()?;
        let Location { process, descriptor, length, device, inode } = location;
        let path = format!("/proc/{process}/fd/{descriptor}");
        let hint = "; ranks that share a node must see each other in /proc: the same user, container and PID namespace. \
                    Where they can't, make each a node of its own (`Comm::split` and `Comm::over`)";
        let file = OpenOptions::new().read(true).write(true).open(&path).map_err(|source| {
            Error::os(format_args!("can't open the shared memory of process {process} at {path}"), source).adding(hint)
        })?;
        let found = file.metadata().map_err(|source| Error::os(format_args!("can't look at {path}"), source))?;
        if (found.dev(), found.ino(), found.len()) != (device, inode, length) {
            let text = format!("{path} isn't the shared memory of {length} bytes that process {process} made{hint}");
            return Err(Error::new(ErrorKind::Os, text));
        }
        Ok(NodeMemory { memory: Memory::adopt(file.into(), length as usize)? })
    }

    /// The bytes from `offset`.
    ///
    /// # Panics
    ///
    /// When they lie outside.
    #[must_use]
    pub fn at(&self, offset: usize, length: usize) -> NonNull<u8> {
        self.memory.at(offset, length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Ix1;

    #[test]
    fn what_one_process_made_is_attached_by_its_location_and_nothing_else_is() {
        let made = NodeMemory::of_array::<u8, Ix1>(&[10]).expect("memory");
        let location = made.location().expect("location");
        let attached = NodeMemory::attach(location).expect("attached");
        assert_ne!(made.at(0, 10), attached.at(0, 10));

        let other = Location { inode: location.inode + 1, ..location };
        let text = NodeMemory::attach(other).unwrap_err().to_string();
        assert!(text.contains("isn't the shared memory of 4096 bytes"), "{text}");
        let shorter = Location { length: 8192, ..location };
        assert!(NodeMemory::attach(shorter).is_err());
        let closed = Location { descriptor: i32::MAX, ..location };
        let text = NodeMemory::attach(closed).unwrap_err().to_string();
        assert!(text.contains("can't open") && text.contains("PID namespace"), "{text}");
    }
}
