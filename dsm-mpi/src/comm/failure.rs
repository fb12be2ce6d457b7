//! Errors that travel from rank to rank.

use dsm_runtime::{Error, ErrorKind, private};
use serde::{Deserialize, Serialize};

/// What one rank has to say against a collective, for all of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Failure {
    kind: Kind,
    rank: Option<u32>,
    text: String,
    /// Whether the communicator can't be used after it.
    is_final: bool,
}

/// The kinds that a collective fails with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Kind {
    Shape,
    Memory,
    Os,
    Misuse,
    Diverged,
    Deadline,
    Mpi,
}

impl Failure {
    /// The failure of a rank.
    pub(crate) fn of(rank: usize, error: &Error) -> Self {
        let kind = match error.kind() {
            ErrorKind::Shape => Kind::Shape,
            ErrorKind::Memory => Kind::Memory,
            ErrorKind::Os => Kind::Os,
            ErrorKind::Misuse => Kind::Misuse,
            ErrorKind::Diverged => Kind::Diverged,
            ErrorKind::Deadline => Kind::Deadline,
            _ => Kind::Mpi,
        };
        Failure { kind, rank: Some(rank as u32), text: format!("rank {rank}: {error}"), is_final: false }
    }

    /// Ranks that met in different collectives.
    pub(crate) fn diverged(text: String) -> Self {
        Failure { kind: Kind::Diverged, rank: None, text, is_final: false }
    }

    /// Ranks that didn't come.
    pub(crate) fn late(text: String) -> Self {
        Failure { kind: Kind::Deadline, rank: None, text, is_final: true }
    }

    /// Whether the communicator can't be used after it.
    pub(crate) fn is_final(&self) -> bool {
        self.is_final
    }

    /// The same as an error. No `From`: programs rely on `Error` coming from nothing but itself for inference.
    pub(crate) fn into_error(self) -> Error {
        let kind = match self.kind {
            Kind::Shape => ErrorKind::Shape,
            Kind::Memory => ErrorKind::Memory,
            Kind::Os => ErrorKind::Os,
            Kind::Misuse => ErrorKind::Misuse,
            Kind::Diverged => ErrorKind::Diverged,
            Kind::Deadline => ErrorKind::Deadline,
            Kind::Mpi => ErrorKind::Mpi,
        };
        let error = private::error(kind, self.text);
        match self.rank {
            Some(rank) => private::at_rank(error, rank as usize),
            None => error,
        }
    }
}
