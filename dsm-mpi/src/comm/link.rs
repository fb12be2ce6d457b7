//! One group of ranks, and the few ways in which they speak to one another. Each ends by a deadline.
//!
//! Not here: what a collective is and whether all ranks mean the same one (`meeting`).

use std::sync::Arc;
use std::time::Duration;

#[cfg(not(feature = "system-mpi"))]
use dsm_runtime::ErrorKind;
use dsm_runtime::{Result, private};

use super::buffer::Buffer;
use super::health::Health;
#[cfg(feature = "system-mpi")]
use super::system::Communicator;
use super::wait::Wait;

/// What a message is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub(crate) enum Tag {
    /// What a rank brings to a meeting.
    Arrival = 1,
    /// What the meeting decided.
    Verdict = 2,
    /// To the server of a lock.
    Request = 3,
    /// From it.
    Reply = 4,
    /// Between agents: what they say, and rows of arrays.
    Agents = 5,
    Rows = 6,
}

/// A group of ranks.
#[derive(Clone, Debug)]
pub(crate) enum Link {
    /// One rank, without MPI.
    Solo(Arc<Health>),
    /// A communicator of MPI that is dsm's own, so that no tag or collective of the program's is ever met.
    #[cfg(feature = "system-mpi")]
    System(Arc<Communicator>),
}

/// Which group a rank goes to in a split.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Group {
    /// That of this number.
    Numbered(i32),
    /// None.
    None,
    /// That of its node.
    Node,
}

impl Link {
    pub(crate) fn solo() -> Self {
        Link::Solo(Arc::default())
    }

    pub(crate) fn health(&self) -> &Arc<Health> {
        match self {
            Link::Solo(health) => health,
            #[cfg(feature = "system-mpi")]
            Link::System(communicator) => communicator.health(),
        }
    }

    pub(crate) fn rank(&self) -> usize {
        match self {
            Link::Solo(_) => 0,
            #[cfg(feature = "system-mpi")]
            Link::System(communicator) => communicator.rank(),
        }
    }

    pub(crate) fn size(&self) -> usize {
        match self {
            Link::Solo(_) => 1,
            #[cfg(feature = "system-mpi")]
            Link::System(communicator) => communicator.size(),
        }
    }

    /// Sends a short message.
    pub(crate) fn send(&self, to: usize, tag: Tag, message: Vec<u8>, limit: Option<Duration>) -> Result<()> {
        match self {
            Link::Solo(_) => unreachable!("a solo rank sends nothing"),
            #[cfg(feature = "system-mpi")]
            Link::System(communicator) => communicator.send(to, tag, message, limit),
        }
    }

    /// Sends a short message that nobody may be there for.
    pub(crate) fn send_and_forget(&self, to: usize, tag: Tag, message: Vec<u8>) {
        // What can't be sent in no time is left to MPI.
        let _ = self.send(to, tag, message, Some(Duration::ZERO));
    }

    /// A message that is there already, and from whom.
    pub(crate) fn try_receive(
        &self,
        from: Option<usize>,
        tag: Tag,
        limit: Option<Duration>,
    ) -> Result<Option<(usize, Vec<u8>)>> {
        match self {
            Link::Solo(_) => unreachable!("a solo rank receives nothing"),
            #[cfg(feature = "system-mpi")]
            Link::System(communicator) => communicator.try_receive(from, tag, limit),
        }
    }

    /// The next message from a rank; `None` when the time is up.
    pub(crate) fn receive(&self, from: usize, tag: Tag, limit: Option<Duration>) -> Result<Option<Vec<u8>>> {
        let mut wait = Wait::for_at_most(limit);
        loop {
            if let Some((_, message)) = self.try_receive(Some(from), tag, limit)? {
                return Ok(Some(message));
            }
            if !wait.pause() {
                return Ok(None);
            }
        }
    }

    /// Returns when every rank has come here. Given up at the deadline, for good.
    pub(crate) fn barrier(&self, what: &str, limit: Option<Duration>) -> Result<()> {
        match self {
            Link::Solo(_) => Ok(()),
            #[cfg(feature = "system-mpi")]
            Link::System(communicator) => {
                communicator.barrier(limit).map_err(|error| self.give_up(what, "at its barrier", &error))
            }
        }
    }

    /// Copies the buffer of `root` to the buffers of all, which are of the same length. Given up at the deadline, for good.
    pub(crate) fn broadcast<B: Buffer>(
        &self,
        root: usize,
        buffer: B,
        what: &str,
        limit: Option<Duration>,
    ) -> Result<B> {
        match self {
            Link::Solo(_) => Ok(buffer),
            #[cfg(feature = "system-mpi")]
            Link::System(communicator) => communicator
                .broadcast(root, buffer, limit)
                .map_err(|error| self.give_up(what, "while data moved", &error)),
        }
    }

    /// What number a rank of this group has in another; `None` when it isn't in it.
    pub(crate) fn rank_in(&self, rank: usize, other: &Link) -> Result<Option<usize>> {
        match (self, other) {
            #[cfg(feature = "system-mpi")]
            (Link::System(communicator), Link::System(other)) => communicator.rank_in(rank, other),
            // A solo rank is in every group that its process brings it to, if that is only its own.
            _ => Ok((self.size() == 1 && other.size() == 1).then_some(0)),
        }
    }

    /// Another group of the same ranks, which never meets this one's messages. It shares `health`.
    pub(crate) fn duplicate(&self, health: &Arc<Health>, limit: Option<Duration>) -> Result<Link> {
        match self {
            Link::Solo(_) => Ok(Link::Solo(Arc::clone(health))),
            #[cfg(feature = "system-mpi")]
            Link::System(communicator) => communicator
                .duplicate(health, limit)
                .map(|copy| Link::System(Arc::new(copy)))
                .map_err(|error| self.give_up("a duplicate of the communicator", "while it was made", &error)),
        }
    }

    /// The ranks of the same group, in the order of their keys, then ranks; a communicator of its own. All ranks must
    /// have met, because MPI gives no deadline here. It shares `health`.
    pub(crate) fn split(&self, group: Group, key: i32, health: &Arc<Health>) -> Result<Option<Link>> {
        match (self, group) {
            (Link::Solo(_), Group::None) => Ok(None),
            (Link::Solo(_), Group::Numbered(_) | Group::Node) => Ok(Some(Link::Solo(Arc::clone(health)))),
            #[cfg(feature = "system-mpi")]
            (Link::System(communicator), group) => {
                Ok(communicator.split(group, key, health)?.map(|part| Link::System(Arc::new(part))))
            }
        }
    }

    #[cfg(feature = "system-mpi")]
    fn give_up(&self, what: &str, at: &str, error: &dsm_runtime::Error) -> dsm_runtime::Error {
        let text = format!("{what} was given up {at}, after all ranks had come to it: {error}");
        self.health().give_up(private::error(error.kind(), text))
    }
}

/// MPI isn't compiled in.
#[cfg(not(feature = "system-mpi"))]
pub(crate) fn without_mpi(variable: &str) -> dsm_runtime::Error {
    let text = format!(
        "this program was started by an MPI launcher ({variable} is set) but built without MPI: turn the feature `mpi` \
         of dsm on, or start it without the launcher"
    );
    private::error(ErrorKind::Mpi, text)
}
