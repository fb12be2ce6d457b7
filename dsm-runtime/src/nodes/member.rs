//! One node's part in a cluster: what each copy of an array holds, and how a call runs whose ranks are on several nodes.
//!
//! All nodes do the same steps in the same order and work out the same moves; `README.md` beside this file tells how.

use std::ops::Range;
use std::sync::atomic::Ordering;
use std::time::Instant;

use super::carry::run_operation;
use super::copies::{Copies, Move};
use super::message::{Brought, Meeting, Message};
use super::runs::Runs;
use super::share::{share, share_of_ranks};
use super::station::{Idling, Station};
use crate::cluster::{Over, PoolMemory, ProcessPool, Watch};
use crate::engine::Failure;
use crate::identity::{Becomes, transitions};
use crate::schedule::Schedule;
use crate::seed::mix;
use crate::segment::{Field, FieldKind, Memory};
use crate::sync::{ErrandTold, wake};
use crate::view::{Access, Mode};

/// One node's part in a cluster.
pub(crate) struct Member {
    node: usize,
    /// The ranks of each node that has any.
    ranks: Vec<Range<usize>>,
    arrays: Vec<Array>,
    /// Bytes of arrays sent by all nodes, which each works out alike.
    pub(super) moved: u64,
}

/// One array on all nodes.
struct Array {
    field: Field,
    copies: Copies,
    /// What the ranks of each node may write, while they may.
    shares: Option<Vec<Runs>>,
}

impl Member {
    /// Of a cluster whose copies are all zero, or, when the driver has `written`, differ from its own.
    pub(super) fn new(node: usize, ranks: Vec<Range<usize>>, fields: &[Field], written: bool) -> Self {
        let arrays = fields.iter().filter(|field| matches!(field.kind, FieldKind::Array(_)));
        let arrays = arrays.map(|field| {
            let mut copies = Copies::equal(ranks.len(), field.count());
            if written {
                copies.written_by_driver();
            }
            Array { field: field.clone(), copies, shares: None }
        });
        Member { node, arrays: arrays.collect(), ranks, moved: 0 }
    }

    /// The ranks of a node.
    pub(super) fn ranks_of(&self, node: usize) -> Range<usize> {
        self.ranks[node].clone()
    }

    fn size(&self) -> usize {
        self.ranks.last().map_or(0, |ranks| ranks.end)
    }

    /// The array declared as this number.
    pub(super) fn field(&self, index: usize) -> Option<&Field> {
        self.arrays.iter().map(|array| &array.field).find(|field| field.index == index)
    }

    fn array(&mut self, index: usize) -> Option<&mut Array> {
        self.arrays.iter_mut().find(|array| array.field.index == index)
    }

    /// Before a call: what the driver has written, and what the clauses ask for.
    pub(super) fn begin(
        &mut self,
        station: &mut Station,
        memory: &Memory,
        access: &[Access],
        seed: u64,
        written: &[usize],
    ) {
        for &index in written {
            if let Some(array) = self.array(index) {
                array.copies.written_by_driver();
            }
        }
        let mut moves = Vec::new();
        for access in access {
            let becomes = match access.mode {
                Mode::Split { axis, schedule } => {
                    Becomes::Split { axis, schedule, seed: mix(&[seed, access.field as u64, 3]) }
                }
                Mode::Atomic => Becomes::Atomic,
                _ => Becomes::Read,
            };
            self.become_so(access.field, &becomes, &[], &mut moves);
        }
        self.carry_out(station, memory, &moves);
    }

    /// Changes the mode of an array, and adds what has to be moved for it. `own` are the ranges that each rank brought.
    fn become_so(&mut self, index: usize, becomes: &Becomes, own: &[Range<usize>], moves: &mut Vec<(usize, Move)>) {
        let (ranks, size) = (self.ranks.clone(), self.size());
        // Clauses that no macro writes: the ranks refuse them.
        let beyond =
            |array: &Array| matches!(becomes, Becomes::Split { axis, .. } if *axis >= array.field.shape().len());
        let Some(array) = self.array(index).filter(|array| !beyond(array)) else { return };
        if let Some(shares) = array.shares.take() {
            array.copies.written(&shares);
        }
        let shape = array.field.shape().to_vec();
        let wanted = match *becomes {
            Becomes::Read => vec![Runs::whole(array.field.count()); ranks.len()],
            Becomes::Split { axis, schedule, seed } => {
                ranks.iter().map(|ranks| share_of_ranks(&shape, axis, schedule, size, seed, ranks.clone())).collect()
            }
            // The driver's copy is the one.
            Becomes::Atomic => (0..ranks.len())
                .map(|node| if node == 0 { Runs::whole(array.field.count()) } else { Runs::none() })
                .collect(),
            Becomes::SplitAt(_) => ranks
                .iter()
                .map(|ranks| {
                    let mut ranges: Vec<_> =
                        own[ranks.clone()].iter().filter(|range| !range.is_empty()).cloned().collect();
                    ranges.sort_by_key(|range| range.start);
                    share(&shape, 0, ranges)
                })
                .collect(),
        };
        moves.extend(array.copies.need(&wanted).into_iter().map(|moved| (index, moved)));
        if !matches!(becomes, Becomes::Read) {
            array.shares = Some(wanted);
        }
    }

    /// Serves the ranks of this node in a call until they are out of it.
    pub(super) fn serve(
        &mut self,
        station: &mut Station,
        (pool, memory): (&mut ProcessPool, &Memory),
        (call, number): (u64, u32),
        deadline: Option<Instant>,
    ) -> Over {
        station.forget_before(call);
        let mut serving = Serving { call, number, round: 0, asked: None, told: false, void: false };
        let mut watch = Watch::new(number, deadline);
        let mut look_at = Instant::now();
        let mut idle = Idling::default();
        loop {
            let moved = station.receive() | serving.speak(station, &pool.memory, self.ranks.len());
            let answered = serving.answer(self, station, &pool.memory, memory);
            let helped = serving.run_errands(self, station, &pool.memory, memory);
            serving.heed(self, station, pool);
            let over = pool.over(number).or_else(|| {
                if Instant::now() < look_at {
                    return None;
                }
                look_at = watch.next_look();
                pool.look(&mut watch)
            });
            if let Some(over) = over {
                let ended_well = over == Over::Finished;
                if !ended_well && !serving.told {
                    serving.tell(station, &pool.memory, self.ranks.len());
                }
                // A question that was put to the others is seen to its end: they may all have put it.
                if ended_well || serving.asked.is_none() || serving.void {
                    return over;
                }
            }
            if moved || answered || helped {
                idle.again();
            } else {
                idle.pause();
            }
        }
    }

    /// After a call: the driver gets what was split.
    pub(super) fn end(&mut self, station: &mut Station, memory: &Memory) {
        let mut moves = Vec::new();
        let nodes = self.ranks.len();
        for array in &mut self.arrays {
            let Some(shares) = array.shares.take() else { continue };
            array.copies.written(&shares);
            let mut wanted = vec![Runs::none(); nodes];
            wanted[0] = Runs::whole(array.field.count());
            moves.extend(array.copies.need(&wanted).into_iter().map(|moved| (array.field.index, moved)));
        }
        self.carry_out(station, memory, &moves);
    }

    /// What the ranks of this node bring to the collective they are in.
    fn meeting(&self, pool: &PoolMemory, call: u64, round: u32) -> Meeting {
        let words = pool.local_slots().next().map_or(Vec::new(), |slot| slot.identity());
        let ranks = pool.layout.local().map(|rank| {
            let slot = pool.slot(rank);
            let unsent = slot.unsent.swap(0, Ordering::Relaxed);
            let parities = (0..2).filter(|parity| unsent & 1 << parity != 0);
            let contributions = parities.map(|parity| (parity, pool.contributed(rank, parity).to_vec()));
            Brought { own: slot.own(), contributions: contributions.collect() }
        });
        Meeting { call, round, words, ranks: ranks.collect() }
    }

    /// Notes what the ranks of another node brought, where those of this one look for it.
    fn note(&self, pool: &PoolMemory, node: usize, meeting: &Meeting) {
        for (rank, brought) in self.ranks[node].clone().zip(&meeting.ranks) {
            pool.slot(rank).write_words(&meeting.words, &brought.own);
            for (parity, bytes) in &brought.contributions {
                pool.bring(rank, *parity, bytes);
            }
        }
    }
}

/// A call that runs on this node.
struct Serving {
    call: u64,
    number: u32,
    /// How many collectives the nodes have met in.
    round: u32,
    /// What this node's ranks have asked and brought, with the others told.
    asked: Option<(u32, Meeting)>,
    /// Whether the others know that the call has failed here.
    told: bool,
    /// Whether a node has failed that didn't ask: nobody meets any more.
    void: bool,
}

impl Serving {
    /// Tells the others that the ranks of this node are in a collective, or that the call has failed.
    fn speak(&mut self, station: &mut Station, pool: &PoolMemory, nodes: usize) -> bool {
        if self.told {
            return false;
        }
        if pool.control().has_failed(self.number) {
            self.tell(station, pool, nodes);
            return true;
        }
        false
    }

    fn tell(&mut self, station: &mut Station, pool: &PoolMemory, nodes: usize) {
        let (failure, rank) = pool.control().failure();
        let failure = failure.filter(|_| pool.control().has_failed(self.number)).unwrap_or(Failure::Abandoned) as u32;
        station.post_to_others(nodes, &Message::Failed { call: self.call, failure, rank });
        self.told = true;
        self.void |= self.asked.is_none();
    }

    /// Puts the ranks' question to the others, and answers it once all nodes have asked; whether anything was done.
    fn answer(&mut self, member: &mut Member, station: &mut Station, pool: &PoolMemory, memory: &Memory) -> bool {
        let nodes = member.ranks.len();
        if self.asked.is_none() && !self.told {
            let Some(question) = pool.control().relay.0.pending() else { return false };
            let meeting = member.meeting(pool, self.call, self.round);
            station.post_to_others(nodes, &Message::Meet(meeting.clone()));
            self.asked = Some((question, meeting));
        }
        let others = (0..nodes).filter(|&node| node != member.node);
        let there = |message: Option<&Message>| matches!(message, Some(Message::Meet(meeting)) if meeting.call == self.call && meeting.round == self.round);
        if self.asked.is_none() || !others.clone().all(|node| there(station.front(node))) {
            return false;
        }
        let Some((question, own)) = self.asked.take() else { return false };
        let mut meetings: Vec<Option<Meeting>> = (0..nodes).map(|_| None).collect();
        for node in others {
            if let Some(Message::Meet(meeting)) = station.take(node) {
                member.note(pool, node, &meeting);
                meetings[node] = Some(meeting);
            }
        }
        meetings[member.node] = Some(own);
        self.round += 1;
        let meetings: Vec<Meeting> = meetings.into_iter().flatten().collect();
        // Where they differ, or don't fit together, the rank that asked finds out in what was noted, on each node alike.
        if meetings.windows(2).all(|pair| pair[0].words == pair[1].words) {
            member.change(station, memory, &meetings);
        }
        pool.control().relay.0.answer(question, |word| wake(word, u32::MAX, u32::MAX));
        true
    }

    /// Sends off what ranks want to have done on the driver's node, does it there, and brings it back; whether there was
    /// anything.
    fn run_errands(&self, member: &Member, station: &mut Station, pool: &PoolMemory, memory: &Memory) -> bool {
        let call = self.call;
        let mut any = false;
        if member.node > 0 {
            for rank in pool.layout.local() {
                if let Some(ErrandTold { function, place, values }) = pool.slot(rank).errand.take() {
                    station.post(0, &Message::Errand { call, rank, function, place, values });
                    any = true;
                }
            }
        }
        for node in (0..member.ranks.len()).filter(|&node| node != member.node) {
            while let Some(message) = station.take_errand(node, call) {
                any = true;
                match message {
                    Message::Errand { rank, function, place, values, .. } => {
                        let values = run_operation(memory, function, place, values);
                        station.post(node, &Message::Reply { call, rank, values });
                    }
                    Message::Reply { rank, values, .. } => {
                        pool.slot(rank).errand.answer(values, |word| wake(word, u32::MAX, u32::MAX));
                    }
                    _ => unreachable!("an errand, or a reply to one"),
                }
            }
        }
        any
    }

    /// Fails the call here when it has failed elsewhere.
    fn heed(&mut self, member: &Member, station: &Station, pool: &ProcessPool) {
        for node in (0..member.ranks.len()).filter(|&node| node != member.node) {
            if let Some((failure, rank, in_place_of_a_question)) = station.failure(node, self.call) {
                self.void |= in_place_of_a_question;
                pool.fail(self.number, Failure::from_number(failure).unwrap_or(Failure::Abandoned), rank);
            }
        }
    }
}

impl Member {
    /// Carries out the transitions of a phase that all nodes are in.
    fn change(&mut self, station: &mut Station, memory: &Memory, meetings: &[Meeting]) {
        let Some(meeting) = meetings.first() else { return };
        let owns: Vec<&[u64]> = meetings.iter().flat_map(|meeting| &meeting.ranks).map(|rank| &*rank.own).collect();
        let mut moves = Vec::new();
        for (index, becomes) in transitions(&meeting.words) {
            let own: Vec<Range<usize>> = match becomes {
                Becomes::SplitAt(number) => owns
                    .iter()
                    .map(|own| {
                        own.get(2 * number..2 * number + 2).map_or(0..0, |ends| ends[0] as usize..ends[1] as usize)
                    })
                    .collect(),
                _ => Vec::new(),
            };
            if overlapping(&own) {
                return;
            }
            self.become_so(index, &becomes, &own, &mut moves);
        }
        self.carry_out(station, memory, &moves);
    }
}

/// Whether ranges overlap, which the rank that asked finds out, too.
fn overlapping(ranges: &[Range<usize>]) -> bool {
    let mut ranges: Vec<_> = ranges.iter().filter(|range| !range.is_empty()).collect();
    ranges.sort_by_key(|range| range.start);
    ranges.windows(2).any(|pair| pair[0].end > pair[1].start)
}

/// What an array can't be across nodes yet.
pub(crate) fn refuses(mode: Mode) -> bool {
    match mode {
        Mode::Read | Mode::SplitAt | Mode::Atomic => false,
        Mode::Split { schedule, .. } => matches!(schedule, Schedule::Dynamic(_) | Schedule::Guided(_)),
        Mode::Accumulate(_) | Mode::Raw => true,
    }
}
