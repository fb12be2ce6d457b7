//! The messages of `main`, `test` and `derive(Element)`.

use super::Case;
use super::Input::{Element, Main, Test};

pub(super) const CASES: &[Case] = &[
    ("wants_function", Main("", "struct S;"), &["`#[dsm::main]` goes on a function"]),
    ("wants_function", Test("", "mod m {}"), &["`#[dsm::test]` goes on a function"]),
    ("entry_options", Main("workers = 4", "fn main() {}"), &["`#[dsm::main]` takes only `crate = path`"]),
    ("entry_options", Test("workers(4), crate = dsm", "fn t() {}"), &["`#[dsm::test]` takes only `crate = path`"]),
    (
        "entry_parameters",
        Main("", "fn main(a: u8, b: u8) {}"),
        &["a function with `#[dsm::main]` takes no parameters: remove them"],
    ),
    (
        "entry_parameters",
        Test("", "fn t(a: u8) {}"),
        &["a function with `#[dsm::test]` takes no parameters: remove them"],
    ),
    ("entry_generics", Test("", "fn t<T>() {}"), &["a function with `#[dsm::test]` can't be generic: remove this"]),
    (
        "entry_qualifier",
        Main("", "const async unsafe extern \"C\" fn main() {}"),
        &[
            "a function with `#[dsm::main]` can't be `const`: remove `const`",
            "a function with `#[dsm::main]` can't be `async`: remove `async`",
            "a function with `#[dsm::main]` can't be `unsafe`: remove `unsafe`",
            "a function with `#[dsm::main]` can't be `extern`: remove `extern`",
        ],
    ),
    ("CRATE_FORM", Main("crate", "fn main() {}"), &["write `crate = path`"]),
    ("MAIN_NAME", Main("", "fn start() {}"), &["`#[dsm::main]` goes on the function `main`"]),
    (
        "ELEMENT_KIND",
        Element("#[repr(C)] enum E { A }"),
        &["only a struct can derive `Element`: of an enum or union, not all bytes make a valid value"],
    ),
    (
        "ELEMENT_KIND",
        Element("#[repr(C)] union U { a: u8 }"),
        &["only a struct can derive `Element`: of an enum or union, not all bytes make a valid value"],
    ),
    (
        "ELEMENT_GENERICS",
        Element("#[repr(C)] struct P<T> where T: Copy { x: T }"),
        &["a generic struct can't derive `Element`: padding is checked for one concrete type, so write the types out"],
    ),
    (
        "ELEMENT_GENERICS",
        Element("#[repr(C)] struct P where u8: Copy { x: u8 }"),
        &["a generic struct can't derive `Element`: padding is checked for one concrete type, so write the types out"],
    ),
    (
        "ELEMENT_EMPTY",
        Element("#[repr(C)] struct P;"),
        &["a struct without fields can't derive `Element`: there is nothing to share"],
    ),
    (
        "ELEMENT_REPR",
        Element("#[repr(align(8))] struct P { x: f64 }"),
        &["the layout of an element must be fixed: add `#[repr(C)]` or `#[repr(transparent)]`"],
    ),
    // rustc evaluates the assertion, so the text is there with and without padding.
    (
        "element_padding",
        Element("#[repr(C)] struct P { x: u8, y: f64 }"),
        &["`P` has padding bytes: reorder the fields from large to small, or fill the gap with a field of its own"],
    ),
];
