//! Whether a communicator may still be used.
//!
//! Once a collective was given up (a deadline passed, or MPI refused something in the middle of one), ranks disagree on
//! where they are, MPI may still write to memory it was lent, and another rank may still write to this node's copies.
//! So the communicator and every array over it refuse from then on.

use std::sync::OnceLock;

use dsm_runtime::{Error, Result, private};

/// Shared by all the links of one communicator.
#[derive(Debug, Default)]
pub(crate) struct Health {
    given_up: OnceLock<(dsm_runtime::ErrorKind, String)>,
}

impl Health {
    /// Notes that a collective was given up, and gives its error back.
    pub(crate) fn give_up(&self, error: Error) -> Error {
        let _ = self.given_up.set((error.kind(), error.to_string()));
        error
    }

    /// Whether one was.
    #[inline]
    pub(crate) fn is_given_up(&self) -> bool {
        self.given_up.get().is_some()
    }

    /// Fails when one was.
    pub(crate) fn check(&self) -> Result<()> {
        match self.given_up.get() {
            None => Ok(()),
            Some((kind, first)) => {
                Err(private::error(*kind, format!("the communicator was given up when a collective failed: {first}")))
            }
        }
    }
}
