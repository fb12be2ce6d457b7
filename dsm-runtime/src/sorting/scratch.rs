//! Private memory for the length of a sort, in huge pages where the system has them: the scattered writes of a radix pass
//! would miss the TLB at every other element, and a fault for each small page costs as much as sorting what is in it.
#![allow(unsafe_code)]

use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};
use std::slice;

use memmap2::{Advice, MmapMut};

use crate::element::Element;
use crate::error::{Error, ErrorKind, Result};
use crate::segment::{available, human, page_size};

/// A type for which all bytes zero is a value.
///
/// # Safety
///
/// - All bytes zero is a valid value.
/// - It is `Copy`, so nothing is left to drop.
pub(super) unsafe trait Zero: Copy + Send + Sync {}

// SAFETY: zero is valid by the duties of `Element`.
unsafe impl<T: Element> Zero for T {}

/// An element and where it stood. Packed, since sorting takes as long as moving the bytes does.
#[derive(Clone, Copy)]
#[repr(C, packed(4))]
pub(super) struct Placed<T, I> {
    pub(super) element: T,
    pub(super) place: I,
}

// SAFETY: zero is valid for both, and padding may be anything.
unsafe impl<T: Element, I: Element> Zero for Placed<T, I> {}

/// Memory for `n` values, zero at first.
pub(super) struct Scratch<E> {
    map: MmapMut,
    length: usize,
    values: PhantomData<E>,
}

/// Under this size the system isn't asked whether the memory is there.
const SMALL: usize = 1 << 20;

impl<E: Zero> Scratch<E> {
    pub(super) fn new(length: usize) -> Result<Self> {
        assert!(align_of::<E>() <= page_size());
        let too_much = |limit: &str| {
            let bytes = length as u128 * size_of::<E>() as u128;
            let message = format!(
                "sorting {length} elements needs {} of memory beside them, but {limit}: sort less at once, or run where \
                 there is more",
                human(bytes)
            );
            Error::new(ErrorKind::Memory, message)
        };
        let bytes = length.checked_mul(size_of::<E>()).filter(|&bytes| bytes <= isize::MAX as usize);
        let bytes = bytes.ok_or_else(|| too_much("an address space doesn't hold it"))?;
        if bytes > SMALL {
            let found = available();
            if bytes as u64 > found.bytes {
                return Err(too_much(&format!("{} leaves {}", found.limit, human(found.bytes.into()))));
            }
        }
        let map =
            MmapMut::map_anon(bytes.max(1)).map_err(|source| too_much(&source.to_string()).with_source(source))?;
        // A system without huge pages sorts all the same.
        let _ = map.advise(Advice::HugePage);
        Ok(Scratch { map, length, values: PhantomData })
    }
}

impl<E: Zero> Deref for Scratch<E> {
    type Target = [E];

    fn deref(&self) -> &[E] {
        // SAFETY: the mapping is page aligned and holds `length` values, zero at first, which is valid; it is only ever
        // reached as values of `E`.
        unsafe { slice::from_raw_parts(self.map.as_ptr().cast(), self.length) }
    }
}

impl<E: Zero> DerefMut for Scratch<E> {
    fn deref_mut(&mut self) -> &mut [E] {
        // SAFETY: as above, and the mapping is borrowed mutably.
        unsafe { slice::from_raw_parts_mut(self.map.as_mut_ptr().cast(), self.length) }
    }
}
