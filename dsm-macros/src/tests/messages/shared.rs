//! The messages of `shared!`.

use super::Case;
use super::Input::Shared;

pub(super) const CASES: &[Case] = &[
    (
        "declared_twice",
        Shared("struct A(n: usize) { f: [f64; n], f: Lock<u8>, r#f: Lock<u8> }"),
        &[
            "`f` is declared twice: give one of them another name",
            "`f` is declared twice: give one of them another name",
        ],
    ),
    (
        "declared_twice",
        Shared("struct A(n: usize, n: u8) {}"),
        &["`n` is declared twice: give one of them another name"],
    ),
    ("declared_twice", Shared("struct A {} struct A {}"), &["`A` is declared twice: give one of them another name"]),
    (
        "field_is_parameter",
        Shared("struct A(n: usize) { n: [f64; 2] }"),
        &["`n` is already a shape parameter: give the field another name"],
    ),
    (
        "reserved_name",
        Shared("struct A(id: usize) { workers: [f64; 2], team: Lock<u8> }"),
        &[
            "`id` is reserved: every resource struct has `id`, `workers` and `team`; choose another name",
            "`workers` is reserved: every resource struct has `id`, `workers` and `team`; choose another name",
            "`team` is reserved: every resource struct has `id`, `workers` and `team`; choose another name",
        ],
    ),
    (
        "unknown_option",
        Shared("#[dsm(crat = a)] struct A { #[dsm(size = 3)] a: [f64; 2] }"),
        &[
            "`crat` is no option here: the only one is `crate = path`",
            "`size` is no option here: the only one is `crate = path`",
        ],
    ),
    ("option_twice", Shared("#[dsm(crate = a, crate = b)] struct A {}"), &["`crate` is given twice: remove one"]),
    (
        "option_twice",
        Shared("#[dsm(crate = a)] #[dsm(crate = b)] struct A {}"),
        &["`crate` is given twice: remove one"],
    ),
    (
        "DSM_ATTRIBUTE_FORM",
        Shared("#[dsm] struct A {}"),
        &["`#[dsm]` says nothing by itself: write `#[dsm(crate = path)]`, or remove it"],
    ),
    (
        "PUBLIC_NAME",
        Shared("struct A { #[dsm(name = \"A\")] a: [f64; 2] }"),
        &["public names of arrays are not available yet: remove `#[dsm(name = …)]`"],
    ),
    (
        "CRATE_ON_FIELD",
        Shared("struct A { #[dsm(crate = a)] a: [f64; 2] }"),
        &["`crate = path` stands on the struct, not on a field"],
    ),
    (
        "EXPECTED_STRUCT",
        Shared("enum E { A } struct B {} fn f() {}"),
        &[
            "`shared!` declares structs: write `struct Name(n: usize) { a: [f64; n] }`",
            "`shared!` declares structs: write `struct Name(n: usize) { a: [f64; n] }`",
        ],
    ),
    (
        "SHARED_GENERICS",
        Shared("struct A<T>(n: usize) { a: [T; n] } struct B where u8: Copy {}"),
        &[
            "a shared struct can't be generic: name the element types, and give sizes as parameters, \
             `struct Name(n: usize)`",
            "a shared struct can't be generic: name the element types, and give sizes as parameters, \
             `struct Name(n: usize)`",
        ],
    ),
    (
        "SHARED_BODY",
        Shared("struct A(n: usize); struct B; struct C"),
        &[
            "the fields stand in braces: write `struct Name(n: usize) { a: [f64; n] }`",
            "the fields stand in braces: write `struct Name(n: usize) { a: [f64; n] }`",
            "the fields stand in braces: write `struct Name(n: usize) { a: [f64; n] }`",
        ],
    ),
    ("PARAMETER_FORM", Shared("struct A(usize) {}"), &["a shape parameter has a name and a type: write `n: usize`"]),
    (
        "PARAMETER_CFG",
        Shared("struct A(#[cfg(unix)] n: usize) {}"),
        &["a shape parameter can't depend on a `cfg`: put the `cfg` on the struct"],
    ),
    (
        "FIELD_FORM",
        Shared("struct A { [f64; 2], b: [f64; 2], c [f64; 3], d: Lock }"),
        &["a field has a name and a type: write `a: [f64; n]`", "a field has a name and a type: write `a: [f64; n]`"],
    ),
    (
        "field_type",
        Shared("struct A { total: f64, map: HashMap<u8, u8>, r: &'static str }"),
        &[
            "`total` must be an array `[T; n]`, or `Lock<T>`, `FairLock<T>`, `Atomic<T>`, `Flag`",
            "`map` must be an array `[T; n]`, or `Lock<T>`, `FairLock<T>`, `Atomic<T>`, `Flag`",
            "`r` must be an array `[T; n]`, or `Lock<T>`, `FairLock<T>`, `Atomic<T>`, `Flag`",
        ],
    ),
    (
        "atomics_as_cells",
        Shared("struct A { hits: [Atomic<u64>; 3] }"),
        &["an array of atomics is a plain array: declare `hits: [T; n]` and name it in `atomic(hits)`"],
    ),
    (
        "no_axes",
        Shared("struct A { a: [f64], b: [f64;] }"),
        &[
            "`a` has no axes: write `[T; n]`, with one to six lengths",
            "`b` has no axes: write `[T; n]`, with one to six lengths",
        ],
    ),
    (
        "AXES_FORM",
        Shared("struct A { a: [f64, n], b: [f64; n] }"),
        &["expected `;` and the lengths of the axes, as in `[f64; rows, columns]`"],
    ),
    (
        "too_many_axes",
        Shared("struct A { a: [f64; 1, 2, 3, 4, 5, 6, 7, 8] }"),
        &["`a` has 8 axes: an array has at most six"],
    ),
    (
        "locks_axes",
        Shared("struct A { bins: [FairLock<u8>; 2, 3] }"),
        &["an array of locks has one axis: write `bins: [FairLock<T>; n]`"],
    ),
    (
        "flags_axes",
        Shared("struct A { done: [Flag; 2, 3] }"),
        &["an array of flags has one axis: write `done: [Flag; n]`"],
    ),
    (
        "FLAG_ARGUMENTS",
        Shared("struct A { a: Flag<u32>, b: [dsm::Flag<u64>; 2], c: Flag, d: [Flag; 3], e: Flag<> }"),
        &[
            "a flag holds a `u32` and takes no type: write `Flag`",
            "a flag holds a `u32` and takes no type: write `Flag`",
            "a flag holds a `u32` and takes no type: write `Flag`",
        ],
    ),
    (
        "cell_arguments",
        Shared("struct A { a: Atomic, b: Lock<u8, u8>, c: FairLock<'static>, d: [Lock<>; 2] }"),
        &[
            "`Atomic` takes one type: write `Atomic<T>`",
            "`Lock` takes one type: write `Lock<T>`",
            "`FairLock` takes one type: write `FairLock<T>`",
            "`Lock` takes one type: write `Lock<T>`",
        ],
    ),
    (
        "EXPECTED_COMMA",
        Shared("struct A(n: usize m: u8) { a: [f64; n] b: Lock }"),
        &["expected `,` before this", "expected `,` before this"],
    ),
];
