//! What each construct expands to, so that a change of the generated code shows in review.

use insta::assert_snapshot;
use proc_macro2::TokenStream;

use super::{after, first_group, parallel, parallel_alone, shared, tokens};
use crate::pipeline;

const VEC_ADD: &str = "pub struct VecAdd(n: usize) {
    a: [i64; n],
    b: [i64; n],
    c: [i64; n],
    grid: [f64; n, n],
    total: Lock<i64>,
    bins: [Lock<u64>; n],
    done: [Flag; n],
}";

/// The code as a person would write it. The tokens must be whole items.
fn pretty(tokens: TokenStream) -> String {
    match syn::parse2(tokens.clone()) {
        Ok(file) => prettyplease::unparse(&file),
        Err(error) => panic!("the expansion isn't a list of items: {error}\n{tokens}"),
    }
}

#[test]
fn shared_minimal() {
    assert_snapshot!(pretty(shared("struct Empty {}")));
}

#[test]
fn shared_every_kind_of_field() {
    assert_snapshot!(pretty(shared(
        "/// Two vectors and their sum.
        pub struct VecAdd(n: usize, /// The depth.
            depth: u8) {
            /// First summand.
            a: [i64; n],
            grid: [f64; (n + 1) * 2, n as usize - 1, n << 1],
            total: Lock<i64>,
            turn: dsm::FairLock<u64>,
            bins: [Lock<u64>; n % 7],
            fair: [FairLock<(u8, u8)>; 3],
            hits: Atomic<u64>,
            bare: Lock,
            ready: Flag,
            done: [dsm::Flag; n],
            pub(crate) inner: [[f64; 3]; WIDTH],
        }"
    )));
}

#[test]
fn shared_visibility_and_attributes() {
    assert_snapshot!(pretty(shared(
        "#[derive(Debug, Clone, PartialEq)]
        #[cfg(unix)]
        #[allow(dead_code)]
        pub(crate) struct Inner(n: usize) {
            #[allow(unused)]
            a: [i64; n],
        }"
    )));
}

#[test]
fn shared_with_cfg() {
    let input = "pub struct VecAdd(n: usize) {
        a: [i64; n],
        /// Only with the feature.
        #[cfg(feature = \"extra\")]
        extra: [f64; n],
        #[cfg(not(feature = \"extra\"))]
        total: Lock<i64>,
    }";
    assert_snapshot!(pretty(shared(input)));
}

#[test]
fn stage_macro_with_cfg() {
    let handles = "#[dsm(stage(__dsm_VecAdd_1 VecAdd sound
            (0 array 1 a) (1 array 1 extra) (2 cell Lock total) (3 cells FairLock turns)))]
        pub struct VecAddHandles { pub a: u8, pub turns: u8 }";
    assert_snapshot!(pretty(pipeline::stage_macro(tokens(handles))));
}

#[test]
fn shared_crate_override() {
    assert_snapshot!(pretty(shared(
        "#[dsm(crate = other::dsm)]
        struct Renamed(n: usize) { a: [i64; n * 2], total: Lock<i64> }"
    )));
}

#[test]
fn shared_several_structs() {
    assert_snapshot!(pretty(shared("struct One(n: usize) { a: [i64; n] } struct Two { b: [f64; 4] }")));
}

#[test]
fn shared_keeps_what_is_right() {
    assert_snapshot!(pretty(shared("struct Half(n: usize) { a: [i64; n], b: f64 }")));
}

#[test]
fn parallel_first_step() {
    assert_snapshot!(pretty(parallel_alone(
        "read(a, b), split(c)",
        "/// Docs.
        pub fn add(mut res: model::VecAdd, scale: i64) -> usize { body() }"
    )));
}

#[test]
fn parallel_read_and_split() {
    assert_snapshot!(pretty(parallel(
        VEC_ADD,
        "read(a, b), split(c), split(grid, axis = 1)",
        "/// Docs.
        pub fn add(mut res: VecAdd, scale: i64) -> usize {
            res.c.len()
        }"
    )));
}

#[test]
fn parallel_schedules() {
    assert_snapshot!(pretty(parallel(
        VEC_ADD,
        "split(a, cyclic), split(b, cyclic(4)), split(c, random), split(grid, axis = 1, block)",
        "fn deal(res: VecAdd) {}"
    )));
}

#[test]
fn parallel_rows_handed_out() {
    assert_snapshot!(pretty(parallel(
        VEC_ADD,
        "split(a, dynamic(64)), split(b, guided), split(grid, axis = 1, guided(8))",
        "fn deal(res: VecAdd) {}"
    )));
}

#[test]
fn parallel_accumulate() {
    assert_snapshot!(pretty(parallel(
        VEC_ADD,
        "accumulate(a, +), accumulate(b, grid, xor)",
        "fn count(res: VecAdd) {}"
    )));
}

#[test]
fn parallel_atomic_and_raw() {
    assert_snapshot!(pretty(parallel(VEC_ADD, "atomic(a), raw(b)", "pub(crate) fn count(res: VecAdd) {}")));
}

#[test]
fn parallel_without_clauses() {
    assert_snapshot!(pretty(parallel(VEC_ADD, "", "fn meet(VecAddResources { total, .. }: VecAdd) {}")));
}

#[test]
fn parallel_reference_arguments() {
    assert_snapshot!(pretty(parallel(
        VEC_ADD,
        "read(a)",
        "fn find<'a>(res: VecAdd, names: &'a [String], label: &str, options: &Options, depth: (u8, u8)) -> Vec<u8>
        where 'a: 'a {}"
    )));
}

#[test]
fn parallel_pattern_arguments() {
    assert_snapshot!(pretty(parallel(
        VEC_ADD,
        "read(a)",
        "fn take(res: VecAdd, (x, y): (f64, f64), mut z: f64, #[allow(unused)] Point { w, .. }: Point, _: u8) {}"
    )));
}

#[test]
fn parallel_result() {
    assert_snapshot!(pretty(parallel(VEC_ADD, "read(a)", "fn check(res: VecAdd) -> Result<f64, String> { Ok(1.0) }")));
}

#[test]
fn parallel_result_alias() {
    assert_snapshot!(pretty(parallel(VEC_ADD, "read(a)", "fn check(res: VecAdd) -> std::fmt::Result { Ok(()) }")));
}

#[test]
fn parallel_attributes() {
    assert_snapshot!(pretty(parallel(
        VEC_ADD,
        "read(a)",
        "/// Docs.
        #[doc(hidden)]
        #[cfg(unix)]
        #[inline]
        #[allow(clippy::too_many_lines)]
        #[expect(unused_mut)]
        #[deprecated]
        pub fn old(mut res: VecAdd) {}"
    )));
}

#[test]
fn parallel_crate_override() {
    assert_snapshot!(pretty(parallel(VEC_ADD, "read(a), crate = other::dsm", "fn sum(res: VecAdd, by: &str) {}")));
}

#[test]
fn parallel_of_an_absent_array() {
    let derived = pipeline::stage_macro(tokens(
        "#[dsm(stage(m VecAdd sound (0 array 1 a) (1 array 1 extra)))] struct VecAddHandles { a: u8 }",
    ));
    let declared = after(&derived, "expand_parallel", proc_macro2::Delimiter::Brace).and_then(first_group);
    let function = quote::quote!(
        fn sum(res: VecAdd) {}
    );
    assert_snapshot!(pretty(pipeline::expand_parallel(quote::quote!({ #declared } { read(a, extra) } { #function }))));
}

#[test]
fn parallel_stub_of_the_first_step() {
    assert_snapshot!(pretty(parallel_alone(
        "reed(a)",
        "/// Docs.
        pub fn add(res: VecAdd, scale: i64, f: fn(f64) -> f64) -> usize { body() }"
    )));
}

#[test]
fn parallel_stub_of_the_second_step() {
    assert_snapshot!(pretty(parallel(VEC_ADD, "read(a, d)", "fn add(res: VecAdd) -> usize { body() }")));
}

#[test]
fn main() {
    let item = "/// Docs.
        #[allow(unused)]
        fn main() -> dsm::Result<()> { Ok(()) }";
    assert_snapshot!(pretty(pipeline::main(tokens(""), tokens(item))));
}

#[test]
fn main_crate_override() {
    assert_snapshot!(pretty(pipeline::main(tokens("crate = other::dsm"), tokens("fn main() {}"))));
}

#[test]
fn test() {
    let item = "#[should_panic] #[ignore] fn adds() -> dsm::Result<()> { Ok(()) }";
    assert_snapshot!(pretty(pipeline::test(tokens(""), tokens(item))));
}

#[test]
fn element() {
    let item = "#[derive(Clone, Copy, Element)] #[repr(C)] struct Point { x: f64, y: [f32; 2] }";
    assert_snapshot!(pretty(pipeline::element(tokens(item))));
}

#[test]
fn element_tuple_struct() {
    let item = "#[dsm(crate = other::dsm)] #[repr(transparent)] struct Metres(f64);";
    assert_snapshot!(pretty(pipeline::element(tokens(item))));
}
