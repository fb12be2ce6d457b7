//! Where contributions to an `accumulate` array go, and how they come together.
//!
//! Rank 0 contributes to the array itself, which is nobody else's then, and every other rank to a *partial* of its own.
//! Partials lie in memory that all ranks map, each a mirror of the whole segment of which pages cost only when touched.
//! A map of one byte per block of 4 KiB says which blocks a rank has touched; the rest is never read. A block is filled
//! with the operator's identity at its first touch. When all have arrived, each rank combines its share of the blocks, in
//! rank order: so the result is the same each time for one number of workers, in floating point too.
//!
//! In a large array of integers contributions are atomic operations on the array itself: there is nothing to combine, and
//! scattered contributions touch no pages beside the array's.
#![allow(unsafe_code)]

use std::any::TypeId;
use std::marker::PhantomData;
use std::ptr::NonNull;

use super::base::ViewBase;
use super::operator::{AccumulateElement, Operator, accumulate_elements};
use crate::schedule::block;
use crate::segment::{Field, Memory, page_size};
use crate::sync::Atomic;

/// Bytes of a block; arrays begin at a page, so each begins with a block.
const BLOCK: usize = 4096;
/// Before the map: how many blocks have ever been touched.
const HEADER: usize = 64;

/// The states of a block in a rank's map. Zero is never touched.
const CLEAN: u8 = 1;
const TOUCHED: u8 = 2;

/// Arrays of more bytes than this take atomic contributions, where the element has them: see the figures in the docs of
/// [`Accumulate`](super::Accumulate).
pub(crate) const ATOMICS_FROM: usize = 1 << 20;

/// How contributions are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Each rank to a partial of its own; combined later.
    Partials,
    /// All to the array, by atomic operations; only for elements that have them.
    Atomics,
}

/// Where what lies for a segment of some length, in the partial of one rank.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PartialLayout {
    /// Header and map.
    map: usize,
    /// From one rank's partial to the next.
    stride: usize,
}

impl PartialLayout {
    pub(crate) fn new(segment: usize) -> Self {
        let map = (HEADER + segment.div_ceil(BLOCK)).next_multiple_of(page_size());
        PartialLayout { map, stride: map.saturating_add(segment).next_multiple_of(page_size()) }
    }

    /// Bytes for a team; rank 0 needs none.
    pub(crate) fn length(&self, size: usize) -> usize {
        self.stride.saturating_mul(size - 1)
    }
}

/// The partials of a team, in memory that its ranks map.
#[derive(Clone, Copy)]
pub(crate) struct Partials {
    memory: &'static Memory,
    offset: usize,
    layout: PartialLayout,
}

impl Partials {
    /// # Safety
    ///
    /// - The memory from `offset` on holds the partials of the team's ranks, is zero at first, and after a failed call;
    ///   nobody writes there but by this module.
    pub(crate) unsafe fn new(memory: &'static Memory, offset: usize, layout: PartialLayout) -> Self {
        Partials { memory, offset, layout }
    }

    fn at(&self, rank: usize, offset: usize, length: usize) -> NonNull<u8> {
        self.memory.at(self.offset + (rank - 1) * self.layout.stride + offset, length)
    }

    /// The map's bytes for an array's blocks.
    fn touched(&self, rank: usize, field: &Field) -> NonNull<u8> {
        self.at(rank, HEADER + field.offset / BLOCK, field.bytes().div_ceil(BLOCK))
    }

    fn mirror<T>(&self, rank: usize, field: &Field) -> NonNull<T> {
        self.at(rank, self.layout.map + field.offset, field.bytes()).cast()
    }

    fn present(&self, rank: usize) -> NonNull<usize> {
        self.at(rank, 0, size_of::<usize>()).cast()
    }
}

/// How contributions to an array are made; the same on every rank.
fn way<T: AccumulateElement>(base: &ViewBase, field: &Field) -> Way {
    if !T::ATOMIC || base.size == 1 {
        return Way::Partials;
    }
    let by_size = if field.bytes() > ATOMICS_FROM { Way::Atomics } else { Way::Partials };
    if base.partials.is_some() { base.way.unwrap_or(by_size) } else { Way::Atomics }
}

/// Where one rank's contributions go.
pub(crate) struct Target<'w, T> {
    first: NonNull<T>,
    count: usize,
    operator: Operator,
    aim: Aim,
    array: PhantomData<&'w mut T>,
}

#[derive(Clone, Copy)]
enum Aim {
    /// The array itself, which is this rank's.
    Array,
    /// The array itself, which all use by atomic operations.
    Atomics,
    /// This rank's partial, with the map's bytes of its blocks and the count of blocks ever touched.
    Partial { touched: NonNull<u8>, present: NonNull<usize> },
}

impl<T: AccumulateElement> Target<'_, T> {
    const PER_BLOCK: usize = {
        assert!(BLOCK.is_multiple_of(size_of::<T>()), "no element straddles two blocks");
        BLOCK / size_of::<T>()
    };

    /// # Safety
    ///
    /// - `array` is the first element of `field`, of this type, which every rank accumulates into by this operator for as
    ///   long as the target lives, and does nothing else with.
    ///
    /// # Panics
    ///
    /// When the partials found no room in the address space.
    pub(super) unsafe fn new(base: &ViewBase, field: &Field, array: NonNull<T>, operator: Operator) -> Self {
        let (first, aim) = match (way::<T>(base, field), base.rank, &base.partials) {
            (Way::Atomics, ..) => (array, Aim::Atomics),
            (Way::Partials, 0, _) if base.size == 1 || base.partials.is_some() => (array, Aim::Array),
            (Way::Partials, rank, Some(partials)) => {
                let aim = Aim::Partial { touched: partials.touched(rank, field), present: partials.present(rank) };
                (partials.mirror(rank, field), aim)
            }
            (Way::Partials, _, None) => panic!(
                "`{}` can't be accumulated by {} workers: the partial arrays of {} of them, {} bytes each, find no room in \
                 the address space (`ulimit -v`)",
                field.name,
                base.size,
                base.size - 1,
                base.memory.length(),
            ),
        };
        // An element has no operator but by a clause or a transition that has checked it, or by hand.
        let _ = T::identity(operator);
        Target { first, count: field.count(), operator, aim, array: PhantomData }
    }

    pub(super) fn operator(&self) -> Operator {
        self.operator
    }

    /// Contributes to the element with this number, in standard layout.
    #[inline]
    pub(super) fn contribute(&mut self, number: usize, x: T) {
        assert!(number < self.count);
        if let Aim::Partial { .. } = self.aim {
            self.touch(number / Self::PER_BLOCK);
        }
        // SAFETY: inside the array, or its mirror.
        let element = unsafe { self.first.add(number) };
        if let Aim::Atomics = self.aim {
            // SAFETY: an `Atomic<T>` has the layout of `T`, and in this mode and way every rank uses atomics only.
            T::atomically(self.operator, unsafe { element.cast::<Atomic<T>>().as_ref() }, x);
        } else {
            // SAFETY: rank 0's is the array, each other's its own partial, until all have arrived at what ends the mode.
            unsafe { element.write(T::apply(self.operator, element.read(), x)) };
        }
    }

    /// Contributes to the elements from `start` on.
    pub(super) fn contribute_slice(&mut self, start: usize, from: &[T]) {
        assert!(start <= self.count && from.len() <= self.count - start);
        match self.aim {
            Aim::Atomics => from.iter().enumerate().for_each(|(i, &x)| self.contribute(start + i, x)),
            Aim::Array => self.fold(start, from),
            Aim::Partial { touched, .. } => {
                let (mut start, mut from) = (start, from);
                while !from.is_empty() {
                    let (number, within) = (start / Self::PER_BLOCK, start % Self::PER_BLOCK);
                    let (now, rest) = from.split_at(from.len().min(Self::PER_BLOCK - within));
                    // SAFETY: the map has a byte for each block, this rank's own.
                    let clean = unsafe { touched.add(number).read() } != TOUCHED;
                    self.mark(number, !(clean && now.len() == self.length_of(number)));
                    if clean && now.len() == self.length_of(number) {
                        // SAFETY: a whole block of the mirror, this rank's own; `from` is the user's.
                        unsafe { self.first.add(start).copy_from_nonoverlapping(NonNull::from(now).cast(), now.len()) };
                    } else {
                        self.fold(start, now);
                    }
                    start += now.len();
                    from = rest;
                }
            }
        }
    }

    fn fold(&mut self, start: usize, from: &[T]) {
        // SAFETY: the caller has checked the bounds and touched the blocks; as for one element, nobody else is there.
        let into = unsafe { std::slice::from_raw_parts_mut(self.first.add(start).as_ptr(), from.len()) };
        T::fold(self.operator, into, from);
    }

    /// How many elements a block has: the last one may have less.
    fn length_of(&self, number: usize) -> usize {
        Self::PER_BLOCK.min(self.count - number * Self::PER_BLOCK)
    }

    /// Makes a block of the partial ready for contributions.
    #[inline]
    fn touch(&mut self, number: usize) {
        if let Aim::Partial { touched, .. } = self.aim {
            // SAFETY: the map has a byte for each block, this rank's own.
            if unsafe { touched.add(number).read() } != TOUCHED {
                self.mark(number, true);
            }
        }
    }

    /// Marks a block as touched; fills it with the identity if it isn't and `fill` says so.
    #[cold]
    fn mark(&mut self, number: usize, fill: bool) {
        let Aim::Partial { touched, present } = self.aim else { return };
        // SAFETY: map and count are this rank's own while it accumulates, and the block lies inside the mirror.
        unsafe {
            let byte = touched.add(number);
            let before = byte.read();
            if before == TOUCHED {
                return;
            }
            if before != CLEAN {
                present.write(present.read() + 1);
            }
            if fill {
                let first = self.first.add(number * Self::PER_BLOCK);
                let identity = T::identity(self.operator);
                (0..self.length_of(number)).for_each(|i| first.add(i).write(identity));
            }
            byte.write(TOUCHED);
        }
    }
}

/// An array with contributions to come together once all have arrived.
#[derive(Clone, Copy)]
pub(crate) struct Accumulating {
    field: &'static Field,
    operator: Operator,
    combine: unsafe fn(&ViewBase, &Field, Operator),
}

impl Accumulating {
    /// For an array that is accumulated into from now on; `None` when nothing has to come together.
    pub(crate) fn of(base: &ViewBase, field: &'static Field, operator: Operator) -> Option<Self> {
        macro_rules! find {
            ($($t:ty)*) => { $(
                if field.type_id == TypeId::of::<$t>() {
                    let partials = base.size > 1 && way::<$t>(base, field) == Way::Partials;
                    return partials.then_some(Accumulating { field, operator, combine: combine::<$t> });
                }
            )* };
        }
        accumulate_elements!(find);
        None
    }

    pub(crate) fn is_of(&self, field: &Field) -> bool {
        self.field.index == field.index
    }

    /// Combines this rank's share of the array's blocks.
    ///
    /// # Safety
    ///
    /// - All ranks have arrived since their last contribution, and do this and nothing else with the array or their
    ///   partials of it until they have met again.
    pub(crate) unsafe fn combine(&self, base: &ViewBase) {
        // SAFETY: the caller's duty; the element's type is the field's.
        unsafe { (self.combine)(base, self.field, self.operator) };
    }
}

/// # Safety
///
/// - As for [`Accumulating::combine`], and the field's elements are `T`s.
unsafe fn combine<T: AccumulateElement>(base: &ViewBase, field: &Field, operator: Operator) {
    let Some(partials) = &base.partials else { return };
    let array: NonNull<T> = base.memory.at(field.offset, field.bytes()).cast();
    let count = field.count();
    let blocks = count.div_ceil(Target::<T>::PER_BLOCK);
    for number in block(blocks, base.size, base.rank) {
        let start = number * Target::<T>::PER_BLOCK;
        let length = Target::<T>::PER_BLOCK.min(count - start);
        // SAFETY: the shares of ranks are disjoint, and so are their blocks of the array.
        let into = unsafe { std::slice::from_raw_parts_mut(array.add(start).as_ptr(), length) };
        for rank in 1..base.size {
            // SAFETY: the block's byte in the map, used by nobody else until all have met again.
            let byte = unsafe { partials.touched(rank, field).add(number) };
            // SAFETY: as above.
            if unsafe { byte.read() } == TOUCHED {
                // SAFETY: that rank has filled the block, and doesn't write there until all have met again.
                let from = unsafe {
                    std::slice::from_raw_parts(partials.mirror::<T>(rank, field).add(start).as_ptr(), length)
                };
                T::fold(operator, into, from);
                // SAFETY: as above.
                unsafe { byte.write(CLEAN) };
            }
        }
    }
}

/// The bytes that this rank's partial has ever touched.
///
/// # Safety
///
/// - It is the rank of `base` that asks, outside of any contribution.
pub(crate) unsafe fn present(base: &ViewBase) -> usize {
    match (base.rank, &base.partials) {
        (0, _) | (_, None) => 0,
        // SAFETY: this rank's own count.
        (rank, Some(partials)) => unsafe { partials.present(rank).read() * BLOCK },
    }
}
