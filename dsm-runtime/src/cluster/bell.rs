//! Wakes the monitor: something of the call needs it.

use std::os::fd::{AsFd, BorrowedFd, RawFd};

use nix::sys::eventfd::{EfdFlags, EventFd};

use crate::error::{Error, Result};
use crate::segment::inherited::Descriptor;

/// A counter in the kernel that the monitor polls.
pub(crate) struct Bell(Descriptor<EventFd>);

impl Bell {
    pub(crate) fn new() -> Result<Self> {
        let event = EventFd::from_flags(EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK)
            .map_err(|errno| Error::os("can't make an event descriptor", errno))?;
        Ok(Bell(Descriptor::new(event)))
    }

    /// Wakes the monitor. A full counter is as good as a ring.
    pub(crate) fn ring(&self) {
        let _ = self.0.write(1);
    }

    /// Takes all rings.
    pub(crate) fn clear(&self) {
        let _ = self.0.read();
    }

    pub(crate) fn descriptor(&self) -> RawFd {
        self.0.number()
    }

    pub(crate) fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
