//! The right to build one view: made by a call for each clause, and by a phase for each transition.
//!
//! This is where raw memory becomes views. Disjointness comes from the mode, which every rank agrees on, and from the
//! schedule's arithmetic; a rank holds one grant, then one view, of an array at a time.
#![allow(unsafe_code)]

use std::any::{TypeId, type_name};
use std::marker::PhantomData;
use std::ops::Range;
use std::ptr::NonNull;

use ndarray::{ArrayView, ArrayViewMut, ShapeBuilder};

use super::base::ViewBase;
use super::hand::Hand;
use super::mode::Mode;
use super::operator::AccumulateElement;
use super::partials::Target;
use crate::element::Element;
use crate::schedule::{Deal, block};
use crate::segment::{Field, FieldKind};
use crate::shape::Axes;
use crate::sync::{Asker, Atomic, AtomicElement, Dispenser};

/// The right of this rank to one view of one array, for the parallel function that `'w` stands for.
pub struct Grant<'w> {
    base: &'static ViewBase,
    field: &'static Field,
    mode: Mode,
    /// The axis that `reclaim` splits.
    home_axis: usize,
    /// Agreed by all ranks; decides the permutation of random rows.
    seed: u64,
    /// This rank's own range, in mode `SplitAt`.
    own: Range<usize>,
    /// Hands the rows out, where workers ask for them.
    dispenser: &'static Dispenser,
    call: PhantomData<&'w mut ()>,
}

impl<'w> Grant<'w> {
    /// # Safety
    ///
    /// - Every rank of the team gets a grant of this array in the same mode with the same seed, and none has a view or
    ///   another grant of it.
    /// - Every rank's grant has the same dispenser. In a mode whose rows are handed out as workers ask, it is at its
    ///   start until the first rank has its grant, nobody else asks it, and it isn't reset until no rank has a view.
    /// - Own ranges of mode `SplitAt` are disjoint between ranks and inside axis 0.
    /// - The memory of `base` is mapped, and no process but the team's workers uses the array while `'w` lasts.
    pub(crate) unsafe fn new(
        base: &'static ViewBase,
        field: &'static Field,
        mode: Mode,
        home_axis: usize,
        seed: u64,
        own: Range<usize>,
        dispenser: &'static Dispenser,
    ) -> Self {
        Grant { base, field, mode, home_axis, seed, own, dispenser, call: PhantomData }
    }

    pub(crate) fn base(&self) -> &'static ViewBase {
        self.base
    }

    pub(crate) fn field(&self) -> &'static Field {
        self.field
    }

    pub(crate) fn home_axis(&self) -> usize {
        self.home_axis
    }

    /// The first element and the shape, once type and dimension are checked against the declaration.
    fn whole<T: Element, D: Axes>(&self) -> (NonNull<T>, &'static [usize]) {
        assert!(
            matches!(self.field.kind, FieldKind::Array(_))
                && self.field.type_id == TypeId::of::<T>()
                && self.field.shape().len() == D::AXES,
            "`{}` is declared with {} axes of {}, not {} of {}",
            self.field.name,
            self.field.shape().len(),
            self.field.type_name,
            D::AXES,
            type_name::<T>(),
        );
        (self.base.memory.at(self.field.offset, self.field.bytes()).cast(), self.field.shape())
    }

    /// All of the array, to read.
    pub(crate) fn read<T: Element, D: Axes>(&self) -> ArrayView<'w, T, D> {
        assert!(self.mode == Mode::Read, "`{}` isn't granted for reading", self.field.name);
        let (first, shape) = self.whole::<T, D>();
        // SAFETY: the memory holds that many elements, page aligned, and any bytes in it are valid `T`s; in this mode
        // nobody writes until the view is consumed.
        unsafe { ArrayView::from_shape_ptr(D::from_axes(shape), first.as_ptr()) }
    }

    /// This rank's block, the axis it lies on and its range there.
    pub(crate) fn block<T: Element, D: Axes>(&self) -> (ArrayViewMut<'w, T, D>, usize, Range<usize>) {
        let (first, shape) = self.whole::<T, D>();
        let (axis, range) = match self.mode {
            Mode::Split { axis, schedule: crate::Schedule::Block } => {
                (axis, block(shape[axis], self.base.size, self.base.rank))
            }
            Mode::SplitAt => (0, self.own.clone()),
            _ => panic!("`{}` isn't granted by blocks", self.field.name),
        };
        let strides = standard_strides(shape);
        let mut block_shape = shape.to_vec();
        block_shape[axis] = range.len();
        let (start, layout) = if block_shape.contains(&0) {
            (0, D::from_axes(&block_shape).into())
        } else {
            (range.start * strides[axis], D::from_axes(&block_shape).strides(D::from_axes(&strides)))
        };
        // SAFETY: the block lies inside the array, whose strides are those of standard layout, so no two indices meet;
        // blocks of different ranks are disjoint along the axis; any bytes are valid `T`s.
        let view = unsafe { ArrayViewMut::from_shape_ptr(layout, first.as_ptr().add(start)) };
        (view, axis, range)
    }

    /// The rows that are this rank's or become so, and what `row` needs to reach them.
    pub(super) fn rows<T: Element, D: Axes>(&self) -> (NonNull<T>, &'static [usize], usize, Hand) {
        let (first, shape) = self.whole::<T, D>();
        let Mode::Split { axis, schedule } = self.mode else { panic!("`{}` isn't granted by rows", self.field.name) };
        let (length, size) = (shape[axis], self.base.size);
        let hand = match schedule.portion() {
            Some(portion) => Hand::asked(Asker::new(length, size, portion), self.dispenser, length),
            None => Hand::Dealt(Deal::new(schedule, length, size, self.base.rank, self.seed)),
        };
        (first, shape, axis, hand)
    }

    /// All of the array, element by element atomic.
    pub(crate) fn atomics<T: AtomicElement, D: Axes>(&self) -> ArrayView<'w, Atomic<T>, D> {
        assert!(self.mode == Mode::Atomic, "`{}` isn't granted for atomic use", self.field.name);
        let (first, shape) = self.whole::<T, D>();
        // SAFETY: as for reading; `Atomic<T>` has the layout of `T`, and in this mode every rank uses atomics only.
        unsafe { ArrayView::from_shape_ptr(D::from_axes(shape), first.as_ptr().cast::<Atomic<T>>()) }
    }

    /// Where this rank's contributions go, and the shape.
    pub(crate) fn accumulate<T: AccumulateElement, D: Axes>(&self) -> (Target<'w, T>, D) {
        let Mode::Accumulate(operator) = self.mode else {
            panic!("`{}` isn't granted for contributions", self.field.name)
        };
        let (first, shape) = self.whole::<T, D>();
        // SAFETY: the element was checked against the field's; in this mode every rank accumulates by this operator.
        (unsafe { Target::new(self.base, self.field, first, operator) }, D::from_axes(shape))
    }

    /// The first element and the shape, for unsafe use.
    pub(crate) fn raw<T: Element, D: Axes>(&self) -> (NonNull<T>, D) {
        assert!(self.mode == Mode::Raw, "`{}` isn't granted for raw use", self.field.name);
        let (first, shape) = self.whole::<T, D>();
        (first, D::from_axes(shape))
    }
}

/// Elements from one index of each axis to the next, in standard layout.
pub(crate) fn standard_strides(shape: &[usize]) -> Vec<usize> {
    let mut strides = vec![0; shape.len()];
    if !shape.contains(&0) {
        let mut product = 1;
        for (stride, axis) in strides.iter_mut().zip(shape).rev() {
            *stride = product;
            product *= axis;
        }
    }
    strides
}
