//! What views are built from: the worker's mapping of the segment, and the declaration.

use std::ops::Range;
use std::ptr;

use super::partials::{Partials, Way};
use crate::schedule::block;
use crate::segment::{Field, Memory};
use crate::sync::FlagWord;

/// A worker's mapping of the declared arrays; the same for every call.
pub(crate) struct ViewBase {
    pub(crate) rank: usize,
    pub(crate) size: usize,
    pub(crate) memory: &'static Memory,
    pub(crate) fields: &'static [Field],
    /// Where contributions to `accumulate` arrays gather; `None` when the address space has no room.
    pub(crate) partials: Option<Partials>,
    /// How they are made, when that isn't left to the array's size.
    pub(crate) way: Option<Way>,
    /// The ranks of this node, which alone share its memory.
    pub(crate) here: Range<usize>,
}

impl ViewBase {
    /// What this node's ranks share out among themselves of `0..length`, where others share out the rest.
    pub(crate) fn share_of_node(&self, length: usize) -> Range<usize> {
        let start = block(length, self.size, self.here.start).start;
        start..block(length, self.size, self.here.end - 1).end
    }

    /// Whether some ranks are on other nodes.
    pub(crate) fn is_spread(&self) -> bool {
        self.here.len() != self.size
    }

    /// The name of the lock, flag or atomic at an address.
    pub(crate) fn cell_name(&self, address: usize) -> String {
        let offset = self.memory.offset_of(ptr::without_provenance(address));
        offset.and_then(|offset| cell_at(self.fields, offset)).unwrap_or_else(|| "?".to_owned())
    }

    /// The number that the flag at an address is at.
    pub(crate) fn flag_at(&self, address: usize) -> Option<u32> {
        let offset = self.memory.offset_of(ptr::without_provenance(address))?;
        self.fields.iter().find_map(|field| field.flag_around(self.memory, offset)).map(FlagWord::get)
    }

    /// The names of the locks that a rank holds, quoted.
    pub(crate) fn locks_held_by(&self, rank: usize) -> Vec<String> {
        let mut names = Vec::new();
        for field in self.fields {
            field.each_lock(self.memory, |lock| {
                if lock.holder().is_some_and(|held| held.by == rank) {
                    names.extend(field.cell_name(lock.offset()).map(|name| format!("`{name}`")));
                }
            });
        }
        names
    }
}

/// The name of the cell at an offset of the segment.
pub(crate) fn cell_at(fields: &[Field], offset: usize) -> Option<String> {
    fields.iter().find_map(|field| field.cell_name(offset))
}
