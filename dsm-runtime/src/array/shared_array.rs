//! A shared array, declared or anonymous, as the driver sees it.
#![allow(unsafe_code)]

use std::fmt;
use std::ops::{Deref, DerefMut, Range};
use std::sync::Arc;

use ndarray::{ArrayRef, ArrayView, ArrayViewMut};

use super::away::{Away, moved_to};
use crate::element::Element;
use crate::segment::{FieldKind, Segment, Use};
use crate::shape::Axes;

/// An array in shared memory on the driver; dereferences to `ndarray::ArrayRef<T, D>`, so all of ndarray works on it.
///
/// It is declared in a `shared!`, or anonymous: made by [`zeros`](SharedArray::zeros), [`full`](SharedArray::full),
/// [`from_fn`](SharedArray::from_fn), [`like`](SharedArray::like) or [`copy_of`](SharedArray::copy_of). Every element of
/// a declared array is zero when the cluster is made. Reaching the elements panics while a call runs, and in a process
/// other than the one that made the array, but jobs of a [`map`](crate::map()) may read an anonymous array.
///
/// ```
/// use dsm::prelude::*;
///
/// dsm::shared! { struct Table(rows: usize) { cells: [f64; rows, 3] } }
///
/// fn mean(cells: &ArrayRef2<f64>) -> f64 {
///     cells.sum() / cells.len() as f64
/// }
///
/// let mut cluster = Cluster::with_workers(2, Table { rows: 2 })?;
/// cluster.cells.row_mut(1).assign(&array![1.0, 2.0, 3.0]);
/// cluster.cells[[0, 0]] = 6.0;
/// assert_eq!(mean(&cluster.cells), 2.0);
/// # Ok::<(), dsm::Error>(())
/// ```
pub struct SharedArray<T: 'static, D> {
    view: ArrayViewMut<'static, T, D>,
    index: usize,
    /// Whether it was lent for writing since the last call.
    written: bool,
    segment: Arc<Segment>,
    /// The same elements in a process that the array was lent to.
    away: Away<T, D>,
}

impl<T: Element, D: Axes> SharedArray<T, D> {
    pub(super) fn new(segment: &Arc<Segment>, index: usize) -> Self {
        let field = segment.field(index);
        assert!(
            matches!(field.kind, FieldKind::Array(_)) && field.is_of::<T>() && field.shape().len() == D::AXES,
            "`{}` isn't declared as this array",
            field.name
        );
        let first = segment.memory.at(field.offset, field.bytes()).cast::<T>();
        // SAFETY: the memory holds that many elements, page aligned and zeroed, and any bytes are valid `T`s. The view is
        // reached through `self` only, of which there is one for each field, while no call runs (`assert_free`), and
        // the segment is kept alive beside it.
        let view = unsafe { ArrayViewMut::from_shape_ptr(D::from_axes(field.shape()), first.as_ptr()) };
        SharedArray { view, index, written: false, segment: Arc::clone(segment), away: Away::default() }
    }

    /// The same array, of which no borrow lives.
    pub(crate) fn at_rest(self) -> Self {
        self.segment.use_whole(Use::Whole);
        self
    }

    pub(super) fn is_at_home(&self, segment: &Arc<Segment>, index: usize) -> bool {
        Arc::ptr_eq(&self.segment, segment) && self.index == index
    }

    /// Takes back what safe calls may have done to the view's axes.
    pub(super) fn rebuild(&mut self) {
        *self = SharedArray::new(&Arc::clone(&self.segment), self.index);
    }

    /// Whether it was lent for writing since this was asked last.
    pub(super) fn take_written(&mut self) -> bool {
        std::mem::take(&mut self.written)
    }

    /// The number it is declared by.
    pub(super) fn index(&self) -> usize {
        self.index
    }

    /// The pages it lies in, to be made present while the elements are being written.
    pub(crate) fn pages(array: &Self) -> Pages {
        Pages { segment: Arc::clone(&array.segment), index: array.index }
    }

    /// The memory it lies in.
    pub(super) fn segment(&self) -> &Arc<Segment> {
        &self.segment
    }

    /// The name it is declared by or was given, else `anonymous`.
    ///
    /// ```
    /// # use dsm::prelude::*;
    /// # dsm::shared! { struct Plain { a: [f64; 10] } }
    /// let cluster = Cluster::with_workers(2, Plain)?;
    /// assert_eq!(cluster.a.name(), "a");
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.segment.name(self.index)
    }
}

impl<T: 'static, D: Axes> SharedArray<T, D> {
    /// In a process that the array was lent to, its elements there.
    #[track_caller]
    fn lent_view(&self) -> ArrayView<'static, T, D> {
        let memory = self.segment.lent(self.index, Use::Whole);
        // SAFETY: both mappings are of the same memory, and the view lies inside. While the lease runs, which this process
        // doesn't outlive, nobody writes to the elements: the home refuses to, by a `&mut` from before too, which either
        // was gone when this process was forked or faults; and the array was not in parts or atomic then, as which others
        // could write.
        unsafe { moved_to(&self.view, &self.segment.memory, memory) }
    }
}

/// The pages of an array.
pub(crate) struct Pages {
    segment: Arc<Segment>,
    index: usize,
}

impl Pages {
    /// Makes the pages of a range of the array's bytes present.
    pub(crate) fn populate(&self, bytes: Range<usize>) {
        let field = self.segment.field(self.index);
        let (start, end) = (bytes.start.min(field.bytes()), bytes.end.min(field.bytes()));
        self.segment.memory.populate(field.offset + start, end.saturating_sub(start));
    }
}

impl<T: 'static, D: Axes> Deref for SharedArray<T, D> {
    type Target = ArrayRef<T, D>;

    #[inline]
    #[track_caller]
    fn deref(&self) -> &ArrayRef<T, D> {
        if self.segment.is_away() {
            return self.away.view(|| self.lent_view());
        }
        self.segment.assert_free(self.index);
        self.segment.use_whole(Use::Whole);
        &self.view
    }
}

impl<T: 'static, D: Axes> DerefMut for SharedArray<T, D> {
    #[inline]
    #[track_caller]
    fn deref_mut(&mut self) -> &mut ArrayRef<T, D> {
        self.segment.assert_free(self.index);
        self.segment.use_whole(Use::Written);
        self.segment.assert_not_lent(self.index);
        self.written = true;
        &mut self.view
    }
}

impl<T: Element + fmt::Debug, D: Axes> fmt::Debug for SharedArray<T, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

impl<T: Element + fmt::Display, D: Axes> fmt::Display for SharedArray<T, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&**self, f)
    }
}
