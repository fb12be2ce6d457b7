//! The cells of one field in the driver's mapping.
#![allow(unsafe_code)]

use std::marker::PhantomData;
use std::ptr::NonNull;
use std::sync::Arc;

use super::shared_cell::{DRIVER, SharedCell};
use crate::segment::Segment;

/// Where the cells of one field lie in the driver's mapping.
pub(super) struct Cells<C> {
    first: NonNull<C>,
    pub(super) count: usize,
    index: usize,
    segment: Arc<Segment>,
    owned: PhantomData<C>,
}

// SAFETY: the driver's handle owns its cells as a `Vec` would: through `&` only copies of values are read, and only
// while no worker runs.
unsafe impl<C: SharedCell> Send for Cells<C> {}
// SAFETY: as above; values are `Element`, so `Sync`.
unsafe impl<C: SharedCell> Sync for Cells<C> {}

impl<C: SharedCell> Cells<C> {
    pub(super) fn new(segment: &Arc<Segment>, index: usize) -> Self {
        let field = segment.field(index);
        assert!(
            field.is_of::<C>() && field.shape().is_empty(),
            "`{}` isn't declared as this lock, flag or atomic",
            field.name
        );
        let first = segment.memory.at(field.offset, field.bytes()).cast::<C>();
        Cells { first, count: field.count(), index, segment: Arc::clone(segment), owned: PhantomData }
    }

    #[track_caller]
    pub(super) fn cell(&self, number: usize) -> &C {
        self.segment.assert_free(self.index);
        let field = self.segment.field(self.index);
        assert!(number < self.count, "{} {number} of {} in `{}`", field.noun(), self.count, field.name);
        // SAFETY: inside the field; all bytes zero is a valid cell, and the segment lives as long as `self`.
        unsafe { self.first.add(number).as_ref() }
    }

    #[track_caller]
    pub(super) fn get(&self, number: usize) -> C::Value {
        // SAFETY: no call runs and no `&mut` is out, since that would borrow the handle mutably.
        unsafe { self.cell(number).value(DRIVER).read() }
    }

    #[track_caller]
    pub(super) fn get_mut(&mut self, number: usize) -> &mut C::Value {
        let cell = self.cell(number);
        cell.clear(DRIVER);
        // SAFETY: as above, and the handle is borrowed mutably.
        unsafe { &mut *cell.value(DRIVER) }
    }

    pub(super) fn is_at_home(&self, segment: &Arc<Segment>, index: usize) -> bool {
        Arc::ptr_eq(&self.segment, segment) && self.index == index
    }
}
