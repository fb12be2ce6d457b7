//! `FairLock`: one rank at a time.

use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;
use std::panic::Location;
use std::time::Duration;

use dsm_runtime::{ErrorKind, Result, private};

#[cfg(feature = "system-mpi")]
use super::server::{self, Asked, Client};
use crate::comm::Comm;

/// A lock that one rank at a time holds, granted in the order in which the ranks asked, across nodes.
///
/// It guards what ranks share outside of dsm: a file, a device, a turn to print. One rank is its home, where a thread answers
/// requests, also while the rank computes. Dropping it isn't collective; the thread ends when all ranks have dropped it.
///
/// ```
/// use dsm::mpi::{Comm, FairLock};
///
/// let comm = Comm::world()?;
/// let turn = FairLock::new(&comm, 0)?;
/// {
///     let _mine = turn.lock()?;
///     println!("rank {} alone", comm.rank());
/// }
/// # Ok::<(), dsm::Error>(())
/// ```
pub struct FairLock {
    comm: Comm,
    home: usize,
    held: Cell<bool>,
    /// None when there is only one rank.
    #[cfg(feature = "system-mpi")]
    client: Option<Client>,
}

impl FairLock {
    /// A free lock over the ranks of `comm`, served on rank `home`. Collective.
    ///
    /// # Errors
    ///
    /// On all ranks alike: when `home` is no rank or not the same on all, when its thread can't be started, and when the ranks
    /// don't all meet in it.
    ///
    /// ```
    /// use dsm::mpi::{Comm, FairLock};
    ///
    /// let comm = Comm::world()?;
    /// assert_eq!(FairLock::new(&comm, comm.size()).unwrap_err().kind(), dsm::ErrorKind::Misuse);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[track_caller]
    pub fn new(comm: &Comm, home: usize) -> Result<Self> {
        let place = Location::caller();
        let what = format!("making of a lock at home on rank {home}");
        let says = if home < comm.size() {
            Ok(None)
        } else {
            let text = format!("there is no rank {home} for a lock's home: the group has {}", comm.size());
            Err(private::error(ErrorKind::Misuse, text))
        };
        comm.meet(&what, place, says)?;
        Ok(FairLock {
            comm: comm.clone(),
            home,
            held: Cell::new(false),
            #[cfg(feature = "system-mpi")]
            client: served(comm, home, &what, place)?,
        })
    }

    /// Waits for the lock, behind those who asked before.
    ///
    /// # Errors
    ///
    /// When the group's deadline passes first, with the rank that holds the lock; when this rank holds it already; and when the
    /// home doesn't answer.
    ///
    /// ```
    /// # use dsm::mpi::{Comm, FairLock};
    /// let turn = FairLock::new(&Comm::world()?, 0)?;
    /// let mine = turn.lock()?;
    /// assert_eq!(turn.lock().unwrap_err().kind(), dsm::ErrorKind::Misuse);      // twice by one rank
    /// drop(mine);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    pub fn lock(&self) -> Result<FairLockGuard<'_>> {
        self.wait(self.comm.limit())?.map_err(|holder| {
            let limit = self.comm.limit().unwrap_or_default().as_secs_f64();
            let text = format!("the lock wasn't to be had by the deadline of {limit} s: rank {holder} holds it");
            private::at_rank(private::error(ErrorKind::Deadline, text), holder)
        })
    }

    /// Takes the lock if nobody holds it.
    ///
    /// # Errors
    ///
    /// When the home doesn't answer.
    ///
    /// ```
    /// # use dsm::mpi::{Comm, FairLock};
    /// let turn = FairLock::new(&Comm::solo(), 0)?;
    /// let mine = turn.try_lock()?;
    /// assert!(mine.is_some() && turn.try_lock()?.is_none());
    /// # Ok::<(), dsm::Error>(())
    /// ```
    pub fn try_lock(&self) -> Result<Option<FairLockGuard<'_>>> {
        if self.held.get() {
            return Ok(None);
        }
        #[cfg(feature = "system-mpi")]
        if let Some(client) = &self.client
            && let Asked::HeldBy(_) = client.try_lock(self.comm.limit())?
        {
            return Ok(None);
        }
        Ok(Some(self.taken()))
    }

    /// Waits for the lock as long as this; `None` when others held it all the time.
    ///
    /// # Errors
    ///
    /// When the home doesn't answer, and when this rank holds it already.
    ///
    /// ```
    /// # use dsm::mpi::{Comm, FairLock};
    /// # use std::time::Duration;
    /// let turn = FairLock::new(&Comm::world()?, 0)?;
    /// match turn.lock_timeout(Duration::from_secs(5))? {
    ///     Some(_mine) => println!("alone"),
    ///     None => println!("too many before us"),
    /// }
    /// # Ok::<(), dsm::Error>(())
    /// ```
    pub fn lock_timeout(&self, timeout: Duration) -> Result<Option<FairLockGuard<'_>>> {
        Ok(self.wait(Some(timeout))?.ok())
    }

    /// How many ranks wait for it at this moment.
    ///
    /// # Errors
    ///
    /// When the home doesn't answer.
    ///
    /// ```
    /// # use dsm::mpi::{Comm, FairLock};
    /// let turn = FairLock::new(&Comm::solo(), 0)?;
    /// assert_eq!(turn.waiting()?, 0);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    pub fn waiting(&self) -> Result<usize> {
        #[cfg(feature = "system-mpi")]
        if let Some(client) = &self.client
            && let Asked::Waiting(count) = client.waiting(self.comm.limit())?
        {
            return Ok(count);
        }
        Ok(0)
    }

    /// The guard, or who holds the lock when the time is up.
    fn wait(&self, limit: Option<Duration>) -> Result<std::result::Result<FairLockGuard<'_>, usize>> {
        if self.held.get() {
            let text = format!("rank {} holds the lock already: drop the guard first", self.comm.rank());
            return Err(private::error(ErrorKind::Misuse, text));
        }
        #[cfg(feature = "system-mpi")]
        if let Some(client) = &self.client
            && let Asked::HeldBy(holder) = client.lock(limit)?
        {
            return Ok(Err(holder));
        }
        Ok(Ok(self.taken()))
    }

    fn taken(&self) -> FairLockGuard<'_> {
        self.held.set(true);
        FairLockGuard { lock: self, thread: PhantomData }
    }
}

/// The lock's own communicator, and its server on the home.
#[cfg(feature = "system-mpi")]
fn served(comm: &Comm, home: usize, what: &str, place: &Location<'_>) -> Result<Option<Client>> {
    if comm.size() == 1 {
        return Ok(None);
    }
    let link = comm.own_link()?;
    let begun = if comm.rank() == home { server::begin(&link) } else { Ok(()) };
    let client = Client::new(link, home);
    comm.meet(what, place, begun.map(|()| None))?;
    Ok(Some(client))
}

impl fmt::Debug for FairLock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FairLock")
            .field("home", &self.home)
            .field("held_here", &self.held.get())
            .field("comm", &self.comm)
            .finish()
    }
}

/// Holds a [`FairLock`] until it is dropped.
///
/// ```
/// # use dsm::mpi::{Comm, FairLock};
/// let turn = FairLock::new(&Comm::world()?, 0)?;
/// let mine = turn.lock()?;
/// drop(mine);                         // the next one's turn
/// # Ok::<(), dsm::Error>(())
/// ```
#[derive(Debug)]
#[must_use = "the lock is given back when the guard is dropped"]
pub struct FairLockGuard<'l> {
    lock: &'l FairLock,
    thread: PhantomData<*const ()>,
}

impl Drop for FairLockGuard<'_> {
    fn drop(&mut self) {
        self.lock.held.set(false);
        #[cfg(feature = "system-mpi")]
        if let Some(client) = &self.lock.client {
            // When the home can't be told, the lock is given up, and says so at its next use.
            let _ = client.unlock(self.lock.comm.limit());
        }
    }
}
