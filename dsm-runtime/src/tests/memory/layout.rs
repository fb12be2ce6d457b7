//! Where fields lie in a segment: aligned, apart, inside; and what is too large is an error.
#![allow(unsafe_code)]

use ndarray::{Dimension, Ix1, Ix2, Ix3, Ix4, Ix6, IxDyn};
use num_complex::Complex;
use proptest::prelude::*;

use super::cases;
use crate::element::Element;
use crate::error::{ErrorKind, Result};
use crate::segment::{Declaration, Field, Memory, page_size};
use crate::shape::Axes;
use crate::sync::{Atomic, FairLock, Flag, Lock};
use crate::view::standard_strides;

/// Something that may be declared.
#[derive(Clone, Debug)]
enum Item {
    Bytes(usize),
    Floats(usize, usize),
    Complexes([usize; 3]),
    Triples([usize; 4]),
    Nothings(usize),
    Wide([usize; 6]),
    Lock,
    FairLock,
    Atomic,
    Flag,
    Locks(usize),
    LargeLocks(usize),
    FairLocks(usize),
    Flags(usize),
}

/// What a field needs: the bytes of one, their number by axes, and the alignment.
struct Need {
    size: usize,
    axes: Vec<usize>,
    align: usize,
    is_array: bool,
}

fn need<T>(axes: impl AsRef<[usize]>, is_array: bool) -> Need {
    Need { size: size_of::<T>(), axes: axes.as_ref().to_vec(), align: align_of::<T>(), is_array }
}

impl Item {
    fn need(&self) -> Need {
        match *self {
            Item::Bytes(n) => need::<u8>([n], true),
            Item::Floats(n, m) => need::<f64>([n, m], true),
            Item::Complexes(shape) => need::<Complex<f64>>(shape, true),
            Item::Triples(shape) => need::<[f32; 3]>(shape, true),
            Item::Nothings(n) => need::<()>([n], true),
            Item::Wide(shape) => need::<i128>(shape, true),
            Item::Lock => need::<Lock<u64>>([1], false),
            Item::FairLock => need::<FairLock<[u8; 3]>>([1], false),
            Item::Atomic => need::<Atomic<u16>>([1], false),
            Item::Flag => need::<Flag>([1], false),
            Item::Locks(n) => need::<Lock<u8>>([n], false),
            Item::LargeLocks(n) => need::<Lock<[f64; 100]>>([n], false),
            Item::FairLocks(n) => need::<FairLock<()>>([n], false),
            Item::Flags(n) => need::<Flag>([n], false),
        }
    }

    fn declare(&self, index: usize, declaration: &mut Declaration) -> Result<()> {
        fn array<T: Element, D: Axes>(index: usize, shape: impl AsRef<[usize]>, to: &mut Declaration) -> Result<()> {
            to.array::<T, D>(index, "array", shape)
        }
        match *self {
            Item::Bytes(n) => array::<u8, Ix1>(index, [n], declaration),
            Item::Floats(n, m) => array::<f64, Ix2>(index, [n, m], declaration),
            Item::Complexes(shape) => array::<Complex<f64>, Ix3>(index, shape, declaration),
            Item::Triples(shape) => array::<[f32; 3], Ix4>(index, shape, declaration),
            Item::Nothings(n) => array::<(), Ix1>(index, [n], declaration),
            Item::Wide(shape) => array::<i128, Ix6>(index, shape, declaration),
            Item::Lock => declaration.cell::<Lock<u64>>(index, "cell"),
            Item::FairLock => declaration.cell::<FairLock<[u8; 3]>>(index, "cell"),
            Item::Atomic => declaration.cell::<Atomic<u16>>(index, "cell"),
            Item::Flag => declaration.cell::<Flag>(index, "cell"),
            Item::Locks(n) => declaration.cells::<Lock<u8>>(index, "cells", n),
            Item::LargeLocks(n) => declaration.cells::<Lock<[f64; 100]>>(index, "cells", n),
            Item::FairLocks(n) => declaration.cells::<FairLock<()>>(index, "cells", n),
            Item::Flags(n) => declaration.cells::<Flag>(index, "cells", n),
        }
    }
}

/// Declared one after the other, up to the first that is refused.
fn declare(items: &[Item]) -> Result<(Vec<Field>, usize)> {
    let mut declaration = Declaration::new("Mixed");
    items.iter().enumerate().try_for_each(|(index, item)| item.declare(index, &mut declaration))?;
    Ok(declaration.laid_out())
}

fn items(length: impl Strategy<Value = usize> + Clone + 'static) -> impl Strategy<Value = Vec<Item>> {
    let n = || length.clone();
    let item = prop_oneof![
        n().prop_map(Item::Bytes),
        (n(), n()).prop_map(|(n, m)| Item::Floats(n, m)),
        [n(), n(), n()].prop_map(Item::Complexes),
        [n(), n(), n(), n()].prop_map(Item::Triples),
        n().prop_map(Item::Nothings),
        [n(), n(), n(), n(), n(), n()].prop_map(Item::Wide),
        Just(Item::Lock),
        Just(Item::FairLock),
        Just(Item::Atomic),
        Just(Item::Flag),
        n().prop_map(Item::Locks),
        n().prop_map(Item::LargeLocks),
        n().prop_map(Item::FairLocks),
        n().prop_map(Item::Flags),
    ];
    prop::collection::vec(item, 0..8)
}

/// Lengths near powers of two up to the largest, and small ones.
fn extremes() -> impl Strategy<Value = usize> + Clone {
    prop_oneof![
        0_usize..4,
        (0_u32..64, -2_i64..3).prop_map(|(bits, near)| (1_usize << bits).wrapping_add_signed(near as isize)),
    ]
}

/// The product, when it fits 128 bits; lengths of 0 are left out when `nonzero`.
fn product(need: &Need, nonzero: bool) -> Option<u128> {
    let axes = need.axes.iter().filter(|&&axis| !nonzero || axis > 0);
    let size = if nonzero { need.size.max(1) } else { need.size };
    // A zero among the factors outlasts an overflow.
    if !nonzero && need.axes.contains(&0) {
        return Some(0);
    }
    axes.map(|&axis| axis as u128).try_fold(size as u128, u128::checked_mul)
}

/// Whether all this fits an address space, in numbers wide enough to hold any answer.
fn fits(items: &[Item]) -> bool {
    let most = isize::MAX as u128;
    let mut length = 0_u128;
    items.iter().map(Item::need).all(|need| {
        let align = if need.is_array { page_size() } else { need.align.max(128) } as u128;
        let counted = product(&need, need.is_array).filter(|&bytes| bytes <= most);
        let bytes = product(&need, false).filter(|&bytes| bytes <= most);
        let (Some(_), Some(bytes)) = (counted, bytes) else { return false };
        length = length.next_multiple_of(align) + bytes;
        length <= most - page_size() as u128
            && counted.is_some_and(|counted| !need.is_array || counted <= most - page_size() as u128)
    })
}

proptest! {
    #![proptest_config(cases(1000, 3))]

    #[test]
    fn fields_are_aligned_apart_and_inside(items in items(0_usize..5)) {
        let (fields, length) = declare(&items).unwrap();
        prop_assert_eq!(fields.len(), items.len());
        let mut end = 0;
        for (field, item) in fields.iter().zip(&items) {
            let need = item.need();
            prop_assert_eq!(field.bytes(), need.size * need.axes.iter().product::<usize>());
            prop_assert_eq!(field.offset % need.align, 0, "{:?} at {}", item, field.offset);
            let line = if need.is_array { page_size() } else { 128 };
            prop_assert_eq!(field.offset % line, 0, "{:?} at {}", item, field.offset);
            prop_assert!(field.offset >= end, "{:?} begins at {} inside the one before", item, field.offset);
            end = field.offset + field.bytes();
        }
        prop_assert!(end <= length);
        // The memory takes them all, aligned by address too.
        let memory = Memory::private(length);
        for (field, item) in fields.iter().zip(&items) {
            let first = memory.at(field.offset, field.bytes());
            prop_assert_eq!(first.addr().get() % item.need().align, 0);
        }
    }

    #[test]
    fn cells_are_found_by_the_bytes_they_hold(items in items(0_usize..4)) {
        let (fields, length) = declare(&items).unwrap();
        let memory = Memory::private(length);
        for field in &fields {
            let mut locks = Vec::new();
            field.each_lock(&memory, |lock| locks.push(lock.offset()));
            for &offset in &locks {
                for within in [0, 1, field.stride - 1] {
                    let found = field.lock_around(&memory, offset + within).map(|lock| lock.offset());
                    prop_assert_eq!(found, Some(offset));
                    let named = fields.iter().filter_map(|field| field.cell_name(offset + within));
                    let number = (offset - field.offset) / field.stride;
                    let name = if field.name == "cells" { format!("cells[{number}]") } else { "cell".to_owned() };
                    prop_assert_eq!(named.collect::<Vec<_>>(), [name]);
                }
            }
            let mut flags = 0;
            field.each_flag(&memory, |flag| {
                flags += 1;
                let offset = memory.offset_of(std::ptr::from_ref(flag).cast()).unwrap();
                let found = field.flag_around(&memory, offset + field.stride - 1).unwrap();
                assert!(std::ptr::eq(found, flag), "the flag at {offset}");
            });
            prop_assert_eq!(flags, if field.type_name.ends_with("Flag") { field.count() } else { 0 });
            let has_locks = field.type_name.contains("Lock<");
            prop_assert_eq!(locks.len(), if has_locks { field.count() } else { 0 });
            prop_assert_eq!(field.cell_name(field.offset + field.bytes()), None);
        }
    }

    #[test]
    fn what_overflows_is_refused_and_nothing_else(items in items(extremes())) {
        match declare(&items) {
            Ok((fields, length)) => {
                prop_assert!(fits(&items));
                prop_assert!(fields.iter().all(|field| field.offset + field.bytes() <= length));
                // The length is rounded up to pages where it is mapped.
                prop_assert!(length.next_multiple_of(page_size()) <= isize::MAX as usize);
            }
            Err(error) => {
                prop_assert!(!fits(&items), "{error}");
                prop_assert_eq!(error.kind(), ErrorKind::Shape);
            }
        }
    }

    #[test]
    fn strides_are_those_of_standard_layout(shape in prop::collection::vec(0_usize..7, 1..=6)) {
        let (found, wanted) = (standard_strides(&shape), IxDyn(&shape).default_strides());
        prop_assert_eq!(found.as_slice(), wanted.slice());
    }
}

#[test]
fn nothing_declared_is_a_segment_of_one_page() {
    let (fields, length) = declare(&[]).unwrap();
    assert!(fields.is_empty());
    assert_eq!(Memory::private(length).length(), page_size());
}

#[test]
fn fields_that_fit_alone_need_not_fit_together() {
    let half = 1 << (usize::BITS - 2);
    for other in [Item::Bytes(half), Item::Nothings(half), Item::Locks(half / 64)] {
        let items = [Item::Bytes(half - 1), Item::Lock, other];
        assert!(items.iter().all(|item| declare(std::slice::from_ref(item)).is_ok()));
        assert_eq!(declare(&items).is_ok(), fits(&items), "{items:?}");
        assert_eq!(fits(&items), matches!(items[2], Item::Nothings(_)));
    }
}

#[test]
fn an_element_aligned_beyond_a_page_is_refused() {
    #[derive(Clone, Copy)]
    #[repr(C, align(65536))]
    struct Huge {
        _bytes: [u8; 65536],
    }
    // SAFETY: bytes without padding.
    unsafe impl Element for Huge {}

    let mut declaration = Declaration::new("Mixed");
    let refused = declaration.array::<Huge, Ix1>(0, "a", [1]).unwrap_err();
    assert!(refused.to_string().contains("is aligned to 65536 bytes"), "{refused}");
    let refused = declaration.cell::<Lock<Huge>>(0, "lock").unwrap_err();
    assert!(refused.to_string().contains("is aligned to 65536 bytes"), "{refused}");
}

#[test]
#[should_panic(expected = "offset 4000 + 97 lies outside 4096 bytes")]
fn memory_ends_where_it_ends() {
    let memory = Memory::private(1);
    assert_eq!(memory.at(4000, 96).addr().get() % 32, 0);
    let _ = memory.at(4000, page_size() - 4000 + 1);
}
