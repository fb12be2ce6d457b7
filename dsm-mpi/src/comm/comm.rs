//! `Comm`: the ranks that hold something together.

use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;
use std::panic::Location;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use dsm_runtime::{ErrorKind, Result, private};

use super::builder::CommBuilder;
use super::link::{Group, Link};
use super::meeting::{self, Gifts};
use super::nodes::{Member, Nodes};
use super::{deadline, launch};

/// A group of ranks, the processes of an MPI job; arrays and locks are made over one.
///
/// A handle: clones are of the same group. It stays on its thread, because all ranks must enter the collectives of one
/// group in the same order. What is collective says so; every rank of the group must call it, and when they don't, all
/// get an error. Dsm's messages travel on communicators of its own, so it gets along with other users of MPI.
///
/// When a rank's last handle is dropped by a panic, the job ends with a failure, so that nobody waits for that rank.
///
/// ```
/// use dsm::mpi::Comm;
///
/// let comm = Comm::world()?;          // all ranks under mpirun; this process alone without it
/// println!("{comm}");
/// # assert_eq!((comm.rank(), comm.size(), comm.nodes()), (0, 1, 1));
/// # assert_eq!(comm.to_string(), "rank 0 of 1 on 1 node");
/// # Ok::<(), dsm::Error>(())
/// ```
#[derive(Clone)]
pub struct Comm {
    parts: Rc<Parts>,
    /// Neither `Send` nor `Sync`.
    thread: PhantomData<*const ()>,
}

/// What the clones share.
struct Parts {
    whole: Link,
    /// The ranks of this node.
    node: Link,
    /// The first rank of each node, on those.
    firsts: Option<Link>,
    nodes: Nodes,
    limit: Option<Duration>,
    /// Arrays made so far: the same on all ranks, which count those that all of them have made.
    made: Cell<u64>,
}

thread_local! {
    /// The group of all, once it is known.
    static WORLD: std::cell::OnceCell<Comm> = const { std::cell::OnceCell::new() };
}

impl Comm {
    /// All ranks of the job. Collective the first time.
    ///
    /// MPI is started only when a launcher has started this process (`OMPI_COMM_WORLD_SIZE`, `PMI_SIZE`, `PMI_RANK` or
    /// `PMIX_RANK` is set); otherwise this is [`solo`](Comm::solo). It is ended when the process ends: well when all ranks end
    /// with status 0, else by ending the job, so that nobody waits for a rank that failed.
    ///
    /// # Errors
    ///
    /// When there is a launcher but dsm was built without the feature `mpi`, when MPI doesn't support several threads, when
    /// `DSM_DEADLINE` is no number of seconds, and on a thread other than the first that asked.
    ///
    /// ```
    /// let comm = dsm::mpi::Comm::world()?;
    /// assert!(comm.rank() < comm.size());
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[track_caller]
    pub fn world() -> Result<Self> {
        if let Some(known) = WORLD.with(|world| world.get().cloned()) {
            return Ok(known);
        }
        let made = match launch::launched_by() {
            None => Comm::solo(),
            Some(variable) => {
                let whole = world_link(variable)?;
                Comm::assemble(whole, None, deadline::chosen(None), Location::caller())?
            }
        };
        Ok(WORLD.with(|world| world.get_or_init(|| made).clone()))
    }

    /// This process alone, without MPI: arrays and locks over it work as over any other group.
    ///
    /// ```
    /// let comm = dsm::mpi::Comm::solo();
    /// assert_eq!((comm.rank(), comm.size()), (0, 1));
    /// ```
    #[must_use]
    pub fn solo() -> Self {
        let (link, nodes) = (Link::solo(), Nodes::solo());
        Comm::of(Parts {
            node: link.clone(),
            firsts: Some(link.clone()),
            whole: link,
            nodes,
            limit: None,
            made: Cell::new(0),
        })
    }

    /// Builds another group of the same ranks, with a deadline or nodes of its own.
    ///
    /// ```
    /// use std::time::Duration;
    /// use dsm::mpi::Comm;
    ///
    /// let comm = Comm::over(&Comm::world()?).deadline(Duration::from_secs(30)).build()?;
    /// # assert_eq!(comm.size(), 1);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    pub fn over(comm: &Comm) -> CommBuilder {
        CommBuilder::new(comm)
    }

    /// This process's number in the group, from 0.
    ///
    /// ```
    /// assert_eq!(dsm::mpi::Comm::solo().rank(), 0);
    /// ```
    #[must_use]
    pub fn rank(&self) -> usize {
        self.parts.whole.rank()
    }

    /// How many ranks the group has.
    ///
    /// ```
    /// assert_eq!(dsm::mpi::Comm::solo().size(), 1);
    /// ```
    #[must_use]
    pub fn size(&self) -> usize {
        self.parts.whole.size()
    }

    /// The ranks of the group that share this one's node, and so its memory.
    ///
    /// ```
    /// let comm = dsm::mpi::Comm::world()?;
    /// if comm.node().rank() == 0 {
    ///     // once per node
    /// }
    /// # assert_eq!(comm.node().size(), 1);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[must_use]
    pub fn node(&self) -> Comm {
        let node = self.parts.node.clone();
        let solo = Link::Solo(Arc::clone(node.health()));
        Comm::of(Parts {
            firsts: (node.rank() == 0).then_some(solo),
            nodes: Nodes::one(node.size()),
            whole: node.clone(),
            node,
            limit: self.parts.limit,
            made: Cell::new(0),
        })
    }

    /// How many nodes the group's ranks are on.
    ///
    /// ```
    /// assert_eq!(dsm::mpi::Comm::solo().nodes(), 1);
    /// ```
    #[must_use]
    pub fn nodes(&self) -> usize {
        self.parts.nodes.count()
    }

    /// The ranks that say the same `color`, ordered by `key`, then by rank. Collective; there is no deadline within it.
    ///
    /// # Errors
    ///
    /// When the ranks don't all meet in it, when a color or key is above 2³¹ − 1, and when MPI refuses it.
    ///
    /// ```
    /// use dsm::mpi::Comm;
    ///
    /// let comm = Comm::world()?;
    /// let half = comm.split(comm.rank() % 2, comm.rank())?;       // even ranks, and odd ones
    /// # assert_eq!(half.size(), 1);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[track_caller]
    pub fn split(&self, color: usize, key: usize) -> Result<Comm> {
        let place = Location::caller();
        let numbers = i32::try_from(color).and_then(|color| Ok((color, i32::try_from(key)?)));
        let says = numbers.map(|_| None).map_err(|_| {
            let text = format!("color {color} and key {key} must be at most {}", i32::MAX);
            private::error(ErrorKind::Misuse, text)
        });
        let (color, key) = numbers.unwrap_or_default();
        self.meet("split of the communicator", place, says)?;
        let part = self.parts.whole.split(Group::Numbered(color), key, &Arc::default())?;
        match part {
            Some(whole) => Comm::assemble(whole, None, Ok(self.parts.limit), place),
            None => unreachable!("every color is a number, so every rank is in a group"),
        }
    }

    /// A group of the ranks of `whole`, of which the nodes are given or found. Collective.
    pub(super) fn assemble(
        whole: Link,
        node: Option<&Comm>,
        limit: Result<Option<Duration>>,
        place: &Location<'_>,
    ) -> Result<Comm> {
        let (limit, says) = match limit {
            Ok(limit) => (limit, Ok(None)),
            Err(error) => (None, Err(error)),
        };
        let what = "making of a communicator";
        meeting::meet(&whole, limit, what, place, says)?;
        let health = Arc::clone(whole.health());
        let node = match node {
            Some(node) => Some(node.parts.whole.clone()),
            None => whole.split(Group::Node, whole.rank() as i32, &health)?,
        };
        let Some(node) = node else { unreachable!("every rank is on a node") };
        let member = node.rank_in(0, &whole)?.map(|first| Member { first: first as u32, size: node.size() as u32 });
        let gift = postcard::to_stdvec(&member).map_err(|error| private::error(ErrorKind::Mpi, error.to_string()));
        let nodes = Nodes::from_gifts(&meeting::meet(&whole, limit, what, place, gift.map(Some))?)?;
        let group = if node.rank() == 0 { Group::Numbered(0) } else { Group::None };
        let firsts = whole.split(group, whole.rank() as i32, &health)?;
        Ok(Comm::of(Parts { whole, node, firsts, nodes, limit, made: Cell::new(0) }))
    }

    /// Another group of the same ranks on the same nodes. All must have met.
    pub(super) fn duplicate(&self, limit: Option<Duration>) -> Result<Comm> {
        let health = Arc::default();
        let again = |link: &Link| link.duplicate(&health, limit);
        let parts = &self.parts;
        Ok(Comm::of(Parts {
            whole: again(&parts.whole)?,
            node: again(&parts.node)?,
            firsts: parts.firsts.as_ref().map(again).transpose()?,
            nodes: parts.nodes.clone(),
            limit,
            made: Cell::new(0),
        }))
    }

    fn of(parts: Parts) -> Self {
        Comm { parts: Rc::new(parts), thread: PhantomData }
    }

    /// All ranks meet in `what`; gives what each brought.
    pub(crate) fn meet(&self, what: &str, place: &Location<'_>, says: Result<Option<Vec<u8>>>) -> Result<Gifts> {
        meeting::meet(&self.parts.whole, self.parts.limit, what, place, says)
    }

    /// What the first rank of this node says.
    pub(crate) fn tell_node(&self, message: Vec<u8>, what: &str) -> Result<Vec<u8>> {
        let length = (message.len() as u64).to_ne_bytes().to_vec();
        let length = self.parts.node.broadcast(0, length, what, self.parts.limit).map_err(|e| self.give_up(e))?;
        let length = length.try_into().map_or(0, u64::from_ne_bytes) as usize;
        let mut message = message;
        message.resize(length, 0);
        self.parts.node.broadcast(0, message, what, self.parts.limit).map_err(|error| self.give_up(error))
    }

    /// Notes that a collective ended in the middle.
    pub(crate) fn give_up(&self, error: dsm_runtime::Error) -> dsm_runtime::Error {
        self.parts.whole.health().give_up(error)
    }

    /// Another communicator of the same ranks, with a health of its own. All must have met.
    #[cfg(feature = "system-mpi")]
    pub(crate) fn own_link(&self) -> Result<Link> {
        self.parts.whole.duplicate(&Arc::default(), self.parts.limit)
    }

    /// The ranks of it.
    pub(crate) fn whole_link(&self) -> &Link {
        &self.parts.whole
    }

    /// Those on this node.
    pub(crate) fn node_link(&self) -> &Link {
        &self.parts.node
    }

    /// The first of each node, on those.
    pub(crate) fn firsts_link(&self) -> Option<&Link> {
        self.parts.firsts.as_ref()
    }

    /// The number of the node that a rank is on: its rank among the firsts.
    pub(crate) fn node_of(&self, rank: usize) -> usize {
        self.parts.nodes.of_rank(rank)
    }

    /// Whether a rank is the first of its node.
    pub(crate) fn is_first(&self, rank: usize) -> bool {
        self.parts.nodes.is_first(rank)
    }

    /// How long a collective waits.
    pub(crate) fn limit(&self) -> Option<Duration> {
        self.parts.limit
    }

    /// Whether a collective was given up: nothing over the group may be touched.
    #[inline]
    pub(crate) fn is_given_up(&self) -> bool {
        self.parts.whole.health().is_given_up() || self.parts.node.health().is_given_up()
    }

    /// What its ranks speak by, where MPI has started several.
    #[cfg(feature = "system-mpi")]
    pub(crate) fn communicator(&self) -> Option<&Arc<super::system::Communicator>> {
        match &self.parts.whole {
            Link::Solo(_) => None,
            Link::System(communicator) => Some(communicator),
        }
    }

    /// The number of an array that all ranks have just made; the same on all.
    pub(crate) fn next_number(&self) -> u64 {
        self.parts.made.set(self.parts.made.get() + 1);
        self.parts.made.get()
    }
}

#[cfg(feature = "system-mpi")]
fn world_link(_: &str) -> Result<Link> {
    super::universe::world()
}

#[cfg(not(feature = "system-mpi"))]
fn world_link(variable: &str) -> Result<Link> {
    Err(super::link::without_mpi(variable))
}

impl fmt::Display for Comm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nodes = self.nodes();
        write!(f, "rank {} of {} on {nodes} node{}", self.rank(), self.size(), if nodes == 1 { "" } else { "s" })
    }
}

impl fmt::Debug for Comm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Comm")
            .field("rank", &self.rank())
            .field("size", &self.size())
            .field("node_rank", &self.parts.node.rank())
            .field("node_size", &self.parts.node.size())
            .field("nodes", &self.nodes())
            .field("deadline", &self.parts.limit)
            .finish()
    }
}
