//! Tests of whole macros, from tokens to tokens.

mod expansion;
mod messages;
mod mutation;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use crate::pipeline;

/// Where the tests pretend to call `shared!`.
const SITE: &str = "src/lib.rs:1:1";

fn tokens(text: &str) -> TokenStream {
    text.parse().expect("the test's input consists of tokens")
}

fn shared(input: &str) -> TokenStream {
    pipeline::shared(tokens(input), SITE)
}

/// The first step, as rustc calls it.
fn parallel_alone(clauses: &str, function: &str) -> TokenStream {
    pipeline::parallel(tokens(clauses), tokens(function))
}

/// Both steps, with the macro that `shared!` makes of `declaration` between them.
fn parallel(declaration: &str, clauses: &str, function: &str) -> TokenStream {
    let first = parallel_alone(clauses, function);
    let Some(call) = after(&first, "VecAdd", Delimiter::Brace) else {
        return first;
    };
    let declared = after(&shared(declaration), "expand_parallel", Delimiter::Brace).and_then(first_group);
    let declared = declared.expect("`shared!` makes a macro");
    // The macro takes the path of the crate from the front and puts the declaration there.
    let rest: TokenStream = call.into_iter().skip(1).collect();
    pipeline::expand_parallel(quote::quote!({ #declared } #rest))
}

/// The content of the group behind `name !`, wherever that stands.
fn after(stream: &TokenStream, name: &str, delimiter: Delimiter) -> Option<TokenStream> {
    let trees: Vec<TokenTree> = stream.clone().into_iter().collect();
    trees.iter().enumerate().find_map(|(at, tree)| match (tree, trees.get(at + 1), trees.get(at + 2)) {
        (TokenTree::Ident(ident), Some(TokenTree::Punct(mark)), Some(TokenTree::Group(group)))
            if ident == name && mark.as_char() == '!' && group.delimiter() == delimiter =>
        {
            Some(group.stream())
        }
        (TokenTree::Group(group), ..) => after(&group.stream(), name, delimiter),
        _ => None,
    })
}

fn first_group(stream: TokenStream) -> Option<TokenStream> {
    stream.into_iter().find_map(|tree| match tree {
        TokenTree::Group(group) => Some(group.stream()),
        _ => None,
    })
}
