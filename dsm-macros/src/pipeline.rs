//! Each macro from tokens to tokens: parse, check, expand. The mistakes come in front of what could still be made.

use proc_macro2::TokenStream;
use quote::quote;

use crate::errors::Errors;
use crate::model::{Clauses, Function};
use crate::{check, expand, parse};

/// `shared!`. `site` says where it is called.
pub(crate) fn shared(input: TokenStream, site: &str) -> TokenStream {
    let mut errors = Errors::default();
    let mut structs = parse::shared(input, &mut errors);
    check::shared(&mut structs, &mut errors);
    let structs = structs.iter().map(|declaration| expand::shared(declaration, site));
    let structs: TokenStream = structs.collect();
    with_errors(errors, structs)
}

/// The first step of `parallel`: all that can be judged without the declaration.
pub(crate) fn parallel(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let Some((clauses, function)) = parsed(arguments.clone(), item.clone(), &mut errors) else {
        return with_errors(errors, item);
    };
    let Some(parallel) = check::parallel(clauses, function, &mut errors) else {
        return errors.into_tokens();
    };
    if errors.is_empty() {
        return expand::first_step(&parallel.krate, &parallel.resource.path, &arguments, &item);
    }
    let (function, resources) = (expand::stub_function(&parallel), expand::stub_resources(&parallel));
    with_errors(errors, quote!(#function #resources))
}

/// The second step of `parallel`.
pub(crate) fn expand_parallel(input: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let parse::SecondStep { declared, clauses, function } = match parse::second_step(input) {
        Ok(step) => step,
        Err(error) => return error.to_compile_error(),
    };
    let Some((clauses, function)) = parsed(clauses, function, &mut errors) else {
        return errors.into_tokens();
    };
    let Some(mut parallel) = check::parallel(clauses, function, &mut errors) else {
        return errors.into_tokens();
    };
    check::access(&mut parallel, &declared, &mut errors);
    if errors.is_empty() && !declared.broken {
        return expand::parallel(&parallel, &declared);
    }
    let (function, resources) = (expand::stub_function(&parallel), expand::resources(&parallel, &declared));
    with_errors(errors, quote!(#function #resources))
}

/// `main`.
pub(crate) fn main(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let krate = parse::attribute_options(arguments, "main", &mut errors);
    let Some(function) = parse::function(item.clone(), "#[dsm::main]", &mut errors) else {
        return with_errors(errors, item);
    };
    let entry = check::entry("main", function, &mut errors);
    if errors.is_empty() {
        expand::main(&krate, &entry)
    } else {
        with_errors(
            errors,
            quote!(
                fn main() {}
            ),
        )
    }
}

/// `test`.
pub(crate) fn test(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let krate = parse::attribute_options(arguments, "test", &mut errors);
    let Some(function) = parse::function(item.clone(), "#[dsm::test]", &mut errors) else {
        return with_errors(errors, item);
    };
    let entry = check::entry("test", function, &mut errors);
    if errors.is_empty() { expand::test(&krate, &entry) } else { errors.into_tokens() }
}

/// `derive(Element)`.
pub(crate) fn element(item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let Some(input) = parse::element(item, &mut errors) else {
        return errors.into_tokens();
    };
    check::element(&input, &mut errors);
    if errors.is_empty() { expand::element(&input) } else { with_errors(errors, expand::stub_element(&input)) }
}

/// The derive behind `shared!`.
pub(crate) fn stage_macro(item: TokenStream) -> TokenStream {
    match parse::stage_macro(item) {
        Ok(input) => expand::derived_stage_macro(&input),
        Err(error) => error.to_compile_error(),
    }
}

/// Clauses and function; `None` without a function.
fn parsed(arguments: TokenStream, item: TokenStream, errors: &mut Errors) -> Option<(Clauses, Function)> {
    let clauses = parse::clauses(arguments, errors);
    let function = parse::function(item, "#[dsm::parallel]", errors)?;
    Some((clauses, function))
}

fn with_errors(errors: Errors, rest: TokenStream) -> TokenStream {
    let errors = errors.into_tokens();
    quote!(#errors #rest)
}
