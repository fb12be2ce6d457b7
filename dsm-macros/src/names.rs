//! Every name that generated code introduces is chosen here.
//!
//! Items can be seen by the user, so their names say where they come from. Local variables have the macro's own
//! hygiene and can't meet the user's names.

use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::format_ident;
use syn::ext::IdentExt;

/// The struct of the driver's handles: `VecAddHandles`.
pub(crate) fn handles(shared: &Ident) -> Ident {
    format_ident!("{}Handles", shared.unraw(), span = shared.span())
}

/// The resource struct of a parallel function: `AddResources`.
pub(crate) fn resources(function: &Ident) -> Ident {
    let words = upper_camel(&text(function));
    // A function may be called `_1`, and a type can't begin with a digit.
    let mut name = syn::parse_str(&format!("{words}Resources")).unwrap_or_else(|_| format_ident!("Resources{words}"));
    name.set_span(function.span());
    name
}

/// The hidden macro of a declared struct. Exported macros share one namespace per crate, so the name holds a hash of
/// the place: two structs of one name in two modules don't clash.
pub(crate) fn stage_macro(shared: &Ident, site: &str) -> Ident {
    format_ident!("__dsm_{}_{:016x}", shared.unraw(), fnv(site), span = Span::call_site())
}

/// The type of a parallel function's job.
pub(crate) fn job() -> Ident {
    Ident::new("__DsmJob", Span::call_site())
}

/// The static by which a test's entry runs before libtest.
pub(crate) fn entry_static() -> Ident {
    Ident::new("__DSM_ENTRY", Span::call_site())
}

/// The function that the static points to.
pub(crate) fn entry() -> Ident {
    Ident::new("__dsm_entry", Span::call_site())
}

/// A local variable or parameter that the user's code can't name.
pub(crate) fn local(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}

/// The name of the further parameter at `position` (from 1) whose pattern isn't a plain name.
pub(crate) fn argument(position: usize) -> Ident {
    format_ident!("argument_{position}", span = Span::mixed_site())
}

/// The tokens as if they stood at `span`, for rustc's errors. Names are still looked up where they were written.
pub(crate) fn respan(tokens: TokenStream, span: Span) -> TokenStream {
    tokens
        .into_iter()
        .map(|mut token| {
            if let TokenTree::Group(group) = &token {
                token = Group::new(group.delimiter(), respan(group.stream(), span)).into();
            }
            token.set_span(span.resolved_at(token.span()));
            token
        })
        .collect()
}

/// How a name is written in text: without `r#`.
pub(crate) fn text(name: &Ident) -> String {
    name.unraw().to_string()
}

/// The FNV-1a hash, which is the same with every compiler.
fn fnv(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

fn upper_camel(snake: &str) -> String {
    snake
        .split('_')
        .flat_map(|word| {
            let mut letters = word.chars();
            letters.next().into_iter().flat_map(char::to_uppercase).chain(letters)
        })
        .collect()
}

/// The one of `known` that `name` is most likely a slip of: at most two letters away, and fewer than it has.
pub(crate) fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    known
        .iter()
        .map(|candidate| (distance(name, candidate), *candidate))
        .filter(|(distance, candidate)| *distance <= 2 && *distance < candidate.chars().count())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// The number of letters to insert, remove or replace.
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, letter) in from.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, other) in to.iter().enumerate() {
            let replaced = diagonal + usize::from(letter != *other);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[to.len()]
}
