//! Every message, each with an input that brings it about. An input brings about just the messages listed, so these
//! tests also keep one mistake from being reported twice.

mod clauses;
mod entry;
mod shared;
mod signature;

use proc_macro2::{TokenStream, TokenTree};

/// The name of the message in `messages.rs`, an input, and all that is said of it.
type Case = (&'static str, Input, &'static [&'static str]);

enum Input {
    Shared(&'static str),
    /// Clauses and function.
    Parallel(&'static str, &'static str),
    /// Clauses, for a declaration with arrays `a` and `grid`, and a lock `total`.
    Declared(&'static str),
    SecondStep(&'static str),
    Main(&'static str, &'static str),
    Test(&'static str, &'static str),
    Element(&'static str),
}

const DECLARATION: &str = "struct VecAdd(n: usize) { a: [i64; n], grid: [f64; n, n], total: Lock<i64> }";

fn all() -> impl Iterator<Item = &'static Case> {
    shared::CASES.iter().chain(clauses::CASES).chain(signature::CASES).chain(entry::CASES)
}

fn expand(input: &Input) -> TokenStream {
    use crate::pipeline;
    use crate::tests::{parallel, parallel_alone, shared, tokens};
    match input {
        Input::Shared(input) => shared(input),
        Input::Parallel(clauses, function) => parallel_alone(clauses, function),
        Input::Declared(clauses) => parallel(DECLARATION, clauses, "fn f(res: VecAdd) {}"),
        Input::SecondStep(input) => pipeline::expand_parallel(tokens(input)),
        Input::Main(options, item) => pipeline::main(tokens(options), tokens(item)),
        Input::Test(options, item) => pipeline::test(tokens(options), tokens(item)),
        Input::Element(item) => pipeline::element(tokens(item)),
    }
}

/// The texts of all `compile_error!`s, and of assertions.
fn said(stream: &TokenStream, texts: &mut Vec<String>) {
    let trees: Vec<TokenTree> = stream.clone().into_iter().collect();
    for (at, tree) in trees.iter().enumerate() {
        match tree {
            TokenTree::Ident(ident) if ident == "compile_error" || ident == "assert" => {
                if let Some(TokenTree::Group(group)) = trees.get(at + 2) {
                    let text = group.stream().into_iter().last().map(TokenStream::from).unwrap_or_default();
                    let text: syn::LitStr = syn::parse2(text).expect("the text stands last");
                    texts.push(text.value());
                }
            }
            TokenTree::Group(group) => said(&group.stream(), texts),
            _ => {}
        }
    }
}

#[test]
fn each_input_brings_about_its_messages() {
    for (name, input, expected) in all() {
        let mut texts = Vec::new();
        said(&expand(input), &mut texts);
        assert_eq!(texts, *expected, "the case of `{name}`");
    }
}

#[test]
fn each_message_has_a_case() {
    let source = include_str!("../../messages.rs");
    let names = source.lines().filter_map(|line| {
        let rest = line.strip_prefix("pub(crate) fn ").or_else(|| line.strip_prefix("pub(crate) const "))?;
        rest.split(['(', ':']).next()
    });
    let missing: Vec<&str> = names.filter(|name| !all().any(|(case, ..)| case == name)).collect();
    assert!(missing.is_empty(), "no case brings about {missing:?}");
}
