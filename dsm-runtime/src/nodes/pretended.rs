//! Nodes on one machine, pretended: processes that share nothing but sockets, for trying a program without a cluster.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::io::{self, Read as _, Write as _};
use std::os::unix::net::UnixStream;

use nix::sys::wait::waitpid;
use nix::unistd::Pid;

use super::agent::{join, leave};
use super::net::Net;
use super::station::Idling;
use crate::cluster::fork_here;

/// How many nodes to pretend.
const VARIABLE: &str = "DSM_PRETEND_NODES";

/// The agents of the pretended nodes, ended when this is dropped.
pub(crate) struct Pretence(Vec<Pid>);

/// Pretends as many nodes as the environment says: in the processes that are made for the others this doesn't return.
///
/// Called when the process has one thread, before anything of the program's own has run.
pub(crate) fn pretend() -> Option<Pretence> {
    let wanted = std::env::var(VARIABLE).ok()?;
    let nodes = match wanted.trim().parse() {
        Ok(0 | 1) => return None,
        Ok(nodes @ 2..=64) => nodes,
        _ => refuse(&format!("{VARIABLE} is `{wanted}`: pretend 2 to 64 nodes, or unset it")),
    };
    let mut ends: Vec<Vec<Option<UnixStream>>> = (0..nodes).map(|_| (0..nodes).map(|_| None).collect()).collect();
    for (one, other) in (0..nodes).flat_map(|one| (one + 1..nodes).map(move |other| (one, other))) {
        match UnixStream::pair() {
            Ok((here, there)) => (ends[one][other], ends[other][one]) = (Some(here), Some(there)),
            Err(error) => refuse(&format!("can't pretend {nodes} nodes: {error}")),
        }
    }
    let mut agents = Vec::new();
    for node in 1..nodes {
        let mine = std::mem::take(&mut ends[node]);
        let forked = fork_here(|| {
            ends.clear();
            agents.clear();
            join(Box::new(Sockets::new(node, mine)));
            unreachable!("an agent serves until it exits")
        });
        match forked {
            Ok(agent) => agents.push(agent),
            Err(errno) => refuse(&format!("can't pretend {nodes} nodes: {errno}")),
        }
    }
    let mine = std::mem::take(&mut ends[0]);
    drop(ends);
    join(Box::new(Sockets::new(0, mine)));
    Some(Pretence(agents))
}

impl Drop for Pretence {
    fn drop(&mut self) {
        leave();
        for agent in &self.0 {
            while waitpid(*agent, None) == Err(nix::errno::Errno::EINTR) {}
        }
    }
}

fn refuse(why: &str) -> ! {
    let _ = writeln!(io::stderr(), "error: {why}");
    std::process::exit(1)
}

/// One node's ends of the sockets to all others.
struct Sockets {
    node: usize,
    peers: Vec<Option<Peer>>,
    messages: VecDeque<(usize, Vec<u8>)>,
}

struct Peer {
    stream: UnixStream,
    /// What has still to be sent, and what has come of a frame.
    going: VecDeque<u8>,
    coming: Vec<u8>,
    data: VecDeque<Vec<u8>>,
}

/// A frame's first byte; its length follows.
const MESSAGE: u8 = 0;
const DATA: u8 = 1;
const HEADER: usize = 9;

impl Sockets {
    fn new(node: usize, streams: Vec<Option<UnixStream>>) -> Self {
        let peers = streams.into_iter().map(|stream| {
            stream.map(|stream| {
                if let Err(error) = stream.set_nonblocking(true) {
                    refuse(&format!("a socket between pretended nodes: {error}"));
                }
                Peer { stream, going: VecDeque::new(), coming: Vec::new(), data: VecDeque::new() }
            })
        });
        Sockets { node, peers: peers.collect(), messages: VecDeque::new() }
    }

    fn send(&mut self, to: usize, kind: u8, bytes: &[u8]) {
        let Some(peer) = &mut self.peers[to] else { return };
        peer.going.push_back(kind);
        peer.going.extend((bytes.len() as u64).to_le_bytes());
        peer.going.extend(bytes);
        // Only this one is looked at: when all are told to leave, the first may be gone before the last is told. Whatever is
        // wrong with it shows when something is expected of it.
        let _ = peer.send();
    }

    /// Sends and takes in what can be; whether anything could.
    fn work(&mut self) -> bool {
        let mut any = false;
        for (number, place) in self.peers.iter_mut().enumerate() {
            let Some(peer) = place else { continue };
            match peer.work() {
                Ok(moved) => any |= moved,
                Err(error) if self.node == 0 => refuse(&format!("node {number} is gone ({error})")),
                Err(_) if number == 0 => std::process::exit(1),
                // The driver sees it, too, and ends; then everybody does.
                Err(_) => {
                    *place = None;
                    continue;
                }
            }
            while let Some((kind, frame)) = peer.frame() {
                match kind {
                    MESSAGE => self.messages.push_back((number, frame)),
                    _ => peer.data.push_back(frame),
                }
            }
        }
        any
    }
}

impl Peer {
    /// Sends what can be sent now; whether anything could.
    fn send(&mut self) -> io::Result<bool> {
        let mut any = false;
        while !self.going.is_empty() {
            match self.stream.write(self.going.as_slices().0) {
                Ok(count) => _ = self.going.drain(..count),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
            any = true;
        }
        Ok(any)
    }

    fn work(&mut self) -> io::Result<bool> {
        let mut any = self.send()?;
        let mut buffer = [0; 1 << 16];
        loop {
            match self.stream.read(&mut buffer) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(count) => self.coming.extend_from_slice(&buffer[..count]),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(any),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
            any = true;
        }
    }

    /// A frame that has come whole.
    fn frame(&mut self) -> Option<(u8, Vec<u8>)> {
        let header: [u8; HEADER] = self.coming.get(..HEADER)?.try_into().ok()?;
        let length = u64::from_le_bytes(header[1..].try_into().ok()?) as usize;
        let frame = self.coming.get(HEADER..HEADER + length)?.to_vec();
        self.coming.drain(..HEADER + length);
        Some((header[0], frame))
    }
}

impl Net for Sockets {
    fn node(&self) -> usize {
        self.node
    }

    fn nodes(&self) -> usize {
        self.peers.len()
    }

    fn post(&mut self, to: usize, message: Vec<u8>) {
        self.send(to, MESSAGE, &message);
    }

    fn take(&mut self) -> Option<(usize, Vec<u8>)> {
        if self.messages.is_empty() {
            self.work();
        }
        self.messages.pop_front()
    }

    fn exchange(&mut self, sends: Vec<(usize, Cow<'_, [u8]>)>, receives: Vec<(usize, &mut [u8])>) {
        for (to, bytes) in sends {
            self.send(to, DATA, &bytes);
        }
        for (from, into) in receives {
            let mut idle = Idling::default();
            let bytes = loop {
                if let Some(bytes) = self.peers[from].as_mut().and_then(|peer| peer.data.pop_front()) {
                    break bytes;
                }
                if !self.work() {
                    idle.pause();
                }
            };
            into.copy_from_slice(&bytes);
        }
    }

    fn leave(&mut self) {
        for peer in self.peers.iter_mut().flatten() {
            let (first, second) = peer.going.as_slices();
            // Who is gone already needs to hear nothing.
            let sent = peer.stream.set_nonblocking(false).and_then(|()| peer.stream.write_all(first));
            let _ = sent.and_then(|()| peer.stream.write_all(second));
        }
    }

    fn give_up(&mut self, why: &str) -> ! {
        refuse(why)
    }
}
