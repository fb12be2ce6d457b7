//! No input makes a macro panic: right input with one token taken out, doubled, or put in another's place.

use proc_macro2::{Group, TokenStream, TokenTree};

use super::{SITE, tokens};
use crate::pipeline;

const DECLARATION: &str = "#[dsm(crate = a::b)] #[derive(Clone)] pub struct VecAdd(n: usize, m: u8) {
    /// First.
    #[cfg(unix)] a: [i64; n, (m + 1) * 2 as usize],
    #[dsm(name = \"A\")] pub(crate) b: Lock<i64>,
    c: [FairLock<u64>; n], d: Lock, e: Atomic<u8>,
} struct Other {}";

const CLAUSES: &str = "read(a, b), split(c, d, axis = 1, cyclic(4)), accumulate(f, +), crate = a::b, raw(x)";

const FUNCTION: &str = "#[inline] pub fn _1<'a>(mut res: m::VecAdd, x: &'a [u8], (y, z): (f64, fn(u8) -> u8)) \
    -> Result<Vec<u8>, String> where 'a: 'a { body() }";

const SECOND_STEP: &str = "{ VecAdd sound (0 array 2 a) (1 cell Lock b) (2 cells FairLock c) (3 absent d) }
    { read(a), split(d, random) } { fn f(res: VecAdd, x: &str) -> usize { 0 } }";

const HANDLES: &str =
    "#[dsm(stage(m VecAdd sound (0 array 1 a) (1 cell Atomic b)))] pub struct VecAddHandles { a: u8, b: u8 }";

const ELEMENT: &str = "#[dsm(crate = a::b)] #[repr(C, align(8))] pub struct P<T> where T: Copy { x: [f64; 3], y: T }";

const ENTRY: &str = "/// Docs. \n #[ignore] pub fn main() -> Result<(), String> { Ok(()) }";

#[test]
fn shared() {
    mutate(DECLARATION, |input| pipeline::shared(input, SITE));
}

#[test]
fn clauses() {
    mutate(CLAUSES, |input| pipeline::parallel(input, tokens("fn f(res: VecAdd) {}")));
}

#[test]
fn function() {
    mutate(FUNCTION, |input| pipeline::parallel(tokens("read(a)"), input));
}

#[test]
fn second_step() {
    mutate(SECOND_STEP, pipeline::expand_parallel);
}

#[test]
fn stage_macro() {
    mutate(HANDLES, pipeline::stage_macro);
}

#[test]
fn element() {
    mutate(ELEMENT, pipeline::element);
}

#[test]
fn entry() {
    mutate(ENTRY, |input| pipeline::main(TokenStream::new(), input));
    mutate(ENTRY, |input| pipeline::test(TokenStream::new(), input));
    mutate("crate = a::b", |input| pipeline::main(input, tokens(ENTRY)));
}

/// Runs `expand` on every mutation of `input`. That it comes back is the test.
fn mutate(input: &str, expand: impl Fn(TokenStream) -> TokenStream) {
    let input = tokens(input);
    expand(input.clone());
    let mut foreign = Vec::new();
    flatten(&input, &mut foreign);
    foreign.sort_by_key(ToString::to_string);
    foreign.dedup_by_key(|tree| tree.to_string());
    for at in 0..count(&input) {
        expand(changed(&input, &mut at.clone(), &|_| Vec::new()));
        expand(changed(&input, &mut at.clone(), &|tree| vec![tree.clone(), tree]));
        for other in &foreign {
            expand(changed(&input, &mut at.clone(), &|_| vec![other.clone()]));
        }
    }
}

/// The input with the token of number `left` changed.
fn changed(input: &TokenStream, left: &mut usize, change: &impl Fn(TokenTree) -> Vec<TokenTree>) -> TokenStream {
    let mut output = Vec::new();
    for tree in input.clone() {
        if *left == 0 {
            *left = usize::MAX;
            output.extend(change(tree));
            continue;
        }
        *left -= 1;
        match tree {
            TokenTree::Group(group) => {
                let inner = changed(&group.stream(), left, change);
                output.push(Group::new(group.delimiter(), inner).into());
            }
            other => output.push(other),
        }
    }
    output.into_iter().collect()
}

fn count(input: &TokenStream) -> usize {
    let mut trees = Vec::new();
    flatten(input, &mut trees);
    trees.len()
}

fn flatten(input: &TokenStream, trees: &mut Vec<TokenTree>) {
    for tree in input.clone() {
        trees.push(tree.clone());
        if let TokenTree::Group(group) = tree {
            flatten(&group.stream(), trees);
        }
    }
}
