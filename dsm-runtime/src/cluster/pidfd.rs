//! Descriptors of processes: readable once the process has ended, and never another's.
#![allow(unsafe_code)]

use std::os::fd::{FromRawFd, OwnedFd, RawFd};

use nix::errno::Errno;
use nix::unistd::Pid;

/// Opens a descriptor of a process; close-on-exec.
pub(crate) fn open(pid: Pid) -> nix::Result<OwnedFd> {
    // SAFETY: takes two numbers and gives a new descriptor or an error.
    let descriptor = unsafe { libc::syscall(libc::SYS_pidfd_open, pid.as_raw(), 0) };
    let descriptor = Errno::result(descriptor)?;
    // SAFETY: the kernel has just made it for this process, and nothing else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(descriptor as RawFd) })
}
