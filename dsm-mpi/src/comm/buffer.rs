//! Memory that MPI is lent for a while.
#![allow(unsafe_code)]

use std::ptr::NonNull;

use dsm_runtime::Element;

/// Bytes that a request reads or writes until it is done; forgotten, never freed, when the request is given up.
///
/// # Safety
///
/// - The bytes stay where they are, and are reached through nothing else, while the value is moved about or forgotten.
/// - Any bytes may be written to them.
pub(crate) unsafe trait Buffer {
    fn bytes(&mut self) -> (NonNull<u8>, usize);
}

// SAFETY: a vector's elements lie on the heap, and any byte is a `u8`.
unsafe impl Buffer for Vec<u8> {
    fn bytes(&mut self) -> (NonNull<u8>, usize) {
        (NonNull::from(self.as_mut_slice()).cast(), self.len())
    }
}

/// Elements in the order of their indices, on the way to another node.
pub(crate) struct Packed<T>(pub(crate) Vec<T>);

// SAFETY: a vector's elements lie on the heap. They are `Element`s, without padding; what is written to them are the
// bytes of elements of the same type, since ranks compare types when they make an array.
unsafe impl<T: Element> Buffer for Packed<T> {
    fn bytes(&mut self) -> (NonNull<u8>, usize) {
        (NonNull::from(self.0.as_mut_slice()).cast(), size_of_val(self.0.as_slice()))
    }
}
