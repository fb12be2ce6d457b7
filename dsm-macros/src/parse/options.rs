//! `crate = path`, in `#[dsm(…)]` and in the arguments of an attribute.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Attribute, Ident, Meta, Path, Token};

use super::recover::{read, skip_item, skip_rest};
use crate::errors::Errors;
use crate::messages;
use crate::model::Krate;

/// What a `#[dsm(…)]` attribute stands on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Struct,
    Field,
}

/// Reads one `#[dsm(…)]` attribute.
pub(super) fn dsm_attribute(attribute: &Attribute, place: Place, krate: &mut Option<Krate>, errors: &mut Errors) {
    match &attribute.meta {
        Meta::List(list) => {
            read(list.tokens.clone(), errors, |input, errors| {
                options(input, krate, errors, |name| match (place, name) {
                    (Place::Field, "name") => Some(messages::PUBLIC_NAME.to_owned()),
                    (Place::Field, "crate") => Some(messages::CRATE_ON_FIELD.to_owned()),
                    (_, "crate") => None,
                    (_, other) => Some(messages::unknown_option(other)),
                });
            });
        }
        other => errors.at(other, messages::DSM_ATTRIBUTE_FORM),
    }
}

/// Reads the arguments of `main` and `test`.
pub(crate) fn attribute_options(arguments: TokenStream, attribute: &str, errors: &mut Errors) -> Krate {
    let mut krate = None;
    read(arguments, errors, |input, errors| {
        options(input, &mut krate, errors, |name| (name != "crate").then(|| messages::entry_options(attribute)));
    });
    krate.unwrap_or_default()
}

/// Is this attribute dsm's own?
pub(super) fn is_dsm(attribute: &Attribute) -> bool {
    attribute.path().is_ident("dsm")
}

/// `name = …, name = …`; `refuse` says what is wrong with a name.
fn options(
    input: ParseStream<'_>,
    krate: &mut Option<Krate>,
    errors: &mut Errors,
    refuse: impl Fn(&str) -> Option<String>,
) {
    while !input.is_empty() {
        let name = match input.call(Ident::parse_any) {
            Ok(name) => name,
            Err(error) => {
                errors.syntax(error);
                skip_rest(input);
                return;
            }
        };
        if let Some(message) = refuse(&name.to_string()) {
            errors.at(&name, message);
        } else if krate.is_some() {
            errors.at(&name, messages::option_twice("crate"));
        } else {
            match crate_path(&name, input) {
                Ok(path) => *krate = Some(path.into()),
                Err(error) => errors.syntax(error),
            }
        }
        skip_item(input);
    }
}

/// `= path`, after the word `crate`.
pub(super) fn crate_path(word: impl ToTokens, input: ParseStream<'_>) -> syn::Result<Path> {
    if !input.peek(Token![=]) {
        return Err(syn::Error::new_spanned(word, messages::CRATE_FORM));
    }
    input.parse::<Token![=]>()?;
    input.call(Path::parse_mod_style)
}
