//! One declared field: its name, type and place in the segment.
//!
//! Fields are what every process of a cluster agrees on; views and handles are built from them, never from one another.
#![allow(unsafe_code)]

use std::any::TypeId;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::memory::Memory;
use crate::sync::{FlagWord, Held, LockWord, TicketWords};

/// The synchronisation a cell carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum CellKind {
    Lock,
    FairLock,
    Atomic,
    Flag,
}

impl CellKind {
    /// What an error calls it.
    pub(crate) fn noun(self) -> &'static str {
        match self {
            CellKind::Lock | CellKind::FairLock => "lock",
            CellKind::Atomic => "atomic",
            CellKind::Flag => "flag",
        }
    }
}

/// What a field is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum FieldKind {
    /// An array of this shape, in standard layout.
    Array(Vec<usize>),
    /// One cell.
    Cell(CellKind),
    /// As many cells.
    Cells(CellKind, usize),
}

/// A declared field.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    /// Its number in the declaration.
    pub(crate) index: usize,
    pub(crate) name: &'static str,
    pub(crate) kind: FieldKind,
    /// The element of an array, or the whole type of a cell.
    pub(crate) type_id: TypeId,
    pub(crate) type_name: &'static str,
    /// Bytes from one element or cell to the next.
    pub(crate) stride: usize,
    /// Where it starts in the segment.
    pub(crate) offset: usize,
}

/// The type of a field that another process declared, until it is known.
pub(crate) struct Untold;

impl Field {
    /// Whether its elements, or it, are of this type.
    pub(crate) fn is_of<T: 'static>(&self) -> bool {
        self.type_id == TypeId::of::<T>() || (self.type_id == TypeId::of::<Untold>() && self.stride == size_of::<T>())
    }

    /// How many elements or cells.
    pub(crate) fn count(&self) -> usize {
        match &self.kind {
            FieldKind::Array(shape) => shape.iter().product(),
            FieldKind::Cell(_) => 1,
            FieldKind::Cells(_, count) => *count,
        }
    }

    pub(crate) fn bytes(&self) -> usize {
        self.count() * self.stride
    }

    pub(crate) fn shape(&self) -> &[usize] {
        match &self.kind {
            FieldKind::Array(shape) => shape,
            FieldKind::Cell(_) | FieldKind::Cells(..) => &[],
        }
    }

    /// What an error calls it, or one of it.
    pub(crate) fn noun(&self) -> &'static str {
        match self.kind {
            FieldKind::Array(_) => "array",
            FieldKind::Cell(kind) | FieldKind::Cells(kind, _) => kind.noun(),
        }
    }

    /// The name of the cell that holds the byte at `offset` of the segment: `total`, or `bins[3]`.
    pub(crate) fn cell_name(&self, offset: usize) -> Option<String> {
        let number = self.number_at(offset)?;
        match self.kind {
            FieldKind::Array(_) => None,
            FieldKind::Cell(_) => Some(self.name.to_owned()),
            FieldKind::Cells(..) => Some(format!("{}[{number}]", self.name)),
        }
    }

    /// The number of the element or cell that holds the byte at `offset` of the segment.
    fn number_at(&self, offset: usize) -> Option<usize> {
        let within = offset.checked_sub(self.offset).filter(|&within| within < self.bytes())?;
        Some(within / self.stride)
    }

    /// The numbers of its cells; an array has none.
    fn cells(&self) -> Range<usize> {
        match self.kind {
            FieldKind::Array(_) => 0..0,
            FieldKind::Cell(_) | FieldKind::Cells(..) => 0..self.count(),
        }
    }

    /// Visits the locks of this field in `memory`.
    pub(crate) fn each_lock<'m>(&self, memory: &'m Memory, visit: impl FnMut(LockWords<'m>)) {
        self.cells().filter_map(|number| self.lock(memory, number)).for_each(visit);
    }

    /// The lock that holds the byte at `offset` of the segment.
    pub(crate) fn lock_around<'m>(&self, memory: &'m Memory, offset: usize) -> Option<LockWords<'m>> {
        self.lock(memory, self.number_at(offset)?)
    }

    fn lock<'m>(&self, memory: &'m Memory, number: usize) -> Option<LockWords<'m>> {
        let (FieldKind::Cell(kind) | FieldKind::Cells(kind, _)) = self.kind else { return None };
        let offset = self.offset + number * self.stride;
        match kind {
            CellKind::Lock => {
                let at = memory.at(offset, size_of::<LockWord>());
                // SAFETY: a cell of this kind lies here and begins with its word, which is all atomics; zero is valid.
                Some(LockWords::Lock(offset, unsafe { at.cast::<LockWord>().as_ref() }))
            }
            CellKind::FairLock => {
                let at = memory.at(offset, size_of::<TicketWords>());
                // SAFETY: as above.
                Some(LockWords::FairLock(offset, unsafe { at.cast::<TicketWords>().as_ref() }))
            }
            CellKind::Atomic | CellKind::Flag => None,
        }
    }

    /// Visits the flags of this field in `memory`.
    pub(crate) fn each_flag<'m>(&self, memory: &'m Memory, visit: impl FnMut(&'m FlagWord)) {
        self.cells().filter_map(|number| self.flag(memory, number)).for_each(visit);
    }

    /// The flag that holds the byte at `offset` of the segment.
    pub(crate) fn flag_around<'m>(&self, memory: &'m Memory, offset: usize) -> Option<&'m FlagWord> {
        self.flag(memory, self.number_at(offset)?)
    }

    fn flag<'m>(&self, memory: &'m Memory, number: usize) -> Option<&'m FlagWord> {
        let (FieldKind::Cell(CellKind::Flag) | FieldKind::Cells(CellKind::Flag, _)) = self.kind else { return None };
        let at = memory.at(self.offset + number * self.stride, size_of::<FlagWord>());
        // SAFETY: a flag lies here and begins with its words, which are all atomics; zero is valid.
        Some(unsafe { at.cast::<FlagWord>().as_ref() })
    }
}

/// The words of one lock in a segment, and the lock's offset.
#[derive(Clone, Copy)]
pub(crate) enum LockWords<'m> {
    Lock(usize, &'m LockWord),
    FairLock(usize, &'m TicketWords),
}

impl LockWords<'_> {
    pub(crate) fn holder(self) -> Option<Held> {
        match self {
            LockWords::Lock(_, word) => word.holder(),
            LockWords::FairLock(_, words) => words.holder(),
        }
    }

    pub(crate) fn recover(self) {
        match self {
            LockWords::Lock(_, word) => word.recover(),
            LockWords::FairLock(_, words) => words.recover(),
        }
    }

    pub(crate) fn offset(self) -> usize {
        match self {
            LockWords::Lock(offset, _) | LockWords::FairLock(offset, _) => offset,
        }
    }
}
