//! A function with an attribute of ours.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::quote;
use syn::parse::ParseStream;
use syn::{Attribute, Signature, Token, Visibility, token};

use super::recover::{mistake, read, skip_rest};
use crate::errors::Errors;
use crate::messages;
use crate::model::Function;

/// Reads a function; `attribute` is what stands on it. `None` when it is none, which `errors` then knows.
pub(crate) fn function(item: TokenStream, attribute: &str, errors: &mut Errors) -> Option<Function> {
    let mut found = None;
    read(item, errors, |input, errors| {
        match one(input, attribute, errors) {
            Ok(function) => found = Some(function),
            Err(error) => errors.syntax(error),
        }
        skip_rest(input);
    });
    found
}

fn one(input: ParseStream<'_>, attribute: &str, errors: &mut Errors) -> syn::Result<Function> {
    let attributes = input.call(Attribute::parse_outer)?;
    let vis: Visibility = input.parse()?;
    if !starts_function(input) {
        return Err(mistake(input, messages::wants_function(attribute)));
    }
    let signature: Signature = input.parse()?;
    if !input.peek(token::Brace) {
        errors.at(&signature.ident, messages::FUNCTION_BODY);
        // With one, rustc has nothing to add.
        let body = Group::new(Delimiter::Brace, quote!(loop {}));
        return Ok(Function { attributes, vis, signature, body });
    }
    match input.parse()? {
        TokenTree::Group(body) => Ok(Function { attributes, vis, signature, body }),
        other => Err(syn::Error::new_spanned(other, messages::FUNCTION_BODY)),
    }
}

/// Are the next tokens qualifiers of a function, and `fn`?
fn starts_function(input: ParseStream<'_>) -> bool {
    let ahead = input.fork();
    loop {
        if ahead.peek(Token![fn]) {
            return true;
        }
        let qualifier = ahead.peek(Token![const])
            || ahead.peek(Token![async])
            || ahead.peek(Token![unsafe])
            || ahead.peek(Token![extern])
            || ahead.peek(syn::LitStr);
        if !qualifier || ahead.parse::<TokenTree>().is_err() {
            return false;
        }
    }
}
