//! How to go on after a mistake, so that the next one is found too.

use proc_macro2::{TokenStream, TokenTree};
use syn::parse::{ParseStream, Parser};
use syn::{Token, token};

use crate::errors::Errors;

/// Runs a parser that reports its own mistakes.
pub(super) fn read(tokens: TokenStream, errors: &mut Errors, parser: impl FnOnce(ParseStream<'_>, &mut Errors)) {
    let parse = |input: ParseStream<'_>| {
        parser(input, errors);
        Ok(())
    };
    // The parser itself never fails, so this is about tokens left over inside a group; after a mistake in that group
    // they are no news.
    if let Err(error) = parse.parse2(tokens)
        && errors.is_empty()
    {
        errors.syntax(error);
    }
}

/// A mistake at the next token, or where it would stand.
pub(super) fn mistake(input: ParseStream<'_>, message: impl std::fmt::Display) -> syn::Error {
    syn::Error::new(input.span(), message)
}

/// Skips past the next comma.
pub(super) fn skip_item(input: ParseStream<'_>) {
    while !input.is_empty() && !input.peek(Token![,]) {
        skip_one(input);
    }
    skip_comma(input);
}

/// Skips to where the next field begins: past a comma that is followed by `name:`, an attribute or a visibility. A
/// comma inside `<…>` isn't one.
pub(super) fn skip_field(input: ParseStream<'_>) {
    while !input.is_empty() {
        let at_comma = input.peek(Token![,]);
        skip_one(input);
        if at_comma && starts_field(input) {
            return;
        }
    }
}

/// Skips to the next declaration: past a group in braces or a semicolon.
pub(super) fn skip_declaration(input: ParseStream<'_>) {
    while !input.is_empty() {
        let at_end = input.peek(token::Brace) || input.peek(Token![;]);
        skip_one(input);
        if at_end {
            return;
        }
    }
}

pub(super) fn skip_comma(input: ParseStream<'_>) {
    if input.peek(Token![,]) {
        skip_one(input);
    }
}

/// Takes whatever is left, as the parser insists that nothing is.
pub(super) fn skip_rest(input: ParseStream<'_>) {
    while !input.is_empty() {
        skip_one(input);
    }
}

fn starts_field(input: ParseStream<'_>) -> bool {
    let named = input.peek(syn::Ident) && input.peek2(Token![:]) && !input.peek2(Token![::]);
    input.is_empty() || named || input.peek(Token![#]) || input.peek(Token![pub])
}

fn skip_one(input: ParseStream<'_>) {
    // A stream that isn't empty holds a token, so this can't fail.
    let _ = input.parse::<TokenTree>();
}
