//! The workers of a cluster whose ranks are on several nodes, from the driver's side.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use super::address::{self, Types};
use super::member::{Member, refuses};
use super::message::{Account, Ending, FieldPlan, Job, Message, Plan};
use super::station::{Station, station};
use crate::cluster::{Entry, Over, ProcessPool, Settings, post};
use crate::engine::Failure;
use crate::error::{Error, ErrorKind, Result};
use crate::schedule::block;
use crate::segment::Segment;
use crate::view::Access;

/// The workers here, and this node's part in the cluster.
pub(crate) struct SpreadPool {
    pub(crate) local: ProcessPool,
    member: Member,
    cluster: u64,
    /// The job that was posted last, for `wait`.
    call: u64,
    nodes: usize,
    segment: Arc<Segment>,
    /// Whether a node lost its workers.
    broken: bool,
    /// Why and where the last call failed elsewhere, if it didn't fail here.
    pub(crate) failure: Option<(Option<Failure>, Option<usize>)>,
}

/// The number of workers of all nodes together, when the program doesn't say; `None` where there is one node only.
pub(crate) fn room() -> Option<usize> {
    station().map(|station| station.rooms.iter().sum())
}

/// The ranks of each node that has any, of this many: as the nodes have room, or in equal parts where there are more or
/// fewer.
fn placed(size: usize, rooms: &[usize]) -> Vec<Range<usize>> {
    let nodes = rooms.len().min(size);
    if rooms.iter().sum::<usize>() == size {
        let mut first = 0;
        return rooms.iter().map(|room| (first..first + room, first += room).0).collect();
    }
    (0..nodes).map(|node| block(size, nodes, node)).collect()
}

impl SpreadPool {
    /// Has every node make its copy of the arrays, and start its workers.
    pub(crate) fn start(segment: &Arc<Segment>, settings: &Settings, types: Types) -> Result<Self> {
        let Some(mut station) = station() else {
            return Err(Error::new(ErrorKind::Backend, "this process has no part in a job of several nodes"));
        };
        let ranks = placed(settings.size, &station.rooms);
        let nodes = ranks.len();
        station.last += 1;
        let cluster = station.last;
        let written = segment.is_used();
        let fields = segment.fields.iter().map(|field| FieldPlan {
            index: field.index,
            name: field.name.to_owned(),
            kind: field.kind.clone(),
            stride: field.stride,
            offset: field.offset,
        });
        let plan = Plan {
            cluster,
            ranks: ranks.clone(),
            fields: fields.collect(),
            length: segment.memory.length(),
            types: address::number_of_types(types)?,
            seed: settings.seed,
            grace: settings.grace,
            written,
        };
        station.post_to_others(nodes, &Message::Create(plan));
        let local = Settings { first: 0, here: ranks[0].len(), ..*settings };
        let local = ProcessPool::start(segment, &local);
        let elsewhere: Vec<_> = (1..nodes).map(|node| (node, created(&mut station, node, cluster))).collect();
        let refused = elsewhere.into_iter().find_map(|(node, outcome)| Some((node, outcome.err()?)));
        if let Some((node, why)) = refused {
            station.post_to_others(nodes, &Message::Drop { cluster });
            return Err(Error::new(ErrorKind::Os, format!("node {node}: {why}")));
        }
        let local = match local {
            Ok(local) => local,
            Err(error) => {
                station.post_to_others(nodes, &Message::Drop { cluster });
                return Err(error);
            }
        };
        let member = Member::new(0, ranks, &segment.fields, written);
        let segment = Arc::clone(segment);
        Ok(SpreadPool { local, member, cluster, call: 0, nodes, segment, broken: false, failure: None })
    }

    /// Bytes of arrays that have gone from node to node.
    pub(crate) fn moved(&self) -> u64 {
        self.member.moved
    }

    pub(crate) fn is_whole(&mut self) -> bool {
        !self.broken && self.local.is_whole()
    }

    /// Tells all nodes of a call, and posts it here; gives its number.
    pub(crate) fn post(
        &mut self,
        (entry, access): (Entry, &[Access]),
        arguments: usize,
        seed: u64,
        written: Vec<usize>,
        name: &str,
    ) -> Result<u32> {
        if let Some(access) = access.iter().find(|access| refuses(access.mode)) {
            let name = self.segment.name(access.field);
            return Err(Error::new(
                ErrorKind::Backend,
                format!("`{name}`: ranks on several nodes can't use an array in this way yet; read it, or split it"),
            ));
        }
        let Some(mut station) = station() else {
            return Err(Error::new(ErrorKind::Process, "a cluster is called by the process that made it"));
        };
        station.last += 1;
        self.call = station.last;
        self.failure = None;
        let job = Job {
            cluster: self.cluster,
            call: self.call,
            name: name.to_owned(),
            entry: address::number_of_entry(entry)?,
            access: access.to_vec(),
            arguments: self.local.memory.sent(arguments).to_vec(),
            seed,
            written: written.clone(),
        };
        station.post_to_others(self.nodes, &Message::Call(job));
        self.member.begin(&mut station, &self.segment.memory, access, seed, &written);
        Ok(post(&self.local.memory, entry, arguments, seed))
    }

    /// Serves the call until every worker of every node is out of it, and gathers what they answered and wrote.
    pub(crate) fn wait(&mut self, number: u32, deadline: Option<Instant>) -> Over {
        let Some(mut station) = station() else { return Over::MonitorDied };
        let memory = &self.segment.memory;
        let over = self.member.serve(&mut station, (&mut self.local, memory), (self.call, number), deadline);
        let accounts: Vec<Account> = (1..self.nodes).map(|node| account(&mut station, node, self.call)).collect();
        self.member.end(&mut station, memory);
        drop(station);
        let mut over = over;
        for (node, account) in (1..self.nodes).zip(accounts) {
            self.broken |= !account.whole;
            over = match (over, account.ending) {
                (Over::Finished | Over::Failed, Ending::MonitorDied) => Over::MonitorDied,
                (Over::Finished, Ending::Failed) => {
                    let failure = account.failure.and_then(Failure::from_number);
                    self.failure = Some((failure, account.rank));
                    Over::Failed
                }
                (over, _) => over,
            };
            for (rank, of) in self.member.ranks_of(node).zip(&account.ranks) {
                self.local.memory.bring_answer(rank, &of.value, &of.report);
                let slot = self.local.memory.slot(rank);
                slot.set_answer_number(of.answer);
                slot.death.store(of.death, Ordering::Relaxed);
                slot.overdue.store(of.overdue, Ordering::Relaxed);
                slot.holder.store(of.holder, Ordering::Relaxed);
            }
        }
        over
    }
}

impl Drop for SpreadPool {
    fn drop(&mut self) {
        if let Some(mut station) = station() {
            station.post_to_others(self.nodes, &Message::Drop { cluster: self.cluster });
        }
    }
}

fn created(station: &mut Station, node: usize, cluster: u64) -> Result<(), String> {
    match station.next(node) {
        Message::Created { cluster: of, outcome } if of == cluster => outcome,
        _ => station.confused("this answer to the making of a cluster"),
    }
}

fn account(station: &mut Station, node: usize, call: u64) -> Account {
    match station.next(node) {
        Message::Over { call: of, account } if of == call => account,
        _ => station.confused("this account of a call"),
    }
}
