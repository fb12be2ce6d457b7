//! This node's copy of an array.
//!
//! Who may touch it when: between collectives every rank of the node reads it, and nobody writes. In a collective every
//! rank of the node has its handle borrowed mutably, and only those write that the collective says.
#![allow(unsafe_code)]

use std::marker::PhantomData;
use std::ptr::NonNull;
use std::rc::Rc;

use dsm_runtime::private::{Location, NodeMemory};
use dsm_runtime::{Axes, Element, Result};
use ndarray::{ArrayView, ArrayViewMut};

use crate::comm::Buffer;

/// The memory, and the shape of what lies in it.
pub(super) struct NodeCopy<T, D> {
    memory: Rc<NodeMemory>,
    shape: Vec<usize>,
    of: PhantomData<(T, D)>,
}

impl<T: Element, D: Axes> NodeCopy<T, D> {
    /// Zeroed memory for an array of this shape, as the node's first rank makes it.
    pub(super) fn create(shape: &[usize]) -> Result<Self> {
        Ok(NodeCopy::in_memory(NodeMemory::of_array::<T, D>(shape)?, shape))
    }

    /// What the node's first rank made.
    pub(super) fn attach(location: Location, shape: &[usize]) -> Result<Self> {
        Ok(NodeCopy::in_memory(NodeMemory::attach(location)?, shape))
    }

    fn in_memory(memory: NodeMemory, shape: &[usize]) -> Self {
        let copy = NodeCopy { memory: Rc::new(memory), shape: shape.to_vec(), of: PhantomData };
        // Panics where the memory is too small for the shape.
        let _ = copy.first();
        copy
    }

    pub(super) fn location(&self) -> Result<Location> {
        self.memory.location()
    }

    pub(super) fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn first(&self) -> NonNull<T> {
        let elements: usize = self.shape.iter().product();
        self.memory.at(0, elements * size_of::<T>()).cast()
    }

    /// The elements, to read.
    ///
    /// # Safety
    ///
    /// - While the view or a borrow from it is used, this copy lives, and nothing writes to it, in this process or another.
    pub(super) unsafe fn view(&self) -> ArrayView<'static, T, D> {
        // SAFETY: the memory holds that many elements, page aligned and zeroed at first, and any bytes that ranks write
        // are those of `T`s. The caller sees to it that it lives and that nobody writes.
        unsafe { ArrayView::from_shape_ptr(D::from_axes(&self.shape), self.first().as_ptr()) }
    }

    /// The elements, to write.
    ///
    /// # Safety
    ///
    /// - While the view is used, nothing else reads or writes the elements that are reached through it, in this process or
    ///   another.
    pub(super) unsafe fn view_mut(&mut self) -> ArrayViewMut<'_, T, D> {
        // SAFETY: as above, and the caller sees to it that nobody reads or writes.
        unsafe { ArrayViewMut::from_shape_ptr(D::from_axes(&self.shape), self.first().as_ptr()) }
    }

    /// Some elements in the order of memory, for MPI to read or write.
    ///
    /// # Safety
    ///
    /// - While the stretch lives, or for ever if it is forgotten, nothing writes to the elements beside MPI; where MPI
    ///   writes, nothing reads them either.
    pub(super) unsafe fn stretch(&self, first: usize, elements: usize) -> Stretch {
        let (offset, length) = (first * size_of::<T>(), elements * size_of::<T>());
        // Panics where it lies outside.
        let _ = self.memory.at(offset, length);
        Stretch { memory: Rc::clone(&self.memory), offset, length }
    }
}

/// Part of a node's memory, lent to MPI; the memory stays while it lives or when it is forgotten.
pub(super) struct Stretch {
    memory: Rc<NodeMemory>,
    offset: usize,
    length: usize,
}

// SAFETY: the memory is kept and doesn't move. Who else reaches the bytes is answered for by whoever called `stretch`; what
// is written to them are the bytes of elements of the same type, since ranks compare types when they make an array.
unsafe impl Buffer for Stretch {
    fn bytes(&mut self) -> (NonNull<u8>, usize) {
        (self.memory.at(self.offset, self.length), self.length)
    }
}
