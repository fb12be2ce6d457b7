//! An anonymous array's elements in a process that it was lent to.
#![allow(unsafe_code)]

use std::sync::{Arc, OnceLock};

use ndarray::{ArrayRef, ArrayView, Axis, ShapeBuilder as _};

use crate::process::Home;
use crate::segment::{Memory, Segment, Use};
use crate::shape::Axes;

/// A view that a process makes at its first use, and only it uses.
pub(super) struct Away<T: 'static, D>(OnceLock<(Home, ArrayView<'static, T, D>)>);

impl<T, D> Default for Away<T, D> {
    fn default() -> Self {
        Away(OnceLock::new())
    }
}

impl<T, D: Axes> Away<T, D> {
    /// The view, made by `make` unless this process has it. A child of the process that made it gets none.
    #[track_caller]
    pub(super) fn view(&self, make: impl Fn() -> ArrayView<'static, T, D>) -> &ArrayRef<T, D> {
        let (home, view) = self.0.get_or_init(|| (Home::here(), make()));
        if !home.is_here() {
            // It says that nothing was lent to this process.
            drop(make());
        }
        view
    }
}

/// While it lives, an anonymous array is used as something else than a whole, unless a later use is noted: one that no
/// longer borrows may be dropped late.
pub(super) struct Borrowed {
    segment: Arc<Segment>,
    note: u64,
}

impl Borrowed {
    pub(super) fn as_used(segment: &Arc<Segment>, used_as: Use) -> Self {
        Borrowed { segment: Arc::clone(segment), note: segment.use_as(used_as) }
    }
}

impl Drop for Borrowed {
    fn drop(&mut self) {
        // No effect in another process, whose copy this is.
        self.segment.end_use(self.note);
    }
}

/// The same elements, axes and steps as `view`, which lies in the mapping `from`, in the mapping `to`.
///
/// # Safety
///
/// - Both mappings are of the same memory, and every element of the view lies inside.
/// - Nobody writes to its elements as long as `T` isn't a type that is shared by design, or nobody else reaches them.
pub(super) unsafe fn moved_to<T: 'static, D: Axes>(
    view: &ArrayRef<T, D>,
    from: &Memory,
    to: &'static Memory,
) -> ArrayView<'static, T, D> {
    let (shape, steps) = (view.shape().to_vec(), view.strides().to_vec());
    let backwards = |axis: usize| steps[axis] < 0 && shape[axis] > 0;
    // The element of least address, from which all steps go forwards.
    let back: usize =
        (0..D::AXES).filter(|&axis| backwards(axis)).map(|axis| steps[axis].unsigned_abs() * (shape[axis] - 1)).sum();
    let offset = match from.offset_of(view.as_ptr().cast()) {
        Some(offset) => offset - back * size_of::<T>(),
        None => unreachable!("the view lies in its memory"),
    };
    let forwards: Vec<usize> = steps.iter().map(|step| step.unsigned_abs()).collect();
    let shape = D::from_axes(&shape).strides(D::from_axes(&forwards));
    // SAFETY: the same elements as the view's, by its own shape and steps; the caller answers for the rest.
    let mut moved = unsafe { ArrayView::from_shape_ptr(shape, to.at(offset, 0).cast::<T>().as_ptr()) };
    (0..D::AXES).filter(|&axis| backwards(axis)).for_each(|axis| moved.invert_axis(Axis(axis)));
    moved
}
