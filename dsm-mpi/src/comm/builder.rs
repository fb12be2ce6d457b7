//! A group of the same ranks with settings of its own.

use std::panic::Location;
use std::sync::Arc;
use std::time::Duration;

use dsm_runtime::{Result, private};

use super::comm::Comm;
use super::deadline;

/// Makes a group over the ranks of another; see [`Comm::over`].
///
/// ```
/// use std::time::Duration;
/// use dsm::mpi::Comm;
///
/// let comm = Comm::over(&Comm::solo()).deadline(Duration::from_secs(30)).build()?;
/// # assert_eq!(comm.size(), 1);
/// # Ok::<(), dsm::Error>(())
/// ```
#[derive(Debug)]
#[must_use = "a group is made by `build`"]
pub struct CommBuilder {
    of: Comm,
    node: Option<Comm>,
    deadline: Option<Duration>,
}

impl CommBuilder {
    pub(super) fn new(comm: &Comm) -> Self {
        CommBuilder { of: comm.clone(), node: None, deadline: None }
    }

    /// How long a collective waits for the other ranks before it is an error; say the same on all ranks. Else
    /// `DSM_DEADLINE`, in seconds; else for ever, since a rank may well compute for hours before it meets the others.
    ///
    /// After a deadline has passed, the group can't be used any more, and its arrays can't be read: others may still write
    /// to them, and MPI too. What it was lent is never freed.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use dsm::mpi::Comm;
    /// let comm = Comm::over(&Comm::world()?).deadline(Duration::from_secs(30)).build()?;
    /// # Ok::<(), dsm::Error>(())
    /// ```
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// The ranks that are to share one copy with this one: a split of the same group. They must be on one machine, and
    /// see each other in `/proc`. Else MPI says which those are.
    ///
    /// ```
    /// # use dsm::mpi::Comm;
    /// let world = Comm::world()?;
    /// let alone = world.split(world.rank(), 0)?;
    /// let comm = Comm::over(&world).node(&alone).build()?;        // a copy for each rank
    /// assert_eq!(comm.nodes(), comm.size());
    /// # Ok::<(), dsm::Error>(())
    /// ```
    pub fn node(mut self, node: &Comm) -> Self {
        self.node = Some(node.clone());
        self
    }

    /// Makes the group. Collective over the ranks of the one it is made over.
    ///
    /// # Errors
    ///
    /// When the ranks don't all meet in it, when a node that was brought has ranks elsewhere or leaves some out, when
    /// `DSM_DEADLINE` is no number of seconds, and when MPI refuses it.
    ///
    /// ```
    /// # use dsm::mpi::Comm;
    /// let comm = Comm::over(&Comm::world()?).build()?;
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[track_caller]
    pub fn build(self) -> Result<Comm> {
        let place = Location::caller();
        let limit = deadline::chosen(self.deadline);
        let what = "making of a communicator over another";
        let says = limit.as_ref().map(|_| None).map_err(|error| private::error(error.kind(), error.to_string()));
        self.of.meet(what, place, says)?;
        let limit = limit?;
        match &self.node {
            None => self.of.duplicate(limit),
            Some(node) => {
                let whole = self.of.whole_link().duplicate(&Arc::default(), limit)?;
                Comm::assemble(whole, Some(node), Ok(limit), place)
            }
        }
    }
}
