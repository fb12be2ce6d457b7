//! Elements by their place in the whole array, whatever the view and its dimension.

use ndarray::{ArrayViewMut, Dimension, IntoDimension, Ix1};

use crate::element::Element;
use crate::shape::Axes;
use crate::view::{Rows, Split};

/// A row: its elements, each with its index on the remaining axes.
pub(super) trait Row<T> {
    fn each(self, visit: &mut dyn FnMut(&[usize], &mut T));
}

impl<T> Row<T> for &mut T {
    fn each(self, visit: &mut dyn FnMut(&[usize], &mut T)) {
        visit(&[], self);
    }
}

impl<T, D: Dimension> Row<T> for ArrayViewMut<'_, T, D> {
    fn each(mut self, visit: &mut dyn FnMut(&[usize], &mut T)) {
        for (index, element) in self.indexed_iter_mut() {
            visit(index.into_dimension().slice(), element);
        }
    }
}

/// The number of an element in standard layout.
pub(super) fn number(shape: &[usize], index: &[usize]) -> usize {
    assert!(shape.len() == index.len() && index.iter().zip(shape).all(|(i, n)| i < n), "{index:?} in {shape:?}");
    shape.iter().zip(index).fold(0, |number, (n, i)| number * n + i)
}

/// Visits the elements of a block, each with its number in the whole array.
pub(super) fn each_of_block<T: Element, D: Axes>(
    block: &mut Split<'_, T, D>,
    shape: &[usize],
    mut visit: impl FnMut(usize, &mut T),
) {
    let (axis, start) = (block.axis(), block.range().start);
    for (index, element) in block.indexed_iter_mut() {
        let mut index = index.into_dimension().slice().to_vec();
        index[axis] += start;
        visit(number(shape, &index), element);
    }
}

/// Visits the elements of the row at `at` on `axis`, each with its number in the whole array.
pub(super) fn each_of_row<T>(
    row: impl Row<T>,
    (axis, at): (usize, usize),
    shape: &[usize],
    mut visit: impl FnMut(usize, &mut T),
) {
    row.each(&mut |others, element| {
        let mut index = others.to_vec();
        index.insert(axis, at);
        visit(number(shape, &index), element);
    });
}

/// Visits the elements of all rows, each with its number in the whole array.
pub(super) fn each_of_rows<T: Element, D: Axes>(
    rows: &mut Rows<'_, T, D>,
    shape: &[usize],
    mut visit: impl FnMut(usize, &mut T),
) where
    for<'a> D::Row<'a, T>: Row<T>,
{
    let axis = rows.axis();
    for (at, row) in rows.iter_mut() {
        each_of_row(row, (axis, at), shape, &mut visit);
    }
}

#[test]
fn numbers_are_those_of_standard_layout() {
    let array = ndarray::Array3::from_shape_fn((2, 3, 4), |(i, j, k)| number(&[2, 3, 4], &[i, j, k]));
    assert!(array.iter().copied().eq(0..24));
    assert_eq!(array.into_shape_with_order(Ix1(24)).unwrap()[23], 23);
}
