//! The thread that serves a lock, and what its askers do.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use dsm_runtime::{ErrorKind, Result, private};
use serde::{Deserialize, Serialize};

use super::desk::{Desk, Reply, Request};
use crate::comm::{Link, Server, Tag, Wait};

/// How long the home may take to answer that a request is withdrawn.
const GRACE: Duration = Duration::from_secs(2);

/// Begins to serve on this rank.
pub(super) fn begin(link: &Link) -> Result<()> {
    let (link, server) = (link.clone(), Server::begin());
    let begun = std::thread::Builder::new().name("dsm lock server".to_owned()).spawn(move || {
        if let Err(error) = serve(&link, &server) {
            // Those who ask notice by their deadlines.
            eprintln!("dsm: the server of a lock has ended: {error}");
        }
        // Before the server is counted out: the communicator is freed while MPI runs.
        drop(link);
    });
    begun.map(drop).map_err(|error| private::error(ErrorKind::Os, format!("can't start the server of a lock: {error}")))
}

fn serve(link: &Link, server: &Server) -> Result<()> {
    let mut desk = Desk::new(link.size());
    let mut wait = Wait::for_at_most(None);
    while !desk.is_over() {
        match link.try_receive(None, Tag::Request, None)? {
            Some((from, message)) => {
                if let Some((to, reply)) = desk.take(from, read(&message)?) {
                    link.send(to, Tag::Reply, written(&reply)?, None)?;
                }
                wait.again();
            }
            // What was sent before the end has been received first: MPI minds messages that nobody took.
            None if server.must_stop() => return Ok(()),
            None => {
                wait.pause();
            }
        }
    }
    Ok(())
}

/// A rank's side of a lock that is served.
#[derive(Debug)]
pub(super) struct Client {
    link: Link,
    home: usize,
    asked: AtomicU64,
}

/// What came of asking.
pub(super) enum Asked {
    Granted,
    /// This rank holds it.
    HeldBy(usize),
    /// So many ranks wait for it.
    Waiting(usize),
}

impl Client {
    pub(super) fn new(link: Link, home: usize) -> Self {
        Client { link, home, asked: AtomicU64::new(0) }
    }

    /// Asks for the lock, and waits for it as long as this.
    pub(super) fn lock(&self, limit: Option<Duration>) -> Result<Asked> {
        let ticket = self.next_ticket();
        self.ask(Request::Lock(ticket), limit)?;
        if let Some(asked) = self.answer(ticket, limit)? {
            return Ok(asked);
        }
        self.ask(Request::Cancel(ticket), Some(GRACE))?;
        self.answer(ticket, Some(GRACE))?.ok_or_else(|| self.silent())
    }

    /// Asks for the lock if it is free.
    pub(super) fn try_lock(&self, limit: Option<Duration>) -> Result<Asked> {
        let ticket = self.next_ticket();
        self.ask(Request::Try(ticket), limit)?;
        self.answer(ticket, limit)?.ok_or_else(|| self.silent())
    }

    /// Asks how many ranks wait for it.
    pub(super) fn waiting(&self, limit: Option<Duration>) -> Result<Asked> {
        let ticket = self.next_ticket();
        self.ask(Request::Count(ticket), limit)?;
        self.answer(ticket, limit)?.ok_or_else(|| self.silent())
    }

    pub(super) fn unlock(&self, limit: Option<Duration>) -> Result<()> {
        self.ask(Request::Unlock, limit)
    }

    fn next_ticket(&self) -> u64 {
        self.asked.fetch_add(1, Ordering::Relaxed) + 1
    }

    fn ask(&self, request: Request, limit: Option<Duration>) -> Result<()> {
        self.link.health().check()?;
        let sent = self.link.send(self.home, Tag::Request, written(&request)?, limit);
        sent.map_err(|error| self.link.health().give_up(error))
    }

    fn answer(&self, ticket: u64, limit: Option<Duration>) -> Result<Option<Asked>> {
        let received = self.link.receive(self.home, Tag::Reply, limit);
        let Some(message) = received.map_err(|error| self.link.health().give_up(error))? else { return Ok(None) };
        match read(&message)? {
            Reply::Granted(of) if of == ticket => Ok(Some(Asked::Granted)),
            Reply::Waiting(of, count) if of == ticket => Ok(Some(Asked::Waiting(count as usize))),
            Reply::Refused(of, holder) if of == ticket => Ok(Some(Asked::HeldBy(holder as usize))),
            reply => {
                let text = format!("{reply:?} isn't the answer to request {ticket} of a lock");
                Err(self.link.health().give_up(private::error(ErrorKind::Mpi, text)))
            }
        }
    }

    fn silent(&self) -> dsm_runtime::Error {
        let text = format!("rank {}, the lock's home, doesn't answer: the lock is given up", self.home);
        self.link.health().give_up(private::error(ErrorKind::Deadline, text))
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        if !self.link.health().is_given_up() {
            // A home that can't be told ends its server when the process ends.
            let _ = self.ask(Request::Leave, Some(GRACE));
        }
    }
}

fn written(message: &impl Serialize) -> Result<Vec<u8>> {
    postcard::to_stdvec(message).map_err(|error| private::error(ErrorKind::Mpi, error.to_string()))
}

fn read<'m, M: Deserialize<'m>>(message: &'m [u8]) -> Result<M> {
    postcard::from_bytes(message)
        .map_err(|error| private::error(ErrorKind::Mpi, format!("a lock's message can't be read: {error}")))
}
