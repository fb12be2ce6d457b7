//! The dimensions a shared array may have: one to six axes.
#![allow(unsafe_code)]

use ndarray::{ArrayViewMut, Dim, Dimension, Ix1, Ix2, Ix3, Ix4, Ix5, Ix6, ShapeBuilder};

mod sealed {
    pub trait Sealed {}
}

/// A dimension of a shared array: `Ix1` to `Ix6`.
///
/// ```
/// use dsm::prelude::*;
/// use dsm::{Axes, Element, SharedArray};
///
/// dsm::shared! { struct Box3(n: usize) { cells: [f64; n, n, n] } }
///
/// fn axes<T: Element, D: Axes>(_: &SharedArray<T, D>) -> usize {
///     D::AXES
/// }
///
/// let cluster = Cluster::with_workers(1, Box3 { n: 4 })?;
/// assert_eq!(axes(&cluster.cells), 3);
/// # Ok::<(), dsm::Error>(())
/// ```
#[diagnostic::on_unimplemented(message = "a shared array has 1 to 6 axes")]
pub trait Axes: Dimension + sealed::Sealed {
    /// How many axes.
    const AXES: usize;

    /// What lies at one index of an axis: a `&mut T` of a vector, else a mutable view with one axis less.
    type Row<'a, T: 'a>;

    #[doc(hidden)]
    fn from_axes(axes: &[usize]) -> Self;

    /// The row at `first`, given the shape and strides of the whole array and the axis that is taken away.
    ///
    /// # Safety
    ///
    /// - Every element of the row, at `first` plus the strides of the other axes, lies in one allocation, is initialised
    ///   and aligned, and is reached through nothing else for `'a`.
    #[doc(hidden)]
    unsafe fn row<'a, T>(first: *mut T, shape: &[usize], strides: &[usize], axis: usize) -> Self::Row<'a, T>;
}

impl sealed::Sealed for Ix1 {}

impl Axes for Ix1 {
    const AXES: usize = 1;
    type Row<'a, T: 'a> = &'a mut T;

    fn from_axes(axes: &[usize]) -> Self {
        Dim(axes[0])
    }

    unsafe fn row<'a, T>(first: *mut T, _shape: &[usize], _strides: &[usize], _axis: usize) -> &'a mut T {
        // SAFETY: the one element of the row, which the caller answers for.
        unsafe { &mut *first }
    }
}

macro_rules! axes {
    ($($dim:ty, $smaller:ty, $n:literal;)*) => { $(
        impl sealed::Sealed for $dim {}
        impl Axes for $dim {
            const AXES: usize = $n;
            type Row<'a, T: 'a> = ArrayViewMut<'a, T, $smaller>;

            fn from_axes(axes: &[usize]) -> Self {
                let mut dim = Self::zeros($n);
                dim.slice_mut().copy_from_slice(axes);
                dim
            }

            unsafe fn row<'a, T>(
                first: *mut T,
                shape: &[usize],
                strides: &[usize],
                axis: usize,
            ) -> ArrayViewMut<'a, T, $smaller> {
                let mut row_shape = <$smaller>::zeros($n - 1);
                let mut row_strides = <$smaller>::zeros($n - 1);
                let others = (0..$n).filter(|&other| other != axis);
                for (to, from) in others.enumerate() {
                    row_shape.slice_mut()[to] = shape[from];
                    row_strides.slice_mut()[to] = strides[from];
                }
                let layout =
                    if row_shape.size() == 0 { row_shape.into() } else { row_shape.strides(row_strides) };
                // SAFETY: the caller answers for every element at these strides; the strides are those of a
                // standard-layout array with one axis left out, so no two indices meet.
                unsafe { ArrayViewMut::from_shape_ptr(layout, first) }
            }
        }
    )* };
}

axes! {
    Ix2, Ix1, 2;
    Ix3, Ix2, 3;
    Ix4, Ix3, 4;
    Ix5, Ix4, 5;
    Ix6, Ix5, 6;
}
