//! Rows from node to node: out of the memory of one, into that of the other.
#![allow(unsafe_code)]

use std::borrow::Cow;

use super::address;
use super::copies::Move;
use super::member::Member;
use super::station::Station;
use crate::segment::{Field, Memory};

/// Does something in the arrays of this node, the driver's, for a rank of another.
pub(super) fn run_operation(memory: &Memory, function: u64, place: u64, values: [u64; 2]) -> [u64; 2] {
    let operation = address::operation(function);
    let place = memory.at(place as usize, 1);
    // SAFETY: the rank has an atomic of the operation's type at this place of the arrays, which are laid out alike here.
    unsafe { operation(place, values) }
}

impl Member {
    /// Moves elements of the arrays declared as these numbers, as all nodes have worked out alike. Called between calls, and
    /// while all ranks of this node are in a collective.
    pub(super) fn carry_out(&mut self, station: &mut Station, memory: &Memory, moves: &[(usize, Move)]) {
        let moves: Vec<_> =
            moves.iter().filter_map(|(index, moved)| Some((self.field(*index)?, moved.clone()))).collect();
        // SAFETY: between calls, and while all ranks of this node are in a collective, none uses an array; a copy that
        // gets an element doesn't hold it, and each is in one move.
        unsafe { carry(station, memory, &moves) };
        self.moved += moves.iter().map(|(field, moved)| (moved.runs.len() * field.stride) as u64).sum::<u64>();
    }
}

/// Sends what leaves this node, and receives what comes.
///
/// One stretch travels as it lies in memory; several are packed into one message.
///
/// # Safety
///
/// - No rank of this node reads or writes what comes, or writes what leaves, before this returns.
/// - No element comes twice.
unsafe fn carry(station: &mut Station, memory: &Memory, moves: &[(&Field, Move)]) {
    let node = station.node();
    let at = |field: &Field, run: &std::ops::Range<usize>| {
        let bytes = run.len() * field.stride;
        (memory.at(field.offset + run.start * field.stride, bytes), bytes)
    };
    let mut sends = Vec::new();
    for (field, moved) in moves.iter().filter(|(_, moved)| moved.from == node) {
        let mut stretches = moved.runs.iter().map(|run| {
            let (start, bytes) = at(field, &run);
            // SAFETY: inside the mapping; any byte is valid; nobody writes there, by the caller's word.
            unsafe { std::slice::from_raw_parts(start.as_ptr(), bytes) }
        });
        let data = match (stretches.next(), stretches.next()) {
            (Some(one), None) => Cow::Borrowed(one),
            (Some(one), Some(other)) => {
                Cow::Owned([one, other].into_iter().chain(stretches).flatten().copied().collect())
            }
            (None, _) => continue,
        };
        sends.push((moved.to, data));
    }
    let mut packed = Vec::new();
    let mut receives = Vec::new();
    for (field, moved) in moves.iter().filter(|(_, moved)| moved.to == node) {
        let mut runs = moved.runs.iter();
        match (runs.next(), runs.next()) {
            (Some(run), None) => {
                let (start, bytes) = at(field, &run);
                // SAFETY: inside the mapping; nobody else uses what comes, which comes once, by the caller's word.
                receives
                    .push((moved.from, Place::Here(unsafe { std::slice::from_raw_parts_mut(start.as_ptr(), bytes) })));
            }
            (Some(_), Some(_)) => {
                receives.push((moved.from, Place::Packed(packed.len())));
                packed.push((*field, moved, vec![0; moved.runs.len() * field.stride]));
            }
            (None, _) => {}
        }
    }
    let mut buffers: Vec<Option<&mut [u8]>> =
        packed.iter_mut().map(|(.., buffer)| Some(buffer.as_mut_slice())).collect();
    let receives = receives
        .into_iter()
        .filter_map(|(from, place)| match place {
            Place::Here(bytes) => Some((from, bytes)),
            Place::Packed(number) => Some((from, buffers[number].take()?)),
        })
        .collect();
    station.net.exchange(sends, receives);
    for (field, moved, buffer) in &packed {
        let mut rest = buffer.as_slice();
        for run in moved.runs.iter() {
            let (start, bytes) = at(field, &run);
            let (stretch, after) = rest.split_at(bytes);
            // SAFETY: inside the mapping; nobody else uses it, by the caller's word; the buffer is this process's own.
            unsafe { std::ptr::copy_nonoverlapping(stretch.as_ptr(), start.as_ptr(), bytes) };
            rest = after;
        }
    }
}

/// Where what comes is received.
enum Place<'m> {
    Here(&'m mut [u8]),
    /// In a buffer of this number, from which it is unpacked.
    Packed(usize),
}
